//! The ledger's writer, played by the model: a batch is written whole or not at
//! all, and a crash may come on either side of it.

use crate::model::Model;
use crate::outside::lock;
use crate::planted::Planted;
use crate::turn::turn;
use adf::model::{Change, EffectState};
use adf::store::StoreError;
use std::sync::Mutex;

/// A commit that a crash may or may not let through.
struct Queued<'a> {
    model: &'a Mutex<Model>,
    changes: Option<Vec<Change>>,
}

impl Drop for Queued<'_> {
    fn drop(&mut self) {
        let mut model = lock(self.model);
        if let Some(changes) = self.changes.take()
            && model.one_in(2)
        {
            model.write(changes);
        }
    }
}

/// Writes a batch, whole or not at all.
pub async fn commit(model: &Mutex<Model>, mut changes: Vec<Change>) -> Result<(), StoreError> {
    if lock(model).planted == Some(Planted::TriedIsNotWritten) {
        changes.retain(|c| {
            let tried = matches!(
                c,
                Change::EffectState {
                    state: EffectState::Tried { .. },
                    ..
                }
            );
            !tried
        });
    }
    let mut queued = Queued {
        model,
        changes: Some(changes),
    };
    turn(model).await;
    let changes = queued.changes.take();
    {
        let mut model = lock(model);
        let trouble = model.trouble.saturating_mul(4);
        if model.one_in(trouble) {
            return Err(StoreError::Full {
                path: "ledger.db".into(),
            });
        }
        model.write(changes.unwrap_or_default());
    }
    turn(model).await;
    Ok(())
}
