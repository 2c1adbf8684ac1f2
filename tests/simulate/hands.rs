//! The daemon's hands: how a request of it may fare, and what it must have written before.
//!
//! Invariant: a request takes effect at most once, between two points at which the daemon
//! can be killed; a read tells the forge as it stands at one moment.

use crate::model::{Arrival, Forge, Model};
use crate::planted::Planted;
use crate::turn::turn;
use adf::act::trouble::Trouble;
use adf::mention::marker::{self, MarkerKey, Place};
use adf::model::*;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The daemon's hands in one life of it.
pub struct Hands {
    pub model: Arc<Mutex<Model>>,
    pub key: Arc<MarkerKey>,
    /// When this life of it began.
    pub born: Time,
    /// Runs begun, to be followed by tasks of their own.
    pub begun: Mutex<Vec<(Task, Run)>>,
    /// Spawns whose run is over.
    pub over: Mutex<u32>,
}

pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A write that a crash may leave on the wire or drop.
struct OnWire<'a> {
    model: &'a Mutex<Model>,
    arrival: Option<Arrival>,
}

impl Drop for OnWire<'_> {
    fn drop(&mut self) {
        let mut model = lock(self.model);
        if let Some(arrival) = self.arrival.take()
            && model.one_in(2)
        {
            model.delay(arrival);
        }
    }
}

pub fn passing(reason: &str) -> Trouble {
    Trouble::Passing {
        after: None,
        reason: reason.to_owned(),
    }
}

impl Hands {
    /// A read: it can fail, which harms nothing.
    pub async fn read<T>(&self, what: impl FnOnce(&Forge) -> T) -> Result<T, Trouble> {
        turn(&self.model).await;
        let answer = {
            let mut model = lock(&self.model);
            let trouble = model.trouble;
            if model.one_in(trouble) {
                return Err(passing("the forge is down"));
            }
            what(&model.forge)
        };
        turn(&self.model).await;
        Ok(answer)
    }

    /// A write: what it does is done once, never, or late.
    pub async fn write<T: Send + 'static>(
        &self,
        what: impl Fn(&mut Forge, Time) -> Result<T, Trouble> + Send + Sync + 'static,
    ) -> Result<T, Trouble> {
        let what = Arc::new(what);
        let late = what.clone();
        let mut guard = OnWire {
            model: &self.model,
            arrival: Some(Box::new(move |forge, now| drop(late(forge, now)))),
        };
        turn(&self.model).await;
        let arrival = guard.arrival.take();
        let answer = {
            let mut model = lock(&self.model);
            let trouble = model.trouble;
            if model.forge.archived {
                return Err(Trouble::Blocked("the repository is archived".to_owned()));
            }
            if model.one_in(trouble) {
                match model.rng.u8(0..4) {
                    0 => return Err(passing("refused")),
                    1 => {}
                    2 => model.wire.extend(arrival.map(|a| (Time::default(), a))),
                    _ => arrival.into_iter().for_each(|a| model.delay(a)),
                }
                return Err(Trouble::Ambiguous("no answer".to_owned()));
            }
            let now = model.now;
            what(&mut model.forge, now)
        };
        turn(&self.model).await;
        answer
    }

    /// A write must have been written down before, as tried.
    pub fn intended(&self, what: &str, is_it: impl FnMut(&Effect) -> bool) {
        let mut model = lock(&self.model);
        let effects = &model.ledger.world.effects;
        let tried = |e: &&Effect| matches!(e.state, EffectState::Tried { .. });
        if !effects.values().filter(tried).any(is_it) {
            model.fault(format!(
                "{what}, and the ledger does not say that it is tried"
            ));
        }
    }

    pub fn mark_of(&self, body: &str) -> Option<Mark> {
        let place = Place {
            comment: 0,
            issue: 0,
            written_at: Time::default(),
        };
        marker::find(body, &self.key, place).into_iter().next()
    }

    pub fn planted(&self, fault: Planted) -> bool {
        lock(&self.model).planted == Some(fault)
    }
}
