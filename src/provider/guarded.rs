//! How each CLI is made to ask the guard before a tool call.
//!
//! Invariant: the CLIs take a hook that dies, hangs or is missing for a yes, so the
//! command turns every end but 0 and 2 into 2 with a reason; what the hook could not
//! do itself, the factory notices by what ran.

use super::Ask;
use serde_json::{Value, json};

/// Seconds that a CLI waits for its hook; the guard's own limit is far below.
const WAIT_SECONDS: u32 = 30;
/// The plugin's name in a run's `agent` folder.
pub(super) const PLUGIN: &str = "guard.js";

/// The hook's program and arguments.
fn words(ask: &Ask<'_>, whose: &str) -> [String; 6] {
    let text = |path: &std::path::Path| path.to_string_lossy().into_owned();
    [
        text(ask.adf),
        "guard".to_owned(),
        "hook".to_owned(),
        whose.to_owned(),
        "--run".to_owned(),
        text(ask.socket),
    ]
}

/// The hook as one line of shell, which is how most CLIs start theirs.
fn line(ask: &Ask<'_>, whose: &str) -> String {
    let quoted = |word: &String| format!("'{}'", word.replace('\'', "'\\''"));
    let words: Vec<String> = words(ask, whose).iter().map(quoted).collect();
    format!(
        "{}; code=$?; [ $code = 0 ] || {{ [ $code = 2 ] || echo 'denied: the guard failed; end your run, a person has to look at this' >&2; exit 2; }}",
        words.join(" ")
    )
}

/// The settings of Claude Code that its hook is in; they outrank those of files.
pub(super) fn claude(ask: &Ask<'_>) -> Value {
    let hook = json!({"type": "command", "command": line(ask, "claude"), "timeout": WAIT_SECONDS});
    json!({
        "disableAllHooks": false,
        "hooks": {"PreToolUse": [{"matcher": "*", "hooks": [hook]}]},
    })
}

/// The setting of Codex that its hook is in, as TOML.
pub(super) fn codex(ask: &Ask<'_>) -> String {
    // A JSON string is a TOML string too.
    let line = json!(line(ask, "codex"));
    format!(
        "hooks.PreToolUse=[{{matcher=\"*\",hooks=[{{type=\"command\",command={line},timeout={WAIT_SECONDS}}}]}}]"
    )
}

/// The hooks of Gemini CLI's settings; times are milliseconds there.
pub(super) fn gemini(ask: &Ask<'_>) -> Value {
    let hook = json!({
        "type": "command",
        "name": "guard",
        "command": line(ask, "gemini"),
        "timeout": WAIT_SECONDS * 1000,
    });
    json!({"BeforeTool": [{"matcher": ".*", "hooks": [hook]}]})
}

/// The plugin of opencode: it starts the hook, and throws unless that ends with 0.
pub(super) fn opencode(ask: &Ask<'_>) -> String {
    let [program, arguments @ ..] = words(ask, "opencode");
    let (program, arguments) = (json!(program), json!(arguments));
    let milliseconds = WAIT_SECONDS * 1000;
    format!(
        r#"// Asks the factory's guard before each tool call. Whatever goes wrong here denies.
import {{ spawnSync }} from "node:child_process"

export const Guard = async (context) => ({{
  "tool.execute.before": async (input, output) => {{
    const call = {{ tool_name: input.tool, tool_input: output.args ?? {{}}, cwd: context.directory, tool_use_id: input.callID }}
    const asked = spawnSync({program}, {arguments}, {{
      input: JSON.stringify(call),
      encoding: "utf8",
      timeout: {milliseconds},
      killSignal: "SIGKILL",
    }})
    if (asked.error || asked.status !== 0) {{
      throw new Error(asked.stderr || "denied: the guard failed; end your run, a person has to look at this")
    }}
  }},
}})
"#
    )
}
