//! Comments that stand twice are swept, whoever notices and however late they came.
//!
//! The executor looks before it writes again, and after `settle`; a request that was longer
//! on its way, or a clock that was set meanwhile, leaves a twin all the same. Invariant: once
//! a reading of the forge has shown a twin, one sweep of its issue is intended.

use super::draft::Draft;
use super::operator;
use crate::model::{EffectKey, EffectKind};

/// Intends a sweep for each twin that was seen.
pub(super) fn sweep(draft: &mut Draft<'_>) {
    let s = draft.s;
    if s.world.twins.is_empty() || s.draining || operator::stopped(s).is_some() {
        return;
    }
    for (comment, issue) in &s.world.twins {
        let key = format!("twin:{comment}");
        if !s.world.effects.contains_key(&EffectKey(key.clone())) {
            draft.intend(None, *issue, key, EffectKind::Sweep { workspace: false }, 0);
        }
    }
}
