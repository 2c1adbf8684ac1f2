//! The shipped rules: one file a domain, each rule a value with its reason, its
//! way out and examples that run as tests.
//!
//! Invariant: a command is judged by every domain that knows its name, and one
//! domain's exception never disarms another. Read the file of a domain for what
//! it denies; `walk::run` is where commands come from.

pub(crate) mod archives;
mod aws;
mod builds;
mod clients;
pub(crate) mod clouds;
pub(crate) mod containers;
pub(crate) mod databases;
pub(crate) mod disks;
mod editors;
mod environment;
mod files;
pub(crate) mod forge;
pub(crate) mod fs;
pub(crate) mod git;
mod gitconfig;
mod gitverbs;
pub(crate) mod guard;
pub(crate) mod kubernetes;
pub(crate) mod leaks;
pub(crate) mod net;
mod outputs;
pub(crate) mod owned;
pub(crate) mod permissions;
pub(crate) mod processes;
pub(crate) mod publishing;
pub(crate) mod remote;
mod requests;
mod scratch;
pub(crate) mod searches;
pub(crate) mod secrets;
mod sed;
pub(crate) mod shell;
mod shown;
mod signals;
mod sql;
pub(crate) mod stores;
mod tokens;
mod verbs;

use super::verdict::Rule;
use super::walk::{Command, Found, Walker};
use super::word::Value;

/// The rule of commands that a project denies; its words are the project's.
pub(crate) static PROJECT: Rule = Rule {
    id: "project",
    what: "commands that the project's config denies",
    reason: "the project denies it",
    instead: "see the project's config",
    safer: None,
    deny: &[],
    allow: &[],
};

/// All rules, by domain.
pub(crate) fn all() -> impl Iterator<Item = &'static Rule> {
    let domains: [&[&Rule]; 16] = [
        fs::ALL,
        git::ALL,
        disks::ALL,
        permissions::ALL,
        processes::ALL,
        containers::ALL,
        kubernetes::ALL,
        clouds::ALL,
        databases::ALL,
        publishing::ALL,
        secrets::ALL,
        net::ALL,
        remote::ALL,
        guard::ALL,
        forge::ALL,
        shell::ALL,
    ];
    domains.into_iter().flatten().copied()
}

/// Whether a program is only asked for its help or its version, and nothing else.
pub(crate) fn asks(command: &Command<'_>) -> bool {
    /// Tools of verbs, whose verbs have a help of their own.
    const OF_VERBS: [&str; 16] = [
        "git",
        "docker",
        "podman",
        "kubectl",
        "helm",
        "terraform",
        "aws",
        "gcloud",
        "az",
        "cargo",
        "npm",
        "pnpm",
        "yarn",
        "gh",
        "systemctl",
        "redis-cli",
    ];
    let Some((last, verbs)) = command.args.split_last() else {
        return false;
    };
    let is_word = |arg: &Value| {
        let plain = |b: u8| b.is_ascii_lowercase() || b == b'-';
        !arg.text().starts_with('-') && arg.text().bytes().all(plain)
    };
    let of_verb = OF_VERBS.contains(&command.name) && verbs.len() <= 3 && verbs.iter().all(is_word);
    let help = last.text() == "--help";
    let version = matches!(last.text(), "--version" | "-V");
    let found_by_name = !command.word.contains('/');
    found_by_name
        && command.env.is_empty()
        && (verbs.is_empty() && (help || version) || of_verb && help)
}

/// What surrounds a command, whatever it is: its environment, and rights above it.
pub(crate) fn around(command: &Command<'_>, walker: &mut Walker<'_>) -> Found {
    environment::judge(command, walker)?;
    permissions::judge(command, walker)?;
    processes::judge(command, walker)?;
    net::judge(command, walker)?;
    forge::judge(command, walker)?;
    guard::judge(command, walker)?;
    containers::judge(command, walker)?;
    publishing::judge(command, walker)?;
    clouds::judge(command, walker)?;
    kubernetes::judge(command, walker)?;
    secrets::judge(command, walker)
}

/// What a command does to files, repositories, disks and data.
pub(crate) fn judge(command: &Command<'_>, walker: &mut Walker<'_>) -> Found {
    match command.name {
        "git" => git::judge(command, walker),
        name if name.starts_with("git-") => git::plumbing(command, walker),
        _ => {
            match command.name {
                "sed" | "gsed" => sed::judge(command, walker)?,
                "make" | "gmake" | "ninja" | "just" => builds::make(command, walker)?,
                "npm" | "pnpm" | "yarn" | "bun" => builds::package(command, walker)?,
                _ => {}
            }
            disks::judge(command, walker)?;
            databases::judge(command, walker)?;
            archives::judge(command, walker)?;
            outputs::judge(command, walker)?;
            files::judge(command, walker)
        }
    }
}

/// A statement among the texts of a program that destroys data.
pub(crate) fn sql_in_code(texts: &[&str]) -> Option<String> {
    let is_statement = |text: &&&str| {
        // A word alone is no statement: a request's method may be `DELETE`.
        let text = text.trim();
        let head = text.get(..6).unwrap_or_default().to_ascii_lowercase();
        let begins = ["drop t", "drop d", "drop s", "trunca", "delete"].contains(&head.as_str());
        begins && text.contains(char::is_whitespace)
    };
    texts
        .iter()
        .filter(is_statement)
        .find_map(|text| sql::destroys(text))
}
