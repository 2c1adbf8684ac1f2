//! A checkout, an empty folder for the factory, and the executable.
//!
//! Invariant: the child sees only `PATH`.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};
use tempfile::TempDir;

/// A machine on which nothing is set up.
pub struct Site {
    pub home: TempDir,
}

/// What a command came to.
#[derive(Debug)]
pub struct Said {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

/// Runs the executable to its end.
pub fn adf(args: &[&str]) -> Said {
    program(&[&[env!("CARGO_BIN_EXE_adf")], args].concat())
}

/// As [`adf`], by somebody whose files are private.
pub fn adf_privately(args: &[&str]) -> Said {
    let shell = ["sh", "-c", "umask 077; exec \"$@\"", "-"];
    program(&[&shell, &[env!("CARGO_BIN_EXE_adf")][..], args].concat())
}

#[expect(
    clippy::disallowed_methods,
    reason = "the shipped executable is what is tested"
)]
fn program(words: &[&str]) -> Said {
    let mut command = Command::new(words[0]);
    let output = command
        .args(&words[1..])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    Said {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Runs git in a folder.
#[expect(clippy::disallowed_methods, reason = "a test makes a checkout")]
fn git(dir: &Path, args: &[&str]) {
    let mut command = Command::new("git");
    command.arg("-C").arg(dir).args(args);
    for (key, value) in [
        ("GIT_AUTHOR_NAME", "a"),
        ("GIT_AUTHOR_EMAIL", "a@b"),
        ("GIT_COMMITTER_NAME", "a"),
        ("GIT_COMMITTER_EMAIL", "a@b"),
    ] {
        command.env(key, value);
    }
    assert!(command.output().unwrap().status.success(), "{args:?}");
}

impl Site {
    pub fn new() -> Site {
        let home = tempfile::tempdir().unwrap();
        let site = Site { home };
        let work = site.work();
        std::fs::create_dir_all(work.join("src")).unwrap();
        std::fs::write(work.join("Cargo.toml"), "[package]\n").unwrap();
        std::fs::write(work.join("src/lib.rs"), "").unwrap();
        git(&work, &["init", "-q"]);
        let origin = "https://robot:secret@git.example.org/acme/shop.git";
        git(&work, &["remote", "add", "origin", origin]);
        site
    }

    /// With a first commit.
    pub fn with_commit() -> Site {
        let site = Site::new();
        git(&site.work(), &["add", "-A"]);
        git(&site.work(), &["commit", "-qm", "begin"]);
        site
    }

    fn root(&self) -> PathBuf {
        self.home.path().canonicalize().unwrap()
    }

    pub fn work(&self) -> PathBuf {
        self.root().join("work")
    }

    /// The factory's folder.
    pub fn dir(&self) -> PathBuf {
        self.root().join("etc")
    }

    pub fn config(&self) -> PathBuf {
        self.dir().join("shop.toml")
    }

    /// `adf init` for this site.
    pub fn init(&self, more: &[&str]) -> Said {
        let (dir, work) = (self.dir(), self.work());
        let own = [
            "init",
            "--project",
            "shop",
            "--repo",
            "acme/shop",
            "--dir",
            dir.to_str().unwrap(),
            "--working-dir",
            work.to_str().unwrap(),
        ];
        adf(&[&own[..], more].concat())
    }

    /// Every file below the site but git's, with its content.
    pub fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let mut found = BTreeMap::new();
        let mut waiting = vec![self.root()];
        while let Some(dir) = waiting.pop() {
            for entry in std::fs::read_dir(&dir).unwrap().flatten() {
                let path = entry.path();
                if path.is_dir() && entry.file_name() != ".git" {
                    found.insert(format!("{}/", path.display()), Vec::new());
                    waiting.push(path);
                } else if path.is_file() {
                    let content = std::fs::read(&path).unwrap();
                    found.insert(path.display().to_string(), content);
                }
            }
        }
        found
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.dir().join(name)).unwrap()
    }
}
