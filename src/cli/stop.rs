//! `adf stop --all`: everything ends, and that is proven.
//!
//! Invariant: the proof is read from outside: processes from the system's table,
//! leases and effects from the ledger, whatever the factory says of itself.

use super::order::give;
use super::project::{self, Project};
use super::{ConfigArg, FAILED, Format, OK, complain, runtime, say, say_json};
use crate::act::supervise;
use crate::model::{Wish, counted};
use crate::store::{self, StoreError};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long the end may take beyond the grace of runs.
const WAIT: Duration = Duration::from_secs(60);
/// The grace of runs where the config does not say it.
const GRACE: Duration = Duration::from_secs(60);
/// How often it is looked.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// End everything that runs, start nothing until `adf resume`, and prove it
#[derive(Debug, clap::Args)]
pub struct Stop {
    /// All of it; one task is ended by `adf cancel`
    #[arg(long, required = true)]
    all: bool,
    #[command(flatten)]
    config: ConfigArg,
    /// How to write the proof
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// What is left of a factory's work.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
struct Left {
    /// Living processes of runs.
    processes: usize,
    /// Runs that are not over, which hold their issues.
    leases: Vec<String>,
    /// Effects that are not settled.
    pending: Vec<String>,
}

impl Left {
    fn is_nothing(&self) -> bool {
        *self == Left::default()
    }

    fn line(&self) -> String {
        format!(
            "{}, {}, {}",
            counted(self.processes, "process"),
            counted(self.leases.len(), "lease"),
            counted(self.pending.len(), "pending effect")
        )
    }
}

/// Stops the factory and proves that nothing is left.
#[must_use]
pub fn run(args: &Stop) -> u8 {
    let project = match project::find(&args.config.path) {
        Ok(project) => project,
        Err(code) => return code,
    };
    let said = match give(&project, Wish::Stop) {
        Ok(said) => said,
        Err(code) => return code,
    };
    let running = said["running"] == serde_json::json!(true);
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(code) => return code,
    };
    let left = match runtime.block_on(settle(&project, running)) {
        Ok(left) => left,
        Err(error) => {
            complain(&error.to_string());
            return FAILED;
        }
    };
    let proven = left.is_nothing();
    match args.format {
        Format::Json => {
            let order = &said["order"];
            say_json(
                &serde_json::json!({ "order": order, "running": running, "proven": proven, "left": left }),
            );
        }
        Format::Human => say(&format!("stopped: {}", left.line())),
    }
    if proven {
        return OK;
    }
    let names = [left.leases.as_slice(), left.pending.as_slice()].concat();
    let remedy = if running {
        "the order stands, and it goes on ending them; ask again, or look at `adf status`"
    } else {
        "a former start left them open; the next `adf run` settles them and starts nothing"
    };
    complain(&format!("left: {}; {remedy}", names.join(", ")));
    FAILED
}

/// Looks until nothing is left or nothing more can be hoped for.
async fn settle(project: &Project, running: bool) -> Result<Left, StoreError> {
    let dir = &project.state_dir;
    let config = project.config.as_ref();
    let grace = config.map_or(GRACE, |config| config.settings.limits.grace);
    let looks = (grace + WAIT).as_millis() / LOOK_EVERY.as_millis();
    for _ in 0..looks {
        let left = look(dir)?;
        if left.is_nothing() || !running {
            return Ok(left);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    look(dir)
}

fn look(dir: &Path) -> Result<Left, StoreError> {
    let world = store::open_read_only(dir)?.world()?;
    let on_disk = std::fs::read_dir(dir.join("runs")).into_iter().flatten();
    let runs: Vec<PathBuf> = on_disk.flatten().map(|entry| entry.path()).collect();
    let open = world.runs.values().filter(|run| run.is_open());
    let pending = world.effects.values().filter(|e| !e.state.is_closed());
    Ok(Left {
        processes: supervise::living(&runs),
        leases: open.map(|run| run.id.to_string()).collect(),
        pending: pending.map(|effect| effect.key.to_string()).collect(),
    })
}
