//! `[status]` as written. See [`super::raw`] for what holds of all sections.
//!
//! Invariant: without the section the factory puts no status label on any issue and
//! assigns nobody but whom other sections name.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where work is shows on its issue. Without this section it shows in comments only. The factory only moves what it put there itself: a label or assignee that somebody set or took off by hand stays as it is.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Status {
    /// Show by a label where the work is, one at a time. Labels that the repository lacks are made.
    pub labels: bool,
    /// Assign an issue to the factory's account as long as it has claimed it.
    pub assign: bool,
    /// The label of what was taken up and waits for its turn.
    #[schemars(length(min = 1, max = 50))]
    pub ready: String,
    /// The label of what an agent works on.
    #[schemars(length(min = 1, max = 50))]
    pub in_progress: String,
    /// The label of what waits in a pull request.
    #[schemars(length(min = 1, max = 50))]
    pub in_review: String,
    /// The label of what waits for somebody or something.
    #[schemars(length(min = 1, max = 50))]
    pub blocked: String,
}

impl Default for Status {
    fn default() -> Self {
        Status {
            labels: true,
            assign: true,
            ready: "adf/ready".to_owned(),
            in_progress: "adf/in progress".to_owned(),
            in_review: "adf/in review".to_owned(),
            blocked: "adf/blocked".to_owned(),
        }
    }
}

/// The keys of the labels and what they are without a config that says otherwise.
#[must_use]
pub fn status_labels() -> [(&'static str, String); 4] {
    let status = Status::default();
    [
        ("ready", status.ready),
        ("in_progress", status.in_progress),
        ("in_review", status.in_review),
        ("blocked", status.blocked),
    ]
}
