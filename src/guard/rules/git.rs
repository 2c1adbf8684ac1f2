//! Git: pushes, other people's repositories, and options that run programs.
//!
//! Invariant: in the run's own clone the agent may reset, clean, rebase, amend
//! and drop what is its own; what leaves the clone is the factory's to send, and
//! a repository elsewhere is only read.

use super::gitverbs::{branch, filters, run_or_text, update_ref, with_paths};
use super::{gitconfig, shell};
use crate::guard::place::Place;
use crate::guard::verdict::Rule;
use crate::guard::walk::{Command, Found, Stream, Walker, peel};
use crate::guard::word::{Value, joined};

pub(crate) static PUSH: Rule = Rule {
    id: "git.push",
    what: "sending commits or refs anywhere",
    reason: "the factory pushes: it checks what is delivered and opens the pull request",
    instead: "commit; the factory pushes",
    safer: Some("git commit -am 'what was done'"),
    deny: &[
        "git push",
        "git push origin main -f",
        "git -C . push origin +HEAD:main",
        "git -c alias.p=push p origin",
        "git lfs push --all origin",
        "git send-pack origin main",
    ],
    allow: &[
        "git stash push -m wip",
        "git log --grep 'push --force'",
        "git commit -m 'git push'",
        "git rev-parse '@{push}'",
    ],
};

pub(crate) static OTHER_REPOSITORY: Rule = Rule {
    id: "git.other-repository",
    what: "changing a repository that is not the run's own clone",
    reason: "it changes branches, history or files of a repository that others use",
    instead: "work in the worktree; read other repositories with git log or git show",
    safer: Some("git -C . log -3 --oneline"),
    deny: &[
        "git --git-dir=/srv/other/.git branch -D main",
        "cd /srv/other && git reset --hard",
        "GIT_DIR=/srv/o/.git git update-ref -d refs/heads/main",
        "git -C ../other stash clear",
    ],
    allow: &[
        "git -C /srv/other log -3",
        "git -C crates/core status",
        "git branch -D adf/7-scratch",
    ],
};

pub(crate) static PROTECTED_BRANCH: Rule = Rule {
    id: "git.protected-branch",
    what: "deleting, moving or renaming the base branch, deleting the run's own, or rewriting all history",
    reason: "what the factory delivers is measured against that branch",
    instead: "make a new branch, or reset your own",
    safer: Some("git switch -c scratch"),
    deny: &[
        "git branch -D main",
        "git update-ref -d refs/heads/main",
        "git filter-branch -- --all",
        "git branch -f main HEAD",
        "git fetch origin '+refs/heads/*:refs/heads/*'",
    ],
    allow: &[
        "git branch -d old-idea",
        "git reset --soft main",
        "git checkout -B scratch main",
        "git branch --merged | xargs git branch -d",
    ],
};

/// All of this domain.
pub(super) static ALL: &[&Rule] = &[&PUSH, &OTHER_REPOSITORY, &PROTECTED_BRANCH];

/// Subcommands that only read, wherever the repository is.
const READS: [&str; 34] = [
    "status",
    "log",
    "show",
    "diff",
    "blame",
    "grep",
    "ls-files",
    "ls-tree",
    "ls-remote",
    "rev-parse",
    "rev-list",
    "describe",
    "shortlog",
    "cat-file",
    "merge-base",
    "cherry",
    "check-ignore",
    "count-objects",
    "fsck",
    "for-each-ref",
    "name-rev",
    "range-diff",
    "whatchanged",
    "help",
    "version",
    "var",
    "diff-tree",
    "diff-index",
    "verify-commit",
    "show-ref",
    "symbolic-ref",
    "archive",
    "bundle",
    "reflog",
];

/// Options of git itself that take the next word.
const GLOBAL: [&str; 8] = [
    "-C",
    "-c",
    "--git-dir",
    "--work-tree",
    "--namespace",
    "--exec-path",
    "--config-env",
    "--super-prefix",
];

/// Judges one call of git.
pub(super) fn judge(command: &Command<'_>, walker: &mut Walker<'_>) -> Found {
    let kept = walker.state.cwds.clone();
    let found = called(command, walker);
    walker.state.cwds = kept;
    found
}

/// The repository and the work tree that options or the environment name.
#[derive(Default)]
struct Elsewhere {
    paths: Vec<Value>,
}

fn called(command: &Command<'_>, walker: &mut Walker<'_>) -> Found {
    let args = command.args;
    let mut elsewhere = Elsewhere::default();
    let mut at = 0;
    let mut aliases: Vec<(String, String)> = Vec::new();
    while let Some(arg) = args.get(at) {
        let text = arg.text();
        if !text.starts_with('-') {
            break;
        }
        let (name, value, used) = match text.split_once('=') {
            Some((name, _)) if text.starts_with("--") => (name, Some(arg.tail(name.len() + 1)), 1),
            _ if GLOBAL.contains(&text) => (text, args.get(at + 1).cloned(), 2),
            _ => (text, None, 1),
        };
        at += used;
        match (name, value) {
            ("-C", Some(dir)) => {
                peel::inside(walker, &dir, |w| {
                    elsewhere.paths.extend(w.state.cwd().map(Value::new));
                    Ok(())
                })?;
                let target = walker.target(&dir, true);
                walker.state.cwds = vec![(target.place != Place::Unknown).then_some(target.path)];
            }
            ("-c" | "--config-env", Some(pair)) => {
                gitconfig::pair(walker, &pair, &mut aliases)?;
            }
            ("--git-dir" | "--work-tree", Some(dir)) => elsewhere.paths.push(dir),
            _ => {}
        }
    }
    for (name, value) in command.env {
        if matches!(
            name.as_str(),
            "GIT_DIR" | "GIT_WORK_TREE" | "GIT_COMMON_DIR" | "GIT_INDEX_FILE"
        ) {
            elsewhere.paths.push(value.clone());
        }
    }
    for name in ["GIT_DIR", "GIT_WORK_TREE"] {
        if let Some(value) = walker.state.get(name) {
            elsewhere.paths.push(joined(value, " "));
        }
    }
    gitconfig::environment(walker, command.env)?;
    let rest = args.get(at..).unwrap_or_default();
    let Some((verb, args)) = rest.split_first() else {
        return Ok(());
    };
    if verb.has_mark() {
        return walker.doubtful(&shell::UNKNOWN_COMMAND, &command.shown());
    }
    let alias = aliases
        .iter()
        .rev()
        .find(|(name, _)| name == verb.text())
        .map(|(_, text)| text.clone())
        .or_else(|| {
            walker
                .state
                .aliases
                .get(&format!("git {}", verb.text()))
                .cloned()
        });
    if let Some(text) = alias {
        return aliased(&text, args, walker);
    }
    others(verb.text(), args, &elsewhere, walker)?;
    subcommand(verb.text(), args, command, walker)
}

fn aliased(text: &str, args: &[Value], walker: &mut Walker<'_>) -> Found {
    let mut whole = match text.strip_prefix('!') {
        Some(code) => code.to_owned(),
        None => format!("git {text}"),
    };
    for arg in args {
        whole.push(' ');
        whole.push_str(&crate::guard::walk::run::requoted(arg));
    }
    walker.apart(&whole, Stream::Unknown).map(|_| ())
}

/// What is done to a repository elsewhere.
fn others(verb: &str, args: &[Value], elsewhere: &Elsewhere, walker: &Walker<'_>) -> Found {
    let lists = |word: &str| {
        args.is_empty()
            || args
                .iter()
                .all(|a| a.text().starts_with('-') || a.text() == word)
    };
    let reads = READS.contains(&verb)
        || (["branch", "tag", "remote", "worktree", "config", "stash"].contains(&verb)
            && args.iter().any(|a| {
                matches!(
                    a.text(),
                    "list"
                        | "show"
                        | "-l"
                        | "--list"
                        | "get"
                        | "--get"
                        | "-v"
                        | "-a"
                        | "-r"
                        | "-vv"
                        | "-avv"
                )
            }))
        || (["branch", "tag", "remote"].contains(&verb)
            && lists("list")
            && !args
                .iter()
                .any(|a| a.text().starts_with("-d") || a.text().starts_with("-D")));
    if reads || matches!(verb, "init" | "clone" | "push") {
        return Ok(());
    }
    let mut places = vec![Value::new(".")];
    places.extend(elsewhere.paths.iter().cloned());
    for path in places {
        let target = walker.target(&path, true);
        let own = matches!(
            target.place,
            Place::Worktree | Place::Tmp | Place::SharedTmp | Place::Git | Place::Null
        ) || target.path == walker.scene.worktree;
        if !own {
            walker.deny_target(&OTHER_REPOSITORY, &target)?;
            return Ok(());
        }
    }
    Ok(())
}

fn subcommand(verb: &str, args: &[Value], command: &Command<'_>, walker: &mut Walker<'_>) -> Found {
    let words: Vec<&str> = args
        .iter()
        .map(Value::text)
        .filter(|a| !a.starts_with('-'))
        .collect();
    let first = words.first().copied().unwrap_or_default();
    let shown = command.shown();
    match verb {
        "push" | "send-pack" | "http-push" | "send-email" | "imap-send" | "request-pull" => {
            walker.deny(&PUSH, &shown)
        }
        "subtree" | "lfs" | "annex" | "p4" | "svn"
            if matches!(first, "push" | "dcommit" | "submit" | "sync") =>
        {
            walker.deny(&PUSH, &shown)
        }
        verb if verb.starts_with("remote-") => walker.deny(&PUSH, &shown),
        "credential" | "credential-store" | "credential-cache" => {
            walker.deny(&super::secrets::SHOW, &shown)
        }
        "branch" => branch(args, walker),
        "update-ref" => update_ref(args, command.stdin, walker),
        "filter-branch" => filters(args, walker, &shown),
        "filter-repo" if !args.iter().any(|a| a.text() == "--analyze") => {
            walker.deny(&PROTECTED_BRANCH, &shown)
        }
        "config" => gitconfig::config(args, walker),
        "submodule" => {
            if let Some(at) = args.iter().position(|a| a.text() == "foreach") {
                let rest: Vec<Value> = args
                    .iter()
                    .skip(at + 1)
                    .skip_while(|a| a.text().starts_with("--"))
                    .cloned()
                    .collect();
                run_or_text(walker, &rest)?;
            }
            Ok(())
        }
        "bisect" if first == "run" => {
            let at = args
                .iter()
                .position(|a| a.text() == "run")
                .map_or(0, |at| at + 1);
            walker
                .run(args.get(at..).unwrap_or_default(), Stream::Empty, &[])
                .map(|_| ())
        }
        _ => with_paths(verb, args, &shown, walker),
    }
}

/// `git-push` and its like, called by their own names.
pub(super) fn plumbing(command: &Command<'_>, walker: &mut Walker<'_>) -> Found {
    let verb = command.name.strip_prefix("git-").unwrap_or_default();
    if matches!(
        verb,
        "push" | "send-pack" | "receive-pack" | "http-push" | "credential"
    ) || verb.starts_with("remote-")
    {
        return walker.deny(&PUSH, &command.shown());
    }
    Ok(())
}
