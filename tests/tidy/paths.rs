//! No file names a folder of the machine it was written on.

use crate::tree::{Fault, Tree};

/// Where developers' files lie, in halves so that this file does not name them.
const FOLDERS: [&str; 3] = [
    concat!("/wo", "rk/"),
    concat!("/ho", "me/"),
    concat!("/ro", "ot/"),
];

/// Names of nobody, fit for examples.
const NOBODY: [&str; 6] = ["adf", "agent", "alice", "someone", "user", "you"];

/// Absolute paths into those folders, in any text file.
pub fn check(tree: &Tree) -> Vec<Fault> {
    let mut faults = Vec::new();
    for file in &tree.files {
        for (n, line) in file.text.lines().enumerate() {
            for folder in FOLDERS {
                if line
                    .match_indices(folder)
                    .any(|(at, _)| leaks(line, at, folder))
                {
                    let what = format!("names `{folder}…`");
                    let remedy = "make it relative, or use a temporary folder";
                    faults.push(Fault::new(&file.path, n + 1, what, remedy));
                }
            }
        }
    }
    faults
}

/// Whether an absolute path begins here and leads to somebody's files.
fn leaks(line: &str, at: usize, folder: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || "_-.~*}{)]>$/".contains(c);
    let before = line.get(..at).and_then(|t| t.chars().next_back());
    let rest = line.get(at + folder.len()..).unwrap_or_default();
    let owner: String = rest.chars().take_while(|c| c.is_alphanumeric()).collect();
    !before.is_some_and(inside) && !NOBODY.contains(&owner.as_str())
}

#[cfg(test)]
mod planted {
    use super::*;

    #[test]
    fn a_path_of_a_machine_is_found_and_look_alikes_are_not() {
        let (a, b, c) = (FOLDERS[0], FOLDERS[1], FOLDERS[2]);
        let text = format!(
            "see {a}plan\nlet p = \"{b}jo/x\";\ncd {c}.cargo\n\
             https://h.example{a}x\n$base{a}x\nrel{b}y\n{b}alice/x\n"
        );
        let found = check(&Tree::of(&[("docs/x.md", &text)]));
        let lines: Vec<usize> = found.iter().map(|f| f.line).collect();
        assert_eq!(lines, [1, 2, 3]);
    }
}
