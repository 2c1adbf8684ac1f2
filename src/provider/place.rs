//! An executable → what its agent must be able to read to start it.
//!
//! Invariant: no more is opened than the file itself, the packages it was
//! installed with, and the `node` that stands beside it.

use std::path::{Path, PathBuf};

/// The folder of a program that is given by its path: on PATH, its neighbours
/// (its interpreter) are found.
#[must_use]
pub fn folder(program: &str) -> Option<&Path> {
    let folder = Path::new(program).parent()?;
    folder.is_absolute().then_some(folder)
}

/// What a program reads of its own, when it is looked up in `path`.
#[must_use]
pub fn reads(program: &str, path: &str) -> Vec<PathBuf> {
    let found = if program.contains('/') {
        Some(PathBuf::from(program))
    } else {
        let mut folders = path.split(':').filter(|folder| !folder.is_empty());
        folders.find_map(|folder| {
            let file = Path::new(folder).join(program);
            file.is_file().then_some(file)
        })
    };
    let Some(found) = found else {
        return Vec::new();
    };
    let node = found.with_file_name("node");
    let files = [Some(found), node.is_file().then_some(node)];
    let real = files.into_iter().flatten();
    real.filter_map(|file| file.canonicalize().ok())
        .map(|file| packages(&file).unwrap_or(file))
        .collect()
}

/// The outermost `node_modules` around a file: a package may lean on any of its neighbours.
fn packages(file: &Path) -> Option<PathBuf> {
    let around = file
        .ancestors()
        .filter(|dir| dir.file_name().is_some_and(|name| name == "node_modules"));
    around.last().map(Path::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, os::unix::fs::symlink};

    #[test]
    fn a_package_opens_its_neighbours_and_node_and_a_binary_only_itself() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        let package = root.join("lib/node_modules/@x/cli/node_modules/deep");
        fs::create_dir_all(&package).unwrap();
        fs::create_dir_all(root.join("bin")).unwrap();
        fs::write(package.join("cli.js"), "").unwrap();
        fs::write(root.join("bin/node"), "").unwrap();
        fs::write(root.join("bin/other"), "").unwrap();
        symlink(package.join("cli.js"), root.join("bin/cli")).unwrap();
        let bin = root.join("bin");
        let expected = [root.join("lib/node_modules"), bin.join("node")];
        let path = format!("/nowhere::{}", bin.display());
        assert_eq!(reads("cli", &path), expected);
        assert_eq!(reads(bin.join("cli").to_str().unwrap(), ""), expected);
        fs::remove_file(bin.join("node")).unwrap();
        assert_eq!(reads("other", &path), [bin.join("other")]);
        assert!(reads("absent", &path).is_empty());
        assert_eq!(folder("cli"), None);
        assert_eq!(folder("/opt/x/cli"), Some(Path::new("/opt/x")));
    }
}
