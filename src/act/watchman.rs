//! The guard's judgements of one run, as its hooks tell them → what was denied, and
//! the reason to end the run.
//!
//! Invariant: a judgement counts before its call runs, and a denial is in the
//! ledger before its agent hears of it. Next: `model::proof` says what ends the run,
//! `ipc::guard` carries the judgements.

use super::machine::Machine;
use super::supervise::RunSpec;
use crate::clock::Clock;
use crate::ipc::guard::{GuardSocket, serve_guard};
use crate::model::judged::{REASON_CHARS_MAX, WHAT_CHARS_MAX};
use crate::model::proof::Proof;
use crate::model::settings::{Agent, Provider};
use crate::model::{CallPrint, Change, Denied, GuardDenial, Guarding, Judged, Run, Task};
use crate::redact::{Redactor, clip};
use crate::store::Ledger;
use futures_util::FutureExt;
use std::io;
use std::path::Path;
use std::sync::Arc;
use tokio::sync::{Mutex, watch};

/// Characters kept of a tool's name and of a rule's.
const NAME_CHARS_MAX: usize = 80;

/// The factory's side of one run's guard.
#[derive(Debug)]
pub(super) struct Watchman {
    ledger: Ledger,
    redactor: Redactor,
    clock: Clock,
    run: Run,
    /// Held while a denial is written, so that they keep their order.
    turn: Mutex<()>,
    /// What was judged and what ran.
    proof: watch::Sender<Proof>,
    /// Why the run must end.
    alarm: watch::Sender<Option<String>>,
}

impl Machine {
    /// Says what the hooks of a run must know, and hears them; `None` for an agent that
    /// is no model's CLI.
    pub(super) fn guard(
        &self,
        agent: &Agent,
        task: &Task,
        run: &Run,
        spec: &RunSpec,
    ) -> Result<Option<(Arc<Watchman>, GuardSocket)>, String> {
        let settings = self.who.settings.get();
        let provider = settings.providers.get(&agent.provider);
        if !provider.is_some_and(Provider::is_guarded) {
            return Ok(None);
        }
        let layout = spec.layout();
        let allow = settings.guard.allow.iter();
        let guarding = Guarding {
            worktree: spec.workspace.clone(),
            home: layout.home(),
            tmp: layout.tmp(),
            branch: task.branch.clone(),
            signals_walled: spec.walls.keep_signals(),
            role: agent.role.clone(),
            deny: settings.guard.deny.clone(),
            allow: allow.filter(|a| a.agent == agent.name).cloned().collect(),
        };
        let path = layout.agent().join(Guarding::FILE);
        let told = |error: io::Error| format!("what the run's guard must know: {error}");
        let text = serde_json::to_vec(&guarding).map_err(|error| told(error.into()))?;
        std::fs::write(&path, text).map_err(told)?;
        let (ledger, clock) = (self.tools.ledger.clone(), self.tools.clock.clone());
        let watchman = Watchman::new(ledger, self.who.redactor.clone(), clock, run.clone());
        let watchman = Arc::new(watchman);
        let socket = watchman.open(&layout.agent());
        let socket = socket.map_err(|error| format!("the socket of the run's guard: {error}"))?;
        Ok(Some((watchman, socket)))
    }
}

impl Watchman {
    pub(super) fn new(ledger: Ledger, redactor: Redactor, clock: Clock, run: Run) -> Watchman {
        Watchman {
            ledger,
            redactor,
            clock,
            run,
            turn: Mutex::default(),
            proof: watch::Sender::new(Proof::default()),
            alarm: watch::Sender::new(None),
        }
    }

    /// Opens the guard's socket in the run's `agent` folder.
    pub(super) fn open(self: &Arc<Self>, dir: &Path) -> io::Result<GuardSocket> {
        let watchman = Arc::clone(self);
        serve_guard(dir, move |judged| {
            let watchman = Arc::clone(&watchman);
            async move { watchman.hear(judged).await }.boxed()
        })
    }

    async fn hear(&self, judged: Judged) -> Result<(), String> {
        let _turn = self.turn.lock().await;
        if let Some(why) = self.alarm.borrow().as_ref() {
            return Err(format!("this run is being ended: {why}"));
        }
        let why = self.with_proof(|proof| proof.heard(&judged));
        if let Some(denied) = &judged.denied {
            let denial = self.denial(&judged.tool, &judged.what, denied);
            let kept = self.ledger.commit(vec![Change::GuardDenial(denial)]).await;
            kept.map_err(|error| format!("the denial could not be written down: {error}"))?;
        }
        self.raise(why);
        Ok(())
    }

    fn with_proof(&self, change: impl FnOnce(&mut Proof) -> Option<String>) -> Option<String> {
        let mut why = None;
        self.proof.send_modify(|proof| why = change(proof));
        why
    }

    /// A denial as the ledger keeps it, without secrets.
    fn denial(&self, tool: &str, what: &str, denied: &Denied) -> GuardDenial {
        let clean = |text: &str, max| clip(&self.redactor.clean(text), max);
        GuardDenial {
            run: self.run.id.clone(),
            agent: self.run.agent.clone(),
            issue: self.run.work.issue,
            at: self.clock.now(),
            tool: clean(tool, NAME_CHARS_MAX),
            what: clean(what, WHAT_CHARS_MAX),
            rule: clean(&denied.rule, NAME_CHARS_MAX),
            reason: clean(&denied.reason, REASON_CHARS_MAX),
        }
    }

    /// These tool calls are over, of so many in all: was each judged?
    pub(super) fn called(&self, count: u32, calls: &[CallPrint]) {
        self.raise(self.with_proof(|proof| proof.ran(count, calls)));
    }

    fn raise(&self, why: Option<String>) {
        self.alarm.send_if_modified(|alarm| {
            let first = alarm.is_none() && why.is_some();
            if first {
                *alarm = why;
            }
            first
        });
    }

    /// Why the run must end, once it must.
    pub(super) async fn alarm(&self) -> String {
        let mut alarm = self.alarm.subscribe();
        let raised = alarm.wait_for(Option::is_some).await;
        let why = raised.ok().and_then(|why| why.clone());
        match why {
            Some(why) => why,
            // The sender is this very value, so this is never reached.
            None => std::future::pending().await,
        }
    }

    /// Why the run had to end, if it had to.
    pub(super) fn why(&self) -> Option<String> {
        self.alarm.borrow().clone()
    }
}
