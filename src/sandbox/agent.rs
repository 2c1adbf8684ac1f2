//! The scripted agent: does a scenario in a worktree, as an agent's CLI would.
//!
//! It reads its prompt, says what it does as JSON lines on its standard
//! output, edits and commits for real, and reports through the factory's
//! executable. `demo_world` is where it works; `SCENARIOS` is what it can do.
//!
//! Invariant: it uses only what a real agent has: its worktree, its prompt,
//! its environment. It knows no token and no forge.

use super::{demo_world, git};
use serde_json::{Value, json};
use std::{
    ffi::OsString,
    fs,
    io::{self, Write},
    path::Path,
};

/// What a scenario is given.
struct Scene<'a> {
    dir: &'a Path,
    prompt: &'a str,
    program: Option<OsString>,
    out: &'a mut dyn Write,
}

/// A scenario: what it is called, what it does, the exit code it gives.
struct Scenario {
    name: &'static str,
    act: fn(&mut Scene<'_>) -> io::Result<i32>,
}

const SCENARIOS: [Scenario; 3] = [
    Scenario {
        name: "happy",
        act: happy,
    },
    Scenario {
        name: "silent",
        act: |_| Ok(0),
    },
    Scenario {
        name: "fail",
        act: |scene| {
            scene.step("think", "this is too hard")?;
            Ok(EXIT_FAILED)
        },
    },
];

/// The exit code of the `fail` scenario.
const EXIT_FAILED: i32 = 3;

/// The exit code when a scenario is unknown or cannot be played.
const EXIT_BROKEN: i32 = 70;

/// The names of all scenarios.
#[must_use]
pub fn scenarios() -> Vec<&'static str> {
    SCENARIOS.iter().map(|scenario| scenario.name).collect()
}

/// Plays a scenario in `dir` and gives the exit code.
///
/// `program` is the factory's executable (`ADF_BIN`), through which it reports;
/// without one it reports nothing. What it says goes to `out`, one JSON object a line.
pub fn run(
    scenario: &str,
    dir: &Path,
    prompt: &str,
    program: Option<OsString>,
    out: &mut dyn Write,
) -> i32 {
    let Some(scenario) = SCENARIOS.iter().find(|known| known.name == scenario) else {
        tracing::error!(scenario, known = ?scenarios(), "no such scenario");
        return EXIT_BROKEN;
    };
    let mut scene = Scene {
        dir,
        prompt,
        program,
        out,
    };
    (scenario.act)(&mut scene).unwrap_or_else(|error| {
        // The reason goes where an agent's own words go; the exit says it failed.
        let _ = scene.step("error", &error.to_string());
        EXIT_BROKEN
    })
}

impl Scene<'_> {
    fn say(&mut self, line: &Value) -> io::Result<()> {
        writeln!(self.out, "{line}")?;
        self.out.flush()
    }

    fn step(&mut self, action: &str, text: &str) -> io::Result<()> {
        self.say(&json!({"type": "step", "action": action, "text": text}))
    }

    fn report(&mut self, status: &str, summary: &str, evidence: &str) -> io::Result<()> {
        self.step("report", summary)?;
        let Some(program) = &self.program else {
            return Ok(());
        };
        let args = [
            "agent",
            "report",
            "--status",
            status,
            "--summary",
            summary,
            "--evidence",
            evidence,
        ];
        if git::report(program, self.dir, &args)? {
            return Ok(());
        }
        Err(io::Error::other("the factory did not take the report"))
    }
}

/// Fixes the off-by-one, commits it, reports it done.
fn happy(scene: &mut Scene<'_>) -> io::Result<i32> {
    let words = scene.prompt.split_whitespace().count();
    scene.step("read", &format!("the prompt has {words} words"))?;
    let path = scene.dir.join("src/lib.rs");
    let text = fs::read_to_string(&path)?;
    if text.contains(demo_world::WRONG) {
        scene.step("edit", "src/lib.rs: the range must include its end")?;
        fs::write(&path, text.replace(demo_world::WRONG, demo_world::RIGHT))?;
    } else {
        scene.step("edit", "the range is right already; noting that beside it")?;
        fs::write(
            &path,
            format!("{text}\n// Checked: the range includes its end.\n"),
        )?;
    }
    let env = [
        ("GIT_AUTHOR_NAME", "scripted agent"),
        ("GIT_COMMITTER_NAME", "scripted agent"),
    ];
    git::text_as(scene.dir, &["add", "-A"], &env)?;
    git::text_as(
        scene.dir,
        &["commit", "-q", "-m", "Include the last number in sum_to"],
        &env,
    )?;
    scene.step("commit", "Include the last number in sum_to")?;
    let head = git::text(scene.dir, &["rev-parse", "HEAD"])?;
    scene.report(
        "done",
        "sum_to includes its last number now",
        &format!("src/lib.rs: the range ends at n, not before it; commit {head}"),
    )?;
    Ok(0)
}
