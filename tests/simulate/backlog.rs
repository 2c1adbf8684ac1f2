//! Worlds in which the factory takes up issues by itself, and people label, link, close and
//! reopen them meanwhile; and what must hold of every plan, and at rest.
//!
//! Invariant: judged by the forge as it stood before the last reading that came to its end,
//! for what happened since no plan can know; what was never read is a fault at rest.

use crate::model::{BOT, Forge, Model, START};
use crate::people::{self, Asked};
use adf::mention::pick;
use adf::model::*;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// What makes an issue wanted.
pub const LABEL: &str = "adf:ready";
/// Issues of such a world; from [`OLD`] on they are older than what a new ledger looks back for.
const ISSUES: u64 = 8;
const OLD: u64 = 6;

/// What people did with issues, and what the factory may know of it.
#[derive(Clone, Default)]
pub struct Groomed {
    /// What each issue waits for, and since when.
    pub links: BTreeMap<u64, BTreeMap<u64, Time>>,
    /// When each was labelled or unlabelled, closed or reopened last.
    turned: BTreeMap<u64, Time>,
    /// How often somebody else than the factory changed it.
    changes: BTreeMap<u64, u32>,
    /// When the last reading that came to its end began, and the changes by then.
    read: Option<(Time, BTreeMap<u64, u32>)>,
    /// The task of each issue that was taken up last, and the changes by then.
    taken: BTreeMap<u64, (TaskId, u32)>,
    /// Tasks that were begun.
    begun: BTreeSet<TaskId>,
}

impl Groomed {
    /// Somebody changes an issue.
    pub fn change(&mut self, issue: u64) {
        *self.changes.entry(issue).or_default() += 1;
    }

    /// Somebody labels, unlabels, closes or reopens it.
    pub fn turn(&mut self, issue: u64, now: Time) {
        self.turned.insert(issue, now);
        self.change(issue);
    }

    /// A ledger from a backup cannot date what was changed since: it may take that for new, once.
    pub fn restored(&mut self) {
        self.taken.clear();
    }

    /// A reading begins now; it is given back when it has come to its end.
    pub fn reading(&self, now: Time) -> (Time, BTreeMap<u64, u32>) {
        (now, self.changes.clone())
    }

    /// What is known was read in this reading; in none, when the factory begins.
    pub fn read(&mut self, reading: Option<(Time, BTreeMap<u64, u32>)>) {
        self.read = reading;
    }

    /// A run begins.
    pub fn begin(&mut self, task: &TaskId) {
        self.begun.insert(task.clone());
    }

    fn was_before(&self, at: Time) -> bool {
        let slack = Duration::from_secs(2);
        let read = self.read.as_ref();
        read.is_some_and(|(from, _)| at.plus(slack) < *from)
    }
}

/// Fills a world with issues, half of them wanted.
pub fn fill(model: &mut Model) {
    let month = Duration::from_secs(30 * 24 * 3600);
    for number in 1..=ISSUES {
        let at = if number < OLD {
            START
        } else {
            START.minus(month)
        };
        let labels = if number % 2 == 0 {
            vec![LABEL.to_owned()]
        } else {
            Vec::new()
        };
        let issue = Issue {
            number,
            is_pull: false,
            title: format!("issue {number}"),
            open: true,
            author: people::alice(),
            labels,
            milestone: None,
            updated_at: at,
            changed_at: at,
            outsider: false,
            reworded_at: Time(0),
        };
        model.forge.issues.insert(number, issue);
        model.forge.groomed.change(number);
    }
}

/// One deed of somebody about an issue, now.
pub fn groom(model: &mut Model, asked: &mut [Asked]) {
    let (issue, other) = (model.rng.u64(1..=ISSUES), model.rng.u64(1..=ISSUES));
    let now = model.now;
    let what = match model.rng.u8(0..8) {
        0..=2 => turn(&mut model.forge, issue, now, |issue| {
            issue.labels = vec![LABEL.to_owned()];
        }),
        3 => turn(&mut model.forge, issue, now, |issue| issue.labels.clear()),
        4 => {
            // What was asked on it before may come too late.
            people::work_or_reply(asked);
            turn(&mut model.forge, issue, now, |issue| {
                issue.open = !issue.open
            })
        }
        5 | 6 => link(&mut model.forge, issue, other, now),
        _ => unlink(&mut model.forge, issue, now),
    };
    model.tell(format_args!("somebody grooms issue {issue}: {what}"));
}

fn turn(forge: &mut Forge, number: u64, now: Time, how: impl FnOnce(&mut Issue)) -> &'static str {
    let Some(issue) = forge.issues.get_mut(&number) else {
        return "nothing";
    };
    let before = issue.clone();
    how(issue);
    if *issue == before {
        return "nothing";
    }
    issue.updated_at = Time::from_seconds(now.seconds());
    forge.groomed.turn(number, now);
    "its label or state"
}

fn link(forge: &mut Forge, issue: u64, on: u64, now: Time) -> &'static str {
    let on_it = forge.groomed.links.entry(issue).or_default();
    on_it.entry(on).or_insert(now);
    touch(forge, issue, on, now);
    "it waits for another"
}

fn unlink(forge: &mut Forge, issue: u64, now: Time) -> &'static str {
    let on_it = forge.groomed.links.entry(issue).or_default();
    let Some((on, _)) = on_it.pop_first() else {
        return "nothing";
    };
    touch(forge, issue, on, now);
    "it does not wait for another any more"
}

/// A stock server moves both.
fn touch(forge: &mut Forge, issue: u64, on: u64, now: Time) {
    for number in [issue, on] {
        if let Some(issue) = forge.issues.get_mut(&number) {
            issue.updated_at = Time::from_seconds(now.seconds());
        }
    }
}

/// What an issue waits for on the forge, and since when for certain.
fn waits_for(forge: &Forge, issue: u64) -> Vec<(u64, Time)> {
    let on = forge.groomed.links.get(&issue).into_iter().flatten();
    let open = |n: &u64| forge.issues.get(n).is_some_and(|issue| issue.open);
    let on = on.filter(|(n, _)| open(n));
    on.map(|(n, since)| {
        let turned = forge.groomed.turned.get(n).copied().unwrap_or(START);
        (*n, turned.max(*since))
    })
    .collect()
}

/// Holds what a plan takes up and starts against the forge.
pub fn judge(model: &mut Model, world: &World, plan: &Plan, changes: &[Change]) {
    let mut faults = Vec::new();
    for change in changes {
        match change {
            Change::Task(task) if !world.tasks.contains_key(&task.id) => {
                faults.extend(taken(&mut model.forge.groomed, task));
            }
            Change::Run(run) => {
                let task = world.tasks.get(&run.task);
                if let Some(task) = task.filter(|task| is_pick(task)) {
                    faults.extend(started(&model.forge, task));
                    faults.extend(outranked(world, plan, task));
                }
            }
            _ => {}
        }
    }
    faults.into_iter().for_each(|fault| model.fault(fault));
}

fn is_pick(task: &Task) -> bool {
    pick(&task.origin).is_some()
}

/// An issue is taken up once for each time that somebody changed it.
fn taken(groomed: &mut Groomed, task: &Task) -> Option<String> {
    let issue = task.work.issue;
    if !is_pick(task) || task.adopted {
        return None;
    }
    let changes = groomed.changes.get(&issue).copied().unwrap_or(0);
    let last = groomed.taken.get(&issue).cloned();
    let again =
        last.filter(|(id, then)| *id != task.id && groomed.begun.contains(id) && changes == *then);
    let read = groomed.read.as_ref();
    let read = read.and_then(|(_, changes)| changes.get(&issue)).copied();
    groomed
        .taken
        .insert(issue, (task.id.clone(), read.unwrap_or(0)));
    let (id, _) = again?;
    Some(format!(
        "issue {issue} was worked on as {id} and nobody changed it, and it is taken up as {}",
        task.id
    ))
}

/// Nothing is started that waits for something, is closed or not wanted, as far as was read.
fn started(forge: &Forge, task: &Task) -> Option<String> {
    let number = task.work.issue;
    let groomed = &forge.groomed;
    let mut on = waits_for(forge, number).into_iter();
    if let Some((on, _)) = on.find(|(_, since)| groomed.was_before(*since)) {
        return Some(format!("issue {number} is started and waits for {on}"));
    }
    let issue = forge.issues.get(&number)?;
    let turned = groomed.turned.get(&number).copied().unwrap_or(START);
    let unwanted = !issue.open || !issue.labels.iter().any(|l| l == LABEL);
    (unwanted && groomed.was_before(turned))
        .then(|| format!("issue {number} is started, and nobody wants that any more"))
}

/// Nobody who was asked waits for a place that a pick takes.
fn outranked(world: &World, plan: &Plan, task: &Task) -> Option<String> {
    let mut skips = plan.skips.iter();
    let waits = skips.find(|skip| {
        let of = world.tasks.get(&TaskId::from(skip.what.as_str()));
        of.filter(|other| !is_pick(other))
            .is_some_and(|other| match skip.reason {
                SkipReason::ProjectFull { .. } => true,
                SkipReason::AgentFull { .. } => other.agent == task.agent,
                _ => false,
            })
    })?;
    Some(format!(
        "task {} is started while {} waits",
        task.id, waits.what
    ))
}

/// Whatever is ready was worked on or has its reason, and cycles are said.
pub fn at_rest(model: &Model, plan: &Plan, marks: &[Mark]) -> Vec<String> {
    let mut faults = starved(&model.forge, plan, marks);
    faults.extend(unsaid(model, marks));
    faults
}

/// Reasons that hold at rest. Any other is one for now, and rest is for ever.
const REASONS: [&str; 4] = [
    "is about it",
    "its work waits in",
    "it needs a person",
    "it was taken up before",
];

fn starved(forge: &Forge, plan: &Plan, marks: &[Mark]) -> Vec<String> {
    let wanted = forge.issues.values().filter(|issue| {
        let labelled = issue.labels.iter().any(|l| l == LABEL);
        issue.open && labelled && waits_for(forge, issue.number).is_empty()
    });
    let mut faults = Vec::new();
    for issue in wanted {
        let number = issue.number;
        let of = |s: &&Skip| s.what == "coordinator" && s.issue == Some(number);
        let why = plan
            .skips
            .iter()
            .find(of)
            .map(|skip| skip.reason.to_string());
        let why = why.unwrap_or_default();
        let of_issue = |m: &&Mark| m.kind == MarkKind::Accept && m.issue == number;
        let accepted = marks.iter().any(|m| of_issue(&m));
        if !accepted || !REASONS.iter().any(|reason| why.contains(reason)) {
            faults.push(format!(
                "issue {number} is ready and is left alone: {why:?}"
            ));
        }
    }
    faults
}

/// The issues that wait for each other, by their first.
fn cycles(forge: &Forge) -> BTreeMap<u64, Vec<u64>> {
    let next = |n: u64| waits_for(forge, n).into_iter().map(|(on, _)| on);
    let open: Vec<u64> = forge
        .issues
        .values()
        .filter(|i| i.open)
        .map(|i| i.number)
        .collect();
    let mut reach: BTreeMap<u64, BTreeSet<u64>> = BTreeMap::new();
    for from in &open {
        let (mut seen, mut todo) = (BTreeSet::new(), vec![*from]);
        while let Some(n) = todo.pop() {
            todo.extend(next(n).filter(|on| seen.insert(*on)));
        }
        reach.insert(*from, seen);
    }
    let both = |a: &u64, b: &u64| reach[a].contains(b) && reach[b].contains(a);
    let mut found = BTreeMap::new();
    for first in open.iter().filter(|n| both(n, n)) {
        let knot: Vec<u64> = open.iter().filter(|n| both(first, n)).copied().collect();
        if knot.first() == Some(first) {
            found.insert(*first, knot);
        }
    }
    found
}

fn unsaid(model: &Model, marks: &[Mark]) -> Vec<String> {
    let forge = &model.forge;
    let cycles = cycles(forge);
    let mut said: BTreeMap<u64, &str> = BTreeMap::new();
    for mark in marks {
        let first = mark.key.as_str().strip_prefix("cycle:");
        let body = forge
            .comments
            .get(&mark.comment)
            .filter(|c| c.author.id == BOT);
        if let (Some(first), Some(body)) = (first.and_then(|n| n.parse().ok()), body) {
            said.insert(first, &body.body);
        }
    }
    let mut faults = Vec::new();
    for (first, knot) in &cycles {
        let words = Cycle::of(knot).words();
        let is_wanted = |n: &u64| forge.issues[n].labels.iter().any(|l| l == LABEL);
        match said.get(first) {
            None if !knot.iter().any(is_wanted) => {}
            Some(body) if body.starts_with(&words) => {}
            other => faults.push(format!("{words}, and the forge says {other:?}")),
        }
    }
    let over = said.iter().filter(|(first, _)| !cycles.contains_key(first));
    for (first, body) in over.filter(|(_, body)| !body.contains("no longer")) {
        faults.push(format!(
            "nothing waits in a ring on {first}, and the forge says {body:?}"
        ));
    }
    faults
}
