//! Issues that stand for as long as the factory does: opened once, where the config names none.
//!
//! Invariant: what is to stand on such an issue waits until its number is known.

use super::draft::Draft;
use crate::model::{EffectKey, EffectKind, EffectResult, EffectState, MentionId};

/// The number of a standing issue, known by its effect's key; it is opened, with what `text` says
/// (title and body), where that was not tried. `None`: not yet.
pub(super) fn number(
    draft: &mut Draft<'_>,
    key: EffectKey,
    origin: MentionId,
    text: impl FnOnce() -> (String, String),
) -> Option<u64> {
    match draft.s.world.effects.get(&key).map(|effect| &effect.state) {
        Some(EffectState::Done {
            result: EffectResult::Issue(number),
        }) => Some(*number),
        Some(_) => None,
        None => {
            let (title, body) = text();
            let kind = EffectKind::OpenIssue {
                origin,
                title,
                body,
            };
            draft.intend(None, 0, key.0, kind, 0);
            None
        }
    }
}
