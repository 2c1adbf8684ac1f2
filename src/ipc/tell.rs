//! The agent's side of its run's socket: one request there, the factory's answer back.
//!
//! Invariant: nothing is checked here but the size; the factory checks, and its
//! answer is handed on as it is. Next: `cli::agent` and [`super::mcp`] use it.

use super::agent::{KEY, MESSAGE_BYTES_MAX, SOCKET};
use super::wire;
use crate::model::Kind;
use serde_json::{Value, json};
use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

/// The largest answer, in bytes: a context with its memory.
const ANSWER_BYTES_MAX: u64 = 256 * 1024;

/// Why a request was not granted.
#[derive(Debug, thiserror::Error)]
pub enum TellError {
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

/// Sends a request from inside a run; the factory's answer.
///
/// # Errors
/// When the factory cannot be reached or refuses.
pub fn tell(dir: &Path, kind: Kind, fields: &Value, wait: Duration) -> Result<Value, TellError> {
    let unreachable = |source| TellError::Unreachable {
        dir: dir.to_owned(),
        source,
    };
    let key = std::fs::read_to_string(dir.join(KEY)).map_err(unreachable)?;
    let message = json!({"key": key.trim(), kind.name(): fields});
    let size = message.to_string().len();
    if size > MESSAGE_BYTES_MAX {
        return Err(TellError::Refused(format!(
            "the {} has {size} bytes and at most {MESSAGE_BYTES_MAX} are taken; shorten it",
            kind.name()
        )));
    }
    let mut answer =
        wire::call(dir, SOCKET, &message, ANSWER_BYTES_MAX, wait).map_err(unreachable)?;
    match answer.get_mut("answer") {
        Some(value) => Ok(value.take()),
        None => Err(TellError::Refused(
            answer
                .get("error")
                .and_then(Value::as_str)
                .unwrap_or("the factory gave no reason")
                .to_owned(),
        )),
    }
}
