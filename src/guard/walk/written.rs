//! What the same text wrote and what runs it by another way than its path:
//! `PATH`, a module's name, a test's name, the settings of a shell.
//!
//! Invariant: a file of the worktree that this text did not write is left to
//! the walls. Of what is only loaded or tested no more counts than is known:
//! a function in it may never be called.

use super::{Command, Found, Stream, Walker, interpret};
use crate::guard::code::{self, Language};
use crate::guard::rules::shell;
use crate::guard::word::{Value, unescape};

/// How many written files, codes and texts in a code are looked at.
const FILES_MAX: usize = 16;
const CODES_MAX: usize = 8;
const TEXTS_MAX: usize = 32;
/// How many folders `PATH` may hold to be searched.
const FOLDERS_MAX: usize = 64;

/// Endings of the files that a language loads.
const ENDINGS: [(&str, &[&str]); 5] = [
    ("python", &[".py"]),
    ("node", &[".js", ".cjs", ".mjs", ".ts"]),
    ("ruby", &[".rb"]),
    ("perl", &[".pm", ".pl"]),
    ("php", &[".php"]),
];

/// Words by which a code loads another file.
const LOADS: [&str; 5] = ["import", "require", "include", "load", "use "];

/// Settings that a shell reads when it begins.
const PROFILES: [&str; 7] = [
    ".bashrc",
    ".bash_profile",
    ".bash_login",
    ".profile",
    ".zshenv",
    ".zshrc",
    ".kshrc",
];

/// Judges what a command runs of what was written; keeps in mind what it writes.
pub(super) fn judge(command: &Command<'_>, walker: &mut Walker<'_>) -> Found {
    match command.name {
        "dd" => {
            let value = |key: &str| {
                let mut args = command.args.iter();
                args.find_map(|a| a.text().starts_with(key).then(|| a.tail(key.len())))
            };
            if let Some(to) = value("of=") {
                let content = value("if=").map(|from| walker.content(&from));
                let content = content.unwrap_or_else(|| command.stdin.clone());
                let path = walker.target(&to, true).path;
                walker.state.files.insert(path, content);
            }
            return Ok(());
        }
        _ if walker.state.files.is_empty() => return Ok(()),
        "pytest" | "py.test" => tests(walker)?,
        _ => {}
    }
    match found(command, walker)? {
        Some(path) => walker.fetched(&path),
        None => Ok(()),
    }
}

/// The file that a name without a folder stands for, where it was written.
fn found(command: &Command<'_>, walker: &mut Walker<'_>) -> Found<Option<String>> {
    if command.word.contains('/') {
        return Ok(None);
    }
    let Some(folders) = command.variable("PATH", &walker.state) else {
        return Ok(None);
    };
    let folders = folders.text();
    if folders.split(':').count() > FOLDERS_MAX {
        return Err(walker.stop(&shell::TOO_COMPLEX, "PATH"));
    }
    let written = folders.split(':').find_map(|folder| {
        let folder = if folder.is_empty() { "." } else { folder };
        let file = Value::new(format!("{folder}/{}", command.word));
        if file.has_mark() {
            return None;
        }
        let path = walker.target(&file, true).path;
        walker.state.files.contains_key(&path).then_some(path)
    });
    Ok(written)
}

/// The settings of a shell that begins, in whatever home it is given.
pub(super) fn profiles(command: &Command<'_>, walker: &mut Walker<'_>) -> Found {
    if walker.state.files.is_empty() {
        return Ok(());
    }
    let home = command.variable("HOME", &walker.state);
    let home = home.unwrap_or_else(|| Value::new(walker.scene.home));
    for name in PROFILES {
        let file = Value::new(format!("{}/{name}", home.text()));
        if let Stream::Text(text) = walker.content(&file) {
            let out = walker.apart(&text, Stream::Empty)?;
            walker.aside(&out)?;
        }
    }
    Ok(())
}

/// The files with such an ending that this text wrote: path and content.
fn files(walker: &mut Walker<'_>, endings: &[&str]) -> Found<Vec<(String, String)>> {
    let is_one = |path: &str| endings.iter().any(|ending| path.ends_with(ending));
    let written = walker.state.files.iter();
    let files: Vec<(String, String)> = written
        .filter(|(path, _)| is_one(path))
        .filter_map(|(path, content)| match content {
            Stream::Text(text) => Some((path.clone(), text.clone())),
            _ => None,
        })
        .take(FILES_MAX)
        .collect();
    for (_, text) in &files {
        walker.searches(text)?;
    }
    Ok(files)
}

/// Tests and their settings, which `pytest` finds by their names.
pub(super) fn tests(walker: &mut Walker<'_>) -> Found {
    let Some(language) = code::language("python3") else {
        return Ok(());
    };
    for (path, text) in files(walker, &[".py"])? {
        let name = path.rsplit('/').next().unwrap_or_default();
        if name == "conftest.py" || name.starts_with("test_") || name.ends_with("_test.py") {
            loosely(walker, language, &text)?;
            loaded(walker, language, &text)?;
        }
    }
    Ok(())
}

/// A module that is run or loaded by its name or its path.
pub(super) fn module(walker: &mut Walker<'_>, language: &'static Language, name: &Value) -> Found {
    let path = match language.name {
        "python" => name.text().replace('.', "/"),
        _ => name.text().to_owned(),
    };
    let ends = [
        "",
        ".py",
        "/__init__.py",
        "/__main__.py",
        ".js",
        "/index.js",
    ];
    for end in ends {
        if let Stream::Text(text) = walker.content(&Value::new(format!("{path}{end}"))) {
            loosely(walker, language, &text)?;
            loaded(walker, language, &text)?;
        }
    }
    Ok(())
}

/// Files that a code loads, and that these load.
pub(super) fn loaded(walker: &mut Walker<'_>, language: &'static Language, code: &str) -> Found {
    let Some((_, endings)) = ENDINGS.iter().find(|(name, _)| *name == language.name) else {
        return Ok(());
    };
    if walker.state.files.is_empty() {
        return Ok(());
    }
    let mut files = files(walker, endings)?;
    let mut codes = vec![code.to_owned()];
    while let Some(code) = codes.pop() {
        walker.searches(&code)?;
        if !LOADS.iter().any(|word| code.contains(word)) {
            continue;
        }
        let (named, others) = files.into_iter().partition(|(path, _)| names(&code, path));
        files = others;
        let named: Vec<(String, String)> = named;
        for (_, text) in named {
            loosely(walker, language, &text)?;
            codes.push(text);
        }
    }
    Ok(())
}

/// Whether a code names a file without its ending; a package has its folder's name.
fn names(code: &str, path: &str) -> bool {
    let mut parts = path.rsplit('/');
    let file = parts.next().unwrap_or_default();
    let stem = file.split_once('.').map_or(file, |(stem, _)| stem);
    let name = match stem {
        "__init__" | "__main__" | "index" => parts.next().unwrap_or_default(),
        stem => stem,
    };
    let is_of_name = |c: char| c.is_alphanumeric() || c == '_';
    !name.is_empty()
        && code.match_indices(name).any(|(at, _)| {
            let before = code.get(..at).unwrap_or_default();
            let after = code.get(at + name.len()..).unwrap_or_default();
            !before.ends_with(is_of_name) && !after.starts_with(is_of_name)
        })
}

/// Judges a code of which only what is known counts.
fn loosely(walker: &mut Walker<'_>, language: &'static Language, code: &str) -> Found {
    walker.reads(code)?;
    let kept = std::mem::replace(&mut walker.lenient, true);
    let found = code::judge(walker, language, code);
    walker.lenient = kept;
    found
}

/// Keeps the code of a one-liner in mind: it may write a script that is run later.
pub(super) fn remember(walker: &mut Walker<'_>, code: &str) {
    if walker.codes.len() < CODES_MAX && code.contains(['"', '\'']) {
        walker.codes.push(code.to_owned());
    }
}

/// A script that nobody wrote, unless a one-liner did that names it: each text in
/// that one may be what is in the script.
pub(super) fn by_code(walker: &mut Walker<'_>, script: &Value) -> Found {
    let name = script
        .text()
        .rsplit('/')
        .next()
        .unwrap_or_default()
        .to_owned();
    if walker.codes.is_empty() || name.is_empty() || script.has_mark() {
        return Ok(());
    }
    let codes = std::mem::take(&mut walker.codes);
    for code in &codes {
        walker.searches(code)?;
        if !code.contains(&name) {
            continue;
        }
        let texts = code.split(['"', '\'']).filter(|text| text.contains(' '));
        for text in texts.take(TEXTS_MAX) {
            walker.leniently(&unescape(text))?;
        }
    }
    walker.codes = codes;
    Ok(())
}

/// What a file holds that a shell or a kernel runs.
pub(super) fn run(walker: &mut Walker<'_>, text: &str) -> Found {
    let first = text.lines().next().unwrap_or_default();
    let is_shell = first.ends_with("sh") || first.contains("sh ");
    if text.starts_with("#!") && !is_shell {
        return interpret::script(walker, text);
    }
    let out = walker.apart(text, Stream::Unknown)?;
    walker.aside(&out)
}
