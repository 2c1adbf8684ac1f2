//! Programs that read whatever lies below a folder: searches, archives, copies.
//!
//! Invariant: a folder is read as a whole only where no credentials lie below it; a
//! pattern for names that are none's keeps the rest allowed.

use super::secrets::READ;
use crate::guard::args::{self, Spec};
use crate::guard::landmarks;
use crate::guard::place::Place;
use crate::guard::walk::{Command, Found, Walker};
use crate::guard::word::Value;

const SEARCH: Spec = Spec {
    valued: "ABCmefdDgtTEjM",
    longs: &[
        "include",
        "exclude",
        "exclude-dir",
        "regexp",
        "file",
        "max-count",
        "glob",
        "iglob",
        "type",
        "max-depth",
        "context",
        "color",
    ],
};

const COPY: Spec = Spec {
    valued: "CfTXxSte",
    longs: &["directory", "file", "exclude", "include", "filter", "rsh"],
};

/// A file with credentials that a search of a folder hands on, if it names one.
pub(crate) fn found(walker: &Walker<'_>, folder: &Value, patterns: &[&str]) -> Option<String> {
    let target = walker.target(folder, true);
    // Relative to a tool's folder most searches end here.
    if matches!(
        target.place,
        Place::Worktree | Place::Root | Place::Tmp | Place::Unknown
    ) {
        return None;
    }
    if let Some(name) = patterns.iter().find(|name| landmarks::is_key(name)) {
        return Some(format!("{}/{name}", target.path));
    }
    landmarks::found_below(walker.scene, &target.path, patterns)
}

/// The patterns by which `find` narrows a search.
pub(crate) fn patterns(args: &[Value]) -> Vec<&str> {
    const TESTS: [&str; 5] = ["-name", "-iname", "-path", "-ipath", "-wholename"];
    let mut all = Vec::new();
    for (at, arg) in args.iter().enumerate() {
        let negated = at > 0 && matches!(args[at - 1].text(), "!" | "-not");
        if TESTS.contains(&arg.text()) && !negated {
            all.extend(args.get(at + 1).map(Value::text));
        }
    }
    all
}

pub(super) fn judge(command: &Command<'_>, walker: &Walker<'_>) -> Found {
    match command.name {
        "grep" | "egrep" | "fgrep" | "rg" | "ag" | "ack" | "ugrep" => search(command, walker),
        "cp" | "gcp" | "rsync" | "scp" | "zip" | "7z" | "7za" => copy(command, walker),
        "tar" | "bsdtar" | "gtar" => pack(command, walker),
        _ => Ok(()),
    }
}

fn search(command: &Command<'_>, walker: &Walker<'_>) -> Found {
    let parsed = args::parse(command.args, &SEARCH);
    let recursive = !command.name.ends_with("grep")
        || parsed.any(&["r", "R", "recursive", "dereference-recursive"])
        || parsed.value(&["d"]).is_some_and(|v| v.text() == "recurse");
    let only_names = [
        "l",
        "L",
        "c",
        "q",
        "count",
        "quiet",
        "files",
        "files-with-matches",
        "files-without-match",
    ];
    if !recursive || parsed.any(&only_names) {
        return Ok(());
    }
    let narrows: &[&str] = if command.name.ends_with("grep") {
        &["include"]
    } else {
        &["g", "glob", "iglob", "t", "type"]
    };
    let patterns: Vec<&str> = parsed.values(narrows).iter().map(|v| v.text()).collect();
    let told = parsed.any(&["e", "f", "regexp", "file"]);
    let here = Value::new(".");
    let here = [&here];
    let mut folders = parsed
        .operands
        .get(usize::from(!told)..)
        .unwrap_or_default();
    if folders.is_empty() {
        folders = &here;
    }
    all(folders.iter().copied(), &patterns, walker)
}

fn copy(command: &Command<'_>, walker: &Walker<'_>) -> Found {
    let parsed = args::parse(command.args, &COPY);
    if !parsed.any(&["r", "R", "a", "recursive", "archive"]) && !command.name.starts_with('7') {
        return Ok(());
    }
    let from = match (command.name, parsed.operands.split_last()) {
        ("zip" | "7z" | "7za", _) => parsed.operands.get(1..).unwrap_or_default(),
        (_, Some((_, from))) => from,
        (_, None) => &[],
    };
    all(from.iter().copied(), &[], walker)
}

fn pack(command: &Command<'_>, walker: &Walker<'_>) -> Found {
    let Some(first) = command.args.first().map(Value::text) else {
        return Ok(());
    };
    let parsed = args::parse(command.args, &COPY);
    let packs = !first.starts_with('-') && first.contains(['c', 'r', 'u'])
        || parsed.any(&["c", "r", "create", "append", "update"]);
    if !packs {
        return Ok(());
    }
    let skips = usize::from(!first.starts_with('-'));
    let folder = parsed.value(&["C", "directory"]).map(Value::text);
    let below = |name: &&Value| match folder {
        Some(folder) if !name.text().starts_with('/') => {
            Value::new(format!("{folder}/{}", name.text()))
        }
        _ => (**name).clone(),
    };
    let names: Vec<Value> = parsed.operands.iter().skip(skips).map(below).collect();
    all(names.iter(), &[], walker)
}

fn all<'v>(
    folders: impl Iterator<Item = &'v Value>,
    patterns: &[&str],
    walker: &Walker<'_>,
) -> Found {
    if walker.away > 0 {
        return Ok(());
    }
    for folder in folders {
        if let Some(path) = found(walker, folder, patterns) {
            walker.deny(&READ, &path)?;
        }
    }
    Ok(())
}
