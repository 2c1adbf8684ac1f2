//! An agent's settings → how its CLI is started and how its output is read:
//! argv, environment, files and the stream of steps. One file per CLI.
//!
//! Invariant: a provider decides nothing and starts nothing; its key is in
//! neither argv nor [`Provider::env`]; its [`Reader`] is a value, so that a supervisor
//! in another process reads the output with it, and never panics on any bytes.
//! Next: `act::supervise` starts what this describes.

mod claude;
mod codex;
mod denial;
mod gemini;
mod guarded;
pub mod hook;
mod opencode;
pub mod place;
pub mod script;
mod seen;
pub mod stream;
pub mod thoughts;

pub use stream::{Reader, Signal, Stream};

use crate::model::{RoleContext, Usage, settings};
use serde_json::{Value, json};
use std::{collections::BTreeMap, path::Path};

/// What an agent asks of its provider.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// The model, where the provider takes one.
    pub model: Option<&'a str>,
    /// Tools the agent may use.
    pub tools: &'a [String],
    /// What it may edit and run.
    pub role: &'a RoleContext,
    /// The prompt's file, as the agent sees it; it is also standard input.
    pub prompt: &'a Path,
    /// The run's own temporary folder.
    pub tmp: &'a Path,
    /// The factory's executable, which is also a server of tools.
    pub adf: &'a Path,
    /// The folder of the run's socket.
    pub socket: &'a Path,
    /// The conversation to go on with.
    pub resume: Option<Resume<'a>>,
}

/// A conversation of an earlier attempt, whose home the run has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resume<'a> {
    /// Its id.
    pub session: &'a str,
    /// What it has used up so far.
    pub used: Usage,
}

impl Ask<'_> {
    /// The factory's tools as an MCP server: its command and its one variable, because
    /// some CLIs give their servers no others.
    fn tools_server(&self) -> (Vec<String>, BTreeMap<String, String>) {
        let text = |path: &Path| path.to_string_lossy().into_owned();
        let command = vec![text(self.adf), "agent".to_owned(), "mcp".to_owned()];
        let socket = ("ADF_AGENT_DIR".to_owned(), text(self.socket));
        (command, BTreeMap::from([socket]))
    }

    fn session(&self) -> Option<&str> {
        self.resume.map(|r| r.session)
    }
}

/// An agent CLI.
pub trait Provider: Send + Sync {
    /// Program and arguments; never a secret.
    fn argv(&self, ask: &Ask<'_>) -> Vec<String>;
    /// Variables besides the common ones; never a secret.
    fn env(&self, ask: &Ask<'_>) -> BTreeMap<String, String>;
    /// The variable in which it takes this key.
    fn key_variable(&self, _key: &str) -> Option<&'static str> {
        None
    }
    /// Files that it finds in its home: path and content.
    fn home(&self, _ask: &Ask<'_>) -> BTreeMap<String, String> {
        BTreeMap::new()
    }
    /// Files that it is given in its run's `agent` folder, out of its agent's reach.
    fn given(&self, _ask: &Ask<'_>) -> BTreeMap<String, String> {
        BTreeMap::new()
    }
    /// How its output is read.
    fn stream(&self, ask: &Ask<'_>) -> Stream;
    /// The port of the address that its requests go to instead of to its maker.
    fn port(&self) -> Option<u16> {
        None
    }
    /// The program whose installation the walls must let it read.
    fn program(&self) -> Option<&str> {
        None
    }
}

/// The provider that settings describe.
#[must_use]
pub fn of(settings: &settings::Provider) -> Box<dyn Provider> {
    match settings {
        settings::Provider::Script { command } => Box::new(script::Script {
            command: command.clone(),
        }),
        settings::Provider::Claude(cli) => Box::new(claude::Claude(cli.clone())),
        settings::Provider::Codex(cli) => Box::new(codex::Codex(cli.clone())),
        settings::Provider::Opencode(cli) => Box::new(opencode::Opencode(cli.clone())),
        settings::Provider::Gemini(cli) => Box::new(gemini::Gemini(cli.clone())),
    }
}

/// The factory's tools in the form that most CLIs read.
fn server(ask: &Ask<'_>) -> Value {
    let (command, env) = ask.tools_server();
    json!({"command": command.first(), "args": command.get(1..), "env": env})
}

/// The command with these arguments.
fn argv(cli: &settings::Cli, words: &[&str]) -> Vec<String> {
    let words = words.iter().map(|word| (*word).to_owned());
    cli.command.iter().cloned().chain(words).collect()
}

/// The port of the address in a CLI's settings.
fn port(cli: &settings::Cli) -> Option<u16> {
    let url = url::Url::parse(cli.base_url.as_deref()?).ok()?;
    url.port_or_known_default()
}

/// Variables by name.
fn variables(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    pairs.iter().map(owned).collect()
}
