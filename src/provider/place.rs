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
    let Ok(found) = which::which_in(program, Some(path), "/") else {
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
    use std::{
        fs,
        os::unix::fs::{PermissionsExt, symlink},
    };

    #[test]
    fn a_package_opens_its_neighbours_and_node_and_a_binary_only_itself() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        let package = root.join("lib/node_modules/@x/cli/node_modules/deep");
        fs::create_dir_all(&package).unwrap();
        fs::create_dir_all(root.join("bin")).unwrap();
        let start = fs::Permissions::from_mode(0o755);
        for file in [
            package.join("cli.js"),
            root.join("bin/node"),
            root.join("bin/other"),
        ] {
            fs::write(&file, "").unwrap();
            fs::set_permissions(&file, start.clone()).unwrap();
        }
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
