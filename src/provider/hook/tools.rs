//! The tools of each CLI: what a call of one would do, by which arguments.
//!
//! Invariant: a tool that is not here is refused. A tool that starts something
//! names all its texts: one that is not here might move the call elsewhere.

use super::Cli;

/// How a tool names what it would do.
#[derive(Clone, Copy)]
pub(super) enum How {
    /// Shell text.
    Run(&'static str),
    /// A file that is written.
    Write(&'static str),
    /// Files or folders that are read.
    Read(&'static [&'static str]),
    /// All that lies below a folder, which one of the first arguments names, or what fits the
    /// pattern that one of the others is.
    Search(&'static [&'static str], &'static [&'static str]),
    /// Names of a pattern below a folder, which one of these arguments names.
    Names(&'static str, &'static [&'static str]),
    /// A patch.
    Patch(&'static str),
    /// Addresses, in a text.
    Fetch(&'static str),
    /// No file, no program.
    Nothing,
}

pub(super) type Tools = &'static [(&'static str, How)];

const CLAUDE: Tools = &[
    ("Bash", How::Run("command")),
    ("Write", How::Write("file_path")),
    ("Edit", How::Write("file_path")),
    ("MultiEdit", How::Write("file_path")),
    ("NotebookEdit", How::Write("notebook_path")),
    ("Read", How::Read(&["file_path"])),
    ("Glob", How::Names("pattern", &["path"])),
    ("Grep", How::Search(&["path"], &["glob"])),
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
    ("WebFetch", How::Fetch("url")),
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
    ("glob", How::Names("pattern", &["path"])),
    ("grep", How::Search(&["path"], &["include"])),
    ("list", How::Read(&["path"])),
    ("task", How::Nothing),
    ("todowrite", How::Nothing),
    ("todoread", How::Nothing),
    ("webfetch", How::Fetch("url")),
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
    ("glob", How::Names("pattern", &["dir_path", "path"])),
    (
        "grep_search",
        How::Search(&["dir_path", "path"], &["include"]),
    ),
    (
        "search_file_content",
        How::Search(&["dir_path", "path"], &["include"]),
    ),
    ("web_fetch", How::Fetch("prompt")),
    ("google_web_search", How::Nothing),
    ("write_todos", How::Nothing),
];

impl Cli {
    pub(super) fn tools(self) -> Tools {
        match self {
            Cli::Claude => CLAUDE,
            Cli::Codex => CODEX,
            Cli::Opencode => OPENCODE,
            Cli::Gemini => GEMINI,
        }
    }

    /// The arguments by which a shell tool is told where to run.
    pub(super) fn folders(self) -> &'static [&'static str] {
        match self {
            Cli::Claude => &[],
            Cli::Codex | Cli::Opencode => &["workdir"],
            Cli::Gemini => &["dir_path", "directory"],
        }
    }

    /// Texts of a shell tool that only say something.
    pub(super) fn remarks(self) -> &'static [&'static str] {
        match self {
            Cli::Codex => &["justification", "sandbox_permissions"],
            Cli::Claude | Cli::Opencode | Cli::Gemini => &["description"],
        }
    }

    /// Whether a tool is one of the factory's own, by `adf agent mcp`.
    pub(super) fn is_own(self, tool: &str) -> bool {
        let prefixes: &[&str] = match self {
            Cli::Claude | Cli::Codex => &["mcp__adf__"],
            Cli::Opencode => &["adf_"],
            Cli::Gemini => &["mcp_adf_", "adf__"],
        };
        prefixes.iter().any(|prefix| tool.starts_with(prefix))
    }
}

impl How {
    /// The arguments that it reads places from.
    fn places(self) -> Vec<&'static str> {
        match self {
            How::Write(field) => vec![field],
            How::Read(fields) => fields.to_vec(),
            How::Names(pattern, folders) => [&[pattern], folders].concat(),
            How::Search(folders, patterns) => [folders, patterns].concat(),
            How::Run(_) | How::Patch(_) | How::Fetch(_) | How::Nothing => Vec::new(),
        }
    }

    /// Whether an argument, by its name and form, is none that could move the call.
    pub(super) fn knows(self, cli: Cli, key: &str, is_text: bool) -> bool {
        match self {
            // A number or a switch names no folder and no program.
            How::Run(field) => {
                !is_text
                    || key == field
                    || cli.folders().contains(&key)
                    || cli.remarks().contains(&key)
            }
            how => how.places().contains(&key) || !names_a_place(key),
        }
    }
}

/// Whether an argument sounds as if it named a folder or a file.
fn names_a_place(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    let parts = ["path", "folder", "directory", "workdir", "workspace", "cwd"];
    parts.iter().any(|part| key.contains(part)) || key == "dir" || key == "root"
}
