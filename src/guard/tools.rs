//! What tools that are no shell touch: files by a name, addresses.
//!
//! Invariant: a name is judged in each way in which a CLI may read it, and the
//! worst counts: as it is written, from the home, as an address of a file.

use super::rules::fs::{self, Access};
use super::rules::{searches, secrets};
use super::walk::{Found, Walker};
use super::word::Value;
use url::{Host, Url};

/// Judges a file that a tool names.
pub(super) fn file(walker: &Walker<'_>, access: Access, path: &str) -> Found {
    fs::access(walker, access, &Value::new(path))?;
    let bare = path.strip_prefix("file://").unwrap_or(path);
    let home = walker.scene.home;
    let meant = match bare.strip_prefix('~') {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => format!("{home}{rest}"),
        // Somebody else's home.
        Some(_) => format!("/{bare}"),
        None => bare.to_owned(),
    };
    if meant != path {
        fs::access(walker, access, &Value::new(meant.as_str()))?;
    }
    match meant.split_once("**") {
        Some((folder, names)) if access == Access::Read => searched(walker, folder, names),
        _ => Ok(()),
    }
}

/// Judges a search of all that lies below a folder, or of names there.
fn searched(walker: &Walker<'_>, folder: &str, names: &str) -> Found {
    let name = names.rsplit('/').next().unwrap_or_default();
    let patterns: &[&str] = match name {
        "" | "*" | "**" => &[],
        name => &[name],
    };
    // An ending is of many files, and of no key in particular.
    if name.starts_with("*.") {
        return Ok(());
    }
    let folder = Value::new(if folder.is_empty() { "." } else { folder });
    match searches::found(walker, &folder, patterns) {
        Some(path) => walker.deny(&secrets::READ, &path),
        None => Ok(()),
    }
}

/// Judges an address as the shell's own tools for it are judged.
pub(super) fn fetch(walker: &mut Walker<'_>, url: &str) -> Found {
    let whole = if url.contains(':') {
        url.to_owned()
    } else {
        format!("http://{url}")
    };
    if let Ok(parsed) = Url::parse(&whole) {
        if parsed.scheme() == "file" {
            return file(walker, Access::Read, parsed.path());
        }
        if hands_out_keys(&parsed) {
            return walker.deny(&secrets::READ, url);
        }
    }
    let quoted = url.replace('\'', "'\\''");
    walker.whole(&format!("curl -s '{quoted}'"))
}

/// Whether a cloud's machines get their keys there.
fn hands_out_keys(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_link_local() || ip.octets() == [100, 100, 100, 200],
        Some(Host::Ipv6(ip)) => match ip.to_ipv4_mapped() {
            Some(ip) => ip.is_link_local(),
            None => {
                ip.is_unicast_link_local() || ip.segments() == [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254]
            }
        },
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            name == "metadata" || name == "metadata.google.internal" || name == "metadata.goog"
        }
        None => false,
    }
}
