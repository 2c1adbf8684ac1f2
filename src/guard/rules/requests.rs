//! curl, wget and httpie: what a request fetches, sends and changes.
//!
//! Invariant: a request to this machine is the agent's own business; to any
//! other it may ask, and a file it writes is known to come from the network.

use super::databases::DESTROY;
use super::fs::{self, Access};
use super::net::{CHANGE, UPLOAD, is_local};
use super::{forge, stores};
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
        "trace",
        "trace-ascii",
        "stderr",
        "libcurl",
        "etag-save",
        "etag-compare",
        "hsts",
        "alt-svc",
        "connect-to",
        "oauth2-bearer",
    ],
};

/// Options of curl that name a file which it writes.
const CURL_WRITES: [&str; 13] = [
    "o",
    "output",
    "c",
    "cookie-jar",
    "D",
    "dump-header",
    "trace",
    "trace-ascii",
    "stderr",
    "libcurl",
    "etag-save",
    "hsts",
    "alt-svc",
];

pub(super) fn curl(command: &Command<'_>, walker: &mut Walker<'_>) -> Found {
    let parsed = args::parse(command.args, &CURL);
    let mut urls: Vec<&Value> = parsed.operands.clone();
    let named = parsed.values(&["url"]);
    urls.extend(named);
    written(&parsed, &CURL_WRITES, &urls, walker)?;
    let sent = Sent::of(&parsed);
    let local = !urls.is_empty()
        && urls
            .iter()
            .all(|u| is_local(u.text()) && !u.text().starts_with("file:"));
    if local {
        let forge = sent.changes || sent.has_body || sent.has_file;
        return here(forge, &urls, command, walker);
    }
    for value in command.args {
        if value.has(SECRET) {
            return walker.deny(&UPLOAD, &value.shown());
        }
    }
    if (sent.changes || sent.has_body) && urls.iter().any(|u| forge::is_api(u.text())) {
        return walker.deny(&forge::API, &command.shown());
    }
    if sent.has_file {
        return walker.deny(&UPLOAD, &command.shown());
    }
    if sent.has_body || sent.changes {
        return walker.deny(&CHANGE, &command.shown());
    }
    Ok(())
}

/// Whether all secrets among the words of a request go to a server on this machine, no
/// forge, and are not shown.
pub(super) fn stays_here(command: &Command<'_>) -> bool {
    const SENDS: [&str; 14] = [
        "H",
        "header",
        "u",
        "user",
        "b",
        "cookie",
        "d",
        "data",
        "data-raw",
        "data-urlencode",
        "json",
        "F",
        "form",
        "oauth2-bearer",
    ];
    // It goes by another machine, or is printed.
    const LEAVES: [&str; 14] = [
        "x",
        "proxy",
        "preproxy",
        "socks4",
        "socks4a",
        "socks5",
        "socks5-hostname",
        "resolve",
        "connect-to",
        "K",
        "config",
        "location-trusted",
        "v",
        "verbose",
    ];
    if command.name != "curl" || !command.env.is_empty() {
        return false;
    }
    let parsed = args::parse(command.args, &CURL);
    let mut urls: Vec<&Value> = parsed.operands.clone();
    let named = parsed.values(&["url"]);
    urls.extend(named);
    let is_own = |url: &&Value| {
        let text = url.text();
        let forge = forge::is_forges(text) || forge::is_api(text) && has_usual_port(text);
        is_local(text) && !text.is_empty() && !text.starts_with("file:") && !forge
    };
    let sent = parsed
        .values(&SENDS)
        .into_iter()
        .chain(urls.iter().copied());
    let secret = |value: &&Value| value.has(SECRET);
    let all_sent = sent.filter(secret).count() == command.args.iter().filter(secret).count();
    let traced = parsed.any(&["trace", "trace-ascii", "libcurl"]);
    !urls.is_empty() && urls.iter().all(is_own) && all_sent && !parsed.any(&LEAVES) && !traced
}

/// A request that changes something on this machine: its own servers, but no forge. A
/// test's double of one has a port of its own, and asks for no credentials.
fn here(changes: bool, urls: &[&Value], command: &Command<'_>, walker: &Walker<'_>) -> Found {
    let is_forge = |url: &&&Value| {
        forge::is_forges(url.text()) && (has_usual_port(url.text()) || has_credentials(command))
    };
    if changes && urls.iter().any(|url| is_forge(&url)) {
        return walker.deny(&forge::API, &command.shown());
    }
    if let Some(url) = urls.iter().find(|url| stores::is_stores(url.text()))
        && removes(url, command)
    {
        return walker.deny(&DESTROY, &command.shown());
    }
    Ok(())
}

/// Whether a request removes what is at its address.
fn removes(url: &Value, command: &Command<'_>) -> bool {
    let is_delete = |arg: &Value| arg.text().to_ascii_uppercase().ends_with("DELETE");
    let removing = ["_delete_by_query", "/prune", "/kill", "/_purge"];
    command.args.iter().any(is_delete) || removing.iter().any(|part| url.text().contains(part))
}

/// Whether an address is of a port at which a forge listens unless told otherwise.
fn has_usual_port(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = rest.split('/').next().unwrap_or_default();
    match host.rsplit_once(':') {
        Some((_, port)) if port.bytes().all(|b| b.is_ascii_digit()) => {
            matches!(port, "80" | "443" | "3000" | "")
        }
        _ => true,
    }
}

/// Whether a request says who it is from, or may.
fn has_credentials(command: &Command<'_>) -> bool {
    const LONGS: [&str; 8] = [
        "--user", "--netrc", "--cookie", "--config", "--oauth2", "--auth", "--http-", "--cert",
    ];
    command.args.iter().any(|arg| {
        let text = arg.text().to_ascii_lowercase();
        let letters = text.starts_with('-') && !text.starts_with("--");
        letters && text.contains(['u', 'n', 'b', 'k', 'e', 'a'])
            || LONGS.iter().any(|long| text.starts_with(long))
            || text.contains("authorization")
            || text.contains("token")
            || text.contains("://") && text.contains('@')
            || arg.is_open()
    })
}

/// What a request of curl does beyond asking.
struct Sent {
    /// By its method.
    changes: bool,
    has_body: bool,
    /// What it sends is a file, or nobody knows.
    has_file: bool,
}

impl Sent {
    fn of(parsed: &Parsed<'_>) -> Sent {
        const BODY: [&str; 11] = [
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
        const FILES: [&str; 7] = [
            "d",
            "data",
            "data-binary",
            "data-ascii",
            "json",
            "F",
            "form",
        ];
        let gets = parsed.any(&["G", "get", "I", "head"]);
        let method = parsed
            .value(&["X", "request"])
            .map(|m| m.text().to_ascii_uppercase());
        let is_file = |v: &&Value| v.text().contains(['@', '<']) || v.is_open();
        Sent {
            changes: method
                .as_deref()
                .is_some_and(|m| !matches!(m, "GET" | "HEAD" | "OPTIONS")),
            has_body: parsed.any(&BODY) && !gets,
            has_file: parsed.values(&FILES).iter().any(is_file)
                || parsed.any(&["T", "upload-file"]),
        }
    }
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
            "append-output",
            "input-file",
            "save-cookies",
            "hsts-file",
            "warc-file",
            "rejected-log",
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
    let logs = [
        "o",
        "output-file",
        "a",
        "append-output",
        "save-cookies",
        "hsts-file",
        "warc-file",
        "rejected-log",
    ];
    let files = parsed.values(&logs).into_iter();
    fs::all(walker, Access::Write, files.filter(|v| v.text() != "-"))?;
    let changes = parsed
        .value(&["method"])
        .is_some_and(|m| !matches!(m.text(), "GET" | "HEAD"));
    let has_body = parsed.any(&["post-data", "body-data", "post-file", "body-file"]);
    if urls.iter().all(|u| is_local(u.text())) && !urls.is_empty() {
        return here(changes || has_body, &urls, command, walker);
    }
    if command.args.iter().any(|a| a.has(SECRET)) || parsed.any(&["post-file", "body-file"]) {
        return walker.deny(&UPLOAD, &command.shown());
    }
    if changes || has_body {
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
    let fields = words
        .iter()
        .skip(usize::from(method.is_some()) + 1)
        .any(|w| w.contains('=') && !w.contains("=="));
    let changes = method.is_some_and(|m| !matches!(*m, "GET" | "HEAD" | "OPTIONS"))
        || (fields && method.is_none());
    if is_local(url) || url.starts_with(':') {
        let urls: Vec<&Value> = parsed.operands.clone();
        return here(changes, &urls, command, walker);
    }
    if changes {
        let rule = if forge::is_api(url) {
            &forge::API
        } else {
            &CHANGE
        };
        return walker.deny(rule, &command.shown());
    }
    Ok(())
}
