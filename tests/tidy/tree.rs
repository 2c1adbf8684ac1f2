//! The files of the repository as text, and a fault found in one.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
};

/// Names that are not part of the repository.
const SKIPPED: [&str; 3] = ["target", ".git", "__pycache__"];

/// Larger files are data, not prose or code.
const FILE_BYTES_MAX: u64 = 2 * 1024 * 1024;

/// One text file, its path relative to the root with `/`.
#[derive(Debug)]
pub struct File {
    pub path: String,
    pub text: String,
}

impl File {
    pub fn is_rust_under(&self, folder: &str) -> bool {
        self.path.starts_with(folder) && self.path.ends_with(".rs")
    }
}

/// All text files.
#[derive(Debug)]
pub struct Tree {
    pub files: Vec<File>,
}

impl Tree {
    /// This repository.
    pub fn here() -> Tree {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut files = Vec::new();
        walk(root, root, &mut files);
        files.sort_by(|a, b| a.path.cmp(&b.path));
        assert!(files.len() > 30, "the tree was not found: {}", files.len());
        Tree { files }
    }

    /// A tree made up for a test.
    pub fn of(files: &[(&str, &str)]) -> Tree {
        let file = |(path, text): &(&str, &str)| File {
            path: (*path).to_owned(),
            text: (*text).to_owned(),
        };
        Tree {
            files: files.iter().map(file).collect(),
        }
    }

    pub fn rust<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = &'a File> {
        self.files.iter().filter(move |f| f.is_rust_under(folder))
    }

    /// What the binary is made of.
    pub fn product(&self) -> impl Iterator<Item = &File> {
        self.rust("src/").chain(self.rust("crates/"))
    }

    pub fn get(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|f| f.path == path)
    }
}

fn walk(root: &Path, folder: &Path, files: &mut Vec<File>) {
    let entries = fs::read_dir(folder).expect("a readable folder");
    for entry in entries.flatten() {
        let path: PathBuf = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        let kind = entry.file_type().expect("a file type");
        if SKIPPED.contains(&name.as_str()) {
            continue;
        }
        if kind.is_dir() {
            walk(root, &path, files);
        } else if kind.is_file() && entry.metadata().is_ok_and(|m| m.len() <= FILE_BYTES_MAX) {
            let relative = path.strip_prefix(root).expect("below the root");
            if let Ok(text) = fs::read_to_string(&path) {
                files.push(File {
                    path: relative.to_string_lossy().into_owned(),
                    text,
                });
            }
        }
    }
}

/// A rule broken: where, what, and the way out.
#[derive(Debug, PartialEq, Eq)]
pub struct Fault {
    pub path: String,
    pub line: usize,
    pub what: String,
    pub remedy: String,
}

impl Fault {
    pub fn new(path: &str, line: usize, what: impl Into<String>, remedy: &str) -> Fault {
        Fault {
            path: path.to_owned(),
            line,
            what: what.into(),
            remedy: remedy.to_owned(),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Fault {
            path,
            line,
            what,
            remedy,
        } = self;
        write!(f, "{path}:{line}: {what}; {remedy}")
    }
}
