//! Who may import whom, and which names a room never says: the table of
//! ARCHITECTURE.md as data.
//!
//! Invariant: a room that is not in the table is a fault, and so is an
//! exception that nothing needs any more.

use crate::{
    source::{line_of, shipped, whole},
    tree::{Fault, Tree},
};

/// Rooms that compute and touch nothing.
const PURE: [&str; 7] = [
    "mention", "classify", "schedule", "prompt", "redact", "guard", "routing",
];

/// Each room, and what it may import besides itself. `pure` stands for [`PURE`].
const TABLE: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("error", &[]),
    ("clock", &["model"]),
    ("telemetry", &["model"]),
    ("mention", &["model", "redact"]),
    ("classify", &["model", "redact"]),
    ("schedule", &["model", "redact"]),
    ("prompt", &["model", "redact"]),
    ("redact", &["model"]),
    ("guard", &["model", "redact"]),
    ("routing", &["model", "redact"]),
    ("decide", &["model", "pure"]),
    ("config", &["model", "pure", "clock"]),
    (
        "sense",
        &["model", "pure", "forge", "store", "clock", "error"],
    ),
    ("provider", &["model", "pure"]),
    (
        "act",
        &[
            "model", "pure", "forge", "store", "provider", "ipc", "clock", "error", "courier",
        ],
    ),
    ("courier", &["model"]),
    (
        "reconcile",
        &[
            "model",
            "sense",
            "decide",
            "act",
            "store",
            "clock",
            "ipc",
            "telemetry",
            "error",
        ],
    ),
    ("forge", &["model", "clock", "redact", "error"]),
    ("store", &["model", "clock", "redact", "error"]),
    ("ipc", &["model", "clock", "redact", "error"]),
    ("backup", &["model", "config", "decide", "store", "clock"]),
    (
        "doctor",
        &[
            "model", "pure", "backup", "config", "forge", "store", "act", "clock", "courier",
            "sense",
        ],
    ),
    ("setup", &["model", "pure", "config", "act"]),
    ("web", &["model", "store", "ipc", "clock"]),
    ("sandbox", &["model", "clock"]),
];

/// Wiring: these meet everybody.
const FREE: [&str; 4] = ["app", "cli", "lib", "main"];

/// Single edges that the table forbids: file, room, reason.
const EXCEPTIONS: &[(&str, &str, &str)] = &[];

/// Names that a room never says.
const NEVER: &[(&[&str], &[&str])] = &[
    (
        &[
            "model", "mention", "classify", "schedule", "prompt", "redact", "guard", "routing",
            "decide", "crates",
        ],
        &[
            "tokio",
            "reqwest",
            "rusqlite",
            "axum",
            "std::fs",
            "std::process",
            "std::env",
            "std::net",
            "SystemTime",
            "Instant",
            "Clock",
        ],
    ),
    (&["config"], &["reqwest", "rusqlite", "std::net"]),
    (&["provider"], &["reqwest", "rusqlite"]),
    (&["reconcile", "act", "sense"], &["reqwest", "rusqlite"]),
    (&["forge", "courier"], &["rusqlite"]),
    (&["store", "ipc"], &["reqwest"]),
];

const REMEDY: &str = "move the code to a room that may, or pass the value in from `app`";

/// Every import between rooms is in the table.
pub fn check(tree: &Tree) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut used = Vec::new();
    for file in tree.rust("src/") {
        let room = room_of(&file.path);
        if FREE.contains(&room) {
            continue;
        }
        let Some((_, allowed)) = TABLE.iter().find(|(name, _)| *name == room) else {
            let what = format!("`{room}` is not in the table of imports");
            faults.push(Fault::new(
                &file.path,
                1,
                what,
                "add it to tests/tidy/imports.rs",
            ));
            continue;
        };
        let code = shipped(&file.text);
        for (at, named) in imports(&code, &file.path) {
            let is_room = FREE.contains(&named.as_str()) || TABLE.iter().any(|(r, _)| *r == named);
            let pure = allowed.contains(&"pure") && PURE.contains(&named.as_str());
            if !is_room || named == room || pure || allowed.contains(&named.as_str()) {
                continue;
            }
            if let Some(edge) = EXCEPTIONS.iter().find(|e| e.0 == file.path && e.1 == named) {
                used.push(edge);
                continue;
            }
            let what = format!("`{room}` imports `{named}`");
            faults.push(Fault::new(&file.path, line_of(&code, at), what, REMEDY));
        }
    }
    for edge in EXCEPTIONS.iter().filter(|e| !used.contains(e)) {
        let what = format!("the exception for `{}` ({}) is not needed", edge.1, edge.2);
        faults.push(Fault::new(
            edge.0,
            1,
            what,
            "delete it from tests/tidy/imports.rs",
        ));
    }
    faults
}

/// No room says a name that is forbidden to it.
pub fn names(tree: &Tree) -> Vec<Fault> {
    let mut faults = Vec::new();
    for file in tree.product() {
        let room = room_of(&file.path);
        let code = shipped(&file.text);
        for (_, words) in NEVER.iter().filter(|(rooms, _)| rooms.contains(&room)) {
            for word in *words {
                for at in says(&code, word) {
                    let what = format!("`{room}` names `{word}`");
                    faults.push(Fault::new(&file.path, line_of(&code, at), what, REMEDY));
                }
            }
        }
    }
    faults
}

/// Where a name or a path of two parts is said, `std::{fs, …}` included.
fn says(code: &str, word: &str) -> Vec<usize> {
    let Some((root, leaf)) = word.split_once("::") else {
        return whole(code, word).collect();
    };
    let hits = firsts(code, root).into_iter();
    hits.filter(|(_, name)| name == leaf)
        .map(|(at, _)| at)
        .collect()
}

/// `src/act/git.rs` → `act`; `src/clock.rs` → `clock`; below `crates/` it is `crates`.
fn room_of(path: &str) -> &str {
    let path = path.strip_prefix("src/").unwrap_or(path);
    path.split(['/', '.']).next().unwrap_or(path)
}

/// How many modules lie between the crate's root and this file's items.
fn depth_of(path: &str) -> usize {
    let path = path.strip_prefix("src/").unwrap_or(path);
    let path = path.strip_suffix("/mod.rs").unwrap_or(path);
    path.split('/').count()
}

/// Top-level modules named by `crate::…` and by chains of `super` that reach the root.
fn imports(code: &str, path: &str) -> Vec<(usize, String)> {
    let chain = vec!["super"; depth_of(path)].join("::");
    let mut found = firsts(code, "crate");
    found.extend(firsts(code, &chain));
    found
}

/// The first segments that follow `root::`, groups opened.
fn firsts(code: &str, root: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for at in whole(code, root) {
        let Some(rest) = code.get(at + root.len()..) else {
            continue;
        };
        let Some(rest) = rest.trim_start().strip_prefix("::") else {
            continue;
        };
        let rest = rest.trim_start();
        match rest.strip_prefix('{') {
            Some(group) => found.extend(members(group).into_iter().map(|name| (at, name))),
            None => found.push((at, word(rest))),
        }
    }
    found
}

/// The first word of each member of an opened group, up to its closing brace.
fn members(group: &str) -> Vec<String> {
    let (mut depth, mut start, mut names) = (0_usize, 0, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                names.extend(group.get(start..at).map(|m| word(m.trim_start())));
                start = at + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

fn word(text: &str) -> String {
    let joins = |c: &char| c.is_alphanumeric() || *c == '_';
    text.chars().take_while(joins).collect()
}

#[cfg(test)]
mod planted {
    use super::*;

    fn whats(faults: &[Fault]) -> Vec<(usize, &str)> {
        faults.iter().map(|f| (f.line, f.what.as_str())).collect()
    }

    #[test]
    fn an_import_outside_the_table_is_found_in_every_spelling() {
        let tree = Tree::of(&[
            ("src/decide/gate.rs", "//! x\nuse crate::store::Ledger;\n"),
            (
                "src/sandbox/world.rs",
                "use crate::{model::Task, forge::{Client, Page}};\n",
            ),
            (
                "src/forge/client/mod.rs",
                "fn f() { super::super::store::open() }\n",
            ),
            ("src/sense/mod.rs", "use super::{decide, clock::Clock};\n"),
            ("src/garage/mod.rs", "//! x\n"),
        ]);
        let faults = check(&tree);
        let expected = [
            (2, "`decide` imports `store`"),
            (1, "`sandbox` imports `forge`"),
            (1, "`forge` imports `store`"),
            (1, "`sense` imports `decide`"),
            (1, "`garage` is not in the table of imports"),
        ];
        assert_eq!(whats(&faults), expected);
    }

    #[test]
    fn what_the_table_allows_and_what_only_tests_import_passes() {
        let tree = Tree::of(&[
            (
                "src/act/deliver/push.rs",
                "use crate::{forge, model::{Sha, Task}};\nuse super::super::git;\n// crate::decide\n",
            ),
            ("src/cli/run.rs", "use crate::{decide, act, sense};\n"),
            (
                "src/decide/rank.rs",
                "use super::graph;\n#[cfg(test)]\nmod tests { use crate::store; }\n",
            ),
        ]);
        assert_eq!(check(&tree), []);
    }

    #[test]
    fn a_forbidden_name_is_found_also_inside_a_group() {
        let tree = Tree::of(&[
            (
                "src/decide/plan.rs",
                "use std::{collections::BTreeMap, fs::File};\n",
            ),
            ("src/prompt/mod.rs", "\nfn now() { tokio::spawn(x) }\n"),
            ("src/model/time.rs", "use std::fmt; // tokio is absent\n"),
            ("src/reconcile/mod.rs", "use std::fs; struct Reqwest;\n"),
        ]);
        let expected = [
            (1, "`decide` names `std::fs`"),
            (2, "`prompt` names `tokio`"),
        ];
        assert_eq!(whats(&names(&tree)), expected);
    }
}
