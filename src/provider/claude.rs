//! Claude Code: `claude -p` with its stream of JSON lines.
//!
//! Invariant: settings come from the factory and the private home alone, never
//! from the repository; thinking is skipped, and so are the words of subagents.

use super::{
    Ask, Provider, Signal, Stream, guarded, hook,
    seen::{Seen, count, micros, text},
};
use crate::model::{RoleContext, Usage, settings::Cli};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// How the tokens of a subscription begin; every other key is an API key.
const SUBSCRIPTION: &str = "sk-ant-oat";

/// Its tools that run programs.
const RUN: [&str; 3] = ["Bash", "BashOutput", "KillShell"];
/// Its tools that edit files.
const EDIT: [&str; 4] = ["Edit", "MultiEdit", "Write", "NotebookEdit"];

/// The provider `claude`.
pub(super) struct Claude(pub(super) Cli);

impl Provider for Claude {
    fn argv(&self, ask: &Ask<'_>) -> Vec<String> {
        let mut argv = super::argv(
            &self.0,
            &[
                "-p",
                "--output-format",
                "stream-json",
                "--verbose",
                "--dangerously-skip-permissions",
                "--setting-sources",
                "user",
                "--strict-mcp-config",
                "--mcp-config",
            ],
        );
        argv.push(json!({"mcpServers": {"adf": super::server(ask)}}).to_string());
        argv.extend(["--settings".to_owned(), guarded::claude(ask).to_string()]);
        let tools = ask.tools.join(",");
        let mut option = |name: &str, value: Option<&str>| {
            argv.extend(value.into_iter().flat_map(|v| [name.into(), v.to_owned()]));
        };
        option("--model", ask.model);
        option("--tools", (!tools.is_empty()).then_some(tools.as_str()));
        option("--resume", ask.session());
        let forbidden = forbidden(ask.role).join(",");
        option(
            "--disallowedTools",
            (!forbidden.is_empty()).then_some(forbidden.as_str()),
        );
        argv
    }

    fn env(&self, _ask: &Ask<'_>) -> BTreeMap<String, String> {
        let mut env = super::variables(&[
            ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1"),
            ("DISABLE_AUTOUPDATER", "1"),
            // The hour of a reset is then told in UTC.
            ("TZ", "UTC"),
            // The walls are the sandbox without which it skips no permissions for root.
            ("IS_SANDBOX", "1"),
        ]);
        if let Some(url) = &self.0.base_url {
            env.insert("ANTHROPIC_BASE_URL".to_owned(), url.clone());
        }
        env
    }

    fn key_variable(&self, key: &str) -> Option<&'static str> {
        Some(if key.starts_with(SUBSCRIPTION) {
            "CLAUDE_CODE_OAUTH_TOKEN"
        } else {
            "ANTHROPIC_API_KEY"
        })
    }

    fn stream(&self, _ask: &Ask<'_>) -> Stream {
        Stream::Claude
    }

    fn port(&self) -> Option<u16> {
        super::port(&self.0)
    }

    fn program(&self) -> Option<&str> {
        self.0.command.first().map(String::as_str)
    }
}

/// Its tools that a role has no use for.
fn forbidden(role: &RoleContext) -> Vec<&'static str> {
    let mut tools = Vec::new();
    if !role.may_run {
        tools.extend(RUN);
    }
    if !role.may_edit() {
        tools.extend(EDIT);
    }
    tools
}

pub(super) fn read(line: &Value, seen: &mut Seen) -> Option<Signal> {
    match text(line, "/type")? {
        "system" => {
            system(line, seen);
            None
        }
        "rate_limit_event" => {
            if text(line, "/rate_limit_info/status") == Some("rejected") {
                let at = line.pointer("/rate_limit_info/resetsAt");
                seen.resets(at.and_then(Value::as_u64));
            }
            None
        }
        "assistant" => assistant(line, seen),
        "user" => {
            let is_result = |block: &&Value| text(block, "/type") == Some("tool_result");
            let results = blocks(line).iter().filter(is_result);
            let mut signal = None;
            for block in results {
                seen.ends(text(block, "/tool_use_id"), has_run(block));
                signal = Some(Signal::Progress);
            }
            signal
        }
        "result" => {
            result(line, seen);
            None
        }
        _ => None,
    }
}

fn system(line: &Value, seen: &mut Seen) {
    match text(line, "/subtype") {
        Some("init") => seen.session(text(line, "/session_id")),
        Some("api_retry") => {
            let status = line.pointer("/error_status").and_then(Value::as_u64);
            let why = text(line, "/error").filter(|why| *why != "unknown");
            seen.denied(why.unwrap_or("request failed"), status);
        }
        _ => {}
    }
}

fn assistant(line: &Value, seen: &mut Seen) -> Option<Signal> {
    // Its own lines about a failed request; the result says the same with the status.
    if line.get("error").is_some_and(|e| !e.is_null()) {
        return None;
    }
    let message = text(line, "/message/id").unwrap_or_default();
    if seen.turn != message {
        // Until the result has the sum: what a run that is cut off leaves.
        seen.turn = message.chars().take(100).collect();
        seen.used(usage(line, "/message/usage"));
    }
    let of_subagent = text(line, "/parent_tool_use_id").is_some();
    let mut signal = None;
    for block in blocks(line) {
        match text(block, "/type") {
            Some("tool_use") => {
                let name = text(block, "/name").unwrap_or_default();
                seen.begins(hook::Cli::Claude.print(text(block, "/id"), name, block.get("input")));
                seen.went_on();
                signal = Some(Signal::Step);
            }
            Some("text") if !of_subagent => seen.say(text(block, "/text").unwrap_or_default()),
            _ => {}
        }
    }
    signal
}

/// A call that does not fit its tool's schema comes to a result without being run.
fn has_run(result: &Value) -> bool {
    let said = text(result, "/content").or_else(|| text(result, "/content/0/text"));
    let refused = said.is_some_and(|said| said.starts_with("<tool_use_error>"));
    !(refused && result.get("is_error") == Some(&Value::Bool(true)))
}

fn result(line: &Value, seen: &mut Seen) {
    seen.session(text(line, "/session_id"));
    seen.told.usage = usage(line, "/usage");
    seen.told.usage.cost_micros = micros(line, "/total_cost_usd");
    let said = text(line, "/result")
        .or_else(|| text(line, "/errors/0"))
        .or_else(|| text(line, "/subtype"))
        .unwrap_or_default();
    if line.get("is_error") == Some(&Value::Bool(true)) {
        let status = line.pointer("/api_error_status").and_then(Value::as_u64);
        seen.denied(said, status);
    } else {
        seen.say(said);
    }
}

fn blocks(line: &Value) -> &[Value] {
    let blocks = line.pointer("/message/content").and_then(Value::as_array);
    blocks.map_or(&[], Vec::as_slice)
}

/// Its `input_tokens` leave out what was read from the cache or written to it.
fn usage(line: &Value, at: &str) -> Usage {
    let tokens = |name: &str| count(line, &format!("{at}/{name}"));
    let cached = tokens("cache_read_input_tokens");
    Usage {
        input: tokens("input_tokens")
            .saturating_add(tokens("cache_creation_input_tokens"))
            .saturating_add(cached),
        cached,
        output: tokens("output_tokens"),
        cost_micros: None,
    }
}
