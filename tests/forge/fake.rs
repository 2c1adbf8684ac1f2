//! A tiny server that answers from a script and remembers what it was asked.

use adf::{
    clock::Clock,
    forge::{Client, ForgeConfig, Limits},
    model::Time,
};
use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri},
    response::Response,
};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::task::JoinHandle;

/// The token of every test.
pub const TOKEN: &str = "s3cr3t-t0k3n-0123456789";

/// What to answer.
#[derive(Clone, Debug)]
pub struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    ending: Ending,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Ending {
    Whole,
    Cut,
    Never,
}

impl Answer {
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Answer {
        Answer {
            status,
            headers: Vec::new(),
            body: body.into(),
            ending: Ending::Whole,
        }
    }

    pub fn json(value: &serde_json::Value) -> Answer {
        Answer::new(200, value.to_string())
    }

    pub fn header(mut self, name: &'static str, value: impl ToString) -> Answer {
        self.headers.push((name, value.to_string()));
        self
    }

    /// The connection breaks after the body.
    pub fn cut(mut self) -> Answer {
        self.ending = Ending::Cut;
        self
    }

    /// No answer at all.
    pub fn never() -> Answer {
        let mut answer = Answer::new(200, "");
        answer.ending = Ending::Never;
        answer
    }
}

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Seen {
    pub method: Method,
    pub target: String,
    pub headers: HeaderMap,
    pub body: String,
}

#[derive(Clone, Default)]
struct Script {
    answers: Arc<Mutex<VecDeque<Answer>>>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

/// The server; stops with its value.
pub struct Fake {
    pub url: String,
    pub clock: Clock,
    script: Script,
    task: JoinHandle<()>,
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Fake {
    /// Answers in this order; the last one for ever.
    pub async fn start(answers: impl IntoIterator<Item = Answer>) -> Fake {
        let script = Script::default();
        script.answers.lock().expect("lock").extend(answers);
        let router = Router::new().fallback(answer).with_state(script.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let url = format!("http://{}/sub", listener.local_addr().expect("its number"));
        let task = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("served");
        });
        Fake {
            url,
            clock: Clock::manual(Time::from_seconds(1_800_000_000)),
            script,
            task,
        }
    }

    /// A client with short waits and small bounds.
    pub fn client(&self) -> Client {
        self.client_with(limits())
    }

    pub fn client_with(&self, limits: Limits) -> Client {
        client(&self.url, limits, self.clock.clone())
    }

    /// What it was asked so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.script.seen.lock().expect("lock").clone()
    }

    /// How often it was asked.
    pub fn asked(&self) -> usize {
        self.seen().len()
    }

    /// Moves the factory's clock.
    pub fn pass(&self, span: Duration) {
        self.clock.set(self.clock.now().plus(span));
    }
}

pub fn client(url: &str, limits: Limits, clock: Clock) -> Client {
    let config = ForgeConfig {
        url: url.to_owned(),
        owner: "maria".to_owned(),
        repo: "demo".to_owned(),
        token: TOKEN.to_owned().into(),
        concurrency: 2,
        user_agent: "adf-test".to_owned(),
    };
    Client::with_limits(config, limits, clock).expect("a client")
}

/// Waits of a millisecond, and bounds that a test can reach.
pub fn limits() -> Limits {
    Limits {
        backoff_first: Duration::from_millis(1),
        backoff_most: Duration::from_millis(2),
        breaker_failures: 100,
        body_bytes: 16 * 1024,
        pages: 6,
        ..Limits::default()
    }
}

async fn answer(
    State(script): State<Script>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    script.seen.lock().expect("lock").push(Seen {
        method,
        target: uri.to_string(),
        headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    });
    let answer = {
        let mut answers = script.answers.lock().expect("lock");
        match answers.len() {
            0 => Answer::new(599, "the script is empty"),
            1 => answers[0].clone(),
            _ => answers.pop_front().expect("not empty"),
        }
    };
    if answer.ending == Ending::Never {
        std::future::pending::<()>().await;
    }
    let mut response = Response::builder().status(StatusCode::from_u16(answer.status).expect("ok"));
    for (name, value) in &answer.headers {
        response = response.header(*name, value);
    }
    let body = if answer.ending == Ending::Cut {
        Body::from_stream(cut(answer.body))
    } else {
        Body::from(answer.body)
    };
    response.body(body).expect("an answer")
}

/// The head and `body` go out; then the connection breaks.
fn cut(body: Vec<u8>) -> impl futures_util::Stream<Item = std::io::Result<Vec<u8>>> + Send {
    futures_util::stream::unfold(Some(body), |state| async move {
        match state {
            Some(body) if !body.is_empty() => Some((Ok(body), Some(Vec::new()))),
            Some(_) => {
                // What was written leaves only when the server has to wait.
                tokio::task::yield_now().await;
                Some((Err(std::io::Error::other("cut")), None))
            }
            None => None,
        }
    })
}
