//! Git's subcommands: branches that are protected, options that run code, and
//! files that are written.
//!
//! Invariant: code that an option holds is judged like any other; a path that
//! git would write is judged like a redirection's.

use super::fs::{self, Access};
use super::git::PROTECTED_BRANCH;
use crate::guard::args::{self, Parsed, Spec};
use crate::guard::walk::{Found, Stream, Walker};
use crate::guard::word::Value;

/// The options of a subcommand that take values.
fn spec_of(verb: &str) -> Spec {
    match verb {
        "rebase" => Spec {
            valued: "xsXC",
            longs: &["exec", "onto", "strategy"],
        },
        "difftool" | "mergetool" => Spec {
            valued: "xt",
            longs: &["extcmd", "tool"],
        },
        "grep" => Spec {
            valued: "eABCm",
            longs: &[],
        },
        "archive" | "format-patch" => Spec {
            valued: "o",
            longs: &["output", "output-directory", "prefix"],
        },
        "clone" | "fetch" | "pull" | "ls-remote" => Spec {
            valued: "bujco",
            longs: &[
                "upload-pack",
                "depth",
                "branch",
                "template",
                "config",
                "reference",
            ],
        },
        "init" => Spec {
            valued: "b",
            longs: &["template", "separate-git-dir", "initial-branch"],
        },
        "checkout" | "switch" => Spec {
            valued: "bBcC",
            longs: &["force-create", "create", "orphan", "conflict"],
        },
        "worktree" => Spec {
            valued: "bB",
            longs: &["reason"],
        },
        _ => Spec {
            valued: "",
            longs: &["output", "prefix"],
        },
    }
}

/// Options that run code, and options and operands that name files to write.
pub(super) fn with_paths(
    verb: &str,
    args: &[Value],
    shown: &str,
    walker: &mut Walker<'_>,
) -> Found {
    let parsed = args::parse(args, &spec_of(verb));
    for code in parsed.values(&["exec", "extcmd", "upload-pack", "open-files-in-pager"]) {
        walker.shell_text(code)?;
    }
    for code in parsed.values(&["x", "u"]) {
        let takes = matches!(verb, "rebase" | "difftool" | "clone" | "fetch");
        if takes {
            walker.shell_text(code)?;
        }
    }
    if verb == "grep"
        && let Some(pager) = args
            .iter()
            .find(|a| a.text().starts_with("-O") && a.text().len() > 2)
    {
        walker.shell_text(&pager.tail(2))?;
    }
    fs::all(
        walker,
        Access::Write,
        parsed.values(&["output", "output-directory"]),
    )?;
    if matches!(verb, "archive" | "format-patch") {
        fs::all(walker, Access::Write, parsed.values(&["o"]))?;
    }
    if verb == "checkout-index" {
        fs::all(walker, Access::Write, parsed.values(&["prefix"]))?;
    }
    if verb == "hash-object" || parsed.has("no-index") {
        fs::all(walker, Access::Read, parsed.operands.iter().copied())?;
    }
    if matches!(verb, "init" | "clone")
        && let Some(folder) = parsed.value(&["separate-git-dir"])
    {
        fs::access(walker, Access::Write, folder)?;
        if verb == "init" && parsed.operands.is_empty() {
            fs::access(walker, Access::Delete, &Value::new(".git"))?;
        }
    }
    if parsed.value(&["template"]).is_some() {
        walker.deny(&super::guard::GIT_PROGRAM, shown)?;
    }
    for operand in &parsed.operands {
        if operand.text().starts_with("ext::") {
            walker.deny(&super::guard::GIT_PROGRAM, operand.text())?;
        }
    }
    written(verb, &parsed, walker)
}

pub(super) fn filters(args: &[Value], walker: &mut Walker<'_>, shown: &str) -> Found {
    for pair in args.windows(2) {
        if pair[0].text().ends_with("-filter") {
            walker.shell_text(&pair[1])?;
        }
    }
    if args.iter().any(|a| a.text() == "--all") {
        return walker.deny(&PROTECTED_BRANCH, shown);
    }
    Ok(())
}

pub(super) fn run_or_text(walker: &mut Walker<'_>, rest: &[Value]) -> Found {
    match rest {
        [] => Ok(()),
        [text] => walker.shell_text(text).map(|_| ()),
        argv => walker.run(argv, Stream::Empty, &[]).map(|_| ()),
    }
}

pub(super) fn branch(args: &[Value], walker: &Walker<'_>) -> Found {
    let spec = Spec {
        valued: "u",
        longs: &[
            "set-upstream-to",
            "contains",
            "merged",
            "no-merged",
            "format",
            "sort",
        ],
    };
    let parsed = args::parse(args, &spec);
    if parsed.any(&["r", "remotes"]) {
        return Ok(());
    }
    if parsed.any(&["D", "d", "delete"]) {
        // Without force only what is merged is deleted: an unknown name may be.
        let forced = parsed.any(&["D", "f", "force"]);
        for name in &parsed.operands {
            let text = name.text();
            let unknown = forced && name.is_blank_mark();
            if is_base(text) || text == walker.scene.branch || unknown {
                walker.deny(&PROTECTED_BRANCH, text)?;
            }
        }
        return Ok(());
    }
    let moves = parsed.any(&["m", "M", "move"]);
    let touched = if moves {
        parsed.operands.clone()
    } else if parsed.any(&["c", "C", "copy"]) {
        parsed.operands.last().copied().into_iter().collect()
    } else if parsed.any(&["f", "force"]) {
        parsed.operands.first().copied().into_iter().collect()
    } else {
        Vec::new()
    };
    bases(walker, touched)
}

/// None of these may be the base.
pub(super) fn bases<'v>(walker: &Walker<'_>, names: impl IntoIterator<Item = &'v Value>) -> Found {
    for name in names {
        let text = name.text().trim_start_matches('+');
        let name = text.strip_prefix("refs/heads/").unwrap_or(text);
        if is_base(name) && name != "HEAD" {
            walker.deny(&PROTECTED_BRANCH, name)?;
        }
    }
    Ok(())
}

/// What a fetch writes to: the right side of its refspecs.
fn fetched(parsed: &Parsed<'_>, walker: &Walker<'_>) -> Found {
    for spec in parsed.operands.iter().skip(1) {
        let Some((source, to)) = spec.text().split_once(':') else {
            continue;
        };
        if source.contains("//") || to.is_empty() {
            continue;
        }
        if to.starts_with("refs/heads/") && to.contains('*') || to == "refs/*" || to == "*" {
            walker.deny(&PROTECTED_BRANCH, spec.text())?;
        }
        bases(walker, [&Value::new(to)])?;
    }
    Ok(())
}

/// `update-ref`: refs by operand or from standard input.
pub(super) fn update_ref(args: &[Value], stdin: &Stream, walker: &Walker<'_>) -> Found {
    let spec = Spec {
        valued: "m",
        longs: &[],
    };
    let parsed = args::parse(args, &spec);
    let first = parsed.operands.first().copied();
    if parsed.has("d") && first.is_some_and(|name| name.text() == "HEAD") {
        walker.deny(&PROTECTED_BRANCH, "HEAD")?;
    }
    bases(walker, first)?;
    if !parsed.has("stdin") {
        return Ok(());
    }
    match stdin {
        Stream::Text(text) => {
            let names: Vec<Value> = text
                .split(|c: char| c.is_whitespace() || c == '\0')
                .filter(|word| word.starts_with("refs/"))
                .map(Value::new)
                .collect();
            bases(walker, &names)
        }
        Stream::Empty => Ok(()),
        _ => walker.doubtful(&PROTECTED_BRANCH, "refs of standard input"),
    }
}

/// Whether a branch is the base of what is delivered.
pub(super) fn is_base(name: &str) -> bool {
    matches!(
        name,
        "main" | "master" | "develop" | "trunk" | "release" | "HEAD"
    ) || name.starts_with("release/")
}

/// Folders and files that a subcommand makes or removes.
fn written(verb: &str, parsed: &Parsed<'_>, walker: &Walker<'_>) -> Found {
    match verb {
        "fetch" | "pull" => fetched(parsed, walker),
        "checkout" | "switch" => bases(walker, parsed.values(&["B", "C", "force-create"])),
        "symbolic-ref" if parsed.operands.len() > 1 => {
            bases(walker, parsed.operands.first().copied())
        }
        "worktree" if parsed.value(&["B"]).is_some() => {
            bases(walker, parsed.values(&["B"]))?;
            fs::all(walker, Access::Write, parsed.operands.get(1).copied())
        }
        "clone" | "init" => fs::all(
            walker,
            Access::Write,
            parsed.operands.get(usize::from(verb == "clone")).copied(),
        ),
        "worktree" if parsed.operand(0) == Some("add") => {
            fs::all(walker, Access::Write, parsed.operands.get(1).copied())
        }
        "worktree" if parsed.operand(0) == Some("remove") => {
            fs::all(walker, Access::Delete, parsed.operands.get(1).copied())
        }
        "bundle" if parsed.operand(0) == Some("create") => fs::all(
            walker,
            Access::Write,
            parsed.operands.get(1).copied().filter(|v| v.text() != "-"),
        ),
        _ => Ok(()),
    }
}
