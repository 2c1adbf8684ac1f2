//! `adf status`: the ledger and the running factory.

use super::project::{self, Project};
use super::table::{moment, table};
use super::{ConfigArg, FAILED, Format, OK, own_path, runtime, say, say_json};
use crate::act::supervise::given;
use crate::clock::Clock;
use crate::ipc::operator;
use crate::model::{RunState, Task, World, counted, settings::Walls};
use crate::store::{BackupTrace, Brief};
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

/// How long the running factory may take to answer.
const ANSWER_MAX: Duration = Duration::from_secs(5);
/// Tasks shown of those that are over.
const NEWEST: u32 = 50;
/// Bytes in a megabyte.
const MB: u64 = 1_000_000;

/// Show the ledger and the running factory
#[derive(Debug, clap::Args)]
pub struct Status {
    #[command(flatten)]
    config: ConfigArg,
    /// Show all tasks that are over, and not only the newest 50
    #[arg(long)]
    all: bool,
    /// How to write it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Prints the state of a project.
#[must_use]
pub fn run(args: &Status) -> u8 {
    let found = project::find(&args.config.path).and_then(|project| {
        let brief = brief(&project, args.all)?;
        Ok((project, brief))
    });
    let (project, brief) = match found {
        Ok(found) => found,
        Err(code) => return code,
    };
    let daemon = operator::ask(&project.state_dir, "status", ANSWER_MAX).ok();
    match args.format {
        Format::Json => say_json(&all_json(&project, &brief, daemon)),
        Format::Human => say(&all_text(&project, &brief, daemon.as_ref()).join("\n\n")),
    }
    OK
}

fn brief(project: &Project, all: bool) -> Result<Brief, u8> {
    let settings = project.config.as_ref().map(|config| &config.settings);
    let sinks = settings.map(|settings| settings.notify.sinks.keys().map(String::as_str));
    let sinks: Vec<&str> = sinks.into_iter().flatten().collect();
    let newest = if all { u32::MAX } else { NEWEST };
    project.reader()?.brief(newest, &sinks).map_err(|error| {
        project.complain(&error);
        FAILED
    })
}

/// What the config adds is left out where it is refused.
fn all_json(project: &Project, brief: &Brief, daemon: Option<Value>) -> Value {
    let mut object = as_json(&project.name, brief, daemon);
    object["backup"] = json!(BackupTrace::read(&project.state_dir));
    object["config_faults"] = json!(project.refused());
    if let Some(config) = &project.config {
        object["notify"] = super::sinks::as_json(&config.settings.notify, &brief.world);
        object["walls"] = walls(&config.settings.walls).1;
    }
    object
}

fn all_text(project: &Project, brief: &Brief, daemon: Option<&Value>) -> Vec<String> {
    let mut parts = vec![as_text(project, brief, daemon)];
    let settings = project.config.as_ref().map(|config| &config.settings);
    let told = settings.map(|settings| super::sinks::lines(&settings.notify, &brief.world));
    parts.extend(
        told.filter(|told| !told.is_empty())
            .map(|told| told.join("\n")),
    );
    let max_age = settings.and_then(|settings| settings.backup_max_age);
    parts.push(backup(&project.state_dir, max_age));
    parts.extend(settings.map(|settings| walls(&settings.walls).0));
    parts
}

/// When the last backup was made, and whether that is too long ago.
fn backup(dir: &Path, max_age: Option<Duration>) -> String {
    let Some(last) = BackupTrace::read(dir) else {
        return "backup: none was made".to_owned();
    };
    let age = Clock::System.now().since(last.made_at);
    let late = match max_age {
        Some(max) if age > max => ", too old",
        _ => "",
    };
    let hours = age.as_secs() / 3600;
    let (at, file) = (moment(last.made_at), last.file.display());
    format!("backup: the last one is of {at} UTC, {hours} h ago{late}: {file}")
}

/// Tasks as people look for them: by issue, the oldest first.
fn in_order(world: &World) -> Vec<&Task> {
    let mut tasks: Vec<&Task> = world.tasks.values().collect();
    tasks.sort_by_key(|task| (task.work.issue, task.created_at));
    tasks
}

fn as_json(project: &str, brief: &Brief, daemon: Option<Value>) -> Value {
    let world = &brief.world;
    json!({
        "project": project,
        "running": daemon.is_some(),
        "daemon": daemon,
        "held": world.held,
        "tasks": in_order(world).into_iter().map(|t| json!({
            "task": t.id, "issue": t.work.issue, "agent": t.agent, "state": t.state.word(),
            "note": t.note, "branch": t.branch, "pull": t.pull, "strikes": t.strikes,
            "attempts": world.runs_of(&t.id).count(), "since": t.changed_at.0,
        })).collect::<Vec<_>>(),
        "alerts": world.alerts.values().filter(|a| a.cleared_at.is_none()).collect::<Vec<_>>(),
        "pending_mentions": brief.pending,
        "tasks_total": brief.tasks_total(),
        "tasks_by_state": brief.tasks,
    })
}

/// The walls of this machine held against the config's: a line for people, an object for scripts.
fn walls(walls: &Walls) -> (String, Value) {
    let tried = runtime().and_then(|runtime| Ok((runtime, own_path()?)));
    let given = match tried {
        Ok((runtime, adf)) => runtime.block_on(given(&adf)).map_err(|e| e.to_string()),
        Err(_) => Err("adf itself cannot be started".to_owned()),
    };
    let given = match given {
        Ok(given) => given,
        Err(error) => return (format!("walls: {error}"), json!({"error": error})),
    };
    let refusal = given.refusal(walls.required, &walls.accept, walls.bubblewrap);
    let mut line = format!("walls: {}", given.line(&walls.accept));
    if let Some(reason) = &refusal {
        line = format!("{line}\n  no agent is started: {reason}");
    }
    let missing = given.missing.iter();
    let missing = missing.map(|(weakness, why)| json!({"name": weakness, "why": why}));
    let object = json!({
        "landlock_abi": given.landlock_abi,
        "missing": missing.collect::<Vec<_>>(),
        "accepted": walls.accept,
        "bubblewrap": given.bubblewrap,
        "refusal": refusal,
    });
    (line, object)
}

/// How the factory itself stands.
fn standing(project: &Project, world: &World, daemon: Option<&Value>) -> Vec<String> {
    let mut parts = Vec::new();
    let name = &project.name;
    let word = |key: &str| {
        daemon
            .and_then(|d| d.get(key))
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    parts.push(match daemon {
        None => format!("{name}: no factory is running"),
        Some(daemon) => format!(
            "{name}: {}, {}{}",
            word("stage").unwrap_or_default(),
            counted(daemon["runs"].as_u64().unwrap_or_default(), "run"),
            word("forge_trouble")
                .or_else(|| word("unfit"))
                .map(|t| format!("\n  {t}"))
                .unwrap_or_default()
        ),
    });
    parts.extend(daemon.map(housekeeping));
    if let Some(held) = &world.held {
        parts.push(held.line());
    }
    // What stands on disk now is newer than what the factory read.
    let trouble = project.refused().into_iter().next();
    if let Some(trouble) = trouble.or_else(|| word("config_trouble")) {
        let so = match daemon {
            Some(_) => "the last good one is in force",
            None => "no factory would start with it",
        };
        parts.push(format!("the config on disk is refused, {so}: {trouble}"));
    }
    parts
}

/// What the running factory swept, holds, and how long it was held up.
fn housekeeping(daemon: &Value) -> String {
    let swept = |key: &str| daemon["swept"][key].as_u64().unwrap_or_default();
    let mut line = format!(
        "swept since the start: {}, {}, {} ({} MB); {} left alone",
        counted(swept("processes"), "process"),
        counted(swept("workspaces"), "workspace"),
        counted(swept("runs"), "run directory"),
        swept("bytes") / MB,
        swept("left"),
    );
    if swept("sweeps") > 0 {
        line = format!("{line}; the state holds {} MB", swept("state_bytes") / MB);
    }
    let stall = daemon["longest_stall_us"].as_u64().unwrap_or_default();
    format!(
        "{line}; longest stall of the loop {} ms",
        stall.div_ceil(1000)
    )
}

fn as_text(project: &Project, brief: &Brief, daemon: Option<&Value>) -> String {
    let world = &brief.world;
    let mut parts = Vec::new();
    parts.extend(standing(project, world, daemon));
    if world.tasks.is_empty() {
        parts.push("no tasks yet: write `@adf:<agent> …` under an issue".to_owned());
    } else {
        let rows = in_order(world).into_iter().map(|t| {
            let working = world
                .runs_of(&t.id)
                .last()
                .map_or(String::new(), |r| match &r.state {
                    RunState::Working { steps, .. } => format!(" ({})", counted(*steps, "step")),
                    _ => String::new(),
                });
            vec![
                format!("#{}", t.work.issue),
                t.agent.to_string(),
                t.id.to_string(),
                format!("{}{working}", t.state.word()),
                t.pull.map_or(String::new(), |p| format!("#{p}")),
                moment(t.changed_at),
                t.note.clone(),
            ]
        });
        parts.push(table(
            &[
                "ISSUE",
                "AGENT",
                "TASK",
                "STATE",
                "PULL",
                "SINCE (UTC)",
                "NOTE",
            ],
            rows.collect(),
        ));
    }
    let hidden = brief.tasks_total().saturating_sub(world.tasks.len() as u64);
    if hidden > 0 {
        let states = brief.tasks.iter().map(|(word, n)| format!("{n} {word}"));
        let states = states.collect::<Vec<_>>().join(", ");
        parts.push(format!(
            "and {hidden} more that are over (--all shows them); in all {states}"
        ));
    }
    let alerts: Vec<String> = world
        .alerts
        .values()
        .filter(|a| a.cleared_at.is_none())
        .map(|a| format!("alert {}: {}", a.cause, a.text))
        .collect();
    if !alerts.is_empty() {
        parts.push(alerts.join("\n"));
    }
    parts.join("\n\n")
}
