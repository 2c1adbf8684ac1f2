//! Issues that wait for each other: an alert's cause names them, a comment shows them.
//!
//! Invariant: a cycle goes by its lowest number, which no other has in it, so the one
//! comment about it stands there and keeps its key whoever joins or leaves; the same
//! issues give the same cause. `sense` finds cycles, `decide::cycles` says them.

use super::{Alert, Effect, EffectKey, EffectKind, MentionId, World};
use serde::{Deserialize, Serialize};
use std::fmt::Write;

/// How the cause of an alert on a cycle begins; its issues follow.
pub const CYCLE: &str = "cycle:";
/// Issues of a cycle that are named; of the others it is said how many they are.
const NAMED_MAX: usize = 20;

/// Issues that wait for each other; one, if it waits for itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cycle {
    /// The first of them, by number.
    pub issues: Vec<u64>,
    /// How many there are besides.
    pub more: usize,
}

impl Cycle {
    /// The cycle of some issues, in the order of their numbers.
    #[must_use]
    pub fn of(issues: &[u64]) -> Cycle {
        Cycle {
            issues: issues.iter().take(NAMED_MAX).copied().collect(),
            more: issues.len().saturating_sub(NAMED_MAX),
        }
    }

    /// The issue by which it goes; 0 of none.
    #[must_use]
    pub fn first(&self) -> u64 {
        self.issues.first().copied().unwrap_or(0)
    }

    /// The cause of the alert on it.
    #[must_use]
    pub fn cause(&self) -> String {
        let numbers: Vec<String> = self.issues.iter().map(u64::to_string).collect();
        format!("{CYCLE}{}+{}", numbers.join(","), self.more)
    }

    /// The cycle that a cause names; `None` for any other.
    #[must_use]
    pub fn read(cause: &str) -> Option<Cycle> {
        let (numbers, more) = cause.strip_prefix(CYCLE)?.split_once('+')?;
        let issues: Result<Vec<u64>, _> = numbers.split(',').map(str::parse).collect();
        Some(Cycle {
            issues: issues.ok()?,
            more: more.parse().ok()?,
        })
    }

    /// Who waits for whom, as the beginning of a sentence.
    #[must_use]
    pub fn words(&self) -> String {
        let (last, others) = match self.issues.split_last() {
            Some((last, others)) => (*last, others),
            None => return String::new(),
        };
        if others.is_empty() && self.more == 0 {
            return format!("#{last} waits for itself");
        }
        let mut names: Vec<String> = others.iter().map(|n| format!("#{n}")).collect();
        let end = if self.more == 0 {
            format!("#{last}")
        } else {
            names.push(format!("#{last}"));
            format!("{} more", self.more)
        };
        let mut text = names.join(", ");
        let _ = write!(text, " and {end} wait for each other");
        text
    }
}

/// The origin of what is said of the cycle of an issue, in marks.
#[must_use]
pub fn cycle_origin(first: u64) -> MentionId {
    MentionId(format!("cycle-{first}"))
}

/// The key in the mark of the comment on the cycle of an issue. Those of its effects go on from it.
#[must_use]
pub fn cycle_key(first: u64) -> EffectKey {
    EffectKey(format!("{CYCLE}{first}"))
}

impl World {
    /// The open alerts on cycles.
    pub fn cycle_alerts(&self) -> impl Iterator<Item = &Alert> {
        let alerts = self.alerts.range(CYCLE.to_owned()..);
        let alerts = alerts.take_while(|(cause, _)| cause.starts_with(CYCLE));
        let alerts = alerts.map(|(_, alert)| alert);
        alerts.filter(|alert| alert.cleared_at.is_none())
    }

    /// The effects that said something of the cycle of an issue, in their order.
    pub fn said_of_cycle(&self, first: u64) -> impl Iterator<Item = &Effect> {
        // A number in a key has its digits filled up, and `;` comes after all of them.
        let keys = [':', ';'].map(|end| EffectKey(format!("{}{end}", cycle_key(first))));
        let [from, to] = keys;
        self.effects.range(from..to).map(|(_, effect)| effect)
    }

    /// A mark or an effect tells of a comment on a cycle.
    pub(super) fn cycle_said(&mut self, key: &EffectKey) {
        let first = key.as_str().strip_prefix(CYCLE);
        let first: Option<u64> = first.and_then(|rest| rest.split(':').next()?.parse().ok());
        self.cycles.extend(first);
    }
}

impl EffectKind {
    /// Whether it leaves something on an issue that a later one puts right: what a
    /// restored ledger says of it may not be so any more.
    #[must_use]
    pub fn stands(&self) -> bool {
        self.refusal().is_some() || matches!(self, EffectKind::Cycle { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::Cycle;

    #[test]
    fn a_cause_names_its_cycle_and_nothing_else_does() {
        let long: Vec<u64> = (1..=25).collect();
        for issues in [&[7][..], &[3, 5], &[3, 5, 9], &long] {
            let cycle = Cycle::of(issues);
            assert_eq!(Cycle::read(&cycle.cause()), Some(cycle));
        }
        for cause in ["cycle:", "cycle:a+0", "cycle:3,5", "login:3+0", "cycle:+0"] {
            assert_eq!(Cycle::read(cause), None, "{cause}");
        }
    }

    #[test]
    fn people_read_who_waits_for_whom() {
        let long: Vec<u64> = (1..=25).collect();
        let words = |issues: &[u64]| Cycle::of(issues).words();
        assert_eq!(words(&[7]), "#7 waits for itself");
        assert_eq!(words(&[3, 5]), "#3 and #5 wait for each other");
        assert_eq!(words(&[3, 5, 9]), "#3, #5 and #9 wait for each other");
        assert!(words(&long).ends_with("#19, #20 and 5 more wait for each other"));
    }
}
