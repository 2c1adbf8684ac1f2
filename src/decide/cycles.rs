//! Issues that wait for each other are told so, where people see it: one comment a cycle.
//!
//! [`crate::sense`] finds cycles, off the loop, and says them as alerts; this makes the
//! comment follow them. Invariant: it stands on the cycle's lowest issue, is written only
//! where somebody wants work done, and is put right, never repeated, when the cycle
//! changes or is gone, also by a ledger that has only its mark.

use super::draft::Draft;
use super::{operator, words};
use crate::model::cycle::cycle_key;
use crate::model::{BACKLOG, Cycle, Effect, EffectKind, EffectState, Snapshot};
use std::collections::{BTreeMap, BTreeSet};

/// Intends what is to be said of cycles and does not stand yet.
pub(super) fn say(draft: &mut Draft<'_>) {
    let s = draft.s;
    let off = !s.settings.coordinator.is_on() || !s.synced || s.draining;
    if off || operator::stopped(s).is_some() {
        return;
    }
    let open = s.world.cycle_alerts();
    let cycles = open.filter_map(|alert| Cycle::read(&alert.cause));
    let cycles: BTreeMap<u64, Cycle> = cycles.map(|cycle| (cycle.first(), cycle)).collect();
    let said = s.world.cycles.iter();
    let numbers: BTreeSet<u64> = cycles.keys().chain(said).copied().collect();
    for first in numbers {
        follow(draft, first, cycles.get(&first));
    }
}

/// What was said last of the cycle of an issue.
enum Said<'a> {
    /// Nothing by this ledger.
    Nothing,
    /// Perhaps this, and perhaps something later.
    Unknown(&'a Cycle),
    /// This, and whether it holds.
    Of(&'a Cycle, bool),
}

fn said(effect: Option<&Effect>) -> Said<'_> {
    match effect.map(|effect| (&effect.kind, &effect.state)) {
        Some((EffectKind::Cycle { cycle, .. }, EffectState::Void { .. })) => Said::Unknown(cycle),
        Some((EffectKind::Cycle { cycle, holds, .. }, _)) => Said::Of(cycle, *holds),
        _ => Said::Nothing,
    }
}

fn follow(draft: &mut Draft<'_>, first: u64, cycle: Option<&Cycle>) {
    let s = draft.s;
    let (mut nth, mut last) = (1, None);
    for effect in s.world.said_of_cycle(first) {
        nth += 1;
        last = Some(effect);
    }
    // It is tried on like every open effect; what else there is to say waits for its end.
    if last.is_some_and(|effect| !effect.state.is_closed()) {
        return;
    }
    let marked = s.world.cycles.contains(&first);
    let said = match (cycle, said(last)) {
        // What was given up is not tried again for the same.
        (Some(cycle), Said::Of(before, true)) if before == cycle => return,
        (None, Said::Of(_, false)) => return,
        (Some(cycle), Said::Nothing) if !marked && !is_wanted(s, cycle) => return,
        // A new ledger has not seen all that there is.
        (None, Said::Nothing | Said::Unknown(_)) if !knows_all(s) => return,
        (Some(cycle), _) => (cycle.clone(), true),
        (None, Said::Of(before, _) | Said::Unknown(before)) => (before.clone(), false),
        (None, Said::Nothing) => (Cycle::of(&[first]), false),
    };
    let (cycle, holds) = said;
    let kind = EffectKind::Cycle {
        body: words::cycle(&cycle, holds),
        cycle,
        holds,
    };
    let key = format!("{}:{nth:06}", cycle_key(first));
    draft.intend(None, first, key, kind, 0);
}

/// Whether the factory is asked to do any of it.
fn is_wanted(s: &Snapshot<'_>, cycle: &Cycle) -> bool {
    let label = &s.settings.coordinator.label;
    let mut issues = cycle.issues.iter().filter_map(|n| s.world.issues.get(n));
    issues.any(|issue| issue.labels.contains(label))
}

/// Whether all open issues were read, and what each of them waits for.
fn knows_all(s: &Snapshot<'_>) -> bool {
    let mut issues = s.world.issues.values();
    s.world.cursors.contains_key(BACKLOG)
        && issues.all(|i| !i.open || i.is_pull || s.world.links.contains_key(&i.number))
}
