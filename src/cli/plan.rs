//! `adf plan`: what the factory would do now, and why not for the rest.
//!
//! Invariant: touches nothing. The ledger is copied to a temporary folder, the
//! forge is only read, and the plan is made of the copy.

use super::look::{look, progress};
use super::run::{code, parse_time};
use super::table::{moment, table};
use super::{ConfigArg, FAILED, Format, OK, complain, load, runtime, say, say_json};
use crate::app;
use crate::clock::Clock;
use crate::config::Config;
use crate::model::{FactoryId, Plan, Time, World};
use crate::reconcile::State;
use crate::sense::SenseError;
use std::sync::Arc;

/// Print what the factory would do now; touches nothing
#[derive(Debug, clap::Args)]
pub struct PlanArgs {
    #[command(flatten)]
    config: ConfigArg,
    /// Where a new ledger would begin to listen
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    since: Option<Time>,
    /// How to write it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Prints the plan.
#[must_use]
pub fn run(args: &PlanArgs) -> u8 {
    let config = match load(&args.config.path) {
        Ok(config) => config,
        Err(code) => return code,
    };
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(code) => return code,
    };
    match runtime.block_on(plan(&config, args.since)) {
        Ok((plan, code)) => {
            match args.format {
                Format::Json => say_json(&serde_json::json!(plan)),
                Format::Human => say(&as_text(&plan)),
            }
            code
        }
        Err(error) => {
            complain(&error.to_string());
            code(&error)
        }
    }
}

/// The plan, and the exit code: a plan that does not know the forge is no success.
async fn plan(config: &Config, since: Option<Time>) -> Result<(Plan, u8), app::AppError> {
    // What is taken up hangs on what all of them wait for.
    let all = config.settings.coordinator.builtin;
    let progress: Option<&(dyn Fn(usize) + Sync)> = if all { Some(&progress) } else { None };
    let look = look(config, since, progress).await?;
    let is_read = look.polled.is_ok();
    let plan = plan_of(config, look.world, look.factory, is_read);
    let Err(error) = look.polled else {
        return Ok((plan, OK));
    };
    complain(&format!("{error}; this plan is made of the ledger alone"));
    let code = match error {
        SenseError::Forge(error) => code(&error.into()),
        _ => FAILED,
    };
    Ok((plan, code))
}

/// What the planner makes of a world now; `synced` says that the world is the forge's.
pub(super) fn plan_of(config: &Config, world: World, factory: FactoryId, synced: bool) -> Plan {
    let mut state = State::new(world, Arc::new(config.settings.clone()), factory);
    state.synced = synced;
    crate::decide::plan(&state.snapshot(Clock::System.now()), &state.routes)
}

fn as_text(plan: &Plan) -> String {
    let mut parts = Vec::new();
    if plan.decisions.is_empty() && plan.start.is_empty() {
        parts.push("Nothing to do now.".to_owned());
    }
    if !plan.decisions.is_empty() {
        let rows = plan.decisions.iter().map(|d| {
            vec![
                d.what.clone(),
                format!("#{}", d.issue),
                d.agent.clone().unwrap_or_default(),
                d.task.clone().unwrap_or_default(),
                d.reason.clone(),
            ]
        });
        parts.push(table(
            &["DO", "ISSUE", "AGENT", "TASK", "WHY"],
            rows.collect(),
        ));
    }
    if !plan.start.is_empty() {
        let keys: Vec<String> = plan.start.iter().map(|k| format!("  {k}")).collect();
        parts.push(format!("Effects it would try:\n{}", keys.join("\n")));
    }
    if !plan.skips.is_empty() {
        let rows = plan.skips.iter().map(|s| {
            vec![
                s.what.clone(),
                s.issue.map_or(String::new(), |i| format!("#{i}")),
                s.reason.to_string(),
                s.reason.until().map_or(String::new(), moment),
            ]
        });
        parts.push(table(
            &["NOT", "ISSUE", "WHY NOT", "UNTIL (UTC)"],
            rows.collect(),
        ));
    }
    if let Some(at) = plan.wake_at {
        parts.push(format!("It would look again at {} UTC.", moment(at)));
    }
    parts.join("\n\n")
}
