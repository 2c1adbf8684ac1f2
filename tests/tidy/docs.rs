//! Every file says what it is, belongs to the crate, and the papers that people
//! look for are there.

use crate::{
    source::{code, whole},
    tree::{Fault, Tree},
};

/// Papers, and what each must hold.
const PAPERS: &[(&str, &[&str])] = &[
    ("README.md", &["cargo run --release -- demo", "cargo test"]),
    ("ARCHITECTURE.md", &["may import"]),
    ("CONTRIBUTING.md", &["scripts/check"]),
    ("CHANGELOG.md", &[]),
    ("docs/security.md", &["## Inputs"]),
    ("LICENSE", &["Apache License"]),
    ("config.schema.json", &["$schema"]),
];

/// Every source file begins with its module's documentation.
pub fn module_docs(tree: &Tree) -> Vec<Fault> {
    let mut faults = Vec::new();
    for file in tree.product() {
        let first = file.text.lines().next().unwrap_or_default();
        let remedy = "begin with `//!`: what becomes what, the invariant, where to look next";
        if !first.starts_with("//! ") {
            let what = "no module documentation";
            faults.push(Fault::new(&file.path, 1, what, remedy));
        } else if first.contains("Placeholder") {
            faults.push(Fault::new(&file.path, 1, "a placeholder", remedy));
        }
    }
    faults
}

/// Every source file is declared by a `mod` line, and so are helpers of tests.
pub fn dead_files(tree: &Tree) -> Vec<Fault> {
    let mut faults = Vec::new();
    for file in tree.product() {
        let Some((name, parents)) = declared_in(&file.path) else {
            continue;
        };
        let mut homes = parents.iter().filter_map(|path| tree.get(path));
        if !homes.any(|home| declares(&home.text, &name)) {
            let what = format!("no `mod {name};` in {}", parents.join(" or "));
            let remedy = "declare the module or delete the file";
            faults.push(Fault::new(&file.path, 1, what, remedy));
        }
    }
    for file in tree.rust("tests/") {
        let Some((name, _)) = declared_in(&file.path) else {
            continue;
        };
        let is_root = file.path.matches('/').count() == 1 || name == "main";
        if !is_root && !tree.rust("tests/").any(|f| declares(&f.text, &name)) {
            let what = format!("no `mod {name};` in any test");
            faults.push(Fault::new(
                &file.path,
                1,
                what,
                "declare it or delete the file",
            ));
        }
    }
    faults
}

/// The papers are there and say what people look for.
pub fn papers(tree: &Tree) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (path, needles) in PAPERS {
        let Some(file) = tree.get(path) else {
            faults.push(Fault::new(path, 1, "missing", "write it"));
            continue;
        };
        for needle in needles.iter().filter(|n| !file.text.contains(**n)) {
            let what = format!("does not say `{needle}`");
            faults.push(Fault::new(
                path,
                1,
                what,
                "say it: people copy it from there",
            ));
        }
    }
    faults
}

/// Where the modules that a file declares lie: a folder with a trailing `/`.
pub fn folder_of(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    if ["mod.rs", "lib.rs", "main.rs"].contains(&name) {
        path.strip_suffix(name).unwrap_or(path).to_owned()
    } else {
        format!("{}/", path.strip_suffix(".rs").unwrap_or(path))
    }
}

/// The module that a file is, and the files that may declare it; none for a crate's root.
fn declared_in(path: &str) -> Option<(String, Vec<String>)> {
    let roots = ["src/lib.rs", "src/main.rs"];
    if roots.iter().any(|root| path.ends_with(root)) {
        return None;
    }
    let module = path.strip_suffix("/mod.rs").or(path.strip_suffix(".rs"))?;
    let (parent, name) = module.rsplit_once('/')?;
    let parents = if parent == "src" || parent.ends_with("/src") {
        vec![format!("{parent}/lib.rs"), format!("{parent}/main.rs")]
    } else {
        vec![format!("{parent}/mod.rs"), format!("{parent}.rs")]
    };
    Some((name.to_owned(), parents))
}

fn declares(text: &str, name: &str) -> bool {
    let code = code(text);
    let line = format!("mod {name}");
    let tail = |at: usize| code.get(at + line.len()..).unwrap_or_default().trim_start();
    whole(&code, &line).any(|at| tail(at).starts_with([';', '{']))
}

#[cfg(test)]
mod planted {
    use super::*;

    fn paths(faults: &[Fault]) -> Vec<&str> {
        faults.iter().map(|f| f.path.as_str()).collect()
    }

    #[test]
    fn a_file_without_documentation_is_found() {
        let tree = Tree::of(&[
            ("src/a.rs", "use x;\n//! late\n"),
            ("src/b.rs", "//! Says it.\n"),
            ("src/c.rs", "//! Placeholder.\n"),
            ("src/d.rs", ""),
        ]);
        assert_eq!(
            paths(&module_docs(&tree)),
            ["src/a.rs", "src/c.rs", "src/d.rs"]
        );
    }

    #[test]
    fn a_file_that_no_module_declares_is_found() {
        let tree = Tree::of(&[
            ("src/lib.rs", "pub mod a;\n// mod ghost;\n"),
            ("src/main.rs", ""),
            ("src/a/mod.rs", "mod b;\n"),
            ("src/a/b.rs", "pub(crate) mod c;\n"),
            ("src/a/b/c.rs", ""),
            ("src/a/lost.rs", ""),
            ("src/ghost.rs", ""),
            ("tests/x.rs", "#[path = \"x/part.rs\"]\nmod part;\n"),
            ("tests/x/part.rs", ""),
            ("tests/x/orphan.rs", ""),
        ]);
        let found = dead_files(&tree);
        assert_eq!(
            paths(&found),
            ["src/a/lost.rs", "src/ghost.rs", "tests/x/orphan.rs"]
        );
    }

    #[test]
    fn a_paper_that_is_missing_or_silent_is_found() {
        let tree = Tree::of(&[("README.md", "run `cargo test`\n")]);
        let found = papers(&tree);
        assert_eq!(found.len(), PAPERS.len());
        assert!(found[0].what.contains("-- demo"), "{found:?}");
        assert!(found[1..].iter().all(|f| f.what == "missing"), "{found:?}");
    }
}
