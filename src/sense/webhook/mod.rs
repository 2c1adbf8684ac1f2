//! Deliveries of the forge's webhook → a hint that there is news.
//!
//! Invariant: a delivery is never a source of facts; it wakes the one path that
//! reads the forge. Connections, bytes and waits are bounded, and who comes
//! over a bound is told so. [`check`] says which delivery counts.

pub mod check;

use crate::model::RepoId;
use check::{About, Key, Seen};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Bytes, Incoming},
    header,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, Semaphore};
use tokio::time::timeout;

/// How long to wait before accepting again when the system has no descriptor left.
const ACCEPT_RETRY: Duration = Duration::from_millis(100);
/// Bytes of a request's head.
const HEAD_BYTES_MAX: usize = 16 * 1024;
/// The answer to who comes when every seat is taken.
const FULL: &[u8] = b"HTTP/1.1 429 Too Many Requests\r\nretry-after: 5\r\nconnection: close\r\ncontent-length: 47\r\n\r\ntoo many deliveries at once; try again shortly\n";

/// Bounds of what is taken.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Connections at once.
    pub connections: usize,
    /// Bytes of a body; a comment's delivery holds its issue and two repositories.
    pub body_bytes: usize,
    /// How long a request's head may take.
    pub head_wait: Duration,
    /// How long its body may take.
    pub body_wait: Duration,
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds {
            connections: 16,
            body_bytes: 4 << 20,
            head_wait: Duration::from_secs(5),
            body_wait: Duration::from_secs(10),
        }
    }
}

/// Who takes deliveries.
#[derive(Debug)]
pub struct Desk {
    key: Key,
    repo: RepoId,
    me: i64,
    nudge: Arc<Notify>,
    bounds: Bounds,
    seen: Mutex<Seen>,
}

impl Desk {
    /// A desk of the account `me`, for deliveries about `repo`.
    #[must_use]
    pub fn new(key: Key, repo: RepoId, me: i64, nudge: Arc<Notify>, bounds: Bounds) -> Desk {
        Desk {
            key,
            repo,
            me,
            nudge,
            bounds,
            seen: Mutex::default(),
        }
    }

    /// Takes deliveries for as long as it is polled.
    pub async fn serve(self: Arc<Self>, listener: TcpListener) {
        let seats = Arc::new(Semaphore::new(self.bounds.connections));
        loop {
            let stream = match listener.accept().await {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::warn!(target: "adf::webhook", %error, "no connection can be taken");
                    tokio::time::sleep(ACCEPT_RETRY).await;
                    continue;
                }
            };
            let Ok(seat) = Arc::clone(&seats).try_acquire_owned() else {
                tracing::warn!(target: "adf::webhook", connections = self.bounds.connections, "a delivery is refused: every connection is taken");
                // One try: who does not read at once is not waited for.
                let _ = stream.try_write(FULL);
                continue;
            };
            let desk = Arc::clone(&self);
            tokio::spawn(async move {
                desk.hear(stream).await;
                drop(seat);
            });
        }
    }

    async fn hear(self: Arc<Self>, stream: TcpStream) {
        let bounds = self.bounds;
        let service = hyper::service::service_fn(move |request| {
            let desk = Arc::clone(&self);
            async move { Ok::<_, Infallible>(desk.answer(request).await) }
        });
        let connection = hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(bounds.head_wait)
            .max_buf_size(HEAD_BYTES_MAX)
            .keep_alive(false)
            .serve_connection(TokioIo::new(stream), service);
        // Whatever hyper waits for besides, the seat is free after this.
        let all = (bounds.head_wait + bounds.body_wait) * 2;
        match timeout(all, connection).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(target: "adf::webhook", %error, "a connection ended"),
            Err(_) => tracing::debug!(target: "adf::webhook", "a connection took too long"),
        }
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let event = request.headers().get("x-gitea-event-type");
        let event = event.and_then(|v| v.to_str().ok()).unwrap_or("");
        let event: String = event.chars().take(40).collect();
        let (status, text) = self.judge(request).await;
        if status.is_success() {
            tracing::debug!(target: "adf::webhook", event, status = status.as_u16(), "{text}");
        } else {
            tracing::info!(target: "adf::webhook", event, status = status.as_u16(), "a delivery is refused: {text}");
        }
        let mut answer = Response::new(Full::from(format!("{text}\n")));
        *answer.status_mut() = status;
        let plain = header::HeaderValue::from_static("text/plain; charset=utf-8");
        answer.headers_mut().insert(header::CONTENT_TYPE, plain);
        answer
    }

    async fn judge(&self, request: Request<Incoming>) -> (StatusCode, &'static str) {
        if request.method() != Method::POST {
            return (StatusCode::METHOD_NOT_ALLOWED, "deliveries are POSTs");
        }
        let (head, body) = request.into_parts();
        let text = |name: &str| head.headers.get(name)?.to_str().ok();
        let Some(signature) = check::signature(text) else {
            return (
                StatusCode::UNAUTHORIZED,
                "not signed; give the webhook the secret of `[webhook]`",
            );
        };
        let too_large = (
            StatusCode::PAYLOAD_TOO_LARGE,
            "larger than a delivery may be",
        );
        let told = text("content-length").and_then(|length| length.parse::<u64>().ok());
        let most = u64::try_from(self.bounds.body_bytes).unwrap_or(u64::MAX);
        if told.is_some_and(|length| length > most) {
            return too_large;
        }
        let body = Limited::new(body, self.bounds.body_bytes).collect();
        let body = match timeout(self.bounds.body_wait, body).await {
            Ok(Ok(body)) => body.to_bytes(),
            Ok(Err(error)) if error.is::<LengthLimitError>() => return too_large,
            Ok(Err(_)) => return (StatusCode::BAD_REQUEST, "the body ended too early"),
            Err(_) => return (StatusCode::REQUEST_TIMEOUT, "the body took too long"),
        };
        let Some(signature) = self.key.verify(&body, signature) else {
            return (
                StatusCode::UNAUTHORIZED,
                "the signature does not hold; the webhook's secret is not that of `[webhook]`",
            );
        };
        let name = text("x-gitea-delivery").or_else(|| text("x-github-delivery"));
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.again(name, signature) {
            return (StatusCode::OK, "this delivery was here before");
        }
        drop(seen);
        match check::about(&body, self.repo, self.me) {
            About::Us => {
                self.nudge.notify_one();
                (StatusCode::ACCEPTED, "the forge will be read")
            }
            About::OwnDeed => (StatusCode::OK, "the factory's own deed is no news"),
            About::Elsewhere => (StatusCode::OK, "not about this factory's repository"),
            About::Nothing => (
                StatusCode::BAD_REQUEST,
                "names no repository; set the webhook's content type to application/json",
            ),
        }
    }
}
