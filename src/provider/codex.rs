//! Codex: `codex exec` with its stream of JSON lines.
//!
//! Invariant: its own sandbox is off, because the walls hold it and it could
//! not commit otherwise; the key never reaches the commands it runs.

use super::{
    Ask, Provider, Signal, Stream, guarded, hook,
    seen::{Seen, count, text},
};
use crate::model::{CallPrint, Usage, settings::Cli};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The variable of its key.
const KEY: &str = "CODEX_API_KEY";

/// Items that come of a call that its hooks see.
const JUDGED: [&str; 2] = ["command_execution", "file_change"];
/// Items that are no tool calls.
const WORDS: [&str; 4] = ["agent_message", "reasoning", "error", "todo_list"];

/// The provider `codex`.
pub(super) struct Codex(pub(super) Cli);

impl Provider for Codex {
    fn argv(&self, ask: &Ask<'_>) -> Vec<String> {
        let mut argv = super::argv(
            &self.0,
            &[
                "exec",
                "--json",
                "--skip-git-repo-check",
                "-s",
                "danger-full-access",
                "-c",
            ],
        );
        argv.push(format!("shell_environment_policy.exclude=[{KEY:?}]"));
        argv.extend(["-c".to_owned(), guarded::codex(ask)]);
        // A hook that nobody has trusted is left out without a word.
        argv.push("--dangerously-bypass-hook-trust".to_owned());
        let (command, env) = ask.tools_server();
        let quoted = |text: &str| json!(text).to_string();
        let args: Vec<String> = command.iter().skip(1).map(|arg| quoted(arg)).collect();
        let env: Vec<String> = env
            .iter()
            .map(|(k, v)| format!("{k}={}", quoted(v)))
            .collect();
        argv.extend([
            "-c".to_owned(),
            format!(
                "mcp_servers.adf={{command={},args=[{}],env={{{}}}}}",
                quoted(command.first().map_or("", String::as_str)),
                args.join(","),
                env.join(",")
            ),
        ]);
        if let Some(url) = &self.0.base_url {
            let url = json!(url);
            argv.extend([
                "-c".to_owned(),
                "model_provider=\"adf\"".to_owned(),
                "-c".to_owned(),
                format!(
                    "model_providers.adf={{name=\"adf\",base_url={url},env_key={KEY:?},wire_api=\"responses\"}}"
                ),
            ]);
        }
        if let Some(model) = ask.model {
            argv.extend(["-m".to_owned(), model.to_owned()]);
        }
        if let Some(session) = ask.session() {
            argv.extend(["resume".to_owned(), session.to_owned()]);
        }
        // The prompt is standard input.
        argv.push("-".to_owned());
        argv
    }

    fn env(&self, ask: &Ask<'_>) -> BTreeMap<String, String> {
        let index = ask.tmp.to_string_lossy();
        super::variables(&[
            // Its index of sessions names absolute paths; a new one finds those of a home that moved.
            ("CODEX_SQLITE_HOME", &index),
            // The hour of a reset is told without a zone.
            ("TZ", "UTC"),
        ])
    }

    fn key_variable(&self, _key: &str) -> Option<&'static str> {
        Some(KEY)
    }

    fn stream(&self, ask: &Ask<'_>) -> Stream {
        Stream::Codex {
            before: ask.resume.map_or(Usage::default(), |r| r.used),
        }
    }

    fn port(&self) -> Option<u16> {
        super::port(&self.0)
    }

    fn program(&self) -> Option<&str> {
        self.0.command.first().map(String::as_str)
    }
}

pub(super) fn read(line: &Value, before: Usage, seen: &mut Seen) -> Option<Signal> {
    let kind = text(line, "/type")?;
    let item = text(line, "/item/type").unwrap_or_default();
    match (kind, item) {
        ("thread.started", _) => {
            seen.session(text(line, "/thread_id"));
            None
        }
        ("item.completed", "agent_message") => {
            seen.say(text(line, "/item/text").unwrap_or_default());
            None
        }
        ("item.started", item) if !WORDS.contains(&item) => {
            seen.went_on();
            Some(Signal::Progress)
        }
        ("item.completed", item) if !WORDS.contains(&item) => {
            if JUDGED.contains(&item) {
                seen.ran(print(line));
            }
            seen.went_on();
            Some(Signal::Step)
        }
        ("turn.completed", _) => {
            seen.told.usage = Usage {
                input: count(line, "/usage/input_tokens"),
                cached: count(line, "/usage/cached_input_tokens"),
                output: count(line, "/usage/output_tokens"),
                cost_micros: None,
            }
            .minus(before);
            seen.went_on();
            None
        }
        ("turn.failed", _) => {
            seen.denied(text(line, "/error/message").unwrap_or_default(), None);
            None
        }
        ("error", _) => {
            seen.denied(text(line, "/message").unwrap_or_default(), None);
            None
        }
        _ => None,
    }
}

/// What a command or a change of files is known by; its id here is not that of its hook.
fn print(line: &Value) -> CallPrint {
    match line.pointer("/item/changes").and_then(Value::as_array) {
        Some(changes) => {
            let files = changes.iter().filter_map(|change| text(change, "/path"));
            hook::Cli::Codex.changes(None, files)
        }
        None => hook::Cli::Codex.print(None, "Bash", line.get("item")),
    }
}
