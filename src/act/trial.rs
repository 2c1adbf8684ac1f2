//! A pair of provider and model → whether it answers, by asking it one tiny thing.
//!
//! Invariant: it goes the way of a run: the provider's argv, environment, key and
//! walls, under a supervisor that leaves nothing running. It works in an empty
//! folder of its own, nothing of it reaches the ledger, and it costs tokens: only an
//! operator's `adf providers --probe` comes here.

use super::launch::Launch;
use super::reread;
use super::supervise::{self, Ended, Event, Given, Layout, RunSpec, SpecLimits};
use crate::classify::{OVERLOAD, Rules, Said, UNAUTHORISED};
use crate::model::route::Choice;
use crate::model::settings::{Agent, Settings};
use crate::model::{Exit, RunId};
use secrecy::SecretString;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;

/// What is asked.
const QUESTION: &str =
    "Answer with the single word: ok. Use no tools, change no files, and say nothing else.\n";
/// How long an answer may take, in milliseconds.
pub const WALL_MS: u64 = 60_000;
/// Time between TERM and KILL, in milliseconds.
const GRACE_MS: u64 = 1000;
/// Steps that it may take, though it needs none.
const STEPS: u32 = 3;
/// Output kept, and the largest file it may write, in bytes.
const BYTES_MAX: u64 = 16 * 1024 * 1024;
/// What is shown of an answer, in characters.
const SHOWN_CHARS_MAX: usize = 80;

/// What a provider is asked with.
#[derive(Clone, Copy)]
pub struct Means<'a> {
    /// The config.
    pub settings: &'a Settings,
    /// The factory's executable, for the supervisor.
    pub adf: &'a Path,
    /// The walls that can be built here.
    pub given: &'a Given,
    /// The variables that agents are given.
    pub environment: &'a BTreeMap<String, String>,
}

/// What came of asking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// Whether it answered.
    pub ok: bool,
    /// What it said, or why there is no answer.
    pub said: String,
}

/// Asks a pair, as this agent of the config would be started with it.
pub async fn ask(
    pair: &Choice,
    agent: &Agent,
    key: Option<&SecretString>,
    means: Means<'_>,
) -> Answer {
    match asked(pair, agent, key, means).await {
        Ok((ended, output)) => answer(&ended, &output),
        Err(said) => Answer { ok: false, said },
    }
}

async fn asked(
    pair: &Choice,
    agent: &Agent,
    key: Option<&SecretString>,
    means: Means<'_>,
) -> Result<(Ended, Said), String> {
    let io = |error: std::io::Error| format!("no folder to ask in: {error}");
    let scratch = tempfile::Builder::new().prefix("adf-probe-").tempdir();
    let scratch = scratch.map_err(io)?;
    let root = scratch.path().canonicalize().map_err(io)?;
    let (run_dir, workspace) = (root.join("run"), root.join("work"));
    let layout = Layout::new(&run_dir);
    layout.create().map_err(|e| e.to_string())?;
    std::fs::create_dir(&workspace).map_err(io)?;
    std::fs::write(layout.prompt(), QUESTION).map_err(io)?;
    let spec = spec(pair, agent, key, means, (&run_dir, &workspace))?;
    let mut run = supervise::start(means.adf, &spec)
        .await
        .map_err(|e| e.to_string())?;
    loop {
        match run.next().await {
            Some(Event::Exited(ended)) => {
                let rules = Rules::new(&means.settings.failures.rules);
                return Ok((ended, reread::whole(layout.output(), rules).await));
            }
            Some(_) => {}
            None => return Err("its supervisor was lost".to_owned()),
        }
    }
}

fn spec(
    pair: &Choice,
    agent: &Agent,
    key: Option<&SecretString>,
    means: Means<'_>,
    (run_dir, workspace): (&Path, &Path),
) -> Result<RunSpec, String> {
    let launch = Launch {
        settings: means.settings,
        agent,
        provider: &pair.provider,
        model: pair.model.as_deref(),
        key,
        tools: &[],
        resume: None,
        adf: means.adf,
        given: means.given,
        environment: means.environment,
        reads: Vec::new(),
        run: &RunId(format!("probe-{}", pair.provider)),
        run_dir,
        workspace,
        limits: SpecLimits {
            wall_ms: WALL_MS,
            grace_ms: GRACE_MS,
            steps: STEPS,
            output_bytes: BYTES_MAX,
            file_bytes: BYTES_MAX,
        },
    };
    launch.spec().map_err(|blocked| blocked.reason)
}

/// Who is refused may well exit with 0: the denial of its CLI counts first, and of one without a
/// form of its own the words. Of one that fails the last line says more than its exit code.
fn answer(ended: &Ended, output: &Said) -> Answer {
    let is_refusal = |rule: &str| [OVERLOAD, UNAUTHORISED].contains(&rule);
    let matched = output.matched.as_ref();
    let matched = matched.filter(|(_, rule, _)| is_refusal(rule) && ended.told.session.is_none());
    let denial = ended.told.denial.as_ref().map(|denial| &denial.text);
    let denial = denial.or(matched.map(|(_, _, line)| line));
    let ok = denial.is_none() && ended.exit == Exit::Code(0);
    let (text, last) = (ended.told.text.trim(), output.last.trim());
    let said = match denial {
        Some(denial) => denial,
        None if !text.is_empty() => text,
        None if !ok && !last.is_empty() => &format!("{}: {last}", ended.reason),
        None => &ended.reason,
    };
    Answer {
        ok,
        said: said.chars().take(SHOWN_CHARS_MAX).collect(),
    }
}
