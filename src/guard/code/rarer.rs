//! Interpreters that are met less often, in the form of `languages`.
//!
//! Invariant: const data, as there.

use super::languages::{Act, Language, PLAIN};

pub(super) const PHP: Language = Language {
    name: "php",
    code: &["r"],
    valued: "rdcf",
    longs: &["run"],
    hash_comments: true,
    slash_comments: true,
    runs_backquotes: true,
    calls: &[
        ("unlink", Act::Delete),
        ("rmdir", Act::Delete),
        ("chdir", Act::Enter),
        ("file_put_contents", Act::Write),
        ("fopen", Act::Open),
        ("rename", Act::Move),
        ("copy", Act::WriteSecond),
        ("system", Act::Shell),
        ("exec", Act::Shell),
        ("shell_exec", Act::Shell),
        ("passthru", Act::Shell),
        ("popen", Act::Shell),
        ("proc_open", Act::Shell),
        ("eval", Act::Evaluate),
        ("file_get_contents", Act::Read),
        ("readfile", Act::Read),
        ("pcntl_fork", Act::Fork),
    ],
    ..PLAIN
};

pub(super) const LUA: Language = Language {
    name: "lua",
    code: &["e"],
    valued: "el",
    calls: &[
        ("os.remove", Act::Delete),
        ("os.execute", Act::Shell),
        ("popen", Act::Shell),
        ("io.open", Act::Open),
        ("os.rename", Act::Move),
        ("loadstring", Act::Evaluate),
        ("load", Act::Evaluate),
    ],
    ..PLAIN
};

pub(super) const AWK: Language = Language {
    name: "awk",
    code: &["e"],
    valued: "Fvfeil",
    longs: &["include", "file", "field-separator", "assign", "source"],
    inline_first: true,
    hash_comments: true,
    calls: &[("system", Act::Shell)],
    ..PLAIN
};

pub(super) const R: Language = Language {
    name: "r",
    code: &["e"],
    valued: "e",
    hash_comments: true,
    calls: &[
        ("unlink", Act::Delete),
        ("file.remove", Act::Delete),
        ("system", Act::Shell),
        ("system2", Act::Shell),
        ("writeLines", Act::WriteSecond),
    ],
    ..PLAIN
};

pub(super) const POWERSHELL: Language = Language {
    name: "powershell",
    code: &["c", "Command", "command"],
    valued: "c",
    longs: &["Command", "command", "File"],
    hash_comments: true,
    calls: &[("iex", Act::Evaluate), ("Invoke-Expression", Act::Evaluate)],
    ..PLAIN
};

pub(super) const TCL: Language = Language {
    name: "tcl",
    code: &["c"],
    valued: "c",
    hash_comments: true,
    ..PLAIN
};

pub(super) const JULIA: Language = Language {
    name: "julia",
    code: &["e", "E", "eval"],
    valued: "eEL",
    longs: &["eval", "print", "load"],
    hash_comments: true,
    runs_backquotes: true,
    calls: &[
        ("rm", Act::Delete),
        ("write", Act::Write),
        ("mv", Act::Move),
        ("cp", Act::WriteSecond),
    ],
    ..PLAIN
};

pub(super) const ELIXIR: Language = Language {
    name: "elixir",
    code: &["e", "eval", "rpc-eval"],
    valued: "er",
    longs: &["eval", "rpc-eval"],
    hash_comments: true,
    calls: &[
        ("rm", Act::Delete),
        ("rm_rf", Act::Delete),
        ("rmdir", Act::Delete),
        ("del_dir_r", Act::Delete),
        ("File.write", Act::Write),
        ("File.rename", Act::Move),
        ("File.cp", Act::WriteSecond),
        ("File.cp_r", Act::WriteSecond),
        ("File.read", Act::Read),
        ("cmd", Act::Shell),
        ("System.shell", Act::Shell),
        ("eval_string", Act::Evaluate),
    ],
    ..PLAIN
};

pub(super) const GROOVY: Language = Language {
    name: "groovy",
    code: &["e"],
    valued: "e",
    slash_comments: true,
    calls: &[("deleteDir", Act::Delete), ("delete", Act::Delete)],
    ..PLAIN
};
