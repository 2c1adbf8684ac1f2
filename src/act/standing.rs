//! Where a task stands, from the ledger: what its agent is told at the start and
//! may ask for later.
//!
//! Invariant: read from rows alone; the answer to a question is given as it
//! stood when it was taken, and what is remembered is bounded in bytes.

use crate::model::{
    Answer, Issue, Message, Note, Person, ReportStatus, Run, Task, Time, World,
    message::NOTE_DAYS_MAX,
};
use crate::store::{Reader, StoreError};

/// Bytes of notes that an agent is given; the newest go first.
pub const MEMORY_BYTES_MAX: usize = 16 * 1024;
/// Seconds of a day.
const DAY_SECONDS: i64 = 24 * 3600;

/// Where a task stands.
#[derive(Clone, Debug)]
pub struct Standing {
    /// Its issue, as last seen.
    pub issue: Option<Issue>,
    /// What the last attempt came to.
    pub earlier: Option<String>,
    /// Whether an agent of it has asked people.
    pub asked: bool,
    /// The question, and what holds without an answer, if that was said.
    pub question: Option<(String, Option<String>)>,
    /// How that was answered.
    pub answer: Option<Answered>,
    /// What its agents said so far.
    pub said: Vec<Message>,
    /// What its agent remembers, the newest first.
    pub notes: Vec<Note>,
    /// Notes that are not given for their length.
    pub notes_left_out: usize,
}

/// The answer to a question.
#[derive(Clone, Debug)]
pub enum Answered {
    /// In a comment.
    By(Person, String),
    /// By nobody in time.
    Default,
}

/// The day of a moment, in days since 1970.
#[must_use]
pub fn day(now: Time) -> i64 {
    now.seconds().div_euclid(DAY_SECONDS)
}

impl Standing {
    /// Reads where `task` stands in the view of `run`.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn read(
        reader: &Reader,
        world: &World,
        task: &Task,
        run: &Run,
        now: Time,
    ) -> Result<Standing, StoreError> {
        let earlier = world
            .runs_of(&task.id)
            .filter(|r| r.attempt < run.attempt)
            .last()
            .and_then(|r| r.outcome().map(|o| o.reason.clone()));
        let asked = world.question(&task.id);
        let question = match asked {
            Some((_, q)) => Some((q.question.clone(), Some(q.default.clone()))),
            None => task.answer.and(unclear(world, task)).map(|q| (q, None)),
        };
        let answer = match task.answer {
            None => None,
            Some(Answer::Default) => Some(Answered::Default),
            Some(Answer::Comment(key)) => {
                let passage = reader.passage(key, Some(1))?;
                passage.map(|p| Answered::By(p.author, p.body))
            }
        };
        let mut notes = reader.notes_of(&task.agent, day(now) - NOTE_DAYS_MAX + 1)?;
        let all = notes.len();
        let mut bytes = 0;
        notes.retain(|note| {
            bytes += note.key.len() + note.text.len();
            bytes <= MEMORY_BYTES_MAX
        });
        Ok(Standing {
            issue: reader.issue(task.work.issue)?,
            earlier,
            asked: asked.is_some(),
            question,
            answer,
            said: world.said_in(&task.id).map(|s| s.message.clone()).collect(),
            notes_left_out: all - notes.len(),
            notes,
        })
    }
}

/// What the last report that needed clarification says: it was posted as the question.
fn unclear(world: &World, task: &Task) -> Option<String> {
    let reports = world.runs_of(&task.id).filter_map(|run| {
        let report = run.outcome()?.report.as_ref()?;
        (report.status == ReportStatus::NeedsClarification).then(|| report.summary.clone())
    });
    reports.last()
}
