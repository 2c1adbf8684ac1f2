//! Programs that write where an option says, or change their operands when an
//! option says so: compilers, formatters, installers.
//!
//! Invariant: a table entry names the options that hold a place, and those
//! that make the operands be changed; an unknown program's plain output options
//! count where they lead out of the worktree for all to see.

use super::fs::{self, Access};
use crate::guard::args::{self, Parsed, Spec};
use crate::guard::walk::{Command, Found, Walker};
use crate::guard::word::Value;

/// When a program changes its operands.
enum Changes {
    Never,
    /// Unless one of these is set.
    Unless(&'static [&'static str]),
    /// When one of these is set.
    When(&'static [&'static str]),
}

/// A program, its options with values, those that hold a place, and its operands:
/// how many stand before them, and when they are changed.
struct Output {
    names: &'static [&'static str],
    spec: Spec,
    places: &'static [&'static str],
    skipped: usize,
    changes: Changes,
}

const fn places(
    names: &'static [&'static str],
    valued: &'static str,
    places: &'static [&'static str],
) -> Output {
    Output {
        names,
        spec: Spec {
            valued,
            longs: places,
        },
        places,
        skipped: 0,
        changes: Changes::Never,
    }
}

const fn changes(names: &'static [&'static str], valued: &'static str, changes: Changes) -> Output {
    Output {
        names,
        spec: Spec {
            valued,
            longs: &[
                "config",
                "parser",
                "ext",
                "style",
                "stdin-filepath",
                "edition",
            ],
        },
        places: &[],
        skipped: 0,
        changes,
    }
}

const ALL: &[Output] = &[
    changes(
        &["gofmt", "goimports", "gofumpt", "shfmt"],
        "dri",
        Changes::When(&["w"]),
    ),
    changes(&["clang-format"], "", Changes::When(&["i"])),
    changes(
        &["rustfmt"],
        "",
        Changes::Unless(&["check", "help", "version"]),
    ),
    changes(
        &["black", "isort", "pyupgrade"],
        "lt",
        Changes::Unless(&["check", "check-only", "diff", "c", "help", "version"]),
    ),
    changes(
        &["autopep8", "yapf", "docformatter"],
        "",
        Changes::When(&["i", "in-place"]),
    ),
    changes(&["prettier"], "", Changes::When(&["write", "w"])),
    changes(
        &[
            "eslint",
            "stylelint",
            "standard",
            "markdownlint",
            "oxlint",
            "tslint",
        ],
        "c",
        Changes::When(&["fix"]),
    ),
    changes(
        &["rubocop", "standardrb"],
        "c",
        Changes::When(&["a", "A", "autocorrect"]),
    ),
    Output {
        skipped: 1,
        ..changes(
            &["ruff"],
            "",
            Changes::When(&["fix", "fix-only", "unsafe-fixes"]),
        )
    },
    Output {
        skipped: 1,
        ..changes(&["biome"], "", Changes::When(&["write", "fix", "apply"]))
    },
    places(&["openssl"], "", &["out", "keyout", "CAout", "writerand"]),
    places(&["gpg", "gpg2", "age"], "o", &["o", "output"]),
    places(&["curl"], "", &["output-dir"]),
    places(
        &["pip", "pip3"],
        "td",
        &["t", "target", "prefix", "root", "d", "dest"],
    ),
    places(&["uv"], "", &["target", "prefix"]),
    places(
        &["cargo"],
        "",
        &["target-dir", "root", "out-dir", "artifact-dir"],
    ),
    places(&["cmake"], "B", &["prefix", "B"]),
    places(
        &["npm", "yarn", "pnpm"],
        "C",
        &["prefix", "C", "cwd", "modules-folder", "dir"],
    ),
    places(
        &["tsc", "vite", "webpack", "ng"],
        "",
        &["outDir", "outFile", "output-path", "declarationDir"],
    ),
    places(
        &["javac", "javadoc", "kotlinc", "mdbook", "hugo"],
        "d",
        &["d", "dest-dir", "destination"],
    ),
    places(&["pytest", "py.test"], "", &["basetemp"]),
    places(
        &["esbuild", "rollup", "swc", "babel"],
        "do",
        &["outfile", "outdir", "out-dir", "out-file", "d", "o"],
    ),
];

/// Options that hold a place whatever the program is.
const ANYWHERE: [&str; 12] = [
    "--output",
    "--output-dir",
    "--output-file",
    "--out-dir",
    "--outdir",
    "--outfile",
    "--out-file",
    "--target-dir",
    "--dest-dir",
    "--install-dir",
    "--log-file",
    "--report-file",
];

pub(super) fn judge(command: &Command<'_>, walker: &mut Walker<'_>) -> Found {
    for output in ALL.iter().filter(|o| o.names.contains(&command.name)) {
        let parsed = args::parse(command.args, &output.spec);
        let deletes = command.name == "cargo" && parsed.operand(0) == Some("clean")
            || command.name == "pytest";
        let access = if deletes {
            Access::Delete
        } else {
            Access::Write
        };
        for place in parsed.values(output.places) {
            known(walker, access, place)?;
        }
        operands(output, &parsed, walker)?;
    }
    match command.name {
        "virtualenv" => fs::all(walker, Access::Write, command.args.last())?,
        "ssh-keygen" => keys(command, walker)?,
        "ruff" if command.args.first().is_some_and(|a| a.text() == "format") => {
            let checks = |a: &Value| matches!(a.text(), "--check" | "--diff");
            if !command.args.iter().any(checks) {
                let paths = command.args.iter().skip(1);
                fs::all(
                    walker,
                    Access::Write,
                    paths.filter(|a| !a.text().starts_with('-')),
                )?;
            }
        }
        "cmake" => cmake(command, walker)?,
        _ => {}
    }
    anywhere(command.args, walker)
}

fn operands(output: &Output, parsed: &Parsed<'_>, walker: &Walker<'_>) -> Found {
    let changes = match output.changes {
        Changes::Never => false,
        Changes::Unless(flags) => !parsed.any(flags),
        Changes::When(flags) => parsed.any(flags),
    };
    let paths = parsed.operands.iter().copied().skip(output.skipped);
    for path in paths.filter(|_| changes) {
        known(walker, Access::Write, path)?;
    }
    Ok(())
}

/// A place that can be told; what it is for is the program's, not the agent's, to say.
fn known(walker: &Walker<'_>, access: Access, place: &Value) -> Found {
    if place.is_open() {
        return Ok(());
    }
    fs::access(walker, access, place).map(|_| ())
}

/// A key that is made, unless one is only asked about.
fn keys(command: &Command<'_>, walker: &Walker<'_>) -> Found {
    let spec = Spec {
        valued: "ftNCbFRPlmaIVns",
        longs: &[],
    };
    let parsed = args::parse(command.args, &spec);
    if parsed.any(&["y", "e", "l", "F", "B", "H"]) {
        return Ok(());
    }
    fs::all(walker, Access::Write, parsed.values(&["f"]))
}

/// `cmake -E rm` and its like.
fn cmake(command: &Command<'_>, walker: &mut Walker<'_>) -> Found {
    let [tool, verb, rest @ ..] = command.args else {
        return Ok(());
    };
    if tool.text() != "-E" {
        return Ok(());
    }
    let paths = rest.iter().filter(|a| !a.text().starts_with('-'));
    match verb.text() {
        "rm" | "remove" | "remove_directory" => fs::all(walker, Access::Delete, paths),
        "touch" | "make_directory" => fs::all(walker, Access::Write, paths),
        "copy" | "copy_directory" | "copy_if_different" | "rename" | "create_symlink" => {
            fs::all(walker, Access::Write, rest.last())
        }
        "env" | "time" => walker
            .run(
                &[&[Value::new("env")], rest].concat(),
                crate::guard::walk::Stream::Empty,
                &[],
            )
            .map(|_| ()),
        _ => Ok(()),
    }
}

/// Output options of any program, where they lead out of here by what they say.
fn anywhere(args: &[Value], walker: &Walker<'_>) -> Found {
    for (n, arg) in args.iter().enumerate() {
        let text = arg.text();
        let value = match text.split_once('=') {
            Some((option, _)) if ANYWHERE.contains(&option) => Some(arg.tail(option.len() + 1)),
            _ if ANYWHERE.contains(&text) => args.get(n + 1).cloned(),
            _ => None,
        };
        let Some(value) = value else { continue };
        if value.text().starts_with(['/', '~', '.']) {
            known(walker, Access::Write, &value)?;
        }
    }
    Ok(())
}
