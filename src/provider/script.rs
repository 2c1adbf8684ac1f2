//! Any executable as an agent: it reads the prompt from standard input or from
//! the file `$ADF_PROMPT`, works in its directory, and may print JSON lines
//! `{"type":"step"}` and `{"type":"progress"}`.
//!
//! Invariant: the command is run as it is written; no shell, no template.

use super::{Ask, Provider, Signal, Stream};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The provider `script`.
#[derive(Clone, Debug)]
pub struct Script {
    /// Program and arguments.
    pub command: Vec<String>,
}

impl Provider for Script {
    fn argv(&self, _ask: &Ask<'_>) -> Vec<String> {
        self.command.clone()
    }

    fn env(&self, ask: &Ask<'_>) -> BTreeMap<String, String> {
        let prompt = ask.prompt.to_string_lossy().into_owned();
        let mut env = BTreeMap::from([
            ("ADF_PROMPT".to_owned(), prompt),
            ("ADF_TOOLS".to_owned(), ask.tools.join(",")),
            ("ADF_ROLE".to_owned(), ask.role.role.clone()),
        ]);
        if let Some(model) = ask.model {
            env.insert("ADF_MODEL".to_owned(), model.to_owned());
        }
        env
    }

    fn stream(&self, _ask: &Ask<'_>) -> Stream {
        Stream::Script
    }
}

#[derive(Deserialize)]
struct Line {
    r#type: String,
}

pub(super) fn read(line: &[u8]) -> Option<Signal> {
    let line: Line = serde_json::from_slice(line).ok()?;
    match line.r#type.as_str() {
        "step" => Some(Signal::Step),
        "progress" => Some(Signal::Progress),
        _ => None,
    }
}
