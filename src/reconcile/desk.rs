//! Operators' questions to the running loop, and its answers.
//!
//! Invariant: a question never waits for the loop's work; an order is answered
//! when it is a row, and works because it is one.

use super::run::{Loop, micros};
use super::state::State;
use crate::decide::operator;
use crate::ipc::question::Question;
use crate::model::{Change, Order, Ordered, Time, Wish, counted};
use serde_json::{Value, json};
use tokio::sync::oneshot;

/// A question to the running loop.
#[derive(Debug)]
pub struct Ask {
    /// What is asked.
    pub question: Question,
    /// Where the answer goes.
    pub reply: oneshot::Sender<Result<Value, String>>,
}

impl Loop {
    /// Answers, or has the ledger answer.
    pub(super) fn answer(&self, ask: Ask) {
        let ordered = match ask.question {
            Question::Status => {
                // The operator may have hung up; then nobody needs the answer.
                let _ = ask.reply.send(Ok(self.standing()));
                return;
            }
            Question::Order { wish, by } => order(&self.state, &wish, by, self.clock.now()),
        };
        let (ledger, reply) = (self.ledger.clone(), ask.reply);
        tokio::spawn(async move {
            let answer = match ordered {
                Err(why) => Err(why),
                Ok(row) => {
                    tracing::warn!(target: "adf::operator", order = ?row.order, by = row.by, "{}", row.line());
                    let said = json!({ "order": row, "text": row.line() });
                    let written = ledger.commit(vec![Change::Operator(row)]).await;
                    written.map(|()| said).map_err(|e| e.to_string())
                }
            };
            let _ = reply.send(answer);
        });
    }

    fn standing(&self) -> Value {
        let state = &self.state;
        json!({
            "stage": format!("{:?}", state.stage).to_lowercase(),
            "synced": state.synced,
            "forge_trouble": state.forge_trouble,
            "forge_away_since": state.forge_away.map(|t: Time| t.0),
            "config_trouble": state.config_trouble,
            "unfit": state.unfit,
            "held": state.world.held,
            "runs": state.runs,
            "in_flight": state.in_flight().iter().map(ToString::to_string).collect::<Vec<_>>(),
            "skips": state.last_plan.skips,
            "wake_at": state.wake_at.map(|t: Time| t.0),
            "requests": self.executor.outside.requests(),
            "longest_stall_us": micros(self.longest),
            "swept": self.executor.outside.swept.get(),
        })
    }

    /// One line on how the factory stands, for systemd.
    pub(super) fn status(&self) -> String {
        let state = &self.state;
        let open = state.world.tasks.values().filter(|t| !t.state.is_final());
        let mut line = format!(
            "{}, {}",
            counted(open.count(), "open task"),
            counted(state.runs, "run")
        );
        let held = state.world.held.as_ref().map(Ordered::line);
        let now = self.clock.now();
        let away = state.forge_away.zip(state.forge_trouble.as_ref());
        let away = away
            .map(|(since, why)| format!("no forge for {} s: {why}", now.since(since).as_secs()));
        let trouble = state.config_trouble.as_ref().or(away.as_ref());
        let trouble = trouble.or(state.unfit.as_ref());
        for more in [held.as_ref(), trouble].into_iter().flatten() {
            line = format!("{line}; {more}");
        }
        line
    }
}

/// The row that a wish comes to.
///
/// # Errors
/// Why it cannot be.
pub fn order(state: &State, wish: &Wish, by: String, at: Time) -> Result<Ordered, String> {
    let order: Order = operator::order(&state.world, wish)?;
    Ok(Ordered { order, by, at })
}
