//! Why an issue is not taken up becomes words for people, with what to do, and its place in a list.
//!
//! Invariant: `adf plan`, `adf explain` and `adf rank` say the same of the same issue, because
//! all of them say it from here.

use super::past::Claimed;
use crate::model::{Blocker, Issue, Snapshot, World};
use adf_graph::Standing;

/// Why an issue is not taken up.
pub(super) enum Why<'a> {
    /// A task is about it.
    Busy(&'a str),
    /// Its work waits in a pull request.
    Review(u64),
    /// Its label calls for a person.
    Person,
    /// Another factory takes care of it.
    Elsewhere(&'a Claimed),
    /// It was taken before, as it is.
    Taken,
    /// Its words are those of somebody who may not write, and may be newer than its label.
    Unvouched,
    /// Its text is kept from every agent that may have it, and nobody who may write has said a word.
    Withheld,
    /// A label of it names an agent that cannot be had, in words.
    NoAgent(String),
    /// What it waits for is not known as of now.
    Stale,
    /// It waits for something.
    Waits,
    /// The coordinator has as many tasks open as it may.
    Full(usize),
}

impl Why<'_> {
    /// As it is ranked.
    pub(super) fn standing(&self) -> Standing {
        match self {
            Why::Busy(_) | Why::Review(_) | Why::Person | Why::Elsewhere(_) => Standing::Claimed,
            Why::Taken => Standing::TakenBefore,
            Why::Unvouched | Why::Withheld => Standing::NeedsAWord,
            Why::NoAgent(_) => Standing::NoAgent,
            Why::Stale => Standing::Stale,
            Why::Waits => Standing::Blocked,
            // It is, and is taken up when there is room.
            Why::Full(_) => Standing::Ready,
        }
    }

    /// Who has it, for a list.
    pub(super) fn short(&self) -> String {
        match self {
            Why::Review(pull) => format!("its work waits in #{pull}"),
            Why::Person => "needs a person".to_owned(),
            Why::Elsewhere(_) => "another factory takes care of it".to_owned(),
            _ => "being worked on".to_owned(),
        }
    }

    /// In words, with what to do; what it waits for besides is ranked first, so it is told first.
    pub(super) fn text(&self, s: &Snapshot<'_>, issue: &Issue) -> String {
        let own = self.own(s, issue);
        match blockers(s.world, issue.number, "") {
            Some(on) if !matches!(self, Why::Waits) => format!("it waits for {on}; besides, {own}"),
            _ => own,
        }
    }

    fn own(&self, s: &Snapshot<'_>, issue: &Issue) -> String {
        match self {
            Why::Busy(task) => format!("task {task} is about it"),
            Why::Review(pull) => format!("its work waits in #{pull}"),
            Why::Person => {
                let label = &s.settings.failures.label;
                format!("it needs a person, says the label `{label}`")
            }
            Why::Elsewhere(claimed) => format!(
                "factory {} takes care of it, see comment {}",
                claimed.factory, claimed.comment
            ),
            Why::Taken => taken(issue),
            Why::Unvouched => unvouched(issue),
            Why::Withheld => withheld(issue),
            Why::Stale => "what it depends on was not read since it moved".to_owned(),
            Why::NoAgent(why) => why.clone(),
            Why::Waits => {
                let blockers = blockers(s.world, issue.number, "");
                format!("it waits for {}", blockers.unwrap_or_default())
            }
            Why::Full(limit) => {
                format!("the coordinator's limit of open tasks, {limit}, is reached")
            }
        }
    }
}

fn taken(issue: &Issue) -> String {
    let remedy = match issue.outsider {
        true => "; a comment of somebody who may write counts, or the label taken off and on",
        false => "",
    };
    format!("it was taken up before and nobody who may write has changed it since{remedy}")
}

/// That, and what to do.
pub(super) fn unvouched(issue: &Issue) -> String {
    format!(
        "`{}`, who may not write, may have reworded title or text since somebody who may has labelled it or commented; read it, then comment, or take the label off and on",
        issue.author.login
    )
}

/// That, and what to do.
fn withheld(issue: &Issue) -> String {
    format!(
        "its text is by `{}`, who may not write, and is not shown to its agents; say in a comment what is to be done, or set `read_strangers = true` for one of them",
        issue.author.login
    )
}

/// What an issue waits for, in words, with what to do where nothing would tell of its end;
/// `None` when it waits for nothing.
pub(super) fn blockers(world: &World, issue: u64, when: &str) -> Option<String> {
    let on = world.waits_for(issue);
    let links = world.links.get(&issue).map_or(&[][..], |links| &links.on);
    let hidden = links.iter().any(|on| on.is_hidden() && world.blocks(on));
    let remedy = if hidden { Blocker::REMEDY } else { "" };
    (!on.is_empty()).then(|| format!("{}{when}{remedy}", on.join(", ")))
}
