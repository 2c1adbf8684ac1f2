//! The executable's `demo`, and what its last line says.

use assert_cmd::Command;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

/// No scenario takes longer on a slow machine; that of a whole backlog is the longest.
const BOUND: Duration = Duration::from_secs(450);

/// A user to whom nothing belongs.
const NOBODY: u32 = 65_533;

/// What a command came to.
pub struct Said {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

/// Runs `adf demo` with these arguments to its end.
pub fn demo(args: &[&str]) -> Said {
    let mut command = Command::cargo_bin("adf").unwrap();
    ended(command.arg("demo").args(args))
}

/// Runs `adf demo` as a user without any rights, with a home of its own; `None` where
/// nobody can become one.
pub fn demo_as_nobody(home: &Path, args: &[&str]) -> Option<Said> {
    let is_there =
        std::env::split_paths(&std::env::var_os("PATH")?).any(|dir| dir.join("setpriv").is_file());
    if !rustix::process::geteuid().is_root() || !is_there {
        return None;
    }
    // What is built may lie where only its owner looks.
    let adf = home.join("adf");
    std::fs::copy(env!("CARGO_BIN_EXE_adf"), &adf).unwrap();
    for path in [home, &adf] {
        std::os::unix::fs::chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
    }
    let user = NOBODY.to_string();
    let mut command = Command::new("setpriv");
    command.args(["--reuid", &user, "--regid", &user, "--clear-groups"]);
    command.arg(&adf).arg("demo").args(args).current_dir(home);
    command.env("HOME", home).env("TMPDIR", home);
    Some(ended(&mut command))
}

fn ended(command: &mut Command) -> Said {
    let output = command.timeout(BOUND).output().unwrap();
    Said {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

impl Said {
    /// The object of the last line.
    pub fn object(&self) -> Value {
        let last = self.out.lines().last().expect("a last line");
        serde_json::from_str(last).unwrap_or_else(|e| panic!("{e}: {last}"))
    }
}

/// Plays a scenario; it must be well, with so many pull requests and comments, and
/// with runs of these failure classes.
pub fn plays(name: &str, prs: usize, comments: usize, classes: &[Option<&str>]) {
    let said = demo(&["--once", "--scenario", name, "--format", "json"]);
    let object = said.object();
    assert_eq!(said.code, Some(0), "{object}\n{}", said.err);
    assert_eq!(object["prs"].as_array().unwrap().len(), prs, "{object}");
    let run = |class: &Option<&str>| json!({"state": "ended", "failure_class": class});
    let runs: Vec<Value> = classes.iter().map(run).collect();
    assert!(object["longest_stall_us"].is_u64(), "{object}");
    let wanted = json!({
        "scenario": name,
        "ok": true,
        "prs": object["prs"],
        "comments": comments,
        "runs": runs,
        "duplicates": 0,
        "surviving_processes": 0,
        "longest_stall_us": object["longest_stall_us"],
    });
    assert_eq!(object, wanted);
}
