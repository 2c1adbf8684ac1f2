//! A shell as a reader's: one for all blocks of a document, with a home of its own.
//!
//! Invariant: the first command that fails ends it, and so does the clock of `timeout`; what it
//! started ends with it.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// Seconds that all blocks together may take.
const SECONDS_MAX: &str = "300";
/// What a block ends with, so that its output can be told from the next one's.
const END: &str = "::end of block::";

pub struct Shell {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Shell {
    /// With `programs` before the other folders of programs.
    #[expect(
        clippy::disallowed_methods,
        reason = "the document's commands are what is tested"
    )]
    pub fn new(home: &Path, programs: &Path) -> Shell {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = [programs.to_owned()]
            .into_iter()
            .chain(std::env::split_paths(&path));
        let mut child = Command::new("timeout")
            .args(["--kill-after=5", SECONDS_MAX, "bash", "--norc", "-e", "-s"])
            .env_clear()
            .env("PATH", std::env::join_paths(path).unwrap())
            .env("HOME", home)
            .env("LANG", "C.UTF-8")
            .current_dir(home)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let mut shell = Shell {
            child,
            input,
            output: BufReader::new(output),
        };
        shell.run("exec 2>&1").unwrap();
        shell
    }

    /// What a block says; an error with it when a command of it failed.
    pub fn run(&mut self, block: &str) -> Result<String, String> {
        writeln!(self.input, "{block}\nprintf '\\n%s\\n' '{END}'").unwrap();
        self.input.flush().unwrap();
        let mut said = String::new();
        loop {
            let mut line = Vec::new();
            match self.output.read_until(b'\n', &mut line) {
                Ok(0) | Err(_) => return Err(said),
                Ok(_) => {}
            }
            let line = String::from_utf8_lossy(&line);
            if line.trim_end() == END {
                return Ok(said);
            }
            said.push_str(&line);
        }
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        // `timeout` leads a group of its own: what a block has left in the background ends, too.
        let group = rustix::process::Pid::from_child(&self.child);
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        let _ = self.child.wait();
    }
}
