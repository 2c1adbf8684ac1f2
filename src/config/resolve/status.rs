//! `[status]`: what shows on an issue of the work on it.
//!
//! Invariant: the four labels differ from one another and from all labels that mean
//! something else to the factory, so that a display is never read as an order.

use super::Resolver;
use crate::config::raw;
use crate::model::settings::{Showing, Stage, Status};

impl Resolver<'_, '_> {
    /// `taken`: other labels, each with what it means.
    pub(super) fn status(&mut self, raw: raw::Status, taken: &[(&str, &str)]) -> Status {
        if !self.faults.doc.has("/status") {
            return Status::default();
        }
        let named = [
            (Stage::Ready, "ready", raw.ready),
            (Stage::InProgress, "in_progress", raw.in_progress),
            (Stage::InReview, "in_review", raw.in_review),
            (Stage::Blocked, "blocked", raw.blocked),
        ];
        let mut labels: Vec<(Stage, String)> = Vec::new();
        for (stage, key, name) in named {
            let same = |other: &str| other.eq_ignore_ascii_case(&name);
            let mine = labels.iter().any(|(_, other)| same(other));
            let meant = taken.iter().find(|(other, _)| same(other));
            let clash = match meant {
                Some((_, meaning)) => Some(format!("`{name}` is {meaning} already")),
                None if name.starts_with("adf:") => {
                    Some(format!("`{name}` may be read as a call of an agent"))
                }
                None => mine.then(|| format!("`{name}` is the label of another state already")),
            };
            if let Some(message) = clash {
                let help = "each state needs a label that means nothing else";
                self.faults.error(&format!("/status/{key}"), message, help);
            }
            labels.push((stage, name));
        }
        if !raw.labels && !raw.assign {
            let message = "neither labels nor assignees are shown";
            let help = "leave the section out, or set one of the two to true";
            self.faults.error("/status", message, help);
        }
        Status {
            labels: raw.labels.then_some(Showing { labels }),
            assign: raw.assign,
        }
    }
}
