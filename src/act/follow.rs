//! A run goes on: the supervisor's events become rows, its end an outcome.
//!
//! Invariant: however a run ends (by itself, by a limit, by the factory's stop,
//! by its supervisor's death), it ends with an outcome in the ledger and with
//! nothing of it left running.

use super::machine::{Ending, Machine};
use super::start::Live;
use super::supervise::{self, Ended, Event};
use crate::model::{CallPrint, Change, Exit, RunState, Time, Told};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Progress is written down at most so often.
const PROGRESS_EVERY: Duration = Duration::from_secs(2);

impl Machine {
    /// Follows a run to its end and establishes its outcome.
    pub(super) async fn follow(self: Arc<Self>, mut live: Live) {
        let ended = self.watch(&mut live).await;
        let Live {
            task,
            run,
            base,
            spec,
            process,
            socket,
            watchman: _,
            guard,
        } = live;
        drop(process);
        if let Err(error) =
            supervise::prove_empty(&spec.run_dir, self.who.settings.get().limits.grace).await
        {
            tracing::error!(target: "adf::run", run = %run.id, %error, "something of the run is left");
        }
        let outcome = self.establish(&task, &run, &base, &spec, ended).await;
        drop((socket, guard));
        tracing::info!(
            target: "adf::run",
            project = self.who.settings.get().project,
            issue = task.work.issue,
            task = %task.id,
            run = %run.id,
            agent = %run.agent,
            reason = outcome.reason,
            source = "outcome",
            overrode = "",
            "run over"
        );
        self.end_run(&task, &run, outcome).await;
        (self.tools.run_over)();
    }

    async fn watch(&self, live: &mut Live) -> Ended {
        let mut ending = self.ending();
        let watchman = live.watchman.clone();
        let alarm = async move {
            match &watchman {
                Some(watchman) => watchman.alarm().await,
                None => std::future::pending().await,
            }
        };
        tokio::pin!(alarm);
        let mut raised = false;
        let since = self.tools.clock.now();
        let (mut steps, mut progress_at, mut written_at) = (0, since, Time::default());
        loop {
            let event = tokio::select! {
                event = live.process.next() => event,
                why = &mut alarm, if !raised => {
                    raised = true;
                    tracing::error!(target: "adf::guard", run = %live.run.id, "the run is ended: {why}");
                    live.process.kill();
                    continue;
                }
                Ok(()) = ending.changed() => {
                    match ending.borrow_and_update().of(&live.run.id) {
                        Ending::Not => {}
                        Ending::Stop => live.process.stop(),
                        Ending::Kill => live.process.kill(),
                    }
                    continue;
                }
            };
            let now = self.tools.clock.now();
            let mut process = None;
            match event {
                Some(Event::Started { process: started }) => {
                    process = Some(started);
                    // The stop may have come before there was anything to stop.
                    if ending.borrow().of(&live.run.id) != Ending::Not {
                        live.process.stop();
                    }
                }
                Some(Event::Step { count }) => (steps, progress_at) = (count, now),
                Some(Event::Called { count, calls }) => live.called(count, &calls),
                Some(Event::Progress) => progress_at = now,
                Some(Event::Exited(ended)) => return live.as_watched(ended),
                None => return live.as_watched(lost(&live.spec.run_dir, steps)),
            }
            if process.is_some() || now.since(written_at) >= PROGRESS_EVERY {
                written_at = now;
                let state = RunState::Working {
                    since,
                    progress_at,
                    steps,
                };
                let change = Change::RunState {
                    id: live.run.id.clone(),
                    base: Some(live.base.clone()),
                    process,
                    state,
                };
                if let Err(error) = self.tools.ledger.commit(vec![change]).await {
                    tracing::warn!(target: "adf::ledger", run = %live.run.id, %error, "progress not written");
                }
            }
        }
    }
}

impl Live {
    /// So many tool calls ran, these as the last; the guard must have judged each.
    fn called(&self, count: u32, calls: &[CallPrint]) {
        if let Some(watchman) = &self.watchman {
            watchman.called(count, calls);
        }
    }

    /// The end of a run as the guard's watchman sees it.
    fn as_watched(&self, ended: Ended) -> Ended {
        self.called(ended.called, &[]);
        match self.watchman.as_ref().and_then(|watchman| watchman.why()) {
            Some(reason) => Ended {
                exit: Exit::Guard,
                reason,
                ..ended
            },
            None => ended,
        }
    }
}

/// The supervisor is gone without a word: its record may know the end.
fn lost(run_dir: &Path, steps: u32) -> Ended {
    supervise::read_record(run_dir)
        .and_then(|r| r.ended)
        .unwrap_or_else(|| Ended {
            exit: Exit::Interrupted,
            reason: "its supervisor is gone without a word".to_owned(),
            output_bytes: 0,
            output_cut: 0,
            steps,
            called: 0,
            told: Told::default(),
            left: 0,
        })
}
