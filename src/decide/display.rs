//! What people see on an issue follows the tasks on it: one label, and the assignee.
//!
//! Read from the ledger at every plan and never remembered apart, so that it is right
//! again after every crash, however a task ended. Invariant: it comes after the claim, one
//! effect of a kind at a time for an issue, and only issues with a task or a display that
//! is not over are looked at. [`crate::act`] leaves alone what a person changed by hand.

use super::draft::Draft;
use super::operator;
use crate::model::settings::Stage;
use crate::model::{
    Change, Effect, EffectKey, EffectKind, EffectResult, EffectState, Snapshot, Task, TaskId,
    TaskState, Time,
};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// How long nothing more of a kind is shown anywhere once the forge has refused it.
const REFUSED: Duration = Duration::from_secs(3600);

/// What is to show on an issue.
#[derive(Default)]
struct Face {
    stage: Option<Stage>,
    claimed: bool,
    /// What stands from before the ledger was lost counts as the factory's.
    adopted: bool,
}

/// Intends what is to show and does not yet.
pub(super) fn follow(draft: &mut Draft<'_>) {
    let s = draft.s;
    let status = &s.settings.status;
    let nothing = status.labels.is_none() && !status.assign;
    // Tasks end before the forge was read and while the factory stops, and are not looked
    // at again then; only an operator's order holds them, and this with them.
    if nothing || operator::stopped(s).is_some() {
        return;
    }
    let mut turned: BTreeMap<TaskId, Task> = BTreeMap::new();
    for change in &draft.plan.changes {
        if let Change::Task(task) = change {
            turned.insert(task.id.clone(), task.clone());
        }
    }
    let left = s.world.unsettled.iter();
    let left = left.filter_map(|id| s.world.tasks.get(id));
    let left = left.chain(turned.values()).map(|task| task.work.issue);
    let issues: BTreeSet<u64> = s.world.display.standing().chain(left).collect();
    for issue in issues.into_iter().filter(|n| is_told(s, *n, &turned)) {
        let face = face(s, issue, &turned);
        show(draft, issue, &face);
        assign(draft, issue, &face);
    }
}

/// Whether it is known what works on an issue: a restored ledger has forgotten its open
/// tasks, and what stands there stays until the forge has told of them.
fn is_told(s: &Snapshot<'_>, issue: u64, turned: &BTreeMap<TaskId, Task>) -> bool {
    let last = |label: bool| s.world.display.last(issue, label, &s.world.effects);
    let is_void = |effect: &Effect| matches!(effect.state, EffectState::Void { .. });
    if !last(true).is_some_and(is_void) && !last(false).is_some_and(is_void) {
        return true;
    }
    let mut turned = turned.values().filter(|task| task.work.issue == issue);
    // As mentions are decided: these are what holds them up.
    s.synced
        && !s.draining
        && s.unfit.is_none()
        && !turned.any(|task| s.world.acceptance(&task.id).is_none())
}

/// What the tasks on an issue come to, as this plan leaves them.
fn face(s: &Snapshot<'_>, issue: u64, turned: &BTreeMap<TaskId, Task>) -> Face {
    let ids = s.world.tasks_of.get(&issue);
    let tasks = ids.into_iter().flatten().filter_map(|id| {
        let task = turned.get(id).or_else(|| s.world.tasks.get(id))?;
        s.world.acceptance(id).map(|_| task)
    });
    let mut face = Face::default();
    for task in tasks {
        face.adopted |= task.adopted;
        let given_up = task.state == TaskState::Blocked && task.not_before == Time::NEVER;
        face.claimed |= !task.state.is_final() && !given_up;
        // The least of them tells most.
        let stages = face.stage.into_iter().chain(stage(s, task));
        face.stage = stages.min_by_key(|stage| match stage {
            Stage::InProgress => 0,
            Stage::Blocked => 1,
            Stage::Ready => 2,
            Stage::InReview => 3,
        });
    }
    face
}

fn stage(s: &Snapshot<'_>, task: &Task) -> Option<Stage> {
    let issue = s.world.issues.get(&task.work.issue);
    let open = issue.is_none_or(|issue| issue.open);
    match (&task.state, task.pull) {
        (TaskState::Running | TaskState::Delivering, _) => Some(Stage::InProgress),
        // Nobody waits for a closed issue.
        (TaskState::Queued, _) => open.then_some(Stage::Ready),
        (TaskState::Blocked | TaskState::NeedsClarification, _) => open.then_some(Stage::Blocked),
        (TaskState::Done, Some(pull)) => {
            let pull = s.world.issues.get(&pull);
            pull.is_none_or(|pull| pull.open).then_some(Stage::InReview)
        }
        _ => None,
    }
}

fn show(draft: &mut Draft<'_>, issue: u64, face: &Face) {
    let s = draft.s;
    let Some(showing) = &s.settings.status.labels else {
        return;
    };
    let want = face.stage.and_then(|stage| showing.label(stage));
    let want = want.map(str::to_owned);
    let last = s.world.display.last(issue, true, &s.world.effects);
    let all = s.settings.status.names();
    let own = match last {
        None if want.is_none() && !face.adopted => return,
        None if face.adopted => all.clone(),
        None => Vec::new(),
        Some(effect) => {
            let EffectKind::Show {
                own, want: before, ..
            } = &effect.kind
            else {
                return;
            };
            match &effect.state {
                EffectState::Done {
                    result: EffectResult::Shown(own),
                } => {
                    mended(draft, effect);
                    // Nothing of the factory's is there to be taken off.
                    if *before == want || (own.is_empty() && want.is_none()) {
                        return;
                    }
                    own.clone()
                }
                EffectState::Void { .. } => all.clone(),
                _ if !may_again(draft, effect) => return,
                // How far it came is not known.
                _ => own.iter().chain(before).cloned().collect(),
            }
        }
    };
    intend(draft, issue, EffectKind::Show { own, all, want });
}

fn assign(draft: &mut Draft<'_>, issue: u64, face: &Face) {
    let s = draft.s;
    if !s.settings.status.assign {
        return;
    }
    let hold = face.claimed;
    let last = s.world.display.last(issue, false, &s.world.effects);
    let own = match last {
        None if !hold && !face.adopted => return,
        None => face.adopted,
        Some(effect) => match (&effect.kind, &effect.state) {
            (
                EffectKind::Assign { hold: before, .. },
                EffectState::Done {
                    result: EffectResult::Assigned(ours),
                },
            ) => {
                mended(draft, effect);
                if *before == hold || (!hold && !ours) {
                    return;
                }
                *ours
            }
            (_, EffectState::Void { .. }) => true,
            _ if !may_again(draft, effect) => return,
            (EffectKind::Assign { own, .. }, _) => *own,
            _ => return,
        },
    };
    intend(draft, issue, EffectKind::Assign { hold, own });
}

/// The forge takes again what it refused.
fn mended(draft: &mut Draft<'_>, effect: &Effect) {
    let alert = effect.kind.refusal();
    let alert = alert.and_then(|cause| draft.s.world.alerts.get(cause));
    if let Some(alert) = alert
        && alert.cleared_at.is_none()
        && effect.created_at > alert.raised_at
    {
        let over = Change::Alert(alert.cleared(draft.s.now));
        if !draft.plan.changes.contains(&over) {
            draft.plan.changes.push(over);
        }
    }
}

/// Whether what was refused may be tried once more by now.
fn may_again(draft: &Draft<'_>, effect: &Effect) -> bool {
    effect.state.is_closed() && draft.s.now >= effect.created_at.plus(REFUSED)
}

fn intend(draft: &mut Draft<'_>, issue: u64, kind: EffectKind) {
    let s = draft.s;
    let alert = kind.refusal().and_then(|cause| s.world.alerts.get(cause));
    // One refusal speaks for all issues, and is said once.
    let open = alert.filter(|alert| alert.cleared_at.is_none());
    if open.is_some_and(|alert| s.now < alert.raised_at.plus(REFUSED)) {
        return;
    }
    let nth = s.world.display.count(issue) + 1;
    let key = EffectKey(format!("{}:{issue}:{nth}", kind.word()));
    draft.intend(None, issue, key.0, kind, 0);
}
