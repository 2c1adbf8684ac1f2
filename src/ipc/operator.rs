//! The factory's socket: an operator's question → a JSON answer.
//!
//! Invariant: [`super::question`] lists what may be asked; questions need the key in the state directory, which agents
//! cannot read even where the kernel lets them connect. One factory at a time listens.

use super::wire;
use futures_util::future::BoxFuture;
use serde::Deserialize;
use serde_json::{Value, json};
use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::net::UnixStream;

/// The largest question, in bytes.
const QUESTION_BYTES_MAX: usize = 4096;
/// The largest answer, in bytes.
const ANSWER_BYTES_MAX: u64 = 4 * 1024 * 1024;

const SOCKET: &str = "adf.sock";
const KEY: &str = "adf.key";

/// The open socket of a factory; dropping it closes and removes it.
pub type OperatorSocket = wire::OpenSocket;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    key: String,
    ask: String,
}

/// Opens the socket in a state directory. Call it only while holding the ledger's lock.
///
/// # Errors
/// When key or socket cannot be made.
pub async fn serve_operator<H>(state_dir: &Path, handler: H) -> io::Result<OperatorSocket>
where
    H: Fn(String) -> BoxFuture<'static, Result<Value, String>> + Send + Sync + 'static,
{
    let handler = Arc::new(handler);
    wire::open(state_dir, SOCKET, KEY, move |stream, key| {
        let handler = Arc::clone(&handler);
        Box::pin(async move { hear(stream, &key, &*handler).await })
    })
}

async fn hear<H>(mut stream: UnixStream, key: &str, handler: &H) -> io::Result<()>
where
    H: Fn(String) -> BoxFuture<'static, Result<Value, String>> + Send + Sync + 'static,
{
    let line = wire::read_line(&mut stream, QUESTION_BYTES_MAX).await?;
    let answer = match serde_json::from_slice::<Question>(&line) {
        Err(error) => Err(format!(
            "the question is not {{\"key\":…,\"ask\":…}}: {error}"
        )),
        Ok(question) if !wire::same_key(key, &question.key) => {
            Err("the key is not this factory's; read it from adf.key in the state directory".into())
        }
        Ok(question) => handler(question.ask).await,
    };
    wire::answer(&mut stream, answer).await
}

/// Why a question got no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// No factory listens.
    #[error("no factory answers in {dir}: {source}; start it with `adf run`")]
    NotRunning {
        /// The state directory.
        dir: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The factory's answer.
    #[error("{0}")]
    Refused(String),
}

/// Client side: asks the factory of a state directory, as `"status"`.
///
/// # Errors
/// When no factory answers in time, or it refuses.
pub fn ask(state_dir: &Path, ask: &str, wait: Duration) -> Result<Value, AskError> {
    let silent = |source| AskError::NotRunning {
        dir: state_dir.to_owned(),
        source,
    };
    let key = std::fs::read_to_string(state_dir.join(KEY)).map_err(silent)?;
    let question = json!({"key": key.trim(), "ask": ask});
    let mut answer =
        wire::call(state_dir, SOCKET, &question, ANSWER_BYTES_MAX, wait).map_err(silent)?;
    match answer.get_mut("answer") {
        Some(value) => Ok(value.take()),
        None => Err(AskError::Refused(
            answer
                .get("error")
                .and_then(Value::as_str)
                .unwrap_or("the factory gave no reason")
                .to_owned(),
        )),
    }
}
