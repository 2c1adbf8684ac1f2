//! What a CLI tells its hook before a tool call → what that call would do.
//!
//! Invariant: any bytes are read without panic; a tool that is not known here is
//! refused, not waved through, because nobody could say what it does, and so is
//! an argument that may move the call. `tools` is what the CLIs' tools take,
//! `arguments` how it is read, `print` what a call is known by. Next: `guard` judges what is wanted, `cli::guard` answers in the CLI's own way.

mod arguments;
mod print;
mod tools;

use serde_json::{Map, Value};
use tools::How;

/// The largest payload, in bytes.
pub const PAYLOAD_BYTES_MAX: usize = 4 << 20;

/// Whose hook it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cli {
    /// Claude Code.
    Claude,
    /// Codex.
    Codex,
    /// opencode.
    Opencode,
    /// Gemini CLI.
    Gemini,
}

/// One tool call, before it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The tool, as its CLI calls it.
    pub tool: String,
    /// Where it would run, perhaps relative to where the CLI runs; `None`: there.
    pub cwd: Option<String>,
    /// What it would do.
    pub wants: Want,
}

/// What a tool call would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Want {
    /// Run shell text.
    Run(String),
    /// Write these files.
    Write(Vec<String>),
    /// Read these files or folders.
    Read(Vec<String>),
    /// Apply a patch.
    Patch(String),
    /// Fetch from these addresses.
    Fetch(Vec<String>),
    /// Something that touches no file and starts nothing.
    Nothing,
}

impl Cli {
    /// Reads what the CLI tells its hook.
    ///
    /// # Errors
    /// Why the call cannot be judged, and what to do instead, for the agent.
    pub fn read(self, payload: &[u8]) -> Result<Call, String> {
        if payload.len() > PAYLOAD_BYTES_MAX {
            return Err(format!(
                "the call has {} bytes and at most {PAYLOAD_BYTES_MAX} are judged; make it smaller",
                payload.len()
            ));
        }
        let payload: Value = serde_json::from_slice(payload).map_err(|error| {
            format!("what the CLI told of the call cannot be read ({error}); try a plainer call")
        })?;
        let Some(tool) = payload.get("tool_name").and_then(Value::as_str) else {
            return Err(
                "the CLI names no tool; end your run, a person has to look at this".to_owned(),
            );
        };
        let none = Map::new();
        let input = match payload.get("tool_input") {
            Some(Value::Object(input)) => input,
            _ => &none,
        };
        let here = arguments::folder(tool, "cwd", payload.get("cwd"))?;
        let (cwd, wants) = if self.is_own(tool) {
            (here, Want::Nothing)
        } else {
            self.wanted(tool, input, here)?
        };
        Ok(Call {
            tool: tool.to_owned(),
            cwd,
            wants,
        })
    }

    fn wanted(
        self,
        tool: &str,
        input: &Map<String, Value>,
        here: Option<String>,
    ) -> Result<(Option<String>, Want), String> {
        let known = self.tools().iter().find(|(name, _)| *name == tool);
        let Some((_, how)) = known else {
            let names: Vec<&str> = self.tools().iter().map(|(name, _)| *name).collect();
            return Err(format!(
                "the tool `{tool}` is not known to the guard; use one of {} or the factory's own",
                names.join(", ")
            ));
        };
        if let Some(key) = arguments::stranger(self, *how, input) {
            return Err(format!(
                "the argument `{key}` of `{tool}` is not known to the guard and could move what it does; leave it out"
            ));
        }
        let cwd = match how {
            How::Run(_) => self.moved(tool, input, here)?,
            _ => here,
        };
        Ok((cwd, arguments::wants(tool, *how, input)?))
    }

    /// Where a shell tool would run: where it is told to, seen from where the CLI is.
    fn moved(
        self,
        tool: &str,
        input: &Map<String, Value>,
        here: Option<String>,
    ) -> Result<Option<String>, String> {
        let mut named: Vec<String> = Vec::new();
        for key in self.folders() {
            named.extend(arguments::folder(tool, key, input.get(*key))?);
        }
        match (named.as_slice(), here) {
            ([], here) => Ok(here),
            ([one], Some(here)) if !one.starts_with('/') => Ok(Some(format!("{here}/{one}"))),
            ([one], _) => Ok(Some(one.clone())),
            _ => Err(format!(
                "the call of `{tool}` names two folders; name the one in which it runs"
            )),
        }
    }
}
