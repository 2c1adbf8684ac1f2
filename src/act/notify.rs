//! Notices: told on an issue or at an address, or given up and said.
//!
//! Invariant: a comment is looked for before it is written, even by a new ledger's
//! first try. A request cannot be looked for: what may have arrived is sent again
//! with the same id, a few times only.

use super::executor::{Executor, Job};
use super::machine::Machine;
use super::outside::Outside;
use super::trouble::Trouble;
use crate::courier::CourierError;
use crate::model::notify::Way;
use crate::model::{EffectResult, MarkKind};

/// Tries of a request that surely did not arrive.
const TRIES_MAX: u32 = 6;
/// Tries of a request that may have arrived.
const DOUBTS_MAX: u32 = 3;

impl<O: Outside> Executor<O> {
    /// Tells a sink something.
    pub(super) async fn notify(
        &self,
        job: &Job,
        sink: &str,
        body: &str,
    ) -> Result<EffectResult, Trouble> {
        if job.effect.issue != 0 {
            return self.once(job, MarkKind::Reply, body).await;
        }
        let body = self.who.redactor.clean(body);
        let sent = self.outside.notify(sink, job.effect.key.as_str(), &body);
        let Err(trouble) = sent.await else {
            return Ok(EffectResult::Nothing);
        };
        let tries = job.effect.tries + 1;
        Err(match trouble {
            Trouble::Passing { reason, .. } if tries >= TRIES_MAX => {
                Trouble::Final(format!("given up after {tries} tries: {reason}"))
            }
            Trouble::Ambiguous(reason) if tries >= DOUBTS_MAX => Trouble::Final(format!(
                "given up after {tries} tries, of which some may have arrived: {reason}"
            )),
            other => other,
        })
    }
}

impl Machine {
    /// Sends a notice to a sink's address, once.
    pub(super) async fn carry(&self, sink: &str, id: &str, body: &str) -> Result<(), Trouble> {
        let settings = self.who.settings.get();
        let by = settings.notify.sinks.get(sink).map(|sink| &sink.by);
        let Some(Way::Webhook(how)) = by else {
            let reason = format!("`{sink}` is no webhook of the config any more");
            return Err(Trouble::Final(reason));
        };
        let carried = self.tools.courier.carry(sink, how, id, body.to_owned());
        carried.await.map_err(|error| match error {
            CourierError::Passing { after, reason } => Trouble::Passing { after, reason },
            CourierError::Ambiguous(reason) => Trouble::Ambiguous(reason),
            CourierError::Final(reason) => Trouble::Final(reason),
        })
    }
}
