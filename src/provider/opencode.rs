//! opencode: `opencode run` with its stream of JSON lines.
//!
//! Invariant: its config is the factory's, given in the environment; what the
//! repository configures is not read. It waits for a denying provider in
//! silence, so its log on standard error is read for denials.

use super::{
    Ask, Provider, Signal, Stream, guarded, hook,
    seen::{Seen, count, micros, text},
};
use crate::model::{Usage, settings::Cli};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The variable of its key, which the config refers to.
const KEY: &str = "ADF_PROVIDER_KEY";

/// Its tools that edit files.
const EDIT: [&str; 4] = ["edit", "write", "patch", "multiedit"];

/// The provider `opencode`.
pub(super) struct Opencode(pub(super) Cli);

impl Provider for Opencode {
    fn argv(&self, ask: &Ask<'_>) -> Vec<String> {
        let mut argv = super::argv(
            &self.0,
            &["run", "--format", "json", "--print-logs", "--log-level"],
        );
        argv.push("ERROR".to_owned());
        if let Some(model) = ask.model {
            argv.extend(["-m".to_owned(), model.to_owned()]);
        }
        if let Some(session) = ask.session() {
            argv.extend(["-s".to_owned(), session.to_owned()]);
        }
        argv
    }

    fn env(&self, ask: &Ask<'_>) -> BTreeMap<String, String> {
        let mut env = super::variables(&[
            ("OPENCODE_CONFIG_CONTENT", &self.config(ask).to_string()),
            ("OPENCODE_DISABLE_AUTOUPDATE", "1"),
            ("OPENCODE_DISABLE_PROJECT_CONFIG", "1"),
        ]);
        if self.0.base_url.is_some() {
            env.insert("OPENCODE_DISABLE_MODELS_FETCH".to_owned(), "1".to_owned());
        }
        env
    }

    fn given(&self, ask: &Ask<'_>) -> BTreeMap<String, String> {
        BTreeMap::from([(guarded::PLUGIN.to_owned(), guarded::opencode(ask))])
    }

    fn key_variable(&self, _key: &str) -> Option<&'static str> {
        Some(KEY)
    }

    fn stream(&self, _ask: &Ask<'_>) -> Stream {
        Stream::Opencode
    }

    fn port(&self) -> Option<u16> {
        super::port(&self.0)
    }

    fn program(&self) -> Option<&str> {
        self.0.command.first().map(String::as_str)
    }
}

impl Opencode {
    fn config(&self, ask: &Ask<'_>) -> Value {
        let mut permission = Map::new();
        let all = if ask.tools.is_empty() {
            "allow"
        } else {
            "deny"
        };
        permission.insert("*".to_owned(), all.into());
        let tools = ask.tools.iter();
        permission.extend(tools.map(|tool| (tool.clone(), "allow".into())));
        permission.insert("adf_*".to_owned(), "allow".into());
        // The last word counts.
        if !ask.role.may_run {
            permission.insert("bash".to_owned(), "deny".into());
        }
        if !ask.role.may_edit() {
            for tool in EDIT {
                permission.insert(tool.to_owned(), "deny".into());
            }
        }
        let (command, env) = ask.tools_server();
        let mut config = json!({
            "autoupdate": false,
            "share": "disabled",
            "permission": permission,
            "plugin": [format!("file://{}", ask.socket.join(guarded::PLUGIN).display())],
            "mcp": {"adf": {"type": "local", "command": command, "environment": env}},
        });
        // The resolver of the config asks for `provider/model`.
        let Some((provider, model)) = ask.model.and_then(|m| m.split_once('/')) else {
            return config;
        };
        let mut options = Map::new();
        if self.0.has_key {
            options.insert("apiKey".to_owned(), format!("{{env:{KEY}}}").into());
        }
        let mut entry = Map::new();
        if let Some(url) = &self.0.base_url {
            options.insert("baseURL".to_owned(), url.as_str().into());
            entry.insert("npm".to_owned(), "@ai-sdk/openai-compatible".into());
            entry.insert("models".to_owned(), json!({model: {}}));
            config["small_model"] = format!("{provider}/{model}").into();
        }
        entry.insert("options".to_owned(), options.into());
        config["provider"] = json!({provider: entry});
        config
    }
}

pub(super) fn read(line: &Value, seen: &mut Seen) -> Option<Signal> {
    let kind = text(line, "/type")?;
    seen.session(text(line, "/sessionID"));
    match kind {
        "text" => {
            seen.say(text(line, "/part/text").unwrap_or_default());
            None
        }
        "tool_use" => {
            let over = text(line, "/part/state/status") == Some("completed");
            // What no tool fits is handed to one that only says so.
            let tool = text(line, "/part/tool").unwrap_or_default();
            if over && tool != "invalid" {
                let input = line.pointer("/part/state/input");
                seen.ran(hook::Cli::Opencode.print(text(line, "/part/callID"), tool, input));
            }
            seen.went_on();
            Some(Signal::Step)
        }
        "step_finish" => {
            let tokens = |name: &str| count(line, &format!("/part/tokens/{name}"));
            let cached = tokens("cache/read");
            seen.used(Usage {
                input: tokens("input")
                    .saturating_add(cached)
                    .saturating_add(tokens("cache/write")),
                cached,
                output: tokens("output").saturating_add(tokens("reasoning")),
                cost_micros: micros(line, "/part/cost"),
            });
            seen.went_on();
            Some(Signal::Progress)
        }
        "error" => {
            let said = text(line, "/error/data/message")
                .or_else(|| text(line, "/error/message"))
                .or_else(|| text(line, "/error/name"));
            let status = line.pointer("/error/data/statusCode");
            seen.denied(said.unwrap_or_default(), status.and_then(Value::as_u64));
            None
        }
        _ => None,
    }
}

/// `… message="stream error" … small=false … error.error="AI_APICallError: …"`.
pub(super) fn complain(line: &str, seen: &mut Seen) {
    // The title of a session may fail without harm.
    if !line.contains("message=\"stream error\"") || line.contains(" small=true ") {
        return;
    }
    if let Some((_, said)) = line.split_once(" error.error=") {
        seen.denied(said.trim_matches('"'), None);
    }
}
