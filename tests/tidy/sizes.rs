//! A file is one concept: its length is bounded, and so is the middle of all.

use crate::tree::{Fault, Tree};

/// No file of code is longer.
const LINES_MAX: usize = 400;

/// The median file is shorter.
const MEDIAN_LINES: usize = 180;

/// The extensions of code; a script may have none.
const CODE: [&str; 4] = ["rs", "py", "sh", ""];

/// Code files within both bounds.
pub fn check(tree: &Tree) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut lengths = Vec::new();
    for file in tree.files.iter().filter(|f| is_code(&f.path)) {
        let lines = file.text.lines().count();
        lengths.push((lines, file.path.as_str()));
        if lines > LINES_MAX {
            let what = format!("{lines} lines, {LINES_MAX} are allowed");
            let remedy = "split it by concept, or move long tests to tests/";
            faults.push(Fault::new(&file.path, LINES_MAX + 1, what, remedy));
        }
    }
    lengths.sort_unstable();
    if let Some((lines, path)) = lengths.get(lengths.len() / 2)
        && *lines >= MEDIAN_LINES
    {
        let what = format!("the median file has {lines} lines, below {MEDIAN_LINES} is wanted");
        faults.push(Fault::new(
            path,
            1,
            what,
            "split the longest files by concept",
        ));
    }
    faults
}

fn is_code(path: &str) -> bool {
    let folder = ["src/", "crates/", "tests/", "scripts/", ".ci/"];
    let name = path.rsplit('/').next().unwrap_or(path);
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    folder.iter().any(|f| path.starts_with(f)) && CODE.contains(&extension)
}

#[cfg(test)]
mod planted {
    use super::*;

    #[test]
    fn a_file_that_is_too_long_is_found_and_data_is_not() {
        let long = "x\n".repeat(LINES_MAX + 1);
        let tree = Tree::of(&[
            ("src/a.rs", &long),
            ("scripts/b", &long),
            ("tests/data/c.json", &long),
            ("src/d.rs", "x\n"),
            ("src/e.rs", "x\n"),
            ("src/f.rs", "x\n"),
        ]);
        let faults = check(&tree);
        let paths: Vec<&str> = faults.iter().map(|f| f.path.as_str()).collect();
        assert_eq!(paths, ["src/a.rs", "scripts/b"]);
    }

    #[test]
    fn a_median_that_creeps_up_is_found() {
        let middling = "x\n".repeat(MEDIAN_LINES);
        let tree = Tree::of(&[("src/a.rs", &middling), ("src/b.rs", &middling)]);
        assert_eq!(check(&tree).len(), 1);
    }
}
