//! Names of processes that a signal goes to → whether they spare the agent's own
//! command line, the shell it runs in, and the guard.
//!
//! Invariant: used where the walls keep signals inside the run, so that all else
//! they hit is the run's own; a pattern is judged by its longest literal part,
//! and one that has none spares nobody.

use crate::guard::args::{self, Spec};
use crate::guard::walk::Command;

/// Command lines of agents, the shells they start, and the guard.
const AGENT_NAMES: [&str; 7] = [
    "claude", "codex", "opencode", "gemini", "adf", "bash", "guard",
];

/// How many of those are meant wherever their name stands in a pattern.
const NAMED: usize = 5;

/// What is kept in mind when numbers of such processes were asked for.
pub(super) const AGENTS: &str = "numbers:agents";

/// The shortest literal part that tells one program from others.
const LITERAL_BYTES_MIN: usize = 3;

/// Whether a command that takes names of processes spares those of the agent.
pub(super) fn spares(command: &Command<'_>) -> bool {
    let args: Vec<_> = command
        .args
        .iter()
        .filter(|arg| !is_signal(arg.text()))
        .cloned()
        .collect();
    // Each has letters of its own: `-n` and `-c` of `pkill` take nothing.
    let spec = Spec {
        valued: match command.name {
            "pkill" | "pgrep" => "uUGgstPF",
            "killall" => "usyon",
            _ => "uUGgstPFcn",
        },
        longs: &[
            "signal",
            "user",
            "session",
            "terminal",
            "euid",
            "uid",
            "ns",
            "older-than",
            "younger-than",
        ],
    };
    let parsed = args::parse(&args, &spec);
    let inverse = parsed.any(&["inverse", "v"]) && command.name != "killall";
    !parsed.operands.is_empty()
        && !inverse
        && parsed
            .operands
            .iter()
            .all(|name| !name.has_mark() && name.text().split('|').all(one_spares))
}

/// `-9`, `-TERM`, `-SIGTERM`.
fn is_signal(text: &str) -> bool {
    let signal = text.strip_prefix('-').unwrap_or_default();
    let is_named = signal.len() > 2 && signal.bytes().all(|b| b.is_ascii_uppercase());
    is_named || signal.parse::<u8>().is_ok()
}

/// Whether one alternative of a pattern spares them.
fn one_spares(pattern: &str) -> bool {
    let literal = |b: char| b.is_alphanumeric() || "_-/ :=,@".contains(b);
    let longest = pattern
        .split(|c| !literal(c))
        .max_by_key(|part| part.len())
        .unwrap_or_default();
    let lower = longest.to_ascii_lowercase();
    let is_part = |name: &&str| name.contains(lower.as_str());
    let all = pattern.to_ascii_lowercase();
    let mut words = all.split(|c: char| !c.is_ascii_alphanumeric());
    longest.len() >= LITERAL_BYTES_MIN
        && !AGENT_NAMES.iter().any(is_part)
        && !words.any(|word| AGENT_NAMES[..NAMED].contains(&word))
}
