//! What lies between the two ends of a pull request, read from git.
//!
//! Invariant: an open pull request is always read afresh from its branches;
//! only the comparison of two fixed commits is remembered.

use super::{
    Inner,
    bare::{self, Changed},
    git,
    state::{Pull, Repo},
};
use std::{path::Path, sync::Arc};

/// Comparisons that are remembered before all are forgotten.
const COMPARED_MAX: usize = 1_000;

/// Two commits compared.
#[derive(Debug)]
pub(super) struct Compared {
    pub merge_base: String,
    pub mergeable: bool,
    pub files: Vec<Changed>,
}

/// The ends of a pull request and what lies between.
#[derive(Debug)]
pub(super) struct Ends {
    pub base: String,
    pub head: String,
    /// The head's branch, or where the server keeps a head whose branch is gone.
    pub head_ref: String,
    pub merge_base: String,
    pub mergeable: bool,
    pub files: Vec<Changed>,
}

/// Reads the ends of a pull request.
pub(super) fn ends(world: &Inner, repo: &Repo, number: u64, pull: &Pull) -> Ends {
    let dir = &repo.git_dir;
    let branch = bare::branch(dir, &pull.head);
    let kept = format!("refs/pull/{number}/head");
    let head_ref = match branch {
        Some(_) => pull.head.clone(),
        None => kept.clone(),
    };
    let (base, head) = pull.frozen.clone().unwrap_or_else(|| {
        let base = bare::branch(dir, &pull.base).unwrap_or_default();
        let head = branch.or_else(|| bare::resolve(dir, &kept));
        (base, head.unwrap_or_default())
    });
    let compared = compared(world, dir, &base, &head);
    Ends {
        base,
        head,
        head_ref,
        merge_base: compared.merge_base.clone(),
        mergeable: compared.mergeable,
        files: compared.files.clone(),
    }
}

fn compared(world: &Inner, dir: &Path, base: &str, head: &str) -> Arc<Compared> {
    let key = (dir.to_path_buf(), base.to_owned(), head.to_owned());
    let mut known = world.compared();
    if let Some(found) = known.get(&key) {
        return Arc::clone(found);
    }
    let merge_base = git::text(dir, &["merge-base", base, head]).unwrap_or_default();
    let row = Arc::new(Compared {
        mergeable: bare::merge_tree(dir, base, head).is_some(),
        files: bare::changed(dir, &merge_base, head),
        merge_base,
    });
    if known.len() >= COMPARED_MAX {
        known.clear();
    }
    known.insert(key, Arc::clone(&row));
    row
}

/// Remembers an open pull request's head where deleting the branch cannot reach it.
pub(super) fn keep_head(repo: &Repo, number: u64, head: &str) {
    let reference = format!("refs/pull/{number}/head");
    // Without it a deleted branch shows an empty head, as on a damaged server.
    let _ = git::text(&repo.git_dir, &["update-ref", &reference, head]);
}
