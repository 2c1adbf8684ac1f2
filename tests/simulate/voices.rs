//! What agents say while they work, and what must have come of it at rest.
//!
//! Invariant: a message that the ledger took leads to one task, one comment or
//! one issue, whatever was killed or lost on the way; a lost ledger loses the
//! message, and then at most one.

use crate::model::Model;
use adf::mention::marker::{self, MarkerKey, Place};
use adf::mention::{said_origin, task_id};
use adf::model::*;
use std::collections::BTreeMap;

/// Messages of one run.
const MESSAGES_MAX: u32 = 3;

/// A living agent says something, if its run is in the ledger and has not said enough.
pub fn say(model: &mut Model, run: &Run) {
    let world = &model.ledger.world;
    if !world.runs.get(&run.id).is_some_and(Run::is_open) {
        return;
    }
    let of_run = world.said.keys().filter(|(id, _)| *id == run.id).count();
    let sequence = u32::try_from(of_run).unwrap_or(u32::MAX).saturating_add(1);
    if sequence > MESSAGES_MAX {
        return;
    }
    let may_ask = world.question(&run.task).is_none();
    let message = match model.rng.u8(0..16) {
        0..=8 => Message::Mention(Call {
            agent: ["developer", "reviewer", "nobody"][model.rng.usize(0..3)].to_owned(),
            project: None,
            instruction: format!("look at part {sequence} of {}", run.id),
            issue: Some(model.rng.u64(1..4)),
        }),
        9 if may_ask => Message::Ask(Question {
            question: "A or B?".to_owned(),
            default: "A".to_owned(),
            deadline_minutes: 1,
        }),
        _ => Message::OpenIssue(NewIssue {
            title: "another thing".to_owned(),
            body: "@adf:developer do it".to_owned(),
        }),
    };
    model.tell(format_args!("{} says {message:?}", run.id));
    let at = model.now;
    model.write(vec![Change::Message {
        run: run.id.clone(),
        sequence,
        at,
        message,
    }]);
}

/// What came of what was said, against the forge.
pub fn at_rest(model: &Model, key: &MarkerKey, marks: &[Mark]) -> Vec<String> {
    let mut faults = Vec::new();
    let mut opened: BTreeMap<EffectKey, u32> = BTreeMap::new();
    for (number, item) in &model.forge.opened {
        let place = Place {
            comment: 0,
            issue: *number,
            written_at: item.created_at,
        };
        for mark in marker::find(&item.body, key, place) {
            *opened.entry(mark.key).or_default() += 1;
        }
    }
    let twins = opened.iter().filter(|(_, n)| **n > 1);
    faults.extend(twins.map(|(key, n)| format!("`{key}` opened {n} issues")));
    for ((run, sequence), said) in &model.ledger.world.said {
        let origin = said_origin(run, *sequence);
        let fine = match &said.message {
            Message::OpenIssue(_) => {
                opened.contains_key(&EffectKey(format!("open_issue:{origin}")))
            }
            Message::Mention(_) => {
                let task = task_id(RepoId(7), &origin);
                let of = |kind| marks.iter().filter(move |m| m.kind == kind);
                let accepts = of(MarkKind::Accept).filter(|m| m.task == task).count();
                let results = of(MarkKind::Result).filter(|m| m.task == task).count();
                let replies = of(MarkKind::Reply).filter(|m| m.origin == origin).count();
                matches!((accepts, results, replies), (1, 1, _) | (0, 0, 1))
            }
            Message::Ask(_) | Message::Report(_) => true,
        };
        if !fine {
            faults.push(format!("nothing came of {origin}: {:?}", said.message));
        }
    }
    for task in model.ledger.world.tasks.values() {
        if task.depth() > Task::DEPTH_MAX {
            faults.push(format!("task {} is {} deep", task.id, task.depth()));
        }
    }
    faults
}
