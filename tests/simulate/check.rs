//! What must hold of a world at every commit, and what when it has come to rest.

use crate::model::{BOT, Model};
use crate::people::{Asked, Expect};
use adf::mention::marker::{self, MarkerKey, Place};
use adf::model::*;
use std::collections::BTreeMap;

/// A cursor covers what it passes: nothing older than it is unknown.
pub fn cursors(model: &mut Model, changes: &[Change]) {
    for change in changes {
        let Change::Cursor { name, at } = change else {
            continue;
        };
        let unknown = match name.as_str() {
            "comments" => model.forge.comments.values().find(|c| {
                let key = PassageKey {
                    kind: PassageKind::Comment,
                    id: c.id,
                };
                let known = model.ledger.passages.get(&key);
                c.updated_at <= *at && known.is_none_or(|p| p.body != c.body)
            }),
            _ => None,
        };
        if let Some(comment) = unknown.map(|c| c.id) {
            model.fault(format!(
                "the cursor passes comment {comment}, which is not in the ledger"
            ));
        }
    }
}

/// The factory's comments on the forge, by their marks.
fn marks(model: &Model, key: &MarkerKey) -> Vec<Mark> {
    let mut found = Vec::new();
    for comment in model.forge.comments.values().filter(|c| c.author.id == BOT) {
        let place = Place {
            comment: comment.id,
            issue: comment.issue,
            written_at: comment.created_at,
        };
        found.extend(marker::find(&comment.body, key, place));
    }
    found
}

/// Whether a mention's task is accepted on the forge, by a comment that stands.
pub fn is_accepted(model: &Model, key: &MarkerKey, task: &TaskId) -> bool {
    let accepts = |m: &Mark| m.kind == MarkKind::Accept && m.task == *task;
    marks(model, key).iter().any(accepts)
}

/// Everything that must hold once nothing happens any more.
pub fn at_rest(model: &mut Model, key: &MarkerKey, (asked, plan): (&[Asked], &Plan)) {
    let marks = marks(model, key);
    let mut twins: BTreeMap<(&EffectKey, MarkKind), Vec<i64>> = BTreeMap::new();
    for mark in &marks {
        twins
            .entry((&mark.key, mark.kind))
            .or_default()
            .push(mark.comment);
    }
    let twins = twins.into_iter().filter(|(_, ids)| ids.len() > 1);
    let mut faults: Vec<String> = twins
        .map(|((key, _), ids)| format!("`{key}` stands on the forge in comments {ids:?}"))
        .collect();
    for asked in asked {
        let fault = answered(&marks, asked);
        let task = model.ledger.world.tasks.get(&asked.task);
        faults.extend(fault.map(|fault| match task {
            Some(task) => format!("{fault}; its task is {}: {}", task.state.word(), task.note),
            None => fault,
        }));
    }
    faults.extend(crate::voices::at_rest(model, key, &marks));
    faults.extend(ledger(&model.ledger.world));
    faults.extend(delivered(model));
    faults.extend(outdated(model));
    faults.extend(called(model, &marks));
    faults.extend(shown(model));
    if model.coordinated {
        faults.extend(crate::backlog::at_rest(model, plan, &marks));
    }
    for fault in faults {
        model.fault(fault);
    }
}

fn answered(marks: &[Mark], asked: &Asked) -> Option<String> {
    let of = |kind: MarkKind| -> Vec<i64> {
        let mine = |m: &&Mark| match kind {
            MarkKind::Reply => m.kind == kind && m.origin == asked.mention,
            _ => m.kind == kind && m.task == asked.task,
        };
        marks.iter().filter(mine).map(|m| m.comment).collect()
    };
    let accepts = of(MarkKind::Accept);
    let (results, replies) = (of(MarkKind::Result), of(MarkKind::Reply));
    let counts = (accepts.len(), results.len());
    let good = match asked.expect {
        Expect::Work => counts == (1, 1),
        Expect::Reply => counts == (0, 0) && replies.len() == 1,
        Expect::Either => matches!((counts, replies.len()), ((1, 1), _) | ((0, 0), 1)),
        Expect::Perhaps => matches!(counts, (1, 1) | (0, 0)),
    };
    let in_order = accepts.first() < results.first() || results.is_empty();
    (!good || !in_order).then(|| {
        format!(
            "comment {} wanted {:?} and has acceptances {accepts:?}, results {results:?}, replies {replies:?}",
            asked.comment, asked.expect
        )
    })
}

fn ledger(world: &World) -> Vec<String> {
    let mut faults = Vec::new();
    for run in world.runs.values().filter(|r| r.is_open()) {
        faults.push(format!("run {} is open for ever", run.id));
    }
    for effect in world.effects.values().filter(|e| !e.state.is_closed()) {
        faults.push(format!(
            "effect `{}` is open for ever: {:?}",
            effect.key, effect.state
        ));
    }
    for task in world.tasks.values() {
        let rests = task.state.is_final()
            || (task.state == TaskState::Blocked && task.not_before == Time::NEVER);
        if !rests {
            faults.push(format!(
                "task {} stays {}: {}",
                task.id,
                task.state.word(),
                task.note
            ));
        }
    }
    let mut leases: BTreeMap<(WorkKey, u64), u32> = BTreeMap::new();
    for run in world.runs.values() {
        *leases.entry((run.work, run.lease)).or_default() += 1;
    }
    for ((work, lease), _) in leases.into_iter().filter(|(_, n)| *n > 1) {
        faults.push(format!("lease {lease} of {work} was given twice"));
    }
    faults
}

/// What the ledger calls done is on the forge, once.
fn delivered(model: &Model) -> Vec<String> {
    let mut faults = Vec::new();
    for (name, process) in &model.disk.processes {
        if process.alive {
            faults.push(format!("the agent of run {name} is left"));
        }
    }
    let mut open: BTreeMap<&str, u32> = BTreeMap::new();
    for pull in model.forge.pulls.values().filter(|p| p.open) {
        *open.entry(&pull.branch).or_default() += 1;
    }
    for (branch, _) in open.iter().filter(|(_, n)| **n > 1) {
        faults.push(format!("branch {branch} has two pull requests"));
    }
    let world = &model.ledger.world;
    for task in world.tasks.values() {
        let last = world.runs_of(&task.id).last();
        let head = last.and_then(Run::outcome).and_then(|o| o.work.as_ref());
        if task.state != TaskState::Done || head.is_none() {
            continue;
        }
        if model.forge.branches.get(&task.branch) != head.map(|w| &w.head) {
            faults.push(format!(
                "task {} is done, and its work is not on {}",
                task.id, task.branch
            ));
        }
        if !open.contains_key(task.branch.as_str()) {
            faults.push(format!("task {} is done without a pull request", task.id));
        }
    }
    faults
}

/// The accepting comment says last what was last decided to be said in it.
fn outdated(model: &Model) -> Vec<String> {
    let world = &model.ledger.world;
    let mut faults = Vec::new();
    for task in world.tasks.keys() {
        let line = |e: &'_ Effect| match &e.kind {
            EffectKind::Progress { comment, body } => Some((e.key.clone(), *comment, body.clone())),
            _ => None,
        };
        let last = world.effects_of_task(task).filter_map(line).last();
        let Some((key, comment, body)) = last else {
            continue;
        };
        let shown = model.forge.comments.get(&comment);
        let wrong = shown.filter(|shown| !shown.body.starts_with(&body));
        if let Some(shown) = wrong {
            let text = &shown.body;
            faults.push(format!("after `{key}` comment {comment} says: {text}"));
        }
    }
    faults
}

/// Who needs a person has the label and the assignee, and a row of three
/// failures of a task has its one comment.
fn called(model: &Model, marks: &[Mark]) -> Vec<String> {
    let world = &model.ledger.world;
    let mut faults = Vec::new();
    for effect in world.effects.values() {
        let EffectKind::Dress {
            number,
            labels,
            assignees,
        } = &effect.kind
        else {
            continue;
        };
        let done = matches!(effect.state, EffectState::Done { .. });
        let worn = model.forge.dressed.get(number);
        let wears = |what| worn.is_some_and(|worn| worn.contains(what));
        if done && !labels.iter().chain(assignees).all(wears) {
            faults.push(format!("`{}` is done, and {worn:?} is worn", effect.key));
        }
    }
    for task in world.tasks.values() {
        let told = marks
            .iter()
            .filter(|m| m.key.0 == format!("escalate:{}", task.id));
        let told = told.count();
        // Whoever cancelled it knows of it.
        let row = world.row_of_task(&task.id).len() >= 3 && task.state != TaskState::Cancelled;
        if told > 1 || (told == 0 && row) {
            faults.push(format!(
                "task {} failed in a row, told {told} times",
                task.id
            ));
        }
    }
    faults
}

/// An issue shows what its tasks came to, unless somebody changed that by hand.
fn shown(model: &Model) -> Vec<String> {
    let world = &model.ledger.world;
    let mut faults = Vec::new();
    for (number, issue) in &model.forge.issues {
        let on = |task: &&Task| task.work.issue == *number && world.acceptance(&task.id).is_some();
        let tasks: Vec<&Task> = world.tasks.values().filter(on).collect();
        let is = |state: TaskState| tasks.iter().any(|task| task.state == state);
        let proposed = |t: &&Task| t.state == TaskState::Done && t.pull.is_some();
        let want = if issue.open && is(TaskState::Blocked) {
            vec!["adf/blocked"]
        } else if tasks.iter().any(proposed) {
            vec!["adf/in review"]
        } else {
            vec![]
        };
        let worn = model.forge.worn.get(number).cloned().unwrap_or_default();
        if !model.forge.by_hand.contains(number) && worn.labels != want {
            faults.push(format!(
                "issue {number} shows {:?} instead of {want:?}",
                worn.labels
            ));
        }
        if !worn.assignees.is_empty() {
            faults.push(format!(
                "nobody works on issue {number}, and it is assigned"
            ));
        }
    }
    faults
}
