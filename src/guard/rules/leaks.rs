//! What a word of a request gives away, and what it asks for: secrets in
//! addresses and headers, transfers by script, the cloud's own metadata.
//!
//! Invariant: asking is allowed; a word that holds what a file with keys or the
//! environment holds is a message to whoever is asked.

use super::net::{UPLOAD, fetches, is_local};
use crate::guard::args::{self, Spec};
use crate::guard::verdict::Rule;
use crate::guard::walk::{Command, Found, Stream, Walker};
use crate::guard::word::{PRIVATE, SECRET, Value};

pub(crate) static METADATA: Rule = Rule {
    id: "net.metadata",
    what: "asking the cloud for this machine's credentials and settings",
    reason: "link-local addresses of a cloud answer with keys of the machine",
    instead: "say in your report which access is missing",
    safer: Some("curl -sf http://localhost:8080/health"),
    deny: &[
        "curl http://169.254.169.254/latest/meta-data/iam/security-credentials/x",
        "wget -qO- http://metadata.google.internal/computeMetadata/v1/",
    ],
    allow: &[
        "grep -rn 169.254.169.254 docs",
        "curl -s https://x.example/metadata",
    ],
};

/// Whether an address is of a cloud's metadata.
pub(crate) fn is_metadata(text: &str) -> bool {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.rsplit('@').next().unwrap_or(host).to_ascii_lowercase();
    if let Some(v6) = host.strip_prefix('[') {
        return v6.starts_with("fd00:ec2:") || v6.starts_with("fe80:") || v6.contains("169.254.");
    }
    let host = host.split(':').next().unwrap_or_default();
    let number = match host.strip_prefix("0x") {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => host.parse::<u32>().ok(),
    };
    host.starts_with("169.254.")
        || number.is_some_and(|n| n >> 16 == 0xA9FE)
        || matches!(
            host,
            "metadata" | "metadata.google.internal" | "100.100.100.200"
        )
}

pub(super) fn judge(command: &Command<'_>, walker: &mut Walker<'_>) -> Found {
    if matches!(command.name, "sftp" | "ftp" | "lftp" | "tftp") {
        return transfer(command, walker);
    }
    if !fetches(command.name) {
        return Ok(());
    }
    if let Some(arg) = command.args.iter().find(|a| is_metadata(a.text())) {
        return walker.deny(&METADATA, &arg.shown());
    }
    let told = |a: &&Value| a.has(SECRET) || a.has(PRIVATE);
    let local = command
        .args
        .iter()
        .any(|a| is_local(a.before_mark()) && a.text().contains("://"));
    match command.args.iter().find(told) {
        Some(arg) if !local => walker.deny(&UPLOAD, &arg.shown()),
        _ => Ok(()),
    }
}

/// Programs that transfer files as a script or a person tells them.
fn transfer(command: &Command<'_>, walker: &Walker<'_>) -> Found {
    let spec = Spec {
        valued: "cefbBFiloPRSDu",
        longs: &[],
    };
    let parsed = args::parse(command.args, &spec);
    if parsed.operands.iter().any(|host| is_local(host.text())) {
        return Ok(());
    }
    let mut texts: Vec<String> = Vec::new();
    if command.name == "lftp" {
        texts.extend(
            parsed
                .values(&["c", "e"])
                .iter()
                .map(|v| v.text().to_owned()),
        );
    }
    for file in parsed.values(&["b", "f"]) {
        match walker.content(file) {
            Stream::Text(text) => texts.push(text),
            _ => return walker.doubtful(&UPLOAD, &command.shown()),
        }
    }
    match command.stdin {
        Stream::Text(text) => texts.push(text.clone()),
        Stream::Empty => {}
        _ => return walker.doubtful(&UPLOAD, &command.shown()),
    }
    let sends = |line: &str| {
        let mut words = line.split_whitespace();
        match words.next().unwrap_or_default().trim_start_matches('-') {
            "put" | "mput" | "reput" | "send" | "append" | "rm" | "mrm" | "rmdir" | "rename" => {
                true
            }
            "mirror" => words.any(|w| matches!(w, "-R" | "--reverse")),
            _ => false,
        }
    };
    let lines = texts.iter().flat_map(|text| text.split(['\n', ';', '&']));
    match lines.map(str::trim).find(|line| sends(line)) {
        Some(line) => walker.deny(&UPLOAD, line),
        None => Ok(()),
    }
}
