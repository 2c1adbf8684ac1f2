//! An executable → what its agent must be able to read to start it.
//!
//! Invariant: no more is opened than the file itself, the packages it was
//! installed with, and the `node` that stands beside it.

use std::{
    io::Read,
    path::{Path, PathBuf},
};

/// What is read of a first line, in bytes.
const LINE_MAX: u64 = 256;

/// The folder of a program that is given by its path: on PATH, its neighbours
/// (its interpreter) are found.
#[must_use]
pub fn folder(program: &str) -> Option<&Path> {
    let folder = Path::new(program).parent()?;
    folder.is_absolute().then_some(folder)
}

/// Where a program is.
#[must_use]
pub fn find(program: &str, path: &str) -> Option<PathBuf> {
    which::which_in(program, Some(path), "/").ok()
}

/// What a program reads of its own, when it is looked up in `path`.
#[must_use]
pub fn reads(program: &str, path: &str) -> Vec<PathBuf> {
    let Some(found) = find(program, path) else {
        return Vec::new();
    };
    let node = found.with_file_name("node");
    let files = [Some(found), node.is_file().then_some(node)];
    let real = files.into_iter().flatten();
    real.filter_map(|file| file.canonicalize().ok())
        .map(|file| packages(&file).unwrap_or(file))
        .collect()
}

/// What must be executable to start a program when nothing else may be: itself with its
/// package, and the interpreters that its first line names.
#[must_use]
pub fn runtime(program: &str, path: &str) -> Vec<PathBuf> {
    let mut all = reads(program, path);
    let Some(file) = find(program, path) else {
        return all;
    };
    let mut words = first_line(&file).into_iter().skip_while(String::is_empty);
    let Some(interpreter) = words.next() else {
        return all;
    };
    let is_env = interpreter.ends_with("/env");
    all.push(PathBuf::from(interpreter));
    if is_env && let Some(named) = words.find(|word| !word.starts_with('-')) {
        all.extend(find(&named, path));
    }
    all
}

/// The words behind `#!`.
fn first_line(file: &Path) -> Vec<String> {
    let mut text = Vec::new();
    let read = std::fs::File::open(file).and_then(|f| f.take(LINE_MAX).read_to_end(&mut text));
    let line = text.split(|byte| *byte == b'\n').next();
    let Some(line) = read.ok().and(line).and_then(|l| l.strip_prefix(b"#!")) else {
        return Vec::new();
    };
    let line = String::from_utf8_lossy(line);
    line.split_ascii_whitespace().map(str::to_owned).collect()
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
    fn what_runs_nothing_else_runs_its_interpreter() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        let script = root.join("agent");
        fs::write(&script, "#!/usr/bin/env -S node --x\n").unwrap();
        fs::write(root.join("node"), "").unwrap();
        for file in [&script, &root.join("node")] {
            fs::set_permissions(file, fs::Permissions::from_mode(0o755)).unwrap();
        }
        let name = script.to_str().unwrap();
        let path = root.to_str().unwrap();
        let node = root.join("node");
        let wanted = [script.clone(), node.clone(), "/usr/bin/env".into(), node];
        assert_eq!(runtime(name, path), wanted);
        fs::write(&script, "#! /bin/sh\nexit\n").unwrap();
        assert_eq!(runtime(name, path).last().unwrap(), Path::new("/bin/sh"));
        fs::write(&script, [0xff; 300]).unwrap();
        assert_eq!(runtime(name, path).len(), 2);
        assert_eq!(runtime("absent", path), [] as [PathBuf; 0]);
    }

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
