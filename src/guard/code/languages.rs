//! Interpreters: how they take code, and which of their calls matter.
//!
//! Invariant: const data. A call is named as people write it; one without a dot
//! matches behind any object, one with a dot only as it stands.

use super::rarer::{AWK, ELIXIR, GROOVY, JULIA, LUA, PHP, POWERSHELL, R, TCL};

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
    /// A program and its words: `execvp("rm", ["rm", "x"])`.
    Program,
    Fork,
    Kill,
    /// Goes to a folder.
    Enter,
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

/// What most of them have in common.
pub(super) const PLAIN: Language = Language {
    name: "",
    code: &[],
    valued: "",
    longs: &[],
    inline_first: false,
    hash_comments: false,
    slash_comments: false,
    runs_backquotes: false,
    calls: &[],
};

const PYTHON: Language = Language {
    name: "python",
    code: &["c"],
    valued: "cmWX",
    hash_comments: true,
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
        ("gzip.open", Act::Open),
        ("Path.touch", Act::Write),
        ("Path.rename", Act::Move),
        ("Path.replace", Act::Move),
        ("os.chdir", Act::Enter),
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
        ("execv", Act::Program),
        ("execvp", Act::Program),
        ("execve", Act::Program),
        ("execvpe", Act::Program),
        ("execl", Act::Program),
        ("execlp", Act::Program),
        ("execle", Act::Program),
        ("execlpe", Act::Program),
        ("spawnl", Act::Program),
        ("spawnlp", Act::Program),
        ("spawnle", Act::Program),
        ("spawnv", Act::Program),
        ("spawnvp", Act::Program),
        ("spawnve", Act::Program),
        ("spawnvpe", Act::Program),
        ("posix_spawn", Act::Program),
        ("posix_spawnp", Act::Program),
        ("create_subprocess_shell", Act::Shell),
        ("create_subprocess_exec", Act::Shell),
        ("os.fork", Act::Fork),
        ("os.kill", Act::Kill),
        ("os.killpg", Act::Kill),
        ("exec", Act::Evaluate),
        ("eval", Act::Evaluate),
        ("read_text", Act::Read),
        ("spawn", Act::Shell),
    ],
    ..PLAIN
};

const NODE: Language = Language {
    name: "node",
    code: &["e", "p", "eval", "print", "pe"],
    valued: "eprC",
    longs: &["eval", "print", "require", "import", "loader"],
    slash_comments: true,
    calls: &[
        ("rmSync", Act::Delete),
        ("unlinkSync", Act::Delete),
        ("unlink", Act::Delete),
        ("rmdirSync", Act::Delete),
        ("rmdir", Act::Delete),
        ("rm", Act::Delete),
        ("rimraf", Act::Delete),
        ("removeSync", Act::Delete),
        ("process.chdir", Act::Enter),
        ("openSync", Act::Open),
        ("open", Act::Open),
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
        ("copyFile", Act::WriteSecond),
        ("rename", Act::Move),
        ("Deno.writeTextFile", Act::Write),
    ],
    ..PLAIN
};

const PERL: Language = Language {
    name: "perl",
    code: &["e", "E"],
    valued: "eEIMm",
    hash_comments: true,
    runs_backquotes: true,
    calls: &[
        ("unlink", Act::Delete),
        ("rmdir", Act::Delete),
        ("rmtree", Act::Delete),
        ("remove_tree", Act::Delete),
        ("open", Act::Open),
        ("sysopen", Act::Open),
        ("chdir", Act::Enter),
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
    ..PLAIN
};

const RUBY: Language = Language {
    name: "ruby",
    code: &["e"],
    valued: "eIrC",
    hash_comments: true,
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
        ("Pathname.delete", Act::Delete),
        ("Pathname.unlink", Act::Delete),
        ("Pathname.write", Act::Write),
        ("Pathname.rename", Act::Move),
        ("chdir", Act::Enter),
        ("cd", Act::Enter),
        ("File.write", Act::Write),
        ("IO.write", Act::Write),
        ("File.open", Act::Open),
        ("open", Act::Open),
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
    ..PLAIN
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
        "elixir" | "iex" | "erl" => &ELIXIR,
        "groovy" | "groovysh" | "jshell" | "scala" | "kotlin" => &GROOVY,
        _ => return None,
    })
}
