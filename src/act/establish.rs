//! What a run came to: exit, commits and report, each established by itself.
//!
//! Invariant: commits are read from a bundle that was made inside the agent's
//! walls and checked outside of them; the agent's report is only a claim.

use super::deliver::Protected;
use super::machine::Machine;
use super::supervise::harvest::{HarvestAsk, harvest};
use super::supervise::{self, Ended, RunSpec};
use super::workspace::Workspace;
use crate::classify::{Evidence, classify};
use crate::model::{Denial, Exit, Message, Outcome, Report, Run, Sha, Task, Told, Work};
use std::path::Path;
use std::time::Duration;

/// How long bundling an agent's work may take.
const HARVEST_MAX: Duration = Duration::from_secs(300);
/// How much of the end of the output is looked at for the reason of a failure.
const TAIL_BYTES: u64 = 16 * 1024;

/// Why a run's work was not taken in.
#[derive(Debug)]
pub(super) struct Untaken {
    /// The factory's own doing failed, so nothing is known of the work.
    ours: bool,
    why: String,
}

impl std::fmt::Display for Untaken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.why)
    }
}

impl Untaken {
    fn ours(why: impl ToString) -> Untaken {
        let (ours, why) = (true, why.to_string());
        Untaken { ours, why }
    }

    /// What the agent left cannot be taken.
    fn its(why: impl ToString) -> Untaken {
        let (ours, why) = (false, why.to_string());
        Untaken { ours, why }
    }
}

impl Machine {
    /// Establishes the outcome of a run that is over.
    pub(super) async fn establish(
        &self,
        task: &Task,
        run: &Run,
        base: &Sha,
        spec: &RunSpec,
        mut ended: Ended,
    ) -> Outcome {
        let report = self.report_of(run).await;
        ended.told = self.clean_told(ended.told);
        let cancelled = self.ending().borrow().names(&run.id);
        if ended.exit == Exit::Interrupted && !cancelled {
            let reason = "interrupted with the factory; the workspace is kept".to_owned();
            return Outcome {
                report,
                ..counted(ended, reason)
            };
        }
        let (work, trouble) = match self.take(task, run, base, spec).await {
            Ok(work) => (work, None),
            Err(trouble) => (None, Some(trouble)),
        };
        let tail = tail(&spec.run_dir.join("output.log"), TAIL_BYTES);
        let tail = self.who.redactor.clean(&tail).into_owned();
        let evidence = Evidence {
            exit: &ended.exit,
            has_work: work.is_some(),
            unseen: trouble.as_ref().is_some_and(|t| t.ours),
            report: report.as_ref(),
            tail: trouble.as_ref().map_or(&tail, |t| &t.why),
            denial: ended.told.denial.as_ref(),
        };
        let class = classify(&evidence);
        // Whoever cancelled it knows why it came to nothing.
        let class = class.filter(|_| !cancelled);
        let mut reason = reason(&ended, work.as_ref());
        if let Some((_, rule)) = class {
            reason = format!("{reason} (rule `{rule}`)");
        }
        if let (Some(_), Some(denial)) = (class, &ended.told.denial) {
            reason = format!("{reason}; its CLI says: {}", denial.text);
        }
        if let Some(trouble) = trouble {
            reason = format!(
                "{reason}; its work could not be taken in: {}",
                self.who.redactor.clean(&trouble.why)
            );
        }
        Outcome {
            class: class.map(|(class, _)| class),
            work,
            report,
            ..counted(ended, reason)
        }
    }

    /// The outcome of a run whose end nobody followed: by its record, when that
    /// knows that the agent had ended by itself, else interrupted.
    pub(super) async fn after_crash(&self, task: Option<&Task>, run: &Run) -> Outcome {
        let settings = self.who.settings.get();
        let dir = self.run_dir(run);
        let ended = supervise::read_record(&dir).and_then(|r| r.ended);
        let (Some(ended), Some(base), Some(task), Some(agent)) =
            (ended, &run.base, task, settings.agents.get(&run.agent))
        else {
            return interrupted();
        };
        let workspace = match self.tools.workspaces.path(&task.id) {
            Ok(dir) => Workspace {
                dir,
                base: base.clone(),
                kept: true,
            },
            Err(_) => return interrupted(),
        };
        match self.spec(agent, run, &workspace, &dir, None) {
            Ok(spec) => self.establish(task, run, base, &spec, ended).await,
            Err(_) => interrupted(),
        }
    }

    /// Harvests the workspace inside the agent's walls and takes the bundle in.
    pub(super) async fn take(
        &self,
        task: &Task,
        run: &Run,
        base: &Sha,
        spec: &RunSpec,
    ) -> Result<Option<Work>, Untaken> {
        let max = self.who.settings.get().limits.bundle_bytes;
        let ask = HarvestAsk {
            base,
            agent: &run.agent,
            bundle_bytes: max,
            time: HARVEST_MAX,
        };
        let bundle = spec.run_dir.join("work.bundle");
        let harvest = harvest(&self.tools.adf, spec, &ask, &bundle).await;
        let harvest = harvest.map_err(Untaken::ours)?;
        if !harvest.bundle {
            let why = harvest.reason.map(Untaken::its);
            return why.map_or(Ok(None), Err);
        }
        let protected = Protected::new(&self.who.settings.get().delivery.protected_paths);
        self.deliver_ready().await.map_err(Untaken::ours)?;
        let deliver = &self.tools.deliver;
        let work = deliver.take(&bundle, &run.id, base, max, &protected).await;
        let work = work.map_err(Untaken::its)?;
        if let Some(work) = &work {
            deliver
                .keep(&task.id, &work.head)
                .await
                .map_err(Untaken::ours)?;
        }
        Ok(work.map(|w| Work {
            uncommitted: harvest.uncommitted,
            ..w
        }))
    }

    /// What the CLI told, without secrets.
    fn clean_told(&self, told: Told) -> Told {
        let clean = |text: String| self.who.redactor.clean(&text).into_owned();
        Told {
            text: clean(told.text),
            denial: told.denial.map(|denial| Denial {
                text: clean(denial.text),
                ..denial
            }),
            ..told
        }
    }

    async fn report_of(&self, run: &Run) -> Option<Report> {
        let id = run.id.clone();
        let read = self
            .tools
            .ledger
            .read(move |reader| reader.messages_of(&id))
            .await;
        let said = read.unwrap_or_default().into_iter().rev();
        let mut reports = said.filter_map(|said| match said.message {
            Message::Report(report) => Some(report),
            _ => None,
        });
        reports.next()
    }
}

fn interrupted() -> Outcome {
    let reason = "interrupted: the factory was killed; the workspace is kept".to_owned();
    Outcome::without_work(Exit::Interrupted, reason)
}

fn counted(ended: Ended, reason: String) -> Outcome {
    Outcome {
        told: ended.told,
        output_bytes: ended.output_bytes,
        output_cut: ended.output_cut,
        steps: ended.steps,
        ..Outcome::without_work(ended.exit, reason)
    }
}

fn reason(ended: &Ended, work: Option<&Work>) -> String {
    match work {
        Some(work) => format!("{}, {} commit(s)", ended.reason, work.commits),
        None => format!("{}, no commit", ended.reason),
    }
}

/// The end of a file, as text; empty when it cannot be read.
fn tail(path: &Path, bytes: u64) -> String {
    use std::io::{Read, Seek, SeekFrom};
    let read = || -> std::io::Result<Vec<u8>> {
        let mut file = std::fs::File::open(path)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(bytes)))?;
        let mut end = Vec::new();
        file.take(bytes).read_to_end(&mut end)?;
        Ok(end)
    };
    read()
        .map(|end| String::from_utf8_lossy(&end).into_owned())
        .unwrap_or_default()
}
