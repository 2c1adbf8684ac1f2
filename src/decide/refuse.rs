//! Who may call, and what is refused.
//!
//! Invariant: deny by default. A mention is taken only when every question here
//! was answered in its favour by facts.

use crate::model::{AgentName, Mention, MentionId, MentionState, Refusal, Snapshot, Target};

/// Why a mention is not taken; `Ok` with the agent when it is.
pub(super) fn judge<'m>(s: &Snapshot<'_>, mention: &'m Mention) -> Result<&'m AgentName, Refusal> {
    if mention.own_account {
        return Err(Refusal::OwnAccount);
    }
    let agent = match &mention.target {
        Target::Malformed(_) => return Err(Refusal::Malformed),
        Target::Agent { project, agent } => {
            if project.as_ref().is_some_and(|p| *p != s.settings.project) {
                return Err(Refusal::OtherProject);
            }
            agent
        }
    };
    if !s.settings.agents.contains_key(agent) {
        return Err(Refusal::UnknownAgent);
    }
    if !may_call(s, &mention.author.login) || mention.author.id <= 0 {
        return Err(Refusal::NotAllowed);
    }
    if mention.edited_in || mention.replaces.is_some() {
        return Err(Refusal::Edited);
    }
    if mention.instruction.trim().is_empty() {
        return Err(Refusal::EmptyInstruction);
    }
    if place(s, mention) >= s.settings.mentions.max_per_passage {
        return Err(Refusal::TooMany);
    }
    if s.world.issues.get(&mention.issue).is_some_and(|i| !i.open) {
        return Err(Refusal::Closed);
    }
    Ok(agent)
}

/// Whether somebody may command the factory.
pub(super) fn may_call(s: &Snapshot<'_>, login: &str) -> bool {
    let allow = &s.settings.mentions.allow;
    s.world.writers.contains(login) && (allow.is_empty() || allow.iter().any(|a| a == login))
}

/// The mention's place among those of its passage's version, from 0.
fn place(s: &Snapshot<'_>, mention: &Mention) -> u32 {
    let before = s
        .world
        .mentions
        .values()
        .filter(|m| m.passage == mention.passage && m.version == mention.version)
        .filter(|m| m.id < mention.id)
        .count();
    u32::try_from(before).unwrap_or(u32::MAX)
}

/// Whether a reply was already given for the same fault: to this version of the
/// passage, or to this place in it, however often it was edited since.
pub(super) fn replied(
    s: &Snapshot<'_>,
    planned: &[Mention],
    mention: &Mention,
    why: &Refusal,
) -> bool {
    let same = |other: &Mention| {
        other.state == MentionState::Refused(why.clone())
            && other.passage == mention.passage
            && (other.version == mention.version || spot(&other.id) == spot(&mention.id))
    };
    let before = s.world.mentions.values().filter(|m| m.id != mention.id);
    before.chain(planned).any(same)
}

/// The id without the version of the passage that it was edited in with.
fn spot(id: &MentionId) -> &str {
    id.as_str().split('@').next().unwrap_or_default()
}
