//! Names that any ledger computes the same: where a thing came from becomes
//! its id.
//!
//! Invariant: an id depends only on the arguments, and two different origins
//! never share an encoding (every part is preceded by its length).
//! Where to look next: [`super::read`], which gives mentions these names.

use super::grammar;
use crate::model::{AgentName, MentionId, PassageKey, RepoId, RunId, Target, TaskId, Time};
use sha2::{Digest, Sha256};

/// Hex digits of a task's id and of a digest.
const SHORT_HEX: usize = 12;

/// The name of a mention: `comment-12/developer/1`, malformed `comment-12/!/1`;
/// an instruction changed by an edit ends in `@<version>`.
#[must_use]
pub fn mention_id(
    passage: PassageKey,
    target: &Target,
    nth: u32,
    version_if_edit: Option<u32>,
) -> MentionId {
    let label = grammar::label(target);
    let version = version_if_edit.map_or_else(String::new, |version| format!("@{version}"));
    MentionId(format!("{passage}/{label}/{nth}{version}"))
}

/// The task that an origin makes in a repository.
#[must_use]
pub fn task_id(repo: RepoId, origin: &MentionId) -> TaskId {
    let repo = repo.0.to_string();
    TaskId(short_hash(&["adf-task", &repo, origin.as_str()]))
}

/// The origin of a scheduled task: `slot-<agent>-<unix seconds>`.
#[must_use]
pub fn slot_origin(agent: &AgentName, slot: Time) -> MentionId {
    MentionId(format!("slot-{agent}-{}", slot.seconds()))
}

/// The origin of what an agent asked for: `run-<run>/<n>`, its n-th message.
#[must_use]
pub fn said_origin(run: &RunId, sequence: u32) -> MentionId {
    MentionId(format!("run-{run}/{sequence}"))
}

/// The origin of what the coordinator takes up: `pick-<issue>-<unix seconds>-<n>`, the
/// n-th time that it takes the issue as it was changed last at that moment.
#[must_use]
pub fn pick_origin(issue: u64, changed_at: Time, nth: u32) -> MentionId {
    MentionId(format!("pick-{issue}-{}-{nth}", changed_at.seconds()))
}

/// The issue, the seconds and the number of a pick's origin; `None` for any other.
#[must_use]
pub fn pick(origin: &MentionId) -> Option<(u64, i64, u32)> {
    let mut parts = origin.as_str().strip_prefix("pick-")?.splitn(3, '-');
    let issue = parts.next()?.parse().ok()?;
    let seconds = parts.next()?.parse().ok()?;
    Some((issue, seconds, parts.next()?.parse().ok()?))
}

/// The run that an origin is a message of; `None` for any other.
#[must_use]
pub fn caller(origin: &MentionId) -> Option<RunId> {
    let (run, _) = origin.as_str().strip_prefix("run-")?.rsplit_once('/')?;
    Some(RunId::from(run))
}

/// Whether an origin is a mention in a passage, not a slot, a pick or what an agent said.
#[must_use]
pub fn is_passage(origin: &MentionId) -> bool {
    let others = ["slot-", "run-", "pick-"];
    !others
        .iter()
        .any(|other| origin.as_str().starts_with(other))
}

/// First 12 hex digits of the SHA-256 of an instruction.
#[must_use]
pub fn digest(instruction: &str) -> String {
    short(&Sha256::digest(instruction.as_bytes()))
}

/// The branch of a task: `adf/<issue>-<agent>-<task>`.
#[must_use]
pub fn branch(issue: u64, agent: &AgentName, task: &TaskId) -> String {
    format!("adf/{issue}-{agent}-{task}")
}

fn short_hash(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(length(part));
        hash.update(part.as_bytes());
    }
    short(&hash.finalize())
}

fn short(hash: &[u8]) -> String {
    hex::encode(hash).chars().take(SHORT_HEX).collect()
}

/// The length of a part, as it goes before it in every hash and MAC.
pub(super) fn length(part: &str) -> [u8; 8] {
    u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes()
}
