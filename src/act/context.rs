//! The answer to `context`: all that a run should know of itself, as JSON.
//!
//! Invariant: nothing in it that its prompt might not hold; texts of people and
//! agents are values, cut at a named length.

use super::desk::{Desk, REPORTS_MAX, Used};
use super::standing::{Answered, Standing};
use crate::mention::call::chain;
use crate::model::message::NOTES_A_DAY_MAX;
use crate::model::{Message, Task};
use crate::redact::clip;
use serde_json::{Value, json};

/// Characters of a text of somebody else in it.
const TEXT_CHARS_MAX: usize = 8000;

impl Desk {
    /// What the run should know of itself.
    pub(super) async fn context(&self, used: &Used) -> Result<Value, String> {
        let standing = self.standing().await?;
        let task = &self.task;
        let title = standing.issue.as_ref().map_or("", |i| i.title.as_str());
        let agents: Vec<Value> = self
            .settings
            .agents
            .values()
            .map(|a| json!({"name": a.name, "description": a.description}))
            .collect();
        let memory: Vec<Value> = standing
            .notes
            .iter()
            .map(|n| json!({"day": date(n.day), "key": n.key, "text": n.text}))
            .collect();
        Ok(json!({
            "project": self.settings.project,
            "task": {
                "id": task.id,
                "agent": task.agent,
                "instruction": clip(&task.instruction, TEXT_CHARS_MAX),
                "requester": task.requester.login,
                "called_by": task.chain,
                "branch": task.branch,
                "attempt": self.run.attempt,
                "earlier": standing.earlier,
            },
            "issue": {
                "number": task.work.issue,
                "title": title,
                "is_pull_request": standing.issue.as_ref().is_some_and(|i| i.is_pull),
            },
            "question": question(&standing),
            "said": standing.said.iter().map(said).collect::<Vec<_>>(),
            "agents": agents,
            "left": self.left(&standing, used),
            "memory": memory,
            "memory_left_out": standing.notes_left_out,
        }))
    }

    fn left(&self, standing: &Standing, used: &Used) -> Value {
        let asked = standing.asked || self.task.answer.is_some();
        let depth = Task::DEPTH_MAX.saturating_sub(self.task.depth());
        let mentions = self
            .agent_limit(|l| l.mentions)
            .saturating_sub(used.mentions);
        let today = super::standing::day(self.clock.now());
        let keys = standing.notes.iter().filter(|n| n.day == today).count();
        json!({
            "reports": REPORTS_MAX.saturating_sub(used.reports),
            "questions": u32::from(!asked),
            "mentions": if depth == 0 { 0 } else { mentions },
            "depth": depth,
            "chain": chain(&self.task).collect::<Vec<_>>(),
            "issues": self.agent_limit(|l| l.issues).saturating_sub(used.issues),
            "memory_keys_today": NOTES_A_DAY_MAX.saturating_sub(keys),
        })
    }
}

fn question(standing: &Standing) -> Value {
    let Some((question, default)) = &standing.question else {
        return Value::Null;
    };
    let answer = match &standing.answer {
        None => json!({"state": "open: the next run gets the answer"}),
        Some(Answered::Default) => json!({"state": "nobody answered in time: your default holds"}),
        Some(Answered::By(person, text)) => json!({
            "state": "answered",
            "by": person.login,
            "text": clip(text, TEXT_CHARS_MAX),
        }),
    };
    json!({"question": question, "default": default, "answer": answer})
}

/// One line for what was said before, in any attempt.
fn said(message: &Message) -> String {
    match message {
        Message::Report(report) => format!("report: {}", report.summary),
        Message::Ask(question) => format!("ask: {}", question.question),
        Message::Mention(call) => format!("mention: {}: {}", call.agent, call.instruction),
        Message::OpenIssue(issue) => format!("open_issue: {}", issue.title),
    }
    .chars()
    .take(200)
    .collect()
}

/// A day as people write it.
pub(super) fn date(day: i64) -> String {
    let date = chrono::DateTime::from_timestamp(day.saturating_mul(24 * 3600), 0);
    date.map_or_else(|| day.to_string(), |d| d.format("%Y-%m-%d").to_string())
}
