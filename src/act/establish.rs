//! What a run came to: exit, commits and report, each established by itself.
//!
//! Invariant: commits are read from a bundle that was made inside the agent's
//! walls and checked outside of them; the agent's report is only a claim.

use super::deliver::{DeliverError, Protected};
use super::machine::Machine;
use super::reread;
use super::supervise::harvest::{HarvestAsk, harvest};
use super::supervise::{self, Ended, RunSpec};
use super::workspace::Workspace;
use crate::classify::{self, Evidence, Rules, Said, print};
use crate::model::{
    Denial, Exit, Failure, FailureClass, Message, Outcome, Report, Run, Sha, Task, Told, Work,
};
use crate::redact::without_places;
use std::time::Duration;

/// How long bundling an agent's work may take.
const HARVEST_MAX: Duration = Duration::from_secs(300);

/// A run's work that was not taken in.
#[derive(Debug)]
pub(super) struct Untaken {
    kind: classify::Untaken,
    why: String,
}

impl std::fmt::Display for Untaken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.why)
    }
}

impl Untaken {
    fn of(kind: classify::Untaken, why: impl ToString) -> Untaken {
        let why = why.to_string();
        Untaken { kind, why }
    }

    /// The factory's own doing failed, so nothing is known of the work.
    fn ours(why: impl ToString) -> Untaken {
        Untaken::of(classify::Untaken::Ours, why)
    }

    /// It is larger than the config lets in.
    fn too_large(max: u64) -> Untaken {
        let why = format!(
            "it is larger than the {max} bytes of `[limits] bundle_bytes`; raise that, or keep what is large out of git, and write a new mention"
        );
        Untaken::of(classify::Untaken::TooLarge, why)
    }

    /// What the agent left cannot be taken.
    fn its(why: impl ToString) -> Untaken {
        Untaken::of(classify::Untaken::Its, why)
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
        let (report, asked) = self.said_by(run).await;
        ended.told = self.clean_told(ended.told);
        let cancelled = self.ending().borrow().names(&run.id);
        if ended.exit == Exit::Interrupted && !cancelled {
            let reason = "interrupted with the factory; the workspace is kept".to_owned();
            return Outcome {
                report,
                untaken: true,
                ..counted(ended, reason)
            };
        }
        let (work, trouble) = match self.take(task, run, base, spec).await {
            Ok(work) => (work, None),
            Err(trouble) => (None, Some(trouble)),
        };
        let reads = self.only_reads(run);
        let evidence = Evidence {
            has_work: work.is_some(),
            untaken: trouble.as_ref().map(|t| t.kind),
            report: report.as_ref(),
            asked,
            reads,
            denial: ended.told.denial.as_ref(),
            ..Evidence::of(&ended.exit)
        };
        // Whoever cancelled it knows why it came to nothing.
        let class = if cancelled || !classify::is_failed(&evidence) {
            None
        } else {
            let rules = self.rules();
            let said = match &trouble {
                Some(trouble) => rules.read(&trouble.why),
                None => reread::whole(spec.run_dir.join("output.log"), rules).await,
            };
            self.judge(&evidence, &said)
        };
        let told = reads && report.is_some();
        let mut reason = reason(&ended, work.as_ref(), (told, trouble.is_some()));
        if let Some((_, failure)) = &class {
            reason = format!("{reason} (rule `{}`)", failure.rule);
        }
        if let (Some(_), Some(denial)) = (&class, &ended.told.denial) {
            reason = format!("{reason}; its CLI says: {}", denial.text);
        }
        let untaken = trouble.is_some();
        if let Some(trouble) = trouble {
            let why = self.who.redactor.clean(&trouble.why).into_owned();
            tracing::warn!(target: "adf::run", run = %run.id, reason = why, "its work is not taken in");
            // This is read by everybody; the log has it whole.
            let why = without_places(&why);
            reason = format!("{reason}; its work could not be taken in: {why}");
        }
        Outcome {
            class: class.as_ref().map(|(class, _)| *class),
            failure: class.map(|(_, failure)| failure),
            work,
            untaken,
            report,
            ..counted(ended, reason)
        }
    }

    /// Whether the role of a run's agent edits nothing.
    fn only_reads(&self, run: &Run) -> bool {
        self.who.settings.get().only_reads(&run.agent)
    }

    /// The rules in force.
    fn rules(&self) -> Rules {
        Rules::new(&self.who.settings.get().failures.rules)
    }

    fn judge(&self, evidence: &Evidence<'_>, said: &Said) -> Option<(FailureClass, Failure)> {
        let verdict = classify::classify(evidence, said)?;
        let redactor = &self.who.redactor;
        let failure = print::failure(verdict.class, &verdict.rule, &verdict.line, redactor);
        Some((verdict.class, failure))
    }

    /// The outcome of a run that could not begin: failed when the world will not mend it.
    pub(super) fn unstarted(&self, exit: Exit, reason: String) -> Outcome {
        let mut outcome = Outcome::without_work(exit, reason);
        if let Exit::NotStarted { waits: false } = outcome.exit {
            let evidence = Evidence::of(&outcome.exit);
            let class = self.judge(&evidence, &self.rules().read(&outcome.reason));
            outcome.class = class.as_ref().map(|(class, _)| *class);
            outcome.failure = class.map(|(_, failure)| failure);
        }
        outcome
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

    /// Harvests the workspace inside the agent's walls and takes the bundle in; of who edits
    /// nothing there is none.
    pub(super) async fn take(
        &self,
        task: &Task,
        run: &Run,
        base: &Sha,
        spec: &RunSpec,
    ) -> Result<Option<Work>, Untaken> {
        // What a build of its left there is nobody's work.
        if self.only_reads(run) {
            return Ok(None);
        }
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
        if !harvest.bundle && harvest.too_large {
            return Err(Untaken::too_large(max));
        }
        if !harvest.bundle {
            let why = harvest.reason.map(Untaken::its);
            return why.map_or(Ok(None), Err);
        }
        let delivery = &self.who.settings.get().delivery;
        let redactor = self.who.redactor.clone();
        let protected = Protected::new(&delivery.protected_paths, &delivery.allow_paths, redactor);
        self.deliver_ready().await.map_err(Untaken::ours)?;
        let deliver = &self.tools.deliver;
        let work = deliver.take(&bundle, &run.id, base, max, &protected).await;
        let work = work.map_err(|error| match error {
            DeliverError::TooLarge { max, .. } => Untaken::too_large(max),
            DeliverError::Git(_) | DeliverError::Io { .. } => Untaken::ours(error),
            error => Untaken::its(error),
        })?;
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

    /// The last report of a run, and whether it asked people.
    async fn said_by(&self, run: &Run) -> (Option<Report>, bool) {
        let id = run.id.clone();
        let read = self
            .tools
            .ledger
            .read(move |reader| reader.messages_of(&id))
            .await;
        let (mut report, mut asked) = (None, false);
        for said in read.unwrap_or_default() {
            match said.message {
                Message::Report(of_it) => report = Some(of_it),
                Message::Ask(_) => asked = true,
                _ => {}
            }
        }
        (report, asked)
    }
}

fn interrupted() -> Outcome {
    let reason = "interrupted: the factory was killed; the workspace is kept".to_owned();
    Outcome {
        untaken: true,
        ..Outcome::without_work(Exit::Interrupted, reason)
    }
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

/// How it ended and what it left; of who edits nothing, that it `told` what it found.
fn reason(ended: &Ended, work: Option<&Work>, (told, untaken): (bool, bool)) -> String {
    match work.map(|work| work.commits) {
        None if untaken => ended.reason.clone(),
        None if told => format!("{}, it reported", ended.reason),
        None => format!("{}, no commit", ended.reason),
        Some(1) => format!("{}, 1 commit", ended.reason),
        Some(n) => format!("{}, {n} commits", ended.reason),
    }
}
