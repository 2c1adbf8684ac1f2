//! What a run's agent asks of the factory → a row in the ledger, and an answer
//! that says what will happen.
//!
//! Invariant: a text is rid of secrets before it is kept; every kind is bounded
//! in number; a refusal starts nothing and says what would work. The desk only
//! takes things in: what becomes of them is the planner's to decide.

use super::standing::{Standing, day};
use crate::clock::Clock;
use crate::ipc::agent::{AgentSocket, serve_agent};
use crate::ipc::request::Request;
use crate::mention;
use crate::mention::call;
use crate::model::message::{NOTE_BYTES_MAX, NOTE_DAYS_MAX, NOTES_A_DAY_MAX};
use crate::model::settings::Settings;
use crate::model::{
    Call, Change, Message, NewIssue, Note, Question, Remark, Report, ReportStatus, Run, Task, Time,
};
use crate::provider::thoughts;
use crate::redact::Redactor;
use crate::store::{Ledger, Reader, StoreError};
use futures_util::FutureExt;
use serde_json::Value;
use std::io;
use std::path::Path;
use std::sync::Arc;
use tokio::sync::Mutex;

/// Reports taken from one run.
pub const REPORTS_MAX: u32 = 50;

/// The factory's side of one run's socket.
#[derive(Debug)]
pub struct Desk {
    /// What the operator wants.
    pub settings: Arc<Settings>,
    /// Takes secrets out.
    pub redactor: Redactor,
    /// Where it is written down.
    pub ledger: Ledger,
    /// The moment.
    pub clock: Clock,
    /// The run's task, as it stood at the start.
    pub task: Task,
    /// The run.
    pub run: Run,
}

/// What a run has used up.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Used {
    sequence: u32,
    pub reports: u32,
    pub mentions: u32,
    pub issues: u32,
}

impl Desk {
    /// Opens the socket of the run in its `agent` folder.
    ///
    /// # Errors
    /// When key or socket cannot be made.
    pub async fn open(self, dir: &Path) -> io::Result<AgentSocket> {
        let run = self.run.id.clone();
        let desk = Arc::new((self, Mutex::new(Used::default())));
        let hear = move |request| {
            let desk = Arc::clone(&desk);
            async move {
                let mut used = desk.1.lock().await;
                desk.0.hear(request, &mut used).await
            }
            .boxed()
        };
        serve_agent(dir, run, hear).await
    }

    async fn hear(&self, request: Request, used: &mut Used) -> Result<Value, String> {
        match request {
            Request::Say(message) => self.say(message, used).await.map(Value::String),
            Request::Remember(remark) => self.remember(&remark).await.map(Value::String),
            Request::Context => self.context(used).await,
        }
    }

    async fn say(&self, message: Message, used: &mut Used) -> Result<String, String> {
        let message = self.cleaned(message);
        let repeats = !matches!(message, Message::Report(_));
        if repeats && self.standing().await?.said.contains(&message) {
            return Ok("this was said before in this task and is taken once".to_owned());
        }
        let answer = match &message {
            Message::Report(report) => {
                count(
                    &mut used.reports,
                    REPORTS_MAX,
                    "reports",
                    "the last one counts",
                )?;
                reported(report, self.settings.only_reads(&self.task.agent))
            }
            Message::Ask(question) => self.ask(question).await?,
            Message::Mention(wanted) => self.call(wanted, used).await?,
            Message::OpenIssue(issue) => self.open_issue(issue, used)?,
        };
        used.sequence += 1;
        let change = Change::Message {
            run: self.run.id.clone(),
            sequence: used.sequence,
            at: self.clock.now(),
            message,
        };
        self.keep(change).await?;
        Ok(answer)
    }

    async fn ask(&self, question: &Question) -> Result<String, String> {
        let standing = self.standing().await?;
        if standing.asked || self.task.answer.is_some() {
            return Err(
                "this task has asked already, and one question is all it has; decide by yourself, and say in your report what you decided and why"
                    .to_owned(),
            );
        }
        let minutes = u64::from(question.deadline_minutes);
        let wait = humantime::format_duration(std::time::Duration::from_secs(minutes * 60));
        Ok(format!(
            "the question is posted on #{}; end your run now. The task goes on when somebody who may command answers there, or in {wait} with your default; the next run is told which",
            self.task.work.issue
        ))
    }

    async fn call(&self, wanted: &Call, used: &mut Used) -> Result<String, String> {
        let agent = call::judge(&self.settings, &self.task, wanted, used.mentions)
            .map_err(|fault| format!("the call is refused: {fault}"))?;
        let own = self.task.work.issue;
        let number = wanted.issue.unwrap_or(own);
        let issue = self.read(move |reader| reader.issue(number)).await?;
        match issue {
            Some(issue) if !issue.open => {
                return Err(format!(
                    "the call is refused: #{number} is closed; name one that is open"
                ));
            }
            None if number != own => {
                return Err(format!(
                    "the call is refused: the factory knows no #{number}; leave `issue` out, or name one that somebody has lately written on"
                ));
            }
            _ => {}
        }
        if self.settings.coordinator.agent.as_ref() == Some(&self.task.agent) {
            let waits = self.read(move |reader| Ok(reader.world()?.waits_for(number)));
            let waits = waits.await?;
            if !waits.is_empty() {
                let waits = waits.join(", ");
                return Err(format!(
                    "the call is refused: #{number} waits for {waits}; call for it when that is closed"
                ));
            }
        }
        used.mentions += 1;
        let when = if number == own {
            " and starts once yours is over"
        } else {
            ""
        };
        Ok(format!(
            "`{agent}` is called: its task is queued on #{number}{when}; a comment there says so. It does not report back to this run"
        ))
    }

    fn open_issue(&self, issue: &NewIssue, used: &mut Used) -> Result<String, String> {
        let limit = self.agent_limit(|limits| limits.issues);
        if issue.title.trim().is_empty() {
            return Err(
                "the issue is refused: its title is blank; say in one line what is wrong or wanted"
                    .to_owned(),
            );
        }
        count(
            &mut used.issues,
            limit,
            "new issues (`[agents.limits] issues`)",
            "put the rest into your report",
        )?;
        Ok(format!(
            "the issue is opened by the factory in a moment ({} of {limit} in this run); nobody starts on it by itself",
            used.issues
        ))
    }

    async fn remember(&self, remark: &Remark) -> Result<String, String> {
        let text = self.clean(&remark.text);
        if self.clean(&remark.key) != remark.key {
            return Err(
                "the note is refused: its key looks like a secret; take a plain word".into(),
            );
        }
        if text.len() > NOTE_BYTES_MAX {
            return Err(format!(
                "the note is refused: it has {} bytes and at most {NOTE_BYTES_MAX} are kept; shorten it",
                text.len()
            ));
        }
        let now = self.clock.now();
        let (agent, today) = (self.task.agent.clone(), day(now));
        let notes = self
            .read(move |reader| reader.notes_of(&agent, today))
            .await?;
        let keys: Vec<&str> = notes.iter().map(|n| n.key.as_str()).collect();
        let known = keys.contains(&remark.key.as_str());
        if !known && keys.len() >= NOTES_A_DAY_MAX {
            return Err(format!(
                "the note is refused: {NOTES_A_DAY_MAX} keys are kept a day; write under one of {} to replace it",
                keys.join(", ")
            ));
        }
        let used = keys.len() + usize::from(!known);
        self.keep(Change::Note(Note {
            agent: self.task.agent.clone(),
            day: today,
            key: remark.key.clone(),
            text,
            at: now,
        }))
        .await?;
        let replaced = if known { "replaced" } else { "kept" };
        Ok(format!(
            "{replaced}; your next runs read it for {NOTE_DAYS_MAX} days ({used} of {NOTES_A_DAY_MAX} keys of today)"
        ))
    }

    /// Where the task stands now.
    pub(super) async fn standing(&self) -> Result<Standing, String> {
        let (task, run, now) = (self.task.clone(), self.run.clone(), self.now());
        self.read(move |reader| {
            let world = reader.world_of(task.work.issue)?;
            Standing::read(reader, &world, &task, &run, now)
        })
        .await
    }

    /// A limit of the run's agent; none is left of one that is gone from the config.
    pub(super) fn agent_limit(
        &self,
        of: impl Fn(&crate::model::settings::AgentLimits) -> u32,
    ) -> u32 {
        let agent = self.settings.agents.get(&self.task.agent);
        agent.map_or(0, |agent| of(&agent.limits))
    }

    fn now(&self) -> Time {
        self.clock.now()
    }

    async fn keep(&self, change: Change) -> Result<(), String> {
        let kept = self.ledger.commit(vec![change]).await;
        kept.map_err(|error| format!("not taken, the ledger says: {error}"))
    }

    async fn read<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Reader) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, String> {
        let read = self.ledger.read(look).await;
        read.map_err(|error| format!("not now, the ledger says: {error}"))
    }

    fn clean(&self, text: &str) -> String {
        let text = thoughts::without(text);
        self.redactor.clean(&text).into_owned()
    }

    /// A message without secrets and thoughts.
    fn cleaned(&self, message: Message) -> Message {
        match message {
            Message::Report(report) => Message::Report(Report {
                summary: self.clean(&report.summary),
                evidence: report.evidence.iter().map(|e| self.clean(e)).collect(),
                ..report
            }),
            Message::Ask(question) => Message::Ask(Question {
                question: self.clean(&question.question),
                default: self.clean(&question.default),
                ..question
            }),
            Message::Mention(call) => Message::Mention(Call {
                instruction: self.clean(&call.instruction),
                ..call
            }),
            Message::OpenIssue(issue) => Message::OpenIssue(NewIssue {
                title: self.clean(&mention::marker::strip(&issue.title)),
                body: self.clean(&mention::marker::strip(&issue.body)),
            }),
        }
    }
}

/// Counts one more, up to a limit.
fn count(used: &mut u32, limit: u32, what: &str, else_do: &str) -> Result<(), String> {
    if *used >= limit {
        return Err(format!(
            "the {limit} {what} of a run are used up; {else_do}"
        ));
    }
    *used += 1;
    Ok(())
}

fn reported(report: &Report, reads: bool) -> String {
    let next = match report.status {
        ReportStatus::Done if reads => {
            "your report is the result; the factory posts it as a comment"
        }
        ReportStatus::Done => {
            "the factory checks your commits and opens the pull request; without a commit it is not done"
        }
        ReportStatus::Rejected => "the task ends with your summary as the reason",
        ReportStatus::NeedsClarification => {
            "your summary is posted as a question, unless you have asked one, and the task waits for the answer"
        }
        ReportStatus::Blocked => {
            "the task ends, and a person is told what would remove the obstacle"
        }
    };
    format!("taken: {next}. End your run; a later report replaces this one")
}
