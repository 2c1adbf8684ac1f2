//! curl, wget and httpie: what a request fetches, sends and changes.
//!
//! Invariant: a request to this machine is the agent's own business; to any
//! other it may ask, and a file it writes is known to come from the network.

use super::forge;
use super::fs::{self, Access};
use super::net::{CHANGE, UPLOAD, is_local};
use crate::guard::args::{self, Parsed, Spec};
use crate::guard::walk::{Command, Found, Stream, Walker};
use crate::guard::word::{SECRET, Value};

const CURL: Spec = Spec {
    valued: "XdFTouHAebcKmrtuUwxyzECDPQ",
    longs: &[
        "request",
        "data",
        "data-raw",
        "data-binary",
        "data-urlencode",
        "data-ascii",
        "json",
        "form",
        "form-string",
        "upload-file",
        "output",
        "header",
        "user",
        "user-agent",
        "cookie",
        "config",
        "url",
        "max-time",
        "proxy",
        "cacert",
        "cert",
        "key",
        "write-out",
        "connect-timeout",
        "retry",
        "output-dir",
        "range",
        "referer",
        "resolve",
        "cookie-jar",
        "dump-header",
    ],
};

pub(super) fn curl(command: &Command<'_>, walker: &mut Walker<'_>) -> Found {
    let parsed = args::parse(command.args, &CURL);
    let mut urls: Vec<&Value> = parsed.operands.clone();
    let named = parsed.values(&["url"]);
    urls.extend(named);
    written(
        &parsed,
        &["o", "output", "c", "cookie-jar", "D", "dump-header"],
        &urls,
        walker,
    )?;
    let local = !urls.is_empty()
        && urls
            .iter()
            .all(|u| is_local(u.text()) && !u.text().starts_with("file:"));
    if local {
        return Ok(());
    }
    for value in command.args {
        if value.has(SECRET) {
            return walker.deny(&UPLOAD, &value.shown());
        }
    }
    let forge = urls.iter().any(|u| forge::is_api(u.text()));
    let gets = parsed.any(&["G", "get", "I", "head"]);
    let method = parsed
        .value(&["X", "request"])
        .map(|m| m.text().to_ascii_uppercase());
    let body = [
        "d",
        "data",
        "data-raw",
        "data-binary",
        "data-ascii",
        "json",
        "data-urlencode",
        "F",
        "form",
        "T",
        "upload-file",
    ];
    let has_body = parsed.any(&body) && !gets;
    let sends_file = parsed
        .values(&[
            "d",
            "data",
            "data-binary",
            "data-ascii",
            "json",
            "F",
            "form",
        ])
        .iter()
        .any(|v| v.text().contains('@') || v.text().contains('<') || v.is_open())
        || parsed.any(&["T", "upload-file"]);
    let changes = method
        .as_deref()
        .is_some_and(|m| !matches!(m, "GET" | "HEAD" | "OPTIONS"));
    if forge && (changes || has_body) {
        return walker.deny(&forge::API, &command.shown());
    }
    if sends_file || has_body {
        return walker.deny(if sends_file { &UPLOAD } else { &CHANGE }, &command.shown());
    }
    if changes {
        return walker.deny(&CHANGE, &command.shown());
    }
    Ok(())
}

/// Files that a download writes: judged, and known to come from the network.
fn written(parsed: &Parsed<'_>, names: &[&str], urls: &[&Value], walker: &mut Walker<'_>) -> Found {
    for file in parsed.values(names) {
        if file.text() == "-" {
            continue;
        }
        let target = fs::access(walker, Access::Write, file)?;
        walker.state.files.insert(target.path, Stream::Remote);
    }
    let named_by_url = parsed.any(&["O", "remote-name", "remote-name-all"]) || names.is_empty();
    for url in urls.iter().filter(|_| named_by_url) {
        let text = url.text();
        let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
        let name = rest.rsplit('/').next().unwrap_or_default();
        let name = name.split('?').next().unwrap_or_default();
        let path = walker.target(&Value::new(name), true).path;
        walker.state.files.insert(path, Stream::Remote);
    }
    Ok(())
}

pub(super) fn wget(command: &Command<'_>, walker: &mut Walker<'_>) -> Found {
    let spec = Spec {
        valued: "OoPaieUTtwQ",
        longs: &[
            "output-document",
            "directory-prefix",
            "post-data",
            "post-file",
            "method",
            "body-data",
            "body-file",
            "header",
            "output-file",
            "input-file",
        ],
    };
    let parsed = args::parse(command.args, &spec);
    let urls: Vec<&Value> = parsed.operands.clone();
    let to: Vec<&Value> = parsed.values(&["O", "output-document"]);
    if to.is_empty() {
        fs::all(
            walker,
            Access::Write,
            parsed.values(&["P", "directory-prefix"]),
        )?;
        written(&parsed, &[], &urls, walker)?;
    } else {
        written(&parsed, &["O", "output-document"], &[], walker)?;
    }
    if urls.iter().all(|u| is_local(u.text())) && !urls.is_empty() {
        return Ok(());
    }
    if command.args.iter().any(|a| a.has(SECRET)) || parsed.any(&["post-file", "body-file"]) {
        return walker.deny(&UPLOAD, &command.shown());
    }
    let changes = parsed
        .value(&["method"])
        .is_some_and(|m| !matches!(m.text(), "GET" | "HEAD"));
    if changes || parsed.any(&["post-data", "body-data"]) {
        let forge = urls.iter().any(|u| forge::is_api(u.text()));
        return walker.deny(if forge { &forge::API } else { &CHANGE }, &command.shown());
    }
    Ok(())
}

pub(super) fn httpie(command: &Command<'_>, walker: &Walker<'_>) -> Found {
    let parsed = args::parse(command.args, &args::NONE);
    let words: Vec<&str> = parsed.operands.iter().map(|v| v.text()).collect();
    let method = words
        .first()
        .filter(|w| !w.is_empty() && w.chars().all(|c| c.is_ascii_uppercase()));
    let url = words
        .get(usize::from(method.is_some()))
        .copied()
        .unwrap_or_default();
    if is_local(url) || url.starts_with(':') {
        return Ok(());
    }
    let fields = words
        .iter()
        .skip(usize::from(method.is_some()) + 1)
        .any(|w| w.contains('=') && !w.contains("=="));
    let changes = method.is_some_and(|m| !matches!(*m, "GET" | "HEAD" | "OPTIONS"));
    if changes || (fields && method.is_none()) {
        let rule = if forge::is_api(url) {
            &forge::API
        } else {
            &CHANGE
        };
        return walker.deny(rule, &command.shown());
    }
    Ok(())
}
