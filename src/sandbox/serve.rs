//! Requests in, answers out: faults, the log, and who answers what.
//!
//! A request is read whole, answered on a blocking thread (git blocks) by
//! `api`, `smart_http` or `pages`, and written with the server's own `Date`.
//!
//! Invariant: every request is in the log with the status it was given, or 0
//! when the connection was dropped.

use super::{
    Forge, ForgeOptions, Inner, RequestLine,
    answer::{Answer, Body},
    api,
    faults::{self, FaultKind},
    pages, smart_http,
    wire::{Lines, Scissors},
};
use axum::{
    Router,
    body::to_bytes,
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};
use chrono::{DateTime, Utc};
use std::{future::Future, io, sync::Arc};
use tokio::net::TcpListener;

/// The largest request that is read: a push of this many bytes.
const REQUEST_BYTES_MAX: usize = 256 * 1024 * 1024;

/// A request, read whole.
pub(super) struct Asked {
    pub method: String,
    /// The path as it came, still encoded.
    pub path: String,
    pub query: String,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Asked {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// Serves a forge until `end` is over.
///
/// # Errors
/// As [`Forge::start`].
pub async fn serve_until(
    options: ForgeOptions,
    started: impl FnOnce(&Forge),
    end: impl Future<Output = ()>,
) -> io::Result<()> {
    let forge = Forge::start(options).await?;
    started(&forge);
    end.await;
    forge.stop();
    Ok(())
}

pub(super) async fn serve(world: Arc<Inner>, listener: TcpListener) {
    let stop = world.stop.clone();
    let app = Router::new().fallback(handle).with_state(world);
    let app = app.into_make_service_with_connect_info::<Scissors>();
    let served = axum::serve(Lines(listener), app)
        .with_graceful_shutdown(stop.cancelled_owned())
        .await;
    if let Err(error) = served {
        tracing::warn!(%error, "the embedded forge stopped serving");
    }
}

async fn handle(
    State(world): State<Arc<Inner>>,
    ConnectInfo(scissors): ConnectInfo<Scissors>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let asked = Asked {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers,
        body: Vec::new(),
    };
    let full_path = match asked.query.as_str() {
        "" => asked.path.clone(),
        query => format!("{}?{query}", asked.path),
    };
    let fault = faults::take(&world, &format!("{} {full_path}", asked.method));
    let mut line = RequestLine {
        method: asked.method.clone(),
        path: full_path,
        status: 0,
    };
    let answer = if let Some(answer) = unhandled(fault.as_ref()) {
        answer
    } else if matches!(fault, Some(FaultKind::Drop)) || world.stop.is_cancelled() {
        scissors.cut();
        Answer::bare(503)
    } else {
        answered(&world, asked, body).await
    };
    let answer = match fault {
        Some(FaultKind::Latency(span)) => {
            tokio::time::sleep(span).await;
            answer
        }
        Some(FaultKind::DropAfter) => {
            scissors.cut();
            answer
        }
        Some(FaultKind::Garbage) => Answer::html(200, "<html>please log in</html>".to_owned()),
        _ => answer,
    };
    if !matches!(fault, Some(FaultKind::Drop | FaultKind::DropAfter)) {
        line.status = answer.status;
    }
    world.note(line);
    let cut = matches!(fault, Some(FaultKind::CutBody)).then_some(scissors);
    response(&world, answer.at(&world.base), cut)
}

/// The answer of a fault that comes in place of the handling.
fn unhandled(fault: Option<&FaultKind>) -> Option<Answer> {
    match fault? {
        FaultKind::Status {
            status,
            retry_after,
        } => {
            let answer = Answer::html(*status, format!("<h1>{status}</h1>"));
            Some(match retry_after {
                Some(seconds) => answer.with("retry-after", seconds.to_string()),
                None => answer,
            })
        }
        FaultKind::Redirect { status, location } => {
            Some(Answer::bare(*status).with("location", location.clone()))
        }
        _ => None,
    }
}

async fn answered(world: &Arc<Inner>, mut asked: Asked, body: axum::body::Body) -> Answer {
    match to_bytes(body, REQUEST_BYTES_MAX).await {
        Ok(bytes) => asked.body = bytes.to_vec(),
        Err(_) => return Answer::text(413, "the request is too large for the embedded forge"),
    }
    let world = Arc::clone(world);
    let done = tokio::task::spawn_blocking(move || {
        if asked.path.starts_with("/api/") {
            api::answer(&world, &asked)
        } else if let Some(answer) = smart_http::answer(&world, &asked) {
            answer
        } else {
            pages::answer(&world, &asked)
        }
    });
    done.await.unwrap_or_else(|_| Answer::internal())
}

fn response(world: &Inner, answer: Answer, cut: Option<Scissors>) -> Response {
    let (kind, bytes) = match answer.body {
        Body::Empty => (None, Vec::new()),
        Body::Json(value) => (
            Some("application/json;charset=utf-8"),
            format!("{value}\n").into_bytes(),
        ),
        Body::Text(text) => (Some("text/plain; charset=utf-8"), text.into_bytes()),
        Body::Html(text) => (Some("text/html; charset=utf-8"), text.into_bytes()),
        Body::Bytes(bytes) => (None, bytes),
    };
    if let Some(scissors) = cut {
        scissors.cut_within(bytes.len() / 2);
    }
    let mut response = Response::new(bytes.into());
    *response.status_mut() =
        StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    if let Some(kind) = kind {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    }
    for (name, value) in answer.headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    let now = DateTime::<Utc>::from_timestamp(world.clock.now().seconds(), 0).unwrap_or_default();
    let now = now.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    if let Ok(now) = HeaderValue::from_str(&now) {
        headers.insert(header::DATE, now);
    }
    response
}
