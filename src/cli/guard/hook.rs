//! `adf guard hook`: an agent's CLI asks before each tool call, and is told.
//!
//! Invariant: all the CLIs go on when their hook fails, so every way out of here
//! that is not a judgement told to the factory is a denial: exit 2 with the
//! reason on standard error. The judgement itself is `guard`'s.

use crate::clock::Clock;
use crate::guard::{self, Input, Policy, Scene, Verdict};
use crate::ipc::guard::tell_guard;
use crate::model::judged::{REASON_CHARS_MAX, WHAT_CHARS_MAX};
use crate::model::{Denied, Guarding, Judged, RoleContext};
use crate::provider::hook::{Call, Cli, PAYLOAD_BYTES_MAX, Want};
use crate::redact::clip;
use std::io::Read;
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
/// Characters of a tool's name.
const TOOL_CHARS_MAX: usize = 80;

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
#[expect(
    clippy::print_stderr,
    reason = "the CLIs hand standard error to the model"
)]
#[must_use]
pub fn run(args: &Hook) -> ExitCode {
    watchdog();
    match judge(args) {
        Ok(()) => ExitCode::from(ALLOW),
        Err(reason) => {
            eprintln!("{reason}");
            ExitCode::from(DENY)
        }
    }
}

/// Denies when the judgement takes too long or panics.
#[expect(
    clippy::print_stderr,
    reason = "the CLIs hand standard error to the model"
)]
#[expect(
    clippy::exit,
    reason = "a judgement that hangs is ended where it hangs"
)]
fn watchdog() {
    std::panic::set_hook(Box::new(|_| {
        eprintln!("denied: the guard failed on this; write it in a plainer way");
        std::process::exit(i32::from(DENY));
    }));
    std::thread::spawn(|| {
        std::thread::park_timeout(DEADLINE);
        eprintln!("denied: the guard took too long for this; write it in smaller steps");
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
    let (judged, told) = match cli.read(&payload) {
        Ok(call) => verdict(&run, &call),
        Err(why) => refused("guard.unreadable", "unreadable", String::new(), why),
    };
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

/// What is judged, and what the agent is told when it is denied.
type Answer = (Judged, Option<String>);

fn refused(rule: &str, tool: &str, what: String, why: String) -> Answer {
    let told = format!("denied by {rule}: {why}");
    let denied = Denied {
        rule: rule.to_owned(),
        reason: clip(&why, REASON_CHARS_MAX),
    };
    let judged = Judged {
        tool: clip(tool, TOOL_CHARS_MAX),
        what: clip(&what, WHAT_CHARS_MAX),
        denied: Some(denied),
    };
    (judged, Some(told))
}

fn verdict(run: &Guarding, call: &Call) -> Answer {
    let what = shown(&call.wants);
    if let Some(why) = by_role(&run.role, &run.worktree, call) {
        return refused("role", &call.tool, what, why);
    }
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let known = |path: &Path| text(&path.canonicalize().unwrap_or_else(|_| path.to_path_buf()));
    let (worktree, home, tmp) = (known(&run.worktree), known(&run.home), known(&run.tmp));
    let here = std::env::current_dir().map_or_else(|_| worktree.clone(), |dir| text(&dir));
    let scene = Scene {
        cwd: call.cwd.as_deref().unwrap_or(&here),
        worktree: &worktree,
        home: &home,
        tmp: &tmp,
        branch: &run.branch,
        signals_walled: run.signals_walled,
        resolve: Some(&super::test::real),
    };
    let policy = Policy {
        denials: run.deny.clone(),
        allowances: run.allow.clone(),
        now: Clock::System.now(),
    };
    let verdicts: Vec<Verdict> = match &call.wants {
        Want::Run(text) => vec![guard::judge(Input::Shell(text), &scene, &policy)],
        Want::Patch(text) => vec![guard::judge(Input::Patch { text }, &scene, &policy)],
        Want::Write(paths) => paths
            .iter()
            .map(|path| guard::judge(Input::Write { path }, &scene, &policy))
            .collect(),
        Want::Read(paths) => paths
            .iter()
            .map(|path| guard::judge(Input::Read { path }, &scene, &policy))
            .collect(),
        Want::Nothing => Vec::new(),
    };
    let Some(denial) = verdicts.iter().find_map(Verdict::denial) else {
        let judged = Judged {
            tool: clip(&call.tool, TOOL_CHARS_MAX),
            what: clip(&what, WHAT_CHARS_MAX),
            denied: None,
        };
        return (judged, None);
    };
    let (mut judged, _) = refused(&denial.rule, &call.tool, what, denial.reason.clone());
    if let Some(denied) = &mut judged.denied {
        denied.reason = clip(&denial.told(), REASON_CHARS_MAX);
    }
    (judged, Some(denial.told()))
}

/// What the agent's role does not do.
fn by_role(role: &RoleContext, worktree: &Path, call: &Call) -> Option<String> {
    match &call.wants {
        Want::Run(_) if !role.may_run => Some(format!(
            "a {} runs nothing; read and write the files of your role, and say in your report what has to be run",
            role.role
        )),
        Want::Patch(_) if !role.may_edit() => Some(format!(
            "a {} edits nothing; say in your report what has to change",
            role.role
        )),
        Want::Write(paths) => {
            let from = call.cwd.as_deref().map_or(worktree, Path::new);
            let inside = |path: &String| {
                let path = from.join(path);
                path.strip_prefix(worktree).map(Path::to_path_buf).ok()
            };
            let mut inside = paths.iter().filter_map(inside);
            let outside_role = inside.find(|path| !role.edits(&path.to_string_lossy()))?;
            Some(format!(
                "a {} does not edit {}; keep to the paths of your role, and say in your report what has to change",
                role.role,
                outside_role.display()
            ))
        }
        _ => None,
    }
}

fn shown(wants: &Want) -> String {
    match wants {
        Want::Run(text) | Want::Patch(text) => text.clone(),
        Want::Write(paths) | Want::Read(paths) => paths.join(" "),
        Want::Nothing => String::new(),
    }
}
