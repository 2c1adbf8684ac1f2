//! The programs that work on files → what they do to which path.
//!
//! Invariant: each program's operands are read by its own options; a path that
//! an option names is judged as those among the operands are.

use super::fs::{self, Access, FILL, PLAIN};
use crate::guard::args::{self, Parsed, Spec};
use crate::guard::place::Place;
use crate::guard::walk::endless::is_source;
use crate::guard::walk::{Command, Found, Stream, Walker};
use crate::guard::word::Value;

const fn spec(valued: &'static str, longs: &'static [&'static str]) -> Spec {
    Spec { valued, longs }
}

/// Judges a program that works on files.
pub(super) fn judge(command: &Command<'_>, walker: &mut Walker<'_>) -> Found {
    let args = command.args;
    if let Some((_, access, skipped, spec)) =
        PLAINLY.iter().find(|(n, ..)| n.contains(&command.name))
    {
        let parsed = args::parse(args, spec);
        let paths = parsed.operands.iter().copied().skip(*skipped);
        return fs::all(walker, *access, paths);
    }
    match command.name {
        "gio" | "gvfs-trash" => {
            let parsed = args::parse(args, &PLAIN);
            let paths = parsed.operands.iter().copied().skip(1);
            if matches!(parsed.operand(0), Some("trash" | "remove" | "move")) {
                fs::all(walker, Access::Delete, paths)?;
            }
            Ok(())
        }
        "mv" | "rename" => moves(command, walker),
        "cp" | "install" | "ln" | "link" | "ginstall" => copies(command, walker),
        "dd" => dd(args, walker),
        "tee" | "sponge" => {
            let parsed = args::parse(args, &PLAIN);
            fs::all(walker, Access::Write, parsed.operands.iter().copied())?;
            remember(command, &parsed.operands, walker);
            Ok(())
        }
        "rsync" => rsync(command, walker),
        "sort" => {
            let spec = spec("okStTC", &["output", "key", "parallel"]);
            output(args, &spec, &["o", "output"], walker)
        }
        "patch" => {
            let parsed = args::parse(args, &spec("dioprBDFV", &["directory", "input", "output"]));
            let named = parsed.values(&["d", "directory", "o", "output"]);
            fs::all(walker, Access::Write, named)?;
            fs::all(walker, Access::Write, parsed.operands.first().copied())
        }
        "ed" | "ex" | "vi" | "vim" | "nvim" | "emacs" | "nano" => {
            super::editors::judge(command, walker)
        }
        "gcc" | "g++" | "cc" | "c++" | "clang" | "clang++" | "rustc" | "ld" | "objcopy"
        | "strip" | "pandoc" | "ffmpeg" | "xxd" | "go" | "dot" | "jq" | "yq" => {
            let spec = spec("oILDlx", &["output", "out"]);
            output(args, &spec, &["o", "output", "out"], walker)
        }
        "cargo" | "mvn" | "mvnw" | "gradle" | "gradlew" => cleans(command, walker),
        "csplit" => {
            let spec = spec("fbn", &["prefix", "suffix-format", "digits"]);
            output(args, &spec, &["f", "prefix"], walker)
        }
        "tail" if args.iter().any(|a| a.text() == "/dev/zero") => walker.deny(&FILL, "/dev/zero"),
        _ => Ok(()),
    }
}

/// Programs that do one thing to all their operands: what, how many operands
/// stand before, and their options.
const PLAINLY: &[(&[&str], Access, usize, Spec)] = &[
    (
        &[
            "rm",
            "rmdir",
            "unlink",
            "srm",
            "wipe",
            "trash",
            "trash-put",
            "rimraf",
            "del",
        ],
        Access::Delete,
        0,
        PLAIN,
    ),
    (
        &["shred"],
        Access::Write,
        0,
        spec("nsR", &["iterations", "size", "random-source"]),
    ),
    (
        &["truncate"],
        Access::Write,
        0,
        spec("srR", &["size", "reference"]),
    ),
    (
        &["touch"],
        Access::Write,
        0,
        spec("drt", &["date", "reference", "time"]),
    ),
    (
        &["mkdir", "mkfifo", "mknod"],
        Access::Make,
        0,
        spec("mZ", &["mode", "context"]),
    ),
    (
        &["split"],
        Access::Write,
        1,
        spec("abClnt", &["lines", "bytes", "filter"]),
    ),
];

/// Where an option says that output goes.
fn output(args: &[Value], spec: &Spec, names: &[&str], walker: &Walker<'_>) -> Found {
    let parsed = args::parse(args, spec);
    fs::all(walker, Access::Write, parsed.values(names))
}

/// Builders that remove what they built in the project that an option names.
fn cleans(command: &Command<'_>, walker: &Walker<'_>) -> Found {
    let (built, spec) = match command.name {
        "cargo" => ("target", spec("p", &["manifest-path"])),
        "mvn" | "mvnw" => ("target", spec("fPDs", &["file"])),
        _ => ("build", spec("pbPDx", &["project-dir", "build-file"])),
    };
    let parsed = args::parse(command.args, &spec);
    let is_clean = |v: &&Value| v.text() == "clean" || v.text().ends_with(":clean");
    if !parsed.operands.iter().any(is_clean) {
        return Ok(());
    }
    let names: &[&str] = match command.name {
        "cargo" => &["manifest-path"],
        "mvn" | "mvnw" => &["f", "file"],
        _ => &["p", "project-dir", "b", "build-file"],
    };
    for project in parsed.values(names) {
        let text = project.text();
        let is_file = [".toml", ".xml", ".gradle", ".kts"]
            .iter()
            .any(|end| text.ends_with(end));
        let folder = match text.rsplit_once('/') {
            Some((folder, _)) if is_file => folder,
            None if is_file => ".",
            _ => text,
        };
        fs::access(
            walker,
            Access::Delete,
            &Value::new(format!("{folder}/{built}")),
        )?;
    }
    Ok(())
}

/// What flows in is what these files hold now.
fn remember(command: &Command<'_>, files: &[&Value], walker: &mut Walker<'_>) {
    for file in files {
        let path = walker.target(file, true).path;
        walker.state.files.insert(path, command.stdin.clone());
    }
}

fn target_directory<'a>(parsed: &'a Parsed<'_>) -> Option<&'a Value> {
    parsed.value(&["t", "target-directory"])
}

fn moves(command: &Command<'_>, walker: &mut Walker<'_>) -> Found {
    let parsed = args::parse(command.args, &spec("tS", &["target-directory", "suffix"]));
    let mut operands: Vec<&Value> = parsed.operands.clone();
    let to = match target_directory(&parsed) {
        Some(to) => Some(to),
        None if command.name == "mv" => operands.pop(),
        None => None,
    };
    fs::all(walker, Access::Delete, operands.iter().copied())?;
    if let Some(to) = to {
        into(walker, to, &operands)?;
        transfer(walker, &operands, to, true);
    }
    Ok(())
}

/// Judges a destination: the file itself, and the names inside when it is a folder.
fn into(walker: &Walker<'_>, to: &Value, sources: &[&Value]) -> Found {
    let target = fs::access(walker, Access::Write, to)?;
    if target.place == Place::Root || to.text().ends_with('/') || target.path.ends_with("/.claude")
    {
        for source in sources.iter().filter(|s| !s.is_open()) {
            let name = source
                .text()
                .trim_end_matches('/')
                .rsplit('/')
                .next()
                .unwrap_or_default();
            if name.is_empty() || name == "." || name == ".." {
                continue;
            }
            let inner = Value::new(format!("{}/{name}", to.text().trim_end_matches('/')));
            fs::access(walker, Access::Write, &inner)?;
        }
    }
    Ok(())
}

/// What a file holds goes along with it.
fn transfer(walker: &mut Walker<'_>, sources: &[&Value], to: &Value, moves: bool) {
    let [source] = sources else { return };
    let from = walker.target(source, true).path;
    let content = if moves {
        walker.state.files.remove(&from)
    } else {
        match walker.content(source) {
            Stream::Unknown | Stream::Own => None,
            known => Some(known),
        }
    };
    if let Some(content) = content {
        let to = walker.target(to, true).path;
        walker.state.files.insert(to, content);
    }
}

fn copies(command: &Command<'_>, walker: &mut Walker<'_>) -> Found {
    let parsed = args::parse(
        command.args,
        &spec(
            "tSmog",
            &[
                "target-directory",
                "suffix",
                "mode",
                "owner",
                "group",
                "no-preserve",
            ],
        ),
    );
    let mut operands: Vec<&Value> = parsed.operands.clone();
    if command.name == "install" && parsed.any(&["d", "directory"]) {
        return fs::all(walker, Access::Make, operands);
    }
    let to = match target_directory(&parsed) {
        Some(to) => Some(to.clone()),
        None if operands.len() > 1 => operands.pop().cloned(),
        None => None,
    };
    fs::all(walker, Access::Read, operands.iter().copied())?;
    let endless = |v: &&Value| is_source(v.text());
    if command.name != "ln" && operands.iter().any(endless) {
        walker.deny(&FILL, "the disk")?;
    }
    if let Some(to) = &to {
        into(walker, to, &operands)?;
        if command.name == "ln" {
            link(walker, operands.first().copied(), to);
        } else {
            transfer(walker, &operands, to, false);
        }
    }
    Ok(())
}

/// A link that this text makes is followed from now on.
fn link(walker: &mut Walker<'_>, source: Option<&Value>, to: &Value) {
    let Some(source) = source else { return };
    let from = walker.target(source, true);
    let at = walker.target(to, false).path;
    walker.state.links.push((at, from.path));
}

fn dd(args: &[Value], walker: &mut Walker<'_>) -> Found {
    let mut endless = false;
    let mut bounded = false;
    for arg in args {
        let text = arg.text();
        if text.starts_with("of=") {
            fs::access(walker, Access::Write, &arg.tail(3))?;
        } else if text.starts_with("if=") {
            fs::access(walker, Access::Read, &arg.tail(3))?;
            endless |= matches!(text, "if=/dev/zero" | "if=/dev/urandom" | "if=/dev/random");
        }
        bounded |= text.starts_with("count=");
    }
    let goes_nowhere = args.iter().any(|a| a.text() == "of=/dev/null");
    if endless && !bounded && !goes_nowhere && args.iter().any(|a| a.text().starts_with("of=")) {
        walker.deny(&FILL, "the disk")?;
    }
    Ok(())
}

fn rsync(command: &Command<'_>, walker: &mut Walker<'_>) -> Found {
    let parsed = args::parse(
        command.args,
        &spec(
            "efTBM",
            &[
                "rsh",
                "filter",
                "exclude",
                "include",
                "exclude-from",
                "files-from",
                "temp-dir",
                "rsync-path",
                "chmod",
                "chown",
            ],
        ),
    );
    for text in parsed.values(&["e", "rsh", "rsync-path"]) {
        walker.shell_text(text)?;
    }
    let Some((to, from)) = parsed.operands.split_last() else {
        return Ok(());
    };
    for source in from {
        if parsed.has("remove-source-files") {
            fs::access(walker, Access::Delete, source)?;
        }
        fs::access(walker, Access::Read, source)?;
    }
    if super::net::is_remote(to) {
        return super::net::upload(walker, to);
    }
    if !from.is_empty() && !parsed.any(&["n", "dry-run"]) {
        fs::access(walker, Access::Write, to)?;
    }
    Ok(())
}
