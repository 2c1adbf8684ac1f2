//! `adf pause`, `adf resume`, `adf cancel`: an operator's order becomes a row.
//!
//! Invariant: the running factory writes it; where none runs it is written into
//! the ledger by the ledger's owner, and holds from the next start on.

use super::project::{self, Project};
use super::{BUSY, ConfigArg, FAILED, Format, OK, complain, runtime, say, say_json};
use crate::clock::Clock;
use crate::decide;
use crate::ipc::operator::{self, AskError};
use crate::ipc::question::{Question, is_word};
use crate::model::{Change, Ordered, Wish};
use crate::store::{self, LEDGER_FILE, StoreError};
use serde_json::{Value, json};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

/// How long the running factory may take to write an order.
const ANSWER_MAX: Duration = Duration::from_secs(10);
/// The name of an operator whose login is not known.
const NOBODY: &str = "operator";

/// Start nothing until `adf resume`; what runs goes on
#[derive(Debug, clap::Args)]
pub struct Held {
    #[command(flatten)]
    config: ConfigArg,
    /// How to write the answer
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// End a task: its run gets TERM, then KILL; its work is kept
#[derive(Debug, clap::Args)]
pub struct Cancel {
    /// The task, or the run that works on it, as `adf status` shows them
    #[arg(value_name = "TASK|RUN")]
    what: String,
    #[command(flatten)]
    config: ConfigArg,
    /// How to write the answer
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Pauses or resumes the factory.
#[must_use]
pub fn held(args: &Held, wish: Wish) -> u8 {
    order(&args.config.path, wish, args.format)
}

/// Cancels a task.
#[must_use]
pub fn cancel(args: &Cancel) -> u8 {
    if !is_word(&args.what) {
        complain("a task or run is named by letters, digits and hyphens; `adf status` lists them");
        return FAILED;
    }
    let wish = Wish::Cancel(args.what.clone());
    order(&args.config.path, wish, args.format)
}

fn order(path: &Path, wish: Wish, format: Format) -> u8 {
    let given = project::find(path).and_then(|project| give(&project, wish));
    match given {
        Ok(said) => {
            match format {
                Format::Json => say_json(&said),
                Format::Human => say(said["text"].as_str().unwrap_or_default()),
            }
            OK
        }
        Err(code) => code,
    }
}

/// Gives an order to the running factory, or to the ledger when none runs.
pub(super) fn give(project: &Project, wish: Wish) -> Result<Value, u8> {
    let dir = &project.state_dir;
    project.check_owner()?;
    let by = who();
    let question = Question::Order {
        wish: wish.clone(),
        by: by.clone(),
    };
    match operator::ask(dir, &question.to_string(), ANSWER_MAX) {
        Ok(mut said) => {
            said["running"] = json!(true);
            Ok(said)
        }
        Err(AskError::Refused(why)) => {
            complain(&why);
            Err(FAILED)
        }
        Err(AskError::NotRunning { .. }) => write(project, &wish, by),
    }
}

/// Writes an order into a ledger that no factory holds.
fn write(project: &Project, wish: &Wish, by: String) -> Result<Value, u8> {
    let dir = &project.state_dir;
    let failed = |why: String| {
        complain(&why);
        FAILED
    };
    let file = dir.join(LEDGER_FILE);
    let owner = std::fs::metadata(&file).map_err(|_| {
        let why = project.unfound();
        failed(format!("no factory answers, and {why}"))
    })?;
    if owner.uid() != rustix::process::geteuid().as_raw() {
        return Err(failed(format!(
            "no factory runs, and the ledger belongs to user {0}; ask as that user, or start the factory first",
            owner.uid()
        )));
    }
    let opened = store::open(dir, Clock::System).map_err(|error| {
        let locked = matches!(error, StoreError::Locked { .. });
        complain(&error.to_string());
        if locked { BUSY } else { FAILED }
    })?;
    let order = decide::operator::order(&opened.world, wish).map_err(failed)?;
    let at = Clock::System.now();
    let row = Ordered { order, by, at };
    let text = format!(
        "{} (no factory runs: it holds from the next start on)",
        row.line()
    );
    let said = json!({ "order": row, "text": text, "running": false });
    // Nobody drains it here, and a full channel would hold up commits.
    drop(opened.committed);
    let ledger = opened.ledger;
    let written = runtime()?.block_on(async {
        ledger.commit(vec![Change::Operator(row)]).await?;
        ledger.close().await
    });
    written.map_err(|error| failed(error.to_string()))?;
    Ok(said)
}

/// The login of who asks, as this machine tells it.
fn who() -> String {
    #[expect(
        clippy::disallowed_methods,
        reason = "who sits at this terminal is no setting"
    )]
    let told = ["SUDO_USER", "USER", "LOGNAME"].map(|name| std::env::var(name).ok());
    let told = told.into_iter().flatten().find(|name| is_word(name));
    told.unwrap_or_else(|| NOBODY.to_owned())
}
