//! Calls that stay in the few files that may make them, and tests that wait on
//! conditions instead of sleeping.

use crate::{
    source::{code, line_of, shipped, tests, whole},
    tree::{Fault, File, Tree},
};

/// A call, where it may stand (a path's beginning), and what to do elsewhere.
const KEPT: &[(&str, &[&str], &str)] = &[
    (
        "Command::new",
        &[
            "src/act/git",
            "src/act/supervise",
            "src/sandbox/child.rs",
            "src/sandbox/git.rs",
        ],
        "start processes through `act::git`, `act::supervise`, `sandbox::git` or `sandbox::child`",
    ),
    (
        "SystemTime::now",
        &["src/clock.rs"],
        "take a `clock::Clock`",
    ),
    ("Utc::now", &[], "take a `clock::Clock`"),
    ("Local::now", &[], "take a `clock::Clock`"),
    (
        "env::var",
        &["src/config/secret.rs", "src/cli/", "src/telemetry.rs"],
        "read the environment in `config::secret` or `cli` and pass the value on",
    ),
    (
        "env::var_os",
        &["src/config/secret.rs", "src/cli/", "src/sandbox/git.rs"],
        "read the environment in `config::secret` or `cli` and pass the value on",
    ),
    (
        "env::vars",
        &["src/cli/"],
        "the environment is never read as a whole",
    ),
    (".unwrap()", &[], "return an error that names the remedy"),
    (".expect(", &[], "return an error that names the remedy"),
    ("todo!", &[], "build it or leave it out"),
    ("unimplemented!", &[], "build it or leave it out"),
    ("thread::sleep", &[], "wait for the condition, with a bound"),
    ("#[allow(", &[], "use `#[expect(…, reason = \"…\")]`"),
];

/// What a test never says.
const UNTESTED: &[(&str, &str)] = &[
    (
        "#[ignore",
        "a test runs or is deleted; skip out loud when a tool is missing",
    ),
    ("thread::sleep", "wait for the condition, with a bound"),
    (
        "time::sleep",
        "wait for the condition, with a bound, on a paused clock",
    ),
    ("todo!", "build it or leave it out"),
];

/// Each kept call stands only where it may.
pub fn check(tree: &Tree) -> Vec<Fault> {
    let mut faults = Vec::new();
    let far = test_files(tree);
    for file in tree.product().filter(|f| !far.contains(&f.path)) {
        let code = shipped(&file.text);
        for (call, homes, remedy) in KEPT {
            if homes.iter().any(|home| file.path.starts_with(home)) {
                continue;
            }
            for at in whole(&code, call) {
                let what = format!("`{call}` stands here");
                faults.push(Fault::new(&file.path, line_of(&code, at), what, remedy));
            }
        }
    }
    faults
}

/// Tests run, and wait on conditions.
pub fn tests_wait_on_conditions(tree: &Tree) -> Vec<Fault> {
    let far = test_files(tree);
    let inside = |file: &File| {
        if file.is_rust_under("tests/") || far.contains(&file.path) {
            code(&file.text)
        } else {
            tests(&file.text)
        }
    };
    let mut faults = Vec::new();
    for file in tree.files.iter().filter(|f| f.path.ends_with(".rs")) {
        let code = inside(file);
        for (word, remedy) in UNTESTED {
            for at in whole(&code, word) {
                if *word == "#[ignore" && is_second_process(tree, file, line_of(&code, at)) {
                    continue;
                }
                let what = format!("a test says `{word}`");
                faults.push(Fault::new(&file.path, line_of(&code, at), what, remedy));
            }
        }
    }
    faults
}

/// Why a test may be ignored: it is what another test starts as a process.
const SECOND_PROCESS: &str = "the second process of another test";

/// Whether the ignored test on this line says so and is started by name somewhere.
fn is_second_process(tree: &Tree, file: &File, line: usize) -> bool {
    let mut rest = file.text.lines().skip(line - 1);
    if !rest.next().is_some_and(|l| l.contains(SECOND_PROCESS)) {
        return false;
    }
    let Some(name) = rest.find_map(|l| l.split_once("fn ")?.1.split_once('(')) else {
        return false;
    };
    let uses = tree.rust("tests/").map(|f| whole(&f.text, name.0).count());
    uses.sum::<usize>() > 1
}

/// Files of modules that are declared under `#[cfg(test)]`.
fn test_files(tree: &Tree) -> Vec<String> {
    let mut paths = Vec::new();
    for file in tree.product() {
        let code = tests(&file.text);
        for at in whole(&code, "mod") {
            let rest = code.get(at + 3..).unwrap_or_default().trim_start();
            let Some((name, _)) = rest.split_once(';') else {
                continue;
            };
            if name.chars().all(|c| c.is_alphanumeric() || c == '_') {
                let folder = crate::docs::folder_of(&file.path);
                paths.push(format!("{folder}{name}.rs"));
                paths.push(format!("{folder}{name}/mod.rs"));
            }
        }
    }
    paths
}

#[cfg(test)]
mod planted {
    use super::*;

    #[test]
    fn each_kept_call_is_found_outside_its_home_and_not_inside() {
        for (call, homes, _) in KEPT {
            let text = format!("//! x\nfn f() {{ x{call} }}\n").replace("x#", "#");
            let text = if call.starts_with(['.', '#']) {
                text
            } else {
                text.replace(&format!("x{call}"), &format!("std::{call}"))
            };
            let found = check(&Tree::of(&[("src/decide/plan.rs", &text)]));
            let hit = format!("`{call}` stands here");
            assert!(
                found.iter().any(|f| f.what == hit && f.line == 2),
                "{call}: {found:?}"
            );
            for home in *homes {
                let path = format!(
                    "{}/x.rs",
                    home.trim_end_matches(".rs").trim_end_matches('/')
                );
                let path = if home.ends_with(".rs") {
                    (*home).to_owned()
                } else {
                    path
                };
                let found = check(&Tree::of(&[(path.as_str(), text.as_str())]));
                assert!(!found.iter().any(|f| f.what == hit), "{call} in {path}");
            }
        }
    }

    #[test]
    fn tests_and_texts_may_unwrap() {
        let tree = Tree::of(&[
            (
                "src/a.rs",
                "// .unwrap()\n#[cfg(test)]\nmod tests;\nconst T: &str = \"todo!\";\n",
            ),
            ("src/a/tests.rs", "fn f() { x.unwrap() }\n"),
            (
                "src/b.rs",
                "#[cfg(test)]\nmod tests { fn f() { x.expect(\"y\") } }\n",
            ),
        ]);
        assert_eq!(check(&tree), []);
    }

    #[test]
    fn a_test_that_sleeps_or_is_skipped_is_found() {
        let tree = Tree::of(&[
            ("tests/a.rs", "#[test]\n#[ignore = \"slow\"]\nfn f() {}\n"),
            (
                "src/b.rs",
                "#[cfg(test)]\nmod tests {\n fn f() { std::thread::sleep(d) }\n}\n",
            ),
            (
                "tests/c.rs",
                "async fn f() { tokio::time::sleep(d).await }\n",
            ),
            ("src/d.rs", "async fn f() { tokio::time::sleep(d).await }\n"),
        ]);
        let second = format!("#[ignore = \"{SECOND_PROCESS}\"]\nfn child() {{}}\n");
        let lone = tests_wait_on_conditions(&Tree::of(&[("tests/e.rs", &second)]));
        assert_eq!(lone.len(), 1, "nobody starts it");
        let started = format!("{second}fn parent() {{ start(\"child\") }}\n");
        assert_eq!(
            tests_wait_on_conditions(&Tree::of(&[("tests/e.rs", &started)])),
            []
        );
        let found = tests_wait_on_conditions(&tree);
        let lines: Vec<(&str, usize)> = found.iter().map(|f| (f.path.as_str(), f.line)).collect();
        assert_eq!(
            lines,
            [("tests/a.rs", 2), ("src/b.rs", 3), ("tests/c.rs", 1)]
        );
    }
}
