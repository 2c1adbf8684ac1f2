//! A run's socket: the agent's words → checked requests, answered at once.
//!
//! Invariant: a request reaches the handler only with the run's key and in the
//! shape of its schema, one at a time, and at most [`REQUESTS_MAX`] times; socket
//! and key die with the [`AgentSocket`]. Next: [`super::request`] checks,
//! `act::desk` decides, [`super::tell`] is the agent's side.

use super::{request, request::Request, wire};
use crate::model::RunId;
use futures_util::future::BoxFuture;
use serde_json::Value;
use std::{io, path::Path, sync::Arc};
use tokio::{net::UnixStream, sync::Mutex};

/// The largest message, in bytes.
pub const MESSAGE_BYTES_MAX: usize = 64 * 1024;
/// Requests taken from one run, of all kinds.
pub const REQUESTS_MAX: u32 = 1000;

pub(super) const SOCKET: &str = "agent.sock";
pub(super) const KEY: &str = "agent.key";

/// The open socket of a run; dropping it closes and removes it.
pub type AgentSocket = wire::OpenSocket;

struct Ear<H> {
    run: RunId,
    /// Counts requests; held while one is handled, so that they keep their order.
    taken: Mutex<u32>,
    handler: H,
}

/// Opens the socket of a run in its `agent` folder. The handler gets each valid
/// request; what it gives back, or its error, is the agent's answer.
///
/// # Errors
/// When key or socket cannot be made.
pub async fn serve_agent<H>(dir: &Path, run: RunId, handler: H) -> io::Result<AgentSocket>
where
    H: Fn(Request) -> BoxFuture<'static, Result<Value, String>> + Send + Sync + 'static,
{
    let ear = Arc::new(Ear {
        run,
        taken: Mutex::new(0),
        handler,
    });
    wire::open(dir, SOCKET, KEY, move |stream, key| {
        let ear = Arc::clone(&ear);
        Box::pin(async move { ear.hear(stream, &key).await })
    })
}

impl<H> Ear<H>
where
    H: Fn(Request) -> BoxFuture<'static, Result<Value, String>> + Send + Sync + 'static,
{
    async fn hear(&self, mut stream: UnixStream, key: &str) -> io::Result<()> {
        let answer = match wire::read_line(&mut stream, MESSAGE_BYTES_MAX).await {
            Ok(line) => self.take(&line, key).await,
            Err(error) if error.kind() == io::ErrorKind::InvalidData => Err(error.to_string()),
            Err(error) => return Err(error),
        };
        wire::answer(&mut stream, answer).await
    }

    async fn take(&self, line: &[u8], key: &str) -> Result<Value, String> {
        let line = request::read(line)?;
        if !wire::same_key(key, &line.key) {
            return Err("the key is not this run's; read it from $ADF_AGENT_DIR/agent.key".into());
        }
        let request = request::check(line.kind, line.fields)?;
        let mut taken = self.taken.lock().await;
        if *taken >= REQUESTS_MAX {
            return Err(format!(
                "run {} has sent {REQUESTS_MAX} requests already; what was taken counts",
                self.run
            ));
        }
        *taken += 1;
        (self.handler)(request).await
    }
}
