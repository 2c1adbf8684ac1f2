//! Archives: programs that write by an option or a folder; their rules are those
//! of files.
//!
//! Invariant: an archive is unpacked only where files may be written, and a
//! program that an option names is judged as a shell's text.

use super::fs::{self, Access};
use crate::guard::args::{self, Parsed, Spec};
use crate::guard::walk::{Command, Found, Walker, peel};
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
        _ => Ok(()),
    }
}

const TAR: Spec = Spec {
    valued: "fCTXIHbKNVgF",
    longs: &[
        "file",
        "directory",
        "exclude",
        "files-from",
        "transform",
        "use-compress-program",
        "checkpoint-action",
        "rsh-command",
        "rmt-command",
        "info-script",
        "new-volume-script",
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
    for code in parsed.values(&[
        "to-command",
        "use-compress-program",
        "I",
        "rsh-command",
        "rmt-command",
        "info-script",
        "new-volume-script",
        "F",
    ]) {
        walker.shell_text(code)?;
    }
    for action in parsed.values(&["checkpoint-action"]) {
        if let Some(code) = action.text().strip_prefix("exec=") {
            walker.shell_text(&Value::new(code))?;
        }
    }
    let directory = parsed.value(&["C", "directory"]).cloned();
    fs::all(walker, Access::Write, parsed.values(&["one-top-level"]))?;
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
