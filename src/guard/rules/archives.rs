//! Archives, stream editors and build tools: programs that write by an option,
//! a script or a folder; their rules are those of files.
//!
//! Invariant: an archive is unpacked only where files may be written; a script
//! of sed or make is read for the files it writes and the commands it runs.

use super::fs::{self, Access};
use super::remote;
use crate::guard::args::{self, Parsed, Spec};
use crate::guard::walk::{Command, Found, Stream, Walker, peel};
use crate::guard::word::Value;

pub(super) fn judge(command: &Command<'_>, walker: &mut Walker<'_>) -> Found {
    match command.name {
        "tar" | "bsdtar" | "gtar" => tar(command, walker),
        "unzip" | "7z" | "7za" | "unrar" => unzip(command, walker),
        "zip" => {
            let parsed = args::parse(
                command.args,
                &Spec {
                    valued: "xibt",
                    longs: &[],
                },
            );
            if parsed.any(&["m", "move"]) {
                fs::all(
                    walker,
                    Access::Delete,
                    parsed.operands.iter().copied().skip(1),
                )?;
            }
            fs::all(walker, Access::Write, parsed.operands.first().copied())
        }
        "cpio" | "pax" => {
            let parsed = args::parse(
                command.args,
                &Spec {
                    valued: "DFEHOIR",
                    longs: &["directory"],
                },
            );
            if parsed.any(&["i", "extract", "p", "r"]) {
                let to = parsed
                    .value(&["D", "directory"])
                    .cloned()
                    .unwrap_or_else(|| Value::new("./x"));
                fs::access(walker, Access::Write, &to)?;
            }
            Ok(())
        }
        "gzip" | "gunzip" | "xz" | "bzip2" | "zstd" | "unxz" => {
            let parsed = args::parse(
                command.args,
                &Spec {
                    valued: "So",
                    longs: &[],
                },
            );
            if parsed.any(&["c", "stdout", "k", "keep", "l", "t", "list", "test"]) {
                return Ok(());
            }
            fs::all(walker, Access::Delete, parsed.operands.iter().copied())
        }
        "sed" | "gsed" => sed(command, walker),
        "make" | "gmake" | "ninja" | "just" => make(command, walker),
        _ => Ok(()),
    }
}

const TAR: Spec = Spec {
    valued: "fCTXIHbKNVg",
    longs: &[
        "file",
        "directory",
        "exclude",
        "files-from",
        "transform",
        "use-compress-program",
        "checkpoint-action",
        "to-command",
        "owner",
        "group",
        "format",
        "strip-components",
    ],
};

fn tar(command: &Command<'_>, walker: &mut Walker<'_>) -> Found {
    let mut args: Vec<Value> = command.args.to_vec();
    // Options without a dash come first, in one word.
    if let Some(first) = args.first_mut()
        && !first.text().starts_with('-')
        && first.text().chars().all(|c| c.is_ascii_alphabetic())
    {
        *first = Value::new(format!("-{}", first.text()));
    }
    let parsed = args::parse(&args, &TAR);
    for code in parsed.values(&["to-command", "use-compress-program", "I"]) {
        walker.shell_text(code)?;
    }
    for action in parsed.values(&["checkpoint-action"]) {
        if let Some(code) = action.text().strip_prefix("exec=") {
            walker.shell_text(&Value::new(code))?;
        }
    }
    let directory = parsed.value(&["C", "directory"]).cloned();
    let extracts = parsed.any(&["x", "extract", "get"]);
    let creates = parsed.any(&["c", "r", "u", "create", "append", "update"]);
    if extracts && !parsed.any(&["O", "to-stdout"]) {
        if parsed.any(&["P", "absolute-names"]) {
            walker.deny(&fs::WRITE_OUTSIDE, "absolute names of an archive")?;
        }
        let to = directory.clone().unwrap_or_else(|| Value::new("."));
        fs::access(
            walker,
            Access::Write,
            &Value::new(format!("{}/.", to.text())),
        )?;
        let inner: Vec<&Value> = parsed.operands.clone();
        peel::inside(walker, &to, |w| fs::all(w, Access::Write, inner))?;
    }
    if creates {
        return pack(&parsed, directory.as_ref(), walker);
    }
    Ok(())
}

/// What goes into an archive, and what is removed for it.
fn pack(parsed: &Parsed<'_>, directory: Option<&Value>, walker: &mut Walker<'_>) -> Found {
    fs::all(
        walker,
        Access::Write,
        parsed
            .values(&["f", "file"])
            .into_iter()
            .filter(|v| v.text() != "-"),
    )?;
    let sources: Vec<&Value> = parsed.operands.clone();
    let removes = parsed.any(&["remove-files"]);
    let judge = |w: &mut Walker<'_>| {
        if removes {
            fs::all(w, Access::Delete, sources.iter().copied())?;
        }
        fs::all(w, Access::Read, sources.iter().copied())
    };
    match directory {
        Some(dir) => peel::inside(walker, dir, judge),
        None => judge(walker),
    }
}

fn unzip(command: &Command<'_>, walker: &Walker<'_>) -> Found {
    let parsed = args::parse(
        command.args,
        &Spec {
            valued: "dxPO",
            longs: &[],
        },
    );
    if parsed.any(&["l", "t", "v", "p", "Z"]) && command.name == "unzip" {
        return Ok(());
    }
    if command.name == "unzip" {
        let here = Value::new("./.");
        let to = parsed.value(&["d"]).unwrap_or(&here);
        return fs::access(walker, Access::Write, to).map(|_| ());
    }
    for arg in command.args {
        if arg.text().starts_with("-o") && arg.text().len() > 2 {
            fs::access(walker, Access::Write, &arg.tail(2))?;
        }
    }
    Ok(())
}

fn sed(command: &Command<'_>, walker: &mut Walker<'_>) -> Found {
    let parsed = args::parse(
        command.args,
        &Spec {
            valued: "efl",
            longs: &["expression", "file", "line-length"],
        },
    );
    let mut files: Vec<&Value> = parsed.operands.clone();
    let mut scripts: Vec<Value> = parsed
        .values(&["e", "expression"])
        .into_iter()
        .cloned()
        .collect();
    if scripts.is_empty() && !parsed.any(&["f", "file"]) && !files.is_empty() {
        scripts.push(files.remove(0).clone());
    }
    if parsed.any(&["i", "in-place"]) || command.args.iter().any(|a| a.text().starts_with("-i")) {
        fs::all(walker, Access::Write, files)?;
    }
    for script in &scripts {
        for part in script.text().split([';', '\n']) {
            let rest =
                part.trim_start_matches(|c: char| c.is_ascii_digit() || "$,!{ /~+".contains(c));
            let rest = address_end(part).unwrap_or(rest);
            if let Some(file) = rest.strip_prefix("w ").or(rest.strip_prefix("W ")) {
                fs::access(walker, Access::Write, &Value::new(file.trim()))?;
            } else if let Some(code) = rest.strip_prefix("e ") {
                walker.shell_text(&Value::new(code))?;
            }
        }
    }
    Ok(())
}

/// What follows a pattern in slashes.
fn address_end(part: &str) -> Option<&str> {
    let rest = part.trim_start().strip_prefix('/')?;
    let end = rest.find('/')?;
    rest.get(end + 1..).map(str::trim_start)
}

/// `make SHELL=…`, and a makefile that flows in or was fetched.
fn make(command: &Command<'_>, walker: &mut Walker<'_>) -> Found {
    let parsed = args::parse(
        command.args,
        &Spec {
            valued: "CfIjloW",
            longs: &["directory", "file", "makefile", "jobs", "eval", "justfile"],
        },
    );
    fs::all(walker, Access::Write, parsed.values(&["C", "directory"]))?;
    for text in parsed.values(&["eval"]) {
        recipes(walker, text.text())?;
    }
    for file in parsed.values(&["f", "file", "makefile", "justfile"]) {
        match walker.content(file) {
            Stream::Remote => walker.deny(&remote::SCRIPT, &file.shown())?,
            Stream::Text(text) => recipes(walker, &text)?,
            _ => {}
        }
        if file.text() == "-"
            && let Stream::Text(text) = command.stdin
        {
            recipes(walker, text)?;
        }
    }
    for operand in &parsed.operands {
        let text = operand.text();
        if let Some((name, _)) = text.split_once('=') {
            let value = operand.tail(name.len() + 1);
            if matches!(name, "SHELL" | "MAKE" | "CC" | "CXX") && value.text().contains(' ') {
                walker.shell_text(&value)?;
            }
            if matches!(
                name,
                "DESTDIR" | "PREFIX" | "prefix" | "OUT" | "OUT_DIR" | "O"
            ) {
                fs::access(walker, Access::Write, &value)?;
            }
        }
    }
    Ok(())
}

/// The commands of a makefile's rules.
fn recipes(walker: &mut Walker<'_>, text: &str) -> Found {
    for line in text.lines() {
        let inline = line
            .split_once(':')
            .and_then(|(_, rest)| rest.split_once(';'))
            .map(|(_, code)| code);
        let indented = line.starts_with([' ', '\t']).then(|| line.trim_start());
        if let Some(code) = indented.or(inline) {
            let code = code.trim_start_matches(['@', '-', '+']).replace("$$", "$");
            walker.apart(&code, Stream::Unknown)?;
        }
    }
    Ok(())
}
