//! What a CLI tells its hook before a tool call → what that call would do.
//!
//! Invariant: any bytes are read without panic; a tool that is not known here is
//! refused, not waved through, because nobody could say what it does. Next:
//! `guard` judges what is wanted, `cli::guard` answers in the CLI's own way.

use serde_json::Value;

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
    /// Where it would run; `None`: where the CLI does.
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
    /// Something that touches no file and starts nothing.
    Nothing,
}

/// How a tool names what it would do.
#[derive(Clone, Copy)]
enum How {
    Run(&'static str),
    Write(&'static str),
    Read(&'static [&'static str]),
    Patch(&'static str),
    Nothing,
}

type Tools = &'static [(&'static str, How)];

const CLAUDE: Tools = &[
    ("Bash", How::Run("command")),
    ("Write", How::Write("file_path")),
    ("Edit", How::Write("file_path")),
    ("MultiEdit", How::Write("file_path")),
    ("NotebookEdit", How::Write("notebook_path")),
    ("Read", How::Read(&["file_path"])),
    ("Glob", How::Read(&["path"])),
    ("Grep", How::Read(&["path"])),
    ("LS", How::Read(&["path"])),
    ("BashOutput", How::Nothing),
    ("KillShell", How::Nothing),
    ("TaskOutput", How::Nothing),
    ("TaskStop", How::Nothing),
    ("Agent", How::Nothing),
    ("Task", How::Nothing),
    ("TodoWrite", How::Nothing),
    ("TaskCreate", How::Nothing),
    ("TaskGet", How::Nothing),
    ("TaskUpdate", How::Nothing),
    ("TaskList", How::Nothing),
    ("WebFetch", How::Nothing),
    ("WebSearch", How::Nothing),
    ("ToolSearch", How::Nothing),
    ("ExitPlanMode", How::Nothing),
    ("EnterPlanMode", How::Nothing),
];

const CODEX: Tools = &[
    ("Bash", How::Run("command")),
    ("apply_patch", How::Patch("command")),
    ("update_plan", How::Nothing),
    ("view_image", How::Read(&["path"])),
];

const OPENCODE: Tools = &[
    ("bash", How::Run("command")),
    ("write", How::Write("filePath")),
    ("edit", How::Write("filePath")),
    ("multiedit", How::Write("filePath")),
    ("patch", How::Patch("patchText")),
    ("apply_patch", How::Patch("patchText")),
    ("read", How::Read(&["filePath"])),
    ("glob", How::Read(&["path"])),
    ("grep", How::Read(&["path"])),
    ("list", How::Read(&["path"])),
    ("task", How::Nothing),
    ("todowrite", How::Nothing),
    ("todoread", How::Nothing),
    ("webfetch", How::Nothing),
    ("websearch", How::Nothing),
    ("invalid", How::Nothing),
];

const GEMINI: Tools = &[
    ("run_shell_command", How::Run("command")),
    ("write_file", How::Write("file_path")),
    ("replace", How::Write("file_path")),
    ("read_file", How::Read(&["file_path", "absolute_path"])),
    ("read_many_files", How::Read(&["include", "paths"])),
    ("list_directory", How::Read(&["dir_path", "path"])),
    ("glob", How::Read(&["dir_path", "path"])),
    ("grep_search", How::Read(&["dir_path", "path"])),
    ("search_file_content", How::Read(&["dir_path", "path"])),
    ("web_fetch", How::Nothing),
    ("google_web_search", How::Nothing),
    ("write_todos", How::Nothing),
];

impl Cli {
    fn tools(self) -> Tools {
        match self {
            Cli::Claude => CLAUDE,
            Cli::Codex => CODEX,
            Cli::Opencode => OPENCODE,
            Cli::Gemini => GEMINI,
        }
    }

    /// Whether a tool is one of the factory's own, by `adf agent mcp`.
    fn is_own(self, tool: &str) -> bool {
        let prefixes: &[&str] = match self {
            Cli::Claude | Cli::Codex => &["mcp__adf__"],
            Cli::Opencode => &["adf_"],
            Cli::Gemini => &["mcp_adf_", "adf__"],
        };
        prefixes.iter().any(|prefix| tool.starts_with(prefix))
    }

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
        let input = payload.get("tool_input").unwrap_or(&Value::Null);
        let cwd = input.get("workdir").or_else(|| input.get("directory"));
        let cwd = cwd.or_else(|| payload.get("cwd")).and_then(Value::as_str);
        Ok(Call {
            tool: tool.to_owned(),
            cwd: cwd.filter(|cwd| !cwd.is_empty()).map(str::to_owned),
            wants: self.wants(tool, input)?,
        })
    }

    fn wants(self, tool: &str, input: &Value) -> Result<Want, String> {
        if self.is_own(tool) {
            return Ok(Want::Nothing);
        }
        let known = self.tools().iter().find(|(name, _)| *name == tool);
        let Some((_, how)) = known else {
            let names: Vec<&str> = self.tools().iter().map(|(name, _)| *name).collect();
            return Err(format!(
                "the tool `{tool}` is not known to the guard; use one of {} or the factory's own",
                names.join(", ")
            ));
        };
        let needed = |field: &str| {
            text(input.get(field)).ok_or_else(|| {
                format!("the call of `{tool}` has no text in `{field}`; call it with one")
            })
        };
        Ok(match how {
            How::Run(field) => Want::Run(needed(field)?),
            How::Patch(field) => Want::Patch(needed(field)?),
            How::Write(field) => Want::Write(vec![needed(field)?]),
            How::Read(fields) => {
                Want::Read(fields.iter().flat_map(|f| texts(input.get(*f))).collect())
            }
            How::Nothing => Want::Nothing,
        })
    }
}

/// Text, or the words of a command as one line of shell text.
fn text(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) => Some(text.clone()),
        Value::Array(words) => {
            let words: Option<Vec<String>> = words.iter().map(|w| quoted(w.as_str()?)).collect();
            words
                .filter(|words| !words.is_empty())
                .map(|words| words.join(" "))
        }
        _ => None,
    }
}

/// A word in single quotes, as a shell takes it whole.
fn quoted(word: &str) -> Option<String> {
    Some(format!("'{}'", word.replace('\'', "'\\''")))
}

/// One path or several; none is the working directory, which may be read.
fn texts(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(path)) => vec![path.clone()],
        Some(Value::Array(paths)) => {
            let paths = paths.iter().filter_map(Value::as_str);
            paths.map(str::to_owned).collect()
        }
        _ => Vec::new(),
    }
}
