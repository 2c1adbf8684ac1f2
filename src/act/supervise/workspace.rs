//! A role's paths → what of the workspace may be written.
//!
//! Invariant: the workspace's content is not trusted, and these paths become rights: none is
//! followed out of it, whatever links the repository or an earlier attempt has put there.

use super::{RunSpec, SuperviseError};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// What may be written: all of it, or what of the named paths is inside; folders are made.
pub(crate) fn editable(spec: &RunSpec) -> Result<Vec<PathBuf>, SuperviseError> {
    let root = &spec.workspace;
    let Some(names) = &spec.walls.within else {
        return Ok(vec![root.clone()]);
    };
    let real = root
        .canonicalize()
        .map_err(SuperviseError::dir("resolve", root))?;
    Ok(names.iter().filter_map(|n| inside(&real, n)).collect())
}

/// The path of a name, if it is in `root` without any link; a folder that is missing is made.
fn inside(root: &Path, name: &str) -> Option<PathBuf> {
    let mut path = root.to_owned();
    for part in name.split('/').filter(|part| !matches!(*part, "" | ".")) {
        if part == ".." {
            return None;
        }
        path.push(part);
        match path.symlink_metadata() {
            Ok(found) if found.is_symlink() => return None,
            Ok(_) => {}
            Err(_) if name.ends_with('/') => fs::create_dir(&path).ok()?,
            Err(_) => return None,
        }
    }
    Some(path)
}

/// Git's settings and hooks of a workspace, as far as they are plain files and folders.
pub(crate) fn sealed(workspace: &Path) -> Vec<PathBuf> {
    let Ok(root) = workspace.canonicalize() else {
        return Vec::new();
    };
    if inside(&root, ".git").is_none() {
        return Vec::new();
    }
    [".git/config", ".git/hooks/"]
        .iter()
        .filter_map(|name| inside(&root, name))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_name_that_leads_out_of_the_workspace_gives_no_right() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap().join("work");
        fs::create_dir_all(root.join("real/deep")).unwrap();
        fs::write(root.join("README.md"), "").unwrap();
        symlink(dir.path(), root.join("docs")).unwrap();
        symlink("/etc/passwd", root.join("real/link")).unwrap();
        for name in [
            "docs/",
            "docs/new/",
            "docs",
            "../x/",
            "real/link",
            "absent.md",
        ] {
            assert_eq!(inside(&root, name), None, "{name}");
        }
        assert!(!dir.path().join("new").exists());
        assert_eq!(inside(&root, "./README.md"), Some(root.join("README.md")));
        assert_eq!(inside(&root, "made/here/"), Some(root.join("made/here")));
        assert!(root.join("made/here").is_dir());
    }

    #[test]
    fn git_is_sealed_only_where_it_is_a_folder() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        assert_eq!(sealed(&root), Vec::<PathBuf>::new());
        fs::create_dir(root.join(".git")).unwrap();
        fs::write(root.join(".git/config"), "").unwrap();
        let wanted = [root.join(".git/config"), root.join(".git/hooks")];
        assert_eq!(sealed(&root), wanted);
    }
}
