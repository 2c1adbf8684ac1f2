//! Judgements of one run, and the tool calls that ran → whether every call was
//! judged, whether the run gets on, and else the reason to end it.
//!
//! Invariant: each judgement covers one call, of its own id or print, so that judgements of
//! other calls, however many, cover none. Whoever forges one for the very call that will run is not
//! seen here: docs/security.md. Next: `act::watchman` ends the run.

use super::{CallPrint, Judged};
use std::collections::{HashSet, VecDeque};

/// Denials without progress between them after which a run is ended.
pub const DENIALS_MAX: u32 = 3;
/// Denials in all after which it is.
pub const DENIALS_TOTAL_MAX: u32 = 50;
/// Judged calls that have not come to a result, and different calls that are remembered.
const CALLS_MAX: usize = 10_000;

/// What is known of a run's tool calls so far.
#[derive(Clone, Debug, Default)]
pub struct Proof {
    judged: u32,
    /// Judged, and not seen to have run yet.
    open: VecDeque<CallPrint>,
    /// Prints of what was allowed once.
    asked: HashSet<String>,
    row: u32,
    denials: u32,
}

impl Proof {
    /// A call was judged; why the run must end over it, if it must.
    pub fn heard(&mut self, judged: &Judged) -> Option<String> {
        self.judged = self.judged.saturating_add(1);
        self.open.push_back(judged.call.clone());
        if self.open.len() > CALLS_MAX {
            return Some(format!(
                "more than {CALLS_MAX} tool calls were judged that never ran"
            ));
        }
        let Some(denied) = &judged.denied else {
            if self.is_new(&judged.call) || judged.edits {
                self.row = 0;
            }
            return None;
        };
        self.row += 1;
        self.denials += 1;
        let (row, all, rule) = (self.row, self.denials, &denied.rule);
        if row >= DENIALS_MAX {
            Some(format!(
                "{row} tool calls were denied without an edit or a new command between them, the last by `{rule}`"
            ))
        } else if all >= DENIALS_TOTAL_MAX {
            Some(format!(
                "{all} tool calls were denied, the last by `{rule}`"
            ))
        } else {
            None
        }
    }

    /// Whether this was never allowed before; asking again for the same is no progress.
    fn is_new(&mut self, call: &CallPrint) -> bool {
        self.asked.len() < CALLS_MAX && self.asked.insert(call.print.clone())
    }

    /// These calls ran, of `count` in all; why the run must end over them, if it must.
    pub fn ran(&mut self, count: u32, calls: &[CallPrint]) -> Option<String> {
        for call in calls {
            let by_id = |open: &CallPrint| call.id.is_some() && open.id == call.id;
            let by_print = |open: &CallPrint| !call.print.is_empty() && open.print == call.print;
            let found = self.open.iter().position(by_id);
            let Some(found) = found.or_else(|| self.open.iter().position(by_print)) else {
                return Some(format!(
                    "a tool call ran that the guard had not judged, the last of {count} (it judged {})",
                    self.judged
                ));
            };
            self.open.remove(found);
        }
        (count > self.judged).then(|| {
            let judged = self.judged;
            format!("{count} tool calls ran and the guard judged only {judged} of them")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Denied;

    fn call(id: Option<&str>, print: &str) -> CallPrint {
        CallPrint {
            id: id.map(str::to_owned),
            print: print.to_owned(),
        }
    }

    fn judged(call: CallPrint, is_denied: bool) -> Judged {
        Judged {
            tool: "Bash".to_owned(),
            what: call.print.clone(),
            call,
            edits: false,
            denied: is_denied.then(|| Denied {
                rule: "git.push".to_owned(),
                reason: "no".to_owned(),
            }),
        }
    }

    /// After which of these it ends: `d` a denial, `e` an edit, all else a command of that name.
    fn ends_at(course: &str) -> Option<usize> {
        let mut proof = Proof::default();
        course.split(' ').position(|word| {
            let mut next = judged(call(None, word), word == "d");
            next.edits = word == "e";
            proof.heard(&next).is_some()
        })
    }

    #[test]
    fn judgements_of_other_calls_cover_none() {
        let mut proof = Proof::default();
        for _ in 0..20 {
            let forged = judged(call(Some("made-up"), "git status"), false);
            assert_eq!(proof.heard(&forged), None);
        }
        let why = proof.ran(1, &[call(Some("real"), "git push --force")]);
        assert!(why.unwrap().contains("not judged"));
    }

    #[test]
    fn a_call_is_known_by_its_id_or_by_what_it_does_and_a_judgement_covers_one() {
        let mut proof = Proof::default();
        proof.heard(&judged(call(Some("a"), "rewritten"), false));
        proof.heard(&judged(call(None, "git status"), true));
        let both = [call(Some("b"), "git status"), call(Some("a"), "x")];
        assert_eq!(proof.ran(2, &both), None);
        proof.heard(&judged(call(None, "git diff"), false));
        assert!(proof.ran(3, &[call(Some("a"), "x")]).is_some());
        let mut proof = Proof::default();
        proof.heard(&judged(call(None, ""), false));
        assert!(
            proof.ran(1, &[call(None, "")]).is_some(),
            "nothing is known of either"
        );
        assert!(
            Proof::default().ran(1, &[]).is_some(),
            "the count alone tells"
        );
    }

    #[test]
    fn denials_end_a_run_unless_it_gets_on_between_them() {
        assert_eq!(ends_at("d d d"), Some(2));
        assert_eq!(ends_at("d status d status d status d"), Some(6));
        assert_eq!(ends_at("d d status d d diff d d e d d e d d"), None);
        let busy: Vec<String> = (0..200).map(|n| format!("d c{n}")).collect();
        assert_eq!(ends_at(&busy.join(" ")), Some(98), "the fiftieth denial");
    }
}
