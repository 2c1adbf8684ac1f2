//! A chat's webhook: takes requests, and answers as it is told.
//!
//! Invariant: what it took is kept in order, also what it never answered.

use crate::support::until;
use serde_json::Value;
use std::collections::VecDeque;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A part of the address, in no text that comes out of the factory.
pub const SECRET: &str = "bot1234567-AAHsecretpartofanaddress";
/// The token that is sent along.
pub const TOKEN: &str = "tok-0123456789abcdef";

/// How one request is answered; those after the last well.
#[derive(Clone, Copy)]
pub enum Answer {
    Status(u16),
    Never,
}

#[derive(Default)]
struct Desk {
    answers: VecDeque<Answer>,
    taken: Vec<String>,
    /// Connections that never get an answer.
    held: Vec<TcpStream>,
}

pub struct Receiver {
    address: String,
    desk: Arc<Mutex<Desk>>,
}

impl Receiver {
    pub async fn new(answers: &[Answer]) -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let desk = Arc::new(Mutex::new(Desk {
            answers: answers.iter().copied().collect(),
            ..Desk::default()
        }));
        let served = desk.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(stream, served.clone()));
            }
        });
        Receiver { address, desk }
    }

    /// Writes its address and token beside the config, and gives the part of the config
    /// that names them.
    pub fn sink(&self, dir: &Path) -> String {
        for (file, text) in [
            (
                "chat.url",
                format!("{}/{SECRET}/send?n={{id}}", self.address),
            ),
            ("chat.token", TOKEN.to_owned()),
        ] {
            std::fs::write(dir.join(file), text).unwrap();
            let mode = std::fs::Permissions::from_mode(0o600);
            std::fs::set_permissions(dir.join(file), mode).unwrap();
        }
        r#"
[notify]
gather = "100ms"
every = "1s"

[notify.sinks.chat]
kind = "webhook"
url_file = "chat.url"
token_file = "chat.token"
body = '{"text": {{ text }}, "count": {{ count }}, "id": {{ id }}}'
"#
        .to_owned()
    }

    /// From now on every request is answered so.
    pub fn answer(&self, answers: &[Answer]) {
        self.desk.lock().unwrap().answers = answers.iter().copied().collect();
    }

    /// The bodies that came, in order.
    pub fn taken(&self) -> Vec<Value> {
        let desk = self.desk.lock().unwrap();
        let bodies = desk.taken.iter().map(|text| {
            let (_, body) = text.split_once("\r\n\r\n").unwrap();
            serde_json::from_str(body).unwrap_or_else(|e| panic!("{e}: {body}"))
        });
        bodies.collect()
    }

    /// Waits for a body with these words in its text.
    pub async fn until_told(&self, words: &str) -> Value {
        until(&format!("`{words}` at the webhook"), || {
            let mut taken = self.taken().into_iter();
            taken.find(|body| body["text"].as_str().unwrap().contains(words))
        })
        .await
    }

    /// How many bodies hold these words.
    pub fn count(&self, words: &str) -> usize {
        let holds = |body: &Value| body["text"].as_str().unwrap().contains(words);
        self.taken().iter().filter(|body| holds(body)).count()
    }
}

async fn serve(mut stream: TcpStream, desk: Arc<Mutex<Desk>>) {
    let mut bytes = Vec::new();
    let mut part = [0; 4096];
    loop {
        let Ok(length @ 1..) = stream.read(&mut part).await else {
            return;
        };
        bytes.extend_from_slice(&part[..length]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head
            .lines()
            .find_map(|l| l.strip_prefix("content-length: "));
        if body.len() < length.map_or(0, |l| l.parse().unwrap()) {
            continue;
        }
        assert!(head.contains(SECRET) && head.contains(TOKEN), "{head}");
        let answer = {
            let mut desk = desk.lock().unwrap();
            desk.taken.push(text);
            desk.answers.pop_front().unwrap_or(Answer::Status(200))
        };
        match answer {
            Answer::Never => {
                desk.lock().unwrap().held.push(stream);
                return;
            }
            Answer::Status(status) => {
                let text = format!(
                    "HTTP/1.1 {status} So\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
                );
                let _ = stream.write_all(text.as_bytes()).await;
                return;
            }
        }
    }
}
