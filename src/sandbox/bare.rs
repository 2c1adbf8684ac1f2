//! One bare repository: made, read, and moved by a merge.
//!
//! Invariant: branches live only here; the world in memory holds names, never
//! a second truth about what they point at.

use super::git;
use std::{
    collections::BTreeMap,
    fs, io,
    path::{Component, Path},
};

/// Refuses what the server forbids, in the words a real one was recorded to use.
const PRE_RECEIVE: &str = r#"#!/bin/sh
no() { printf '\nerror:\nerror: %s\n' "$1" >&2; exit 1; }
zero=0000000000000000000000000000000000000000
while read -r old new ref; do
  branch=${ref#refs/heads/}
  [ -z "$FORGE_READ_ONLY" ] || no "User permission denied for writing."
  if [ "$new" = "$zero" ] && [ "$branch" = "$FORGE_DEFAULT" ]; then
    no "branch $branch is the default branch and cannot be deleted"
  fi
  case " $FORGE_PROTECTED " in *" $branch "*) no "Not allowed to push to protected branch $branch";; esac
done
"#;

/// Tells the pusher where the branch can be seen, as a real server does.
const POST_RECEIVE: &str = r#"#!/bin/sh
n=0
while read -r old new ref; do
  branch=${ref#refs/heads/}
  n=$((n + 1))
  [ "$branch" = "$FORGE_DEFAULT" ] && continue
  pull=
  for pair in $FORGE_PULLS; do
    [ "${pair#*=}" = "$branch" ] && pull=${pair%%=*}
  done
  if [ -n "$pull" ]; then
    printf '\nVisit the existing pull request:\n  %s/pulls/%s\n\n' "$FORGE_URL" "$pull" >&2
  else
    printf "\nCreate a new pull request for '%s':\n  %s/pulls/new/%s\n\n" "$branch" "$FORGE_URL" "$branch" >&2
  fi
done
printf '. Processing %s references\nProcessed %s references in total\n' "$n" "$n" >&2
"#;

/// A commit as `git log` tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Its id.
    pub sha: String,
    /// Its tree.
    pub tree: String,
    /// The commits before it.
    pub parents: Vec<String>,
    /// Who wrote it: name and address.
    pub author: (String, String),
    /// Who committed it: name and address.
    pub committer: (String, String),
    /// When it was committed, in seconds since the epoch.
    pub seconds: i64,
    /// The whole message.
    pub message: String,
}

/// Branches and where they point, by name.
pub(super) type Branches = BTreeMap<String, String>;

/// A file that differs between two commits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Changed {
    pub path: String,
    pub status: &'static str,
    pub additions: u64,
    pub deletions: u64,
}

pub(super) fn create(dir: &Path) -> io::Result<()> {
    fs::create_dir_all(dir)?;
    git::text(dir, &["init", "-q", "--bare", "-b", "main"])?;
    for (key, value) in [
        ("http.receivepack", "true"),
        ("gc.auto", "0"),
        ("receive.autogc", "false"),
        ("core.hooksPath", "hooks"),
    ] {
        git::text(dir, &["config", key, value])?;
    }
    for (name, script) in [("pre-receive", PRE_RECEIVE), ("post-receive", POST_RECEIVE)] {
        hook(&dir.join("hooks").join(name), script)?;
    }
    Ok(())
}

fn hook(path: &Path, script: &str) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::write(path, script)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
}

/// Commits files on a branch without a push: how a repository begins.
pub(super) fn commit_files(
    dir: &Path,
    branch: &str,
    files: &[(&str, &str)],
    message: &str,
) -> io::Result<String> {
    let work = tempfile::tempdir()?;
    let reference = format!("refs/heads/{branch}");
    let tree_dir = work.path().join("tree");
    fs::create_dir(&tree_dir)?;
    // The index must not lie among the files that are added.
    let index = work.path().join("index");
    let (git_dir, index) = (dir.to_string_lossy(), index.to_string_lossy());
    let env = [
        ("GIT_DIR", git_dir.as_ref()),
        ("GIT_WORK_TREE", "."),
        ("GIT_INDEX_FILE", index.as_ref()),
    ];
    let parent = git::text(dir, &["rev-parse", "-q", "--verify", &reference]).ok();
    if let Some(parent) = &parent {
        git::text_as(&tree_dir, &["read-tree", parent], &env)?;
        git::text_as(&tree_dir, &["checkout-index", "-a"], &env)?;
    }
    for (path, text) in files {
        let full = tree_dir.join(path);
        if let Some(folder) = full.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(full, text)?;
    }
    git::text_as(&tree_dir, &["add", "-A"], &env)?;
    let tree = git::text_as(&tree_dir, &["write-tree"], &env)?;
    let mut args = vec!["commit-tree", tree.as_str(), "-m", message];
    if let Some(parent) = &parent {
        args.extend(["-p", parent.as_str()]);
    }
    let sha = git::text(dir, &args)?;
    git::text(dir, &["update-ref", &reference, &sha])?;
    Ok(sha)
}

/// All branches and where they point, by name.
pub(super) fn branches(dir: &Path) -> Branches {
    let format = "--format=%(objectname) %(refname:lstrip=2)";
    let said = git::text(dir, &["for-each-ref", format, "refs/heads"]).unwrap_or_default();
    let lines = said.lines().filter_map(|line| line.split_once(' '));
    lines
        .map(|(sha, name)| (name.to_owned(), sha.to_owned()))
        .collect()
}

/// Where one branch points: git's own files are read, for every answer that shows a
/// repository or a pull request asks this.
pub(super) fn branch(dir: &Path, name: &str) -> Option<String> {
    let plain = |part: Component<'_>| matches!(part, Component::Normal(_));
    if name.is_empty() || name.ends_with('/') || !Path::new(name).components().all(plain) {
        return None;
    }
    let reference = format!("refs/heads/{name}");
    if let Ok(sha) = fs::read_to_string(dir.join(&reference)) {
        return Some(sha.trim_end().to_owned());
    }
    let packed = fs::read_to_string(dir.join("packed-refs")).ok()?;
    let mut lines = packed.lines().filter_map(|line| line.split_once(' '));
    let (sha, _) = lines.find(|(_, found)| *found == reference)?;
    Some(sha.to_owned())
}

/// The full id of a commit that exists.
pub(super) fn resolve(dir: &Path, name: &str) -> Option<String> {
    if name.starts_with('-') {
        return None;
    }
    let spec = format!("{name}^{{commit}}");
    git::text(dir, &["rev-parse", "-q", "--verify", &spec]).ok()
}

/// Commits of a range or of everything before a commit, newest first.
pub(super) fn log(dir: &Path, range: &str, max: Option<usize>) -> Vec<Commit> {
    let format = "--format=%H%x00%T%x00%P%x00%an%x00%ae%x00%cn%x00%ce%x00%ct%x00%B%x01";
    let limit = format!("--max-count={}", max.unwrap_or(10_000));
    let said = git::text(dir, &["log", format, &limit, range, "--"]).unwrap_or_default();
    said.split('\u{1}').filter_map(commit).collect()
}

fn commit(text: &str) -> Option<Commit> {
    let mut parts = text.trim_start_matches('\n').split('\0');
    let mut next = || parts.next().map(str::to_owned);
    Some(Commit {
        sha: next().filter(|sha| !sha.is_empty())?,
        tree: next()?,
        parents: next()?.split_whitespace().map(str::to_owned).collect(),
        author: (next()?, next()?),
        committer: (next()?, next()?),
        seconds: next()?.parse().ok()?,
        message: next()?,
    })
}

/// The files that differ between two commits, by path.
pub(super) fn changed(dir: &Path, from: &str, to: &str) -> Vec<Changed> {
    let said = |flag: &str| {
        let args = ["diff", "--no-renames", flag, "-z", from, to];
        git::text(dir, &args).unwrap_or_default()
    };
    let states = said("--name-status");
    let mut words = states.split('\0');
    let mut letters = BTreeMap::new();
    while let (Some(letter), Some(path)) = (words.next(), words.next()) {
        letters.insert(path.to_owned(), letter.to_owned());
    }
    let counts = said("--numstat");
    let rows = counts.split('\0').filter(|row| !row.is_empty());
    rows.filter_map(|row| {
        let mut cells = row.splitn(3, '\t');
        let additions = cells.next()?.parse().unwrap_or(0);
        let deletions = cells.next()?.parse().unwrap_or(0);
        let path = cells.next()?.to_owned();
        let status = match letters.get(&path).map(String::as_str) {
            Some("A") => "added",
            Some("D") => "deleted",
            _ => "changed",
        };
        Some(Changed {
            path,
            status,
            additions,
            deletions,
        })
    })
    .collect()
}

/// The tree that merging two commits gives; `None` is a conflict.
pub(super) fn merge_tree(dir: &Path, base: &str, head: &str) -> Option<String> {
    git::text(dir, &["merge-tree", "--write-tree", base, head]).ok()
}
