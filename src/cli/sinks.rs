//! Who is told besides the issues, and how that went: lines and objects of `adf status`.
//!
//! Invariant: what was given up is never shown as told.

use super::table::moment;
use crate::model::notify::{Notify, Way};
use crate::model::{Effect, EffectKind, EffectState, World};
use serde_json::{Value, json};

/// One line a sink.
pub fn lines(notify: &Notify, world: &World) -> Vec<String> {
    let sinks = notify.sinks.iter();
    sinks
        .map(|(name, sink)| {
            let kind = kind(&sink.by);
            let stands = world.last_notice(name).map_or_else(
                || "nothing to tell yet".to_owned(),
                |last| {
                    let (word, why) = stand(last);
                    let at = moment(last.created_at);
                    format!("{word} {at}{why}")
                },
            );
            format!("notify {name} ({kind}): {stands}")
        })
        .collect()
}

/// One object a sink.
pub fn as_json(notify: &Notify, world: &World) -> Value {
    let sinks = notify.sinks.iter();
    let all = sinks.map(|(name, sink)| {
        let last = world.last_notice(name);
        json!({
            "sink": name,
            "kind": kind(&sink.by),
            "state": last.map_or("silent", |last| stand(last).0.split(' ').next().unwrap_or_default()),
            "at": last.map(|last| last.created_at.0),
            "tries": last.map(|last| last.tries),
            "about": last.map(about),
            "effect": last.map(|last| &last.key),
            "stands": last.map(|last| &last.state),
        })
    });
    Value::Array(all.collect())
}

fn kind(by: &Way) -> &'static str {
    match by {
        Way::Issue { .. } => "issue",
        Way::Webhook(_) => "webhook",
    }
}

fn about(effect: &Effect) -> usize {
    match &effect.kind {
        EffectKind::Notify { about, .. } => about.len(),
        _ => 0,
    }
}

/// How a notice stands, and why if it is not told.
fn stand(effect: &Effect) -> (&'static str, String) {
    let tries = effect.tries;
    match &effect.state {
        EffectState::Done { .. } => ("told at", String::new()),
        EffectState::Parked { reason } | EffectState::Void { reason } => {
            ("FAILED, given up, of", format!(": {reason}"))
        }
        EffectState::Retry { reason, .. } | EffectState::Ambiguous { reason, .. } => {
            ("waiting since", format!(", {tries} tries: {reason}"))
        }
        EffectState::Intended | EffectState::Tried { .. } => ("trying since", String::new()),
    }
}
