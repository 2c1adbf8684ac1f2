//! Answers before they are bytes, in Gitea's wording, odd ones included.
//!
//! Invariant: an error's body is one of the four shapes that a real server was
//! recorded to give (`tests/data`): message, message with errors, a bare
//! status, or plain text.

use serde_json::{Value, json};

/// The body of an answer.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Body {
    Empty,
    Json(Value),
    Text(String),
    Html(String),
    Bytes(Vec<u8>),
}

/// A status, headers and a body.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Answer {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Body,
}

/// The place of the server's address in texts that are made far from it.
const BASE: &str = "{base}";

impl Answer {
    pub fn json(status: u16, value: Value) -> Answer {
        Answer {
            status,
            headers: Vec::new(),
            body: Body::Json(value),
        }
    }

    pub fn ok(value: Value) -> Answer {
        Answer::json(200, value)
    }

    pub fn bare(status: u16) -> Answer {
        Answer {
            status,
            headers: Vec::new(),
            body: Body::Empty,
        }
    }

    pub fn text(status: u16, text: impl Into<String>) -> Answer {
        Answer {
            status,
            headers: Vec::new(),
            body: Body::Text(text.into()),
        }
    }

    pub fn html(status: u16, text: String) -> Answer {
        Answer {
            status,
            headers: Vec::new(),
            body: Body::Html(text),
        }
    }

    pub fn error(status: u16, message: impl Into<String>) -> Answer {
        let message: String = message.into();
        Answer::json(
            status,
            json!({"message": message, "url": format!("{BASE}/api/swagger")}),
        )
    }

    pub fn not_found() -> Answer {
        Answer::missing("not found", None)
    }

    /// A 404 that names what is missing.
    pub fn missing(message: &str, error: Option<String>) -> Answer {
        let errors = error.map(|text| vec![text]);
        Answer::json(
            404,
            json!({"errors": errors, "message": message, "url": format!("{BASE}/api/swagger")}),
        )
    }

    pub fn no_such_user(login: &str) -> String {
        format!("user does not exist [uid: 0, name: {login}]")
    }

    pub fn required(field: &str) -> Answer {
        Answer::error(422, format!("[{field}]: Required"))
    }

    /// What a stock server says about its own faults: nothing.
    pub fn internal() -> Answer {
        Answer::error(500, "")
    }

    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Answer {
        self.headers.push((name, value.into()));
        self
    }

    /// The message for people, where there is one.
    pub fn message(&self) -> String {
        match &self.body {
            Body::Json(value) => value["message"].as_str().unwrap_or_default().to_owned(),
            Body::Text(text) => text.clone(),
            _ => String::new(),
        }
    }

    /// Puts the server's address into an error's text.
    pub fn at(mut self, base: &str) -> Answer {
        if let Body::Json(Value::Object(map)) = &mut self.body
            && let Some(Value::String(url)) = map.get_mut("url")
            && url.starts_with(BASE)
        {
            *url = url.replacen(BASE, base, 1);
        }
        self
    }
}
