//! The executable's `demo`, and what its last line says.

use assert_cmd::Command;
use serde_json::{Value, json};
use std::time::Duration;

/// No scenario takes longer on a slow machine.
const BOUND: Duration = Duration::from_secs(120);

/// What a command came to.
pub struct Said {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

/// Runs `adf demo` with these arguments to its end.
pub fn demo(args: &[&str]) -> Said {
    let mut command = Command::cargo_bin("adf").unwrap();
    let output = command.arg("demo").args(args).timeout(BOUND).output();
    let output = output.unwrap();
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
    let wanted = json!({
        "scenario": name,
        "ok": true,
        "prs": object["prs"],
        "comments": comments,
        "runs": runs,
        "duplicates": 0,
        "surviving_processes": 0,
    });
    assert_eq!(object, wanted);
}
