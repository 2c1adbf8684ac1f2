//! Issues that wait for each other become alerts, one for each cycle.
//!
//! Invariant: looked for only when an issue or a link has changed, by the poller and so
//! beside the loop; the alerts are committed with the links that they follow from.

use crate::model::{Alert, Change, Cycle, Time, World};
use std::collections::BTreeMap;

/// Cycles that are said; `adf rank` shows all.
const SAID_MAX: usize = 20;

/// The cycles that stand as alerts, by their causes.
#[derive(Debug)]
pub(super) struct Cycles(BTreeMap<String, Alert>);

impl Cycles {
    /// As the ledger has them.
    pub fn of(world: &World) -> Cycles {
        let open = world.cycle_alerts();
        Cycles(open.map(|a| (a.cause.clone(), a.clone())).collect())
    }

    /// What changes now that these are all there are, by their first issues.
    pub fn turn(&self, found: &[Vec<u64>], now: Time) -> Vec<Change> {
        let found = found.iter().take(SAID_MAX).map(|issues| Cycle::of(issues));
        let found: BTreeMap<String, Cycle> = found.map(|cycle| (cycle.cause(), cycle)).collect();
        let gone = self.0.values().filter(|a| !found.contains_key(&a.cause));
        let mut turned: Vec<Alert> = gone.map(|alert| alert.cleared(now)).collect();
        for (cause, cycle) in &found {
            if !self.0.contains_key(cause) {
                let text = format!(
                    "{}, so none of this can be started: take one of these dependencies off",
                    cycle.words()
                );
                turned.push(Alert::raised(cause.clone(), text, now));
            }
        }
        turned.into_iter().map(Change::Alert).collect()
    }

    /// Keeps what was written.
    pub fn written(&mut self, turned: Vec<Change>) {
        for change in turned {
            let Change::Alert(alert) = change else {
                continue;
            };
            match alert.cleared_at {
                None => drop(self.0.insert(alert.cause.clone(), alert)),
                Some(_) => drop(self.0.remove(&alert.cause)),
            }
        }
    }
}
