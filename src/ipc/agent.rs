//! A run's socket: the agent's words → checked reports, answered at once.
//!
//! Invariant: a report reaches the handler only with the run's key, in the shape of the schema
//! of [`Report`], and at most [`REPORTS_MAX`] times; socket and key die with the
//! [`AgentSocket`]. Next: `cli::agent` is the client's command.

use super::wire;
use crate::model::{Report, ReportStatus, RunId};
use futures_util::future::BoxFuture;
use serde::Deserialize;
use serde_json::{Value, json};
use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::{net::UnixStream, sync::Mutex, task::AbortHandle};

/// The largest message, in bytes.
pub const MESSAGE_BYTES_MAX: usize = 64 * 1024;
/// Reports taken from one run.
pub const REPORTS_MAX: u32 = 50;
/// Faults named in one answer.
const FAULTS_MAX: usize = 20;
/// Characters of one fault.
const FAULT_CHARS_MAX: usize = 300;
/// The largest answer, in bytes.
const ANSWER_BYTES_MAX: u64 = 64 * 1024;

const SOCKET: &str = "agent.sock";
const KEY: &str = "agent.key";

/// The open socket of a run; dropping it closes and removes it.
#[derive(Debug)]
pub struct AgentSocket {
    dir: PathBuf,
    serving: AbortHandle,
}

impl Drop for AgentSocket {
    fn drop(&mut self) {
        self.serving.abort();
        // The key is worthless now; the next run makes its own.
        let _ = wire::remove(&self.dir.join(SOCKET));
        let _ = wire::remove(&self.dir.join(KEY));
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Message {
    key: String,
    report: Value,
}

struct Desk<H> {
    run: RunId,
    key: String,
    schema: jsonschema::Validator,
    /// Counts reports; held while one is handled, so that they keep their order.
    taken: Mutex<u32>,
    handler: H,
}

/// Opens the socket of a run in its `agent` folder. The handler gets each valid
/// report with its number, from 1; its error is the agent's answer.
///
/// # Errors
/// When key or socket cannot be made.
pub async fn serve_agent<H>(dir: &Path, run: RunId, handler: H) -> io::Result<AgentSocket>
where
    H: Fn(u32, Report) -> BoxFuture<'static, Result<(), String>> + Send + Sync + 'static,
{
    let schema = serde_json::to_value(schemars::schema_for!(Report)).map_err(io::Error::other)?;
    let desk = Arc::new(Desk {
        run,
        key: wire::make_key(&dir.join(KEY))?,
        schema: jsonschema::validator_for(&schema).map_err(|e| io::Error::other(e.to_string()))?,
        taken: Mutex::new(0),
        handler,
    });
    let listener = wire::listen(dir, SOCKET)?;
    let serving = tokio::spawn(wire::serve(listener, move |stream| {
        let desk = Arc::clone(&desk);
        Box::pin(async move { desk.hear(stream).await })
    }));
    Ok(AgentSocket {
        dir: dir.to_owned(),
        serving: serving.abort_handle(),
    })
}

impl<H> Desk<H>
where
    H: Fn(u32, Report) -> BoxFuture<'static, Result<(), String>> + Send + Sync + 'static,
{
    async fn hear(&self, mut stream: UnixStream) -> io::Result<()> {
        let answer = match wire::read_line(&mut stream, MESSAGE_BYTES_MAX).await {
            Ok(line) => self.take(&line).await,
            Err(error) if error.kind() == io::ErrorKind::InvalidData => Err(error.to_string()),
            Err(error) => return Err(error),
        };
        let answer = match answer {
            Ok(()) => json!({"ok": true}),
            Err(error) => json!({"ok": false, "error": error}),
        };
        wire::write_line(&mut stream, &answer).await
    }

    async fn take(&self, line: &[u8]) -> Result<(), String> {
        let message: Message = serde_json::from_slice(line)
            .map_err(|error| format!("the message is not {{\"key\":…,\"report\":…}}: {error}"))?;
        if !wire::same_key(&self.key, &message.key) {
            return Err("the key is not this run's; read it from $ADF_AGENT_DIR/agent.key".into());
        }
        let report = self.check(message.report)?;
        let mut taken = self.taken.lock().await;
        if *taken >= REPORTS_MAX {
            return Err(format!(
                "run {} has sent {REPORTS_MAX} reports already; the last one taken counts",
                self.run
            ));
        }
        *taken += 1;
        (self.handler)(*taken, report).await
    }

    fn check(&self, report: Value) -> Result<Report, String> {
        let faults: Vec<String> = self
            .schema
            .iter_errors(&report)
            .take(FAULTS_MAX)
            .map(|fault| {
                let place = fault.instance_path().to_string();
                let fault = match place.as_str() {
                    "/status" => format!("expected one of {}", statuses()),
                    _ => fault.to_string(),
                };
                let place = if place.is_empty() { "report" } else { &place };
                format!("{place}: {fault}")
                    .chars()
                    .take(FAULT_CHARS_MAX)
                    .collect()
            })
            .collect();
        if !faults.is_empty() {
            return Err(format!("the report is refused: {}", faults.join("; ")));
        }
        serde_json::from_value(report).map_err(|error| format!("the report is refused: {error}"))
    }
}

/// The schema's own message would only say that none of its branches fits.
fn statuses() -> String {
    [
        ReportStatus::Done,
        ReportStatus::Rejected,
        ReportStatus::NeedsClarification,
        ReportStatus::Blocked,
    ]
    .map(|status| json!(status).to_string())
    .join(", ")
}

/// Why a report was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// There is no factory behind the folder.
    #[error(
        "the run's socket in {dir} does not answer: {source}; the run may be over, or its factory stopped"
    )]
    Unreachable {
        /// The run's `agent` folder.
        dir: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The factory's answer.
    #[error("{0}")]
    Refused(String),
}

/// Client side: sends a report from inside a run.
///
/// # Errors
/// When the factory cannot be reached or refuses the report.
pub fn report(dir: &Path, report: &Value, wait: Duration) -> Result<(), ReportError> {
    let unreachable = |source| ReportError::Unreachable {
        dir: dir.to_owned(),
        source,
    };
    let key = std::fs::read_to_string(dir.join(KEY)).map_err(unreachable)?;
    let message = json!({"key": key.trim(), "report": report});
    let size = message.to_string().len();
    if size > MESSAGE_BYTES_MAX {
        return Err(ReportError::Refused(format!(
            "the report has {size} bytes and at most {MESSAGE_BYTES_MAX} are taken; shorten it"
        )));
    }
    let answer = wire::call(dir, SOCKET, &message, ANSWER_BYTES_MAX, wait).map_err(unreachable)?;
    if answer.get("ok") == Some(&Value::Bool(true)) {
        return Ok(());
    }
    let error = answer.get("error").and_then(Value::as_str);
    Err(ReportError::Refused(
        error.unwrap_or("the factory gave no reason").to_owned(),
    ))
}
