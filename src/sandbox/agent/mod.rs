//! The scripted agent: behaves in a worktree as an agent's CLI would, well or badly.
//!
//! It reads its prompt, says what it does as JSON lines on its standard
//! output, edits and commits for real, and reports through the factory's
//! executable. `demo_world` is where it works; [`BEHAVIOURS`] is what it can do:
//! [`work`] ends with work, [`trouble`] is what breaks or hangs, [`words`] is what
//! it says to whom; [`destroy`] and [`spy`] go for what is outside, [`guarded`] for the guard.
//!
//! Invariant: it uses only what a real agent has: its worktree, its prompt,
//! its environment. It knows no token and no forge.

mod destroy;
mod guarded;
mod spy;
mod trouble;
mod words;
mod work;

pub use destroy::{FILE, FOLDER};
pub use trouble::LINGER;
pub use words::{SECRET, THOUGHT};
pub use work::{DRAFT, HALF, LEFT};

use super::child;
use serde_json::{Value, json};
use std::{
    ffi::OsString,
    io::{self, Write},
    path::Path,
};

/// What a behaviour is given.
struct Scene<'a> {
    dir: &'a Path,
    prompt: &'a str,
    program: Option<OsString>,
    /// What stands behind the `:` of its name.
    with: &'a str,
    /// What a model's CLI is given on its command line.
    given: &'a [String],
    out: &'a mut dyn Write,
}

type Act = fn(&mut Scene<'_>) -> io::Result<i32>;

/// Each behaviour: what it is called and what it does; it gives the exit code.
const BEHAVIOURS: [(&str, Act); 29] = [
    ("happy", work::happy),
    ("dirty", work::dirty),
    ("draft", work::draft),
    ("able", work::able),
    ("slow", work::slow),
    ("halves", work::halves),
    ("silent", |_| Ok(0)),
    ("fail", trouble::fail),
    ("crash", trouble::crash),
    ("hang", trouble::hang),
    ("ignore-term", trouble::ignore_term),
    ("fork", trouble::fork),
    ("linger", trouble::linger),
    ("flood", trouble::flood),
    ("garbage", trouble::garbage),
    ("liar", words::liar),
    ("quota", words::quota),
    ("leak", words::leak),
    ("bad-report", words::bad_report),
    ("think", words::think),
    ("call", words::call),
    ("reject", words::reject),
    ("destroy", destroy::destroy),
    ("steal", spy::steal),
    ("exfiltrate", spy::exfiltrate),
    ("fork-bomb", spy::fork_bomb),
    ("tamper-guard", guarded::tamper),
    ("stubborn", guarded::stubborn),
    ("unjudged", guarded::unjudged),
];

/// The exit code when a behaviour is unknown or cannot be played.
const EXIT_BROKEN: i32 = 70;

/// The names of all behaviours.
#[must_use]
pub fn behaviours() -> Vec<&'static str> {
    BEHAVIOURS.iter().map(|(name, _)| *name).collect()
}

/// Behaves in `dir` and gives the exit code. A name may say more behind a `:`,
/// as `call:reviewer`.
///
/// `program` is the factory's executable (`ADF_BIN`), through which it reports;
/// without one it reports nothing. `given` is what its CLI would find on its command
/// line. What it says goes to `out`, one JSON object a line.
pub fn run(
    behaviour: &str,
    dir: &Path,
    prompt: &str,
    program: Option<OsString>,
    given: &[String],
    out: &mut dyn Write,
) -> i32 {
    let (name, with) = behaviour.split_once(':').unwrap_or((behaviour, ""));
    let Some((_, act)) = BEHAVIOURS.iter().find(|(known, _)| *known == name) else {
        tracing::error!(behaviour, known = ?behaviours(), "no such behaviour");
        return EXIT_BROKEN;
    };
    let mut scene = Scene {
        dir,
        prompt,
        program,
        with,
        given,
        out,
    };
    act(&mut scene).unwrap_or_else(|error| {
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

    /// Says something to the factory; whether it took it.
    fn tell(&self, args: &[&str]) -> io::Result<bool> {
        let Some(program) = &self.program else {
            return Ok(true);
        };
        child::ran_well(program, self.dir, &[&["agent"], args].concat())
    }

    fn report(&mut self, status: &str, summary: &str, evidence: &str) -> io::Result<()> {
        self.step("report", summary)?;
        let args = [
            "report",
            "--status",
            status,
            "--summary",
            summary,
            "--evidence",
            evidence,
        ];
        if self.tell(&args)? {
            return Ok(());
        }
        Err(io::Error::other("the factory did not take the report"))
    }
}
