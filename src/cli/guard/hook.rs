//! `adf guard hook`: an agent's CLI asks before each tool call, and is told.
//!
//! Invariant: all the CLIs go on when their hook fails, so every way out of here
//! that is not a judgement told to the factory is a denial: exit 2 with the
//! reason on standard error. Next: `judged` is what is said of a call.

use super::judged;
use crate::ipc::guard::tell_guard;
use crate::model::Guarding;
use crate::provider::hook::{Cli, PAYLOAD_BYTES_MAX};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// The call may run.
const ALLOW: u8 = 0;
/// The call may not run; standard error says why.
const DENY: u8 = 2;
/// How long a judgement may take in all; far below the hooks' own time limits, at
/// which the CLIs would let the call run.
const DEADLINE: Duration = Duration::from_secs(5);
/// How long the factory may take to hear of it.
const TELL_WAIT: Duration = Duration::from_secs(3);

/// Whose protocol is spoken.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum Whose {
    /// Claude Code: `PreToolUse`
    Claude,
    /// Codex: `PreToolUse`
    Codex,
    /// opencode: the factory's plugin
    Opencode,
    /// Gemini CLI: `BeforeTool`
    Gemini,
}

/// Judge one tool call, told on standard input, for an agent's CLI
#[derive(Debug, clap::Args)]
pub struct Hook {
    /// Whose hook this is
    #[arg(value_enum)]
    whose: Whose,
    /// The run's `agent` folder
    #[arg(long, value_name = "DIR")]
    run: PathBuf,
}

/// Judges and answers: exit 0, or 2 with the reason.
#[must_use]
pub fn run(args: &Hook) -> ExitCode {
    watchdog();
    match judge(args) {
        Ok(()) => ExitCode::from(ALLOW),
        Err(reason) => {
            tell(&reason);
            ExitCode::from(DENY)
        }
    }
}

/// The CLIs hand standard error to the model; where nobody takes it, the denial holds all the same.
fn tell(reason: &str) {
    let _ = writeln!(std::io::stderr(), "{reason}");
}

/// Denies when the judgement takes too long or panics.
#[expect(
    clippy::exit,
    reason = "a judgement that hangs is ended where it hangs"
)]
fn watchdog() {
    std::panic::set_hook(Box::new(|_| {
        tell("denied: the guard failed on this; write it in a plainer way");
        std::process::exit(i32::from(DENY));
    }));
    std::thread::spawn(|| {
        std::thread::park_timeout(DEADLINE);
        tell("denied: the guard took too long for this; write it in smaller steps");
        std::process::exit(i32::from(DENY));
    });
}

fn judge(args: &Hook) -> Result<(), String> {
    let mut payload = Vec::new();
    let most = u64::try_from(PAYLOAD_BYTES_MAX).unwrap_or(u64::MAX);
    std::io::stdin()
        .take(most.saturating_add(1))
        .read_to_end(&mut payload)
        .map_err(|error| format!("denied: the call cannot be read: {error}"))?;
    let cli = match args.whose {
        Whose::Claude => Cli::Claude,
        Whose::Codex => Cli::Codex,
        Whose::Opencode => Cli::Opencode,
        Whose::Gemini => Cli::Gemini,
    };
    let run = guarding(&args.run)?;
    let (mut judged, told) = match cli.read(&payload) {
        Ok(call) => judged::verdict(&run, &call),
        Err(why) => judged::refused("guard.unreadable", "unreadable", String::new(), why),
    };
    judged.call = cli.told(&payload);
    tell_guard(&args.run, &judged, TELL_WAIT).map_err(|why| match &told {
        Some(told) => format!("{told}\n{why}"),
        None => format!("denied: {why}"),
    })?;
    told.map_or(Ok(()), Err)
}

fn guarding(dir: &Path) -> Result<Guarding, String> {
    let path = dir.join(Guarding::FILE);
    let text = std::fs::read(&path);
    let read = text.map_err(|error| error.to_string());
    read.and_then(|text| serde_json::from_slice(&text).map_err(|error| error.to_string()))
        .map_err(|error| {
            format!(
                "denied: the guard cannot read {} ({error}); end your run, a person has to look at this",
                path.display()
            )
        })
}
