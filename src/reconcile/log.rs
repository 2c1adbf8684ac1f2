//! The record of what was decided: one structured event per decision.
//!
//! Invariant: a decision is logged once, when its plan is made, with the same
//! fields whatever it is about; see `telemetry::decision`.

use crate::model::Plan;
use crate::telemetry;

/// Logs the decisions of a plan.
pub fn decisions(project: &str, plan: &Plan) {
    for decision in &plan.decisions {
        telemetry::decision(project, decision);
    }
    for skip in &plan.skips {
        tracing::debug!(
            target: "adf::skip",
            project,
            issue = skip.issue.unwrap_or(0),
            what = skip.what,
            reason = %skip.reason,
        );
    }
}
