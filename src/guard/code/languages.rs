//! Interpreters: how they take code, and which of their calls matter.
//!
//! Invariant: const data. A call is named as people write it; one without a dot
//! matches behind any object, one with a dot only as it stands.

/// What a call does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    Delete,
    Write,
    /// Writes its second argument: a copy.
    WriteSecond,
    Move,
    Read,
    /// By its mode.
    Open,
    Shell,
    Fork,
    Kill,
    Evaluate,
}

/// One interpreter's language.
#[derive(Debug)]
pub(crate) struct Language {
    pub(crate) name: &'static str,
    /// Letters and long names of options that hold code.
    pub(crate) code: &'static [&'static str],
    /// Letters that take a value, code included.
    pub(crate) valued: &'static str,
    pub(crate) longs: &'static [&'static str],
    /// Whether the first operand is code.
    pub(crate) inline_first: bool,
    pub(super) hash_comments: bool,
    pub(super) slash_comments: bool,
    pub(super) runs_backquotes: bool,
    pub(super) calls: &'static [(&'static str, Act)],
}

const PYTHON: Language = Language {
    name: "python",
    code: &["c"],
    valued: "cmWX",
    longs: &[],
    inline_first: false,
    hash_comments: true,
    slash_comments: false,
    runs_backquotes: false,
    calls: &[
        ("os.remove", Act::Delete),
        ("unlink", Act::Delete),
        ("rmtree", Act::Delete),
        ("rmdir", Act::Delete),
        ("removedirs", Act::Delete),
        ("os.rename", Act::Move),
        ("os.replace", Act::Move),
        ("shutil.move", Act::Move),
        ("shutil.copy", Act::WriteSecond),
        ("shutil.copyfile", Act::WriteSecond),
        ("shutil.copytree", Act::WriteSecond),
        ("open", Act::Open),
        ("write_text", Act::Write),
        ("write_bytes", Act::Write),
        ("os.truncate", Act::Write),
        ("os.chmod", Act::Write),
        ("os.chown", Act::Write),
        ("system", Act::Shell),
        ("popen", Act::Shell),
        ("subprocess.run", Act::Shell),
        ("subprocess.call", Act::Shell),
        ("check_call", Act::Shell),
        ("check_output", Act::Shell),
        ("Popen", Act::Shell),
        ("getoutput", Act::Shell),
        ("getstatusoutput", Act::Shell),
        ("os.fork", Act::Fork),
        ("os.kill", Act::Kill),
        ("os.killpg", Act::Kill),
        ("exec", Act::Evaluate),
        ("eval", Act::Evaluate),
        ("read_text", Act::Read),
        ("spawn", Act::Shell),
    ],
};

const NODE: Language = Language {
    name: "node",
    code: &["e", "p", "eval", "print", "pe"],
    valued: "eprC",
    longs: &["eval", "print", "require", "import", "loader"],
    inline_first: false,
    hash_comments: false,
    slash_comments: true,
    runs_backquotes: false,
    calls: &[
        ("rmSync", Act::Delete),
        ("unlinkSync", Act::Delete),
        ("unlink", Act::Delete),
        ("rmdirSync", Act::Delete),
        ("rmdir", Act::Delete),
        ("rm", Act::Delete),
        ("rimraf", Act::Delete),
        ("removeSync", Act::Delete),
        ("writeFileSync", Act::Write),
        ("writeFile", Act::Write),
        ("appendFileSync", Act::Write),
        ("appendFile", Act::Write),
        ("truncateSync", Act::Write),
        ("createWriteStream", Act::Write),
        ("chmodSync", Act::Write),
        ("renameSync", Act::Move),
        ("copyFileSync", Act::WriteSecond),
        ("cpSync", Act::WriteSecond),
        ("symlinkSync", Act::WriteSecond),
        ("readFileSync", Act::Read),
        ("readFile", Act::Read),
        ("execSync", Act::Shell),
        ("exec", Act::Shell),
        ("execFileSync", Act::Shell),
        ("execFile", Act::Shell),
        ("spawnSync", Act::Shell),
        ("spawn", Act::Shell),
        ("fork", Act::Fork),
        ("process.kill", Act::Kill),
        ("eval", Act::Evaluate),
        ("Deno.remove", Act::Delete),
        ("Deno.removeSync", Act::Delete),
        ("Bun.write", Act::Write),
        ("Deno.writeTextFile", Act::Write),
    ],
};

const PERL: Language = Language {
    name: "perl",
    code: &["e", "E"],
    valued: "eEIMm",
    longs: &[],
    inline_first: false,
    hash_comments: true,
    slash_comments: false,
    runs_backquotes: true,
    calls: &[
        ("unlink", Act::Delete),
        ("rmdir", Act::Delete),
        ("rmtree", Act::Delete),
        ("remove_tree", Act::Delete),
        ("open", Act::Open),
        ("truncate", Act::Write),
        ("rename", Act::Move),
        ("system", Act::Shell),
        ("exec", Act::Shell),
        ("fork", Act::Fork),
        ("kill", Act::Kill),
        ("eval", Act::Evaluate),
        ("chmod", Act::WriteSecond),
        ("copy", Act::WriteSecond),
        ("move", Act::Move),
    ],
};

const RUBY: Language = Language {
    name: "ruby",
    code: &["e"],
    valued: "eIrC",
    longs: &[],
    inline_first: false,
    hash_comments: true,
    slash_comments: false,
    runs_backquotes: true,
    calls: &[
        ("File.delete", Act::Delete),
        ("File.unlink", Act::Delete),
        ("rm_rf", Act::Delete),
        ("rm_r", Act::Delete),
        ("rm_f", Act::Delete),
        ("rm", Act::Delete),
        ("remove_dir", Act::Delete),
        ("remove_entry", Act::Delete),
        ("remove_entry_secure", Act::Delete),
        ("rmtree", Act::Delete),
        ("Dir.rmdir", Act::Delete),
        ("rmdir", Act::Delete),
        ("Dir.delete", Act::Delete),
        ("File.write", Act::Write),
        ("IO.write", Act::Write),
        ("File.open", Act::Open),
        ("File.truncate", Act::Write),
        ("mv", Act::Move),
        ("File.rename", Act::Move),
        ("cp", Act::WriteSecond),
        ("system", Act::Shell),
        ("exec", Act::Shell),
        ("spawn", Act::Shell),
        ("popen", Act::Shell),
        ("fork", Act::Fork),
        ("Process.kill", Act::Kill),
        ("eval", Act::Evaluate),
        ("File.read", Act::Read),
        ("IO.read", Act::Read),
    ],
};

const PHP: Language = Language {
    name: "php",
    code: &["r"],
    valued: "rdcf",
    longs: &["run"],
    inline_first: false,
    hash_comments: true,
    slash_comments: true,
    runs_backquotes: true,
    calls: &[
        ("unlink", Act::Delete),
        ("rmdir", Act::Delete),
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
};

const LUA: Language = Language {
    name: "lua",
    code: &["e"],
    valued: "el",
    longs: &[],
    inline_first: false,
    hash_comments: false,
    slash_comments: false,
    runs_backquotes: false,
    calls: &[
        ("os.remove", Act::Delete),
        ("os.execute", Act::Shell),
        ("popen", Act::Shell),
        ("io.open", Act::Open),
        ("os.rename", Act::Move),
        ("loadstring", Act::Evaluate),
        ("load", Act::Evaluate),
    ],
};

const AWK: Language = Language {
    name: "awk",
    code: &["e"],
    valued: "Fvfe",
    longs: &["file", "field-separator", "assign", "source"],
    inline_first: true,
    hash_comments: true,
    slash_comments: false,
    runs_backquotes: false,
    calls: &[("system", Act::Shell)],
};

const R: Language = Language {
    name: "r",
    code: &["e"],
    valued: "e",
    longs: &[],
    inline_first: false,
    hash_comments: true,
    slash_comments: false,
    runs_backquotes: false,
    calls: &[
        ("unlink", Act::Delete),
        ("file.remove", Act::Delete),
        ("system", Act::Shell),
        ("system2", Act::Shell),
        ("writeLines", Act::WriteSecond),
    ],
};

const POWERSHELL: Language = Language {
    name: "powershell",
    code: &["c", "Command", "command"],
    valued: "c",
    longs: &["Command", "command", "File"],
    inline_first: false,
    hash_comments: true,
    slash_comments: false,
    runs_backquotes: false,
    calls: &[("iex", Act::Evaluate), ("Invoke-Expression", Act::Evaluate)],
};

const TCL: Language = Language {
    name: "tcl",
    code: &["c"],
    valued: "c",
    longs: &[],
    inline_first: false,
    hash_comments: true,
    slash_comments: false,
    runs_backquotes: false,
    calls: &[],
};

const JULIA: Language = Language {
    name: "julia",
    code: &["e", "E", "eval"],
    valued: "eEL",
    longs: &["eval", "print", "load"],
    inline_first: false,
    hash_comments: true,
    slash_comments: false,
    runs_backquotes: true,
    calls: &[
        ("rm", Act::Delete),
        ("write", Act::Write),
        ("mv", Act::Move),
        ("cp", Act::WriteSecond),
    ],
};

const GROOVY: Language = Language {
    name: "groovy",
    code: &["e"],
    valued: "e",
    longs: &[],
    inline_first: false,
    hash_comments: false,
    slash_comments: true,
    runs_backquotes: false,
    calls: &[("deleteDir", Act::Delete), ("delete", Act::Delete)],
};

/// The language of a program.
pub(crate) fn language(program: &str) -> Option<&'static Language> {
    let name = program.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    Some(match name {
        "python" | "pypy" | "ipython" | "python-w" => &PYTHON,
        "node" | "nodejs" | "deno" | "bun" | "tsx" | "ts-node" => &NODE,
        "perl" => &PERL,
        "ruby" | "jruby" | "irb" => &RUBY,
        "php" => &PHP,
        "lua" | "luajit" => &LUA,
        "awk" | "gawk" | "mawk" | "nawk" => &AWK,
        "Rscript" | "R" => &R,
        "pwsh" | "powershell" => &POWERSHELL,
        "tclsh" | "expect" | "wish" => &TCL,
        "julia" => &JULIA,
        "groovy" | "groovysh" | "jshell" | "scala" | "kotlin" => &GROOVY,
        _ => return None,
    })
}
