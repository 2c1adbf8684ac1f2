//! The guard's socket of a run: what a hook judged → the factory, before the
//! tool call runs.
//!
//! Invariant: a hook that cannot tell what it judged has judged nothing: its call
//! is denied. The factory answers whether the run may go on at all. Next:
//! `cli::guard` is the hook's side, `act::watchman` the factory's.

use super::wire;
use crate::model::Judged;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::{io, path::Path, sync::Arc, time::Duration};
use tokio::net::UnixStream;

/// The largest message, in bytes; a hook cuts what it tells.
pub const MESSAGE_BYTES_MAX: usize = 32 * 1024;
/// The largest answer, in bytes.
const ANSWER_BYTES_MAX: u64 = 4 * 1024;

const SOCKET: &str = "guard.sock";
const KEY: &str = "guard.key";

/// The open socket of a run's guard; dropping it closes and removes it.
pub type GuardSocket = wire::OpenSocket;

#[derive(Serialize, Deserialize)]
struct Word {
    key: String,
    judged: Judged,
}

/// Opens the guard's socket in a run's `agent` folder. The handler gets each
/// judgement; its error is why the call must not run though it was allowed.
///
/// # Errors
/// When key or socket cannot be made.
pub fn serve_guard<H>(dir: &Path, handler: H) -> io::Result<GuardSocket>
where
    H: Fn(Judged) -> BoxFuture<'static, Result<(), String>> + Send + Sync + 'static,
{
    let handler = Arc::new(handler);
    wire::open(dir, SOCKET, KEY, move |stream, key| {
        let handler = Arc::clone(&handler);
        Box::pin(async move { hear(stream, &key, &*handler).await })
    })
}

async fn hear<H>(mut stream: UnixStream, key: &str, handler: &H) -> io::Result<()>
where
    H: Fn(Judged) -> BoxFuture<'static, Result<(), String>>,
{
    let line = wire::read_line(&mut stream, MESSAGE_BYTES_MAX).await?;
    let answer = match serde_json::from_slice::<Word>(&line) {
        Ok(word) if wire::same_key(key, &word.key) => handler(word.judged).await,
        Ok(_) => Err("the key is not this run's".to_owned()),
        Err(error) => Err(format!("not a judgement: {error}")),
    };
    wire::answer(&mut stream, answer.map(|()| Value::Null)).await
}

/// Tells the factory what was judged.
///
/// # Errors
/// Why the call must not run: the factory says so, or cannot be told.
pub fn tell_guard(dir: &Path, judged: &Judged, wait: Duration) -> Result<(), String> {
    let lost = |error: io::Error| {
        let why = silence(&error, wait);
        format!(
            "the factory cannot be told of it ({why}); end your run, a person has to look at this"
        )
    };
    let key = std::fs::read_to_string(dir.join(KEY)).map_err(lost)?;
    let message = json!({"key": key.trim(), "judged": judged});
    let answer = wire::call(dir, SOCKET, &message, ANSWER_BYTES_MAX, wait).map_err(lost)?;
    match answer.get("ok") {
        Some(Value::Bool(true)) => Ok(()),
        _ => {
            let why = answer.get("error").and_then(Value::as_str);
            Err(why
                .unwrap_or("the factory refused it without a reason")
                .to_owned())
        }
    }
}

/// Why nobody was told, in the words of who reads it.
fn silence(error: &io::Error, wait: Duration) -> String {
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
            format!("it does not answer within {} s", wait.as_secs())
        }
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => {
            "nothing listens in the run's folder".to_owned()
        }
        io::ErrorKind::UnexpectedEof | io::ErrorKind::BrokenPipe => {
            "it hung up without an answer".to_owned()
        }
        kind => kind.to_string(),
    }
}
