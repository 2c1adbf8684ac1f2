//! Gemini CLI: `gemini -o stream-json`.
//!
//! Invariant: the settings in its home are the factory's anew at each start. Its
//! system settings would be out of the agent's reach, but it reads them only
//! from folders that belong to root all the way up.

use super::{
    Ask, Provider, Signal, Stream, guarded, hook,
    seen::{Seen, count, text},
};
use crate::model::{Usage, settings::Cli};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Its tools that run programs.
const RUN: [&str; 1] = ["run_shell_command"];
/// Its tools that edit files.
const EDIT: [&str; 2] = ["write_file", "replace"];

/// The provider `gemini`.
pub(super) struct Gemini(pub(super) Cli);

impl Provider for Gemini {
    fn argv(&self, ask: &Ask<'_>) -> Vec<String> {
        let mut argv = super::argv(
            &self.0,
            &[
                "-o",
                "stream-json",
                "--approval-mode",
                "yolo",
                "--skip-trust",
            ],
        );
        if let Some(model) = ask.model {
            argv.extend(["-m".to_owned(), model.to_owned()]);
        }
        if let Some(session) = ask.session() {
            argv.extend(["--resume".to_owned(), session.to_owned()]);
        }
        argv
    }

    fn env(&self, _ask: &Ask<'_>) -> BTreeMap<String, String> {
        let url = self.0.base_url.iter();
        url.map(|url| ("GOOGLE_GEMINI_BASE_URL".to_owned(), url.clone()))
            .collect()
    }

    fn key_variable(&self, _key: &str) -> Option<&'static str> {
        Some("GEMINI_API_KEY")
    }

    fn home(&self, ask: &Ask<'_>) -> BTreeMap<String, String> {
        let mut settings = json!({
            "general": {"enableAutoUpdate": false, "enableAutoUpdateNotification": false},
            "privacy": {"usageStatisticsEnabled": false},
            // With a base URL it would take the key for that of a gateway, and refuse it.
            "security": {"auth": {"selectedType": "gemini-api-key"}},
        });
        settings["hooks"] = guarded::gemini(ask);
        settings["mcpServers"] = json!({"adf": super::server(ask)});
        if !ask.tools.is_empty() {
            settings["tools"] = json!({"core": ask.tools});
        }
        let mut excluded: Vec<&str> = Vec::new();
        if !ask.role.may_run {
            excluded.extend(RUN);
        }
        if !ask.role.may_edit() {
            excluded.extend(EDIT);
        }
        if !excluded.is_empty() {
            settings["tools"]["exclude"] = json!(excluded);
        }
        BTreeMap::from([(".gemini/settings.json".to_owned(), settings.to_string())])
    }

    fn stream(&self, _ask: &Ask<'_>) -> Stream {
        Stream::Gemini
    }

    fn port(&self) -> Option<u16> {
        super::port(&self.0)
    }

    fn program(&self) -> Option<&str> {
        self.0.command.first().map(String::as_str)
    }
}

pub(super) fn read(line: &Value, seen: &mut Seen) -> Option<Signal> {
    match text(line, "/type")? {
        "init" => {
            seen.session(text(line, "/session_id"));
            None
        }
        "message" if text(line, "/role") == Some("assistant") => {
            let said = text(line, "/content").unwrap_or_default();
            // Pieces of one answer follow each other until a tool is called.
            if std::mem::replace(&mut seen.turn, "message".to_owned()).is_empty() {
                seen.say(said);
            } else {
                seen.add(said);
            }
            None
        }
        "tool_use" => {
            let name = text(line, "/tool_name").unwrap_or_default();
            let id = text(line, "/tool_id");
            seen.begins(hook::Cli::Gemini.print(id, name, line.get("parameters")));
            seen.turn.clear();
            seen.went_on();
            Some(Signal::Step)
        }
        "tool_result" => {
            let has_run = text(line, "/status") == Some("success");
            seen.ends(text(line, "/tool_id"), has_run);
            Some(Signal::Progress)
        }
        "error" => {
            if text(line, "/severity") != Some("warning") {
                seen.denied(text(line, "/message").unwrap_or_default(), None);
            }
            None
        }
        "result" => {
            result(line, seen);
            None
        }
        _ => None,
    }
}

fn result(line: &Value, seen: &mut Seen) {
    let input = count(line, "/stats/input_tokens");
    seen.told.usage = Usage {
        input,
        cached: count(line, "/stats/cached"),
        // Its `output_tokens` leave out what was thought.
        output: count(line, "/stats/total_tokens").saturating_sub(input),
        cost_micros: None,
    };
    if text(line, "/status") == Some("error") {
        seen.denied(text(line, "/error/message").unwrap_or_default(), None);
    } else {
        seen.went_on();
    }
}

/// `Attempt 1 failed with status 503. Retrying with backoff... …`.
pub(super) fn complain(line: &str, seen: &mut Seen) {
    if line.starts_with("Attempt ") && line.contains(" failed") {
        seen.denied(line, None);
    }
}
