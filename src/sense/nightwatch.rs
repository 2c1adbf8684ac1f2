//! The factory's own signs become alerts: a run without progress, a question
//! without an answer, a full disk, a repository that takes nothing.
//!
//! Invariant: progress is a tool result, a diff or a commit, never mere output;
//! one alert per cause, cleared when its cause is gone.

use crate::model::notice::{FORGE, SINK};
use crate::model::route::Choice;
use crate::model::settings::Settings;
use crate::model::{
    Alert, Change, Denial, DenialKind, EffectState, Exit, Run, RunId, RunState, TaskState, Time,
    World,
};
use crate::routing;
use crate::store::BackupTrace;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

/// Files looked at for the newest change of a workspace; more are not walked.
const WALK_FILES_MAX: usize = 20_000;

/// A question open for so long raises an alert.
const UNANSWERED_AFTER: Duration = Duration::from_secs(3600);

/// The cause of the alert that nothing new can be started.
const UNFIT: &str = "unfit";

/// The cause of the alert that nothing can be delivered to the repository.
const REPOSITORY: &str = "repository";

/// The cause of the alert that the config on disk is refused.
const CONFIG: &str = "config";

/// The cause of the alert that the last backup is too old.
const BACKUP: &str = "backup";

/// The cause of the alert that too many failures are UNKNOWN.
const UNKNOWN: &str = "unknown-failures";

/// How the cause of the alert on a login that is refused begins; the pair follows.
const LOGIN: &str = "login:";

/// A run to watch.
#[derive(Clone, Debug)]
pub struct Watched {
    /// The run.
    pub run: RunId,
    /// Its workspace.
    pub workspace: PathBuf,
    /// The last progress the ledger knows of.
    pub progress_at: Time,
}

/// The runs of a world that are to be watched.
#[must_use]
pub fn watched(world: &World, work_dir: &Path) -> Vec<Watched> {
    let working = |run: &Run| match run.state {
        RunState::Working { progress_at, .. } => Some(Watched {
            run: run.id.clone(),
            workspace: work_dir.join(run.task.as_str()),
            progress_at,
        }),
        _ => None,
    };
    world.runs.values().filter_map(working).collect()
}

/// Alerts to raise for runs without progress. Reads the disk: not for the loop's thread.
#[must_use]
pub fn stalled(runs: &[Watched], after: Duration, now: Time) -> Vec<Change> {
    let mut alerts = Vec::new();
    for run in runs {
        let progress = run.progress_at.max(newest_change(&run.workspace));
        if now.since(progress) >= after {
            alerts.push(Change::Alert(Alert {
                run: Some(run.run.clone()),
                ..Alert::raised(
                    format!("stalled:{}", run.run),
                    format!(
                        "run {} has made no progress for {} s: no tool result, diff or commit",
                        run.run,
                        now.since(progress).as_secs()
                    ),
                    now,
                )
            }));
        }
    }
    alerts
}

/// Alerts to raise for questions that nobody has answered; one is over when its
/// task goes on.
#[must_use]
pub fn unanswered(world: &World, now: Time) -> Vec<Change> {
    let open = world.tasks.values().filter(|task| {
        task.state == TaskState::NeedsClarification
            && now.since(task.changed_at) >= UNANSWERED_AFTER
    });
    open.map(|task| {
        Change::Alert(Alert {
            run: world.runs_of(&task.id).last().map(|run| run.id.clone()),
            ..Alert::raised(
                format!("unanswered:{}", task.id),
                format!(
                    "`{}` has waited for {} min for an answer on #{}: write one in a comment there",
                    task.agent,
                    now.since(task.changed_at).as_secs() / 60,
                    task.work.issue
                ),
                now,
            )
        })
    })
    .collect()
}

/// Alerts whose cause is gone: their run is over or went on.
#[must_use]
pub fn mended(alerts: &BTreeMap<String, Alert>, raised: &[Change], now: Time) -> Vec<Change> {
    let still = |cause: &str| {
        raised
            .iter()
            .any(|c| matches!(c, Change::Alert(a) if a.cause == cause))
    };
    let open = alerts
        .values()
        .filter(|a| a.cleared_at.is_none() && a.run.is_some());
    open.filter(|a| !still(&a.cause))
        .map(|a| Change::Alert(a.cleared(now)))
        .collect()
}

/// The newest modification below `dir`, of files and of `.git`'s log; the epoch when there is none.
fn newest_change(dir: &Path) -> Time {
    let mut newest = Time::default();
    let mut seen = 0;
    let mut folders = vec![dir.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries.flatten() {
            seen += 1;
            if seen > WALK_FILES_MAX {
                return newest;
            }
            // `DirEntry::metadata` does not follow links, so a link cannot lead out.
            let Ok(meta) = entry.metadata() else { continue };
            let changed = meta
                .modified()
                .ok()
                .and_then(|m| m.duration_since(UNIX_EPOCH).ok());
            newest = newest.max(Time::default().plus(changed.unwrap_or_default()));
            if meta.is_dir() {
                folders.push(entry.path());
            }
        }
    }
    newest
}

/// An alert on what all work needs, raised or cleared: `unfit`, what is wrong with
/// this machine, and `blocker`, what is wrong with the repository.
#[must_use]
pub fn standing(
    alerts: &BTreeMap<String, Alert>,
    unfit: Option<&str>,
    blocker: Option<&str>,
    now: Time,
) -> Vec<Change> {
    [(UNFIT, unfit), (REPOSITORY, blocker)]
        .into_iter()
        .filter_map(|(cause, text)| turn(alerts, cause, text, now))
        .collect()
}

/// The alert on a forge that has been away for `after`, raised or cleared: since when
/// reading it has failed, and why it failed last.
#[must_use]
pub fn forge(
    alerts: &BTreeMap<String, Alert>,
    away: Option<(Time, &str)>,
    after: Duration,
    now: Time,
) -> Option<Change> {
    let long = away.filter(|(since, _)| now.since(*since) >= after);
    let text = long.map(|(since, why)| {
        format!(
            "the forge could not be read for {} s: {why}; see that it runs and that this machine reaches it; nothing is taken up or delivered meanwhile",
            now.since(since).as_secs()
        )
    });
    turn(alerts, FORGE, text.as_deref(), now)
}

/// The alert on a config that was refused at a reload, raised or cleared.
#[must_use]
pub fn config(alerts: &BTreeMap<String, Alert>, why: Option<&str>, now: Time) -> Option<Change> {
    turn(alerts, CONFIG, why, now)
}

/// Alerts that follow from what is known, raised or cleared: on logins, rules, sinks and
/// the forge, which is `away` since a moment, for a reason.
#[must_use]
pub fn folds(
    world: &World,
    settings: &Settings,
    away: Option<(Time, &str)>,
    now: Time,
) -> Vec<Change> {
    let after = settings.nightwatch.forge_away_after;
    let mut folds = logins(world, settings, now);
    folds.extend(unknown(world, now));
    folds.extend(sinks(world, settings, now));
    folds.extend(forge(&world.alerts, away, after, now));
    folds
}

/// The alert that the rules know too little of what goes wrong, raised or cleared.
#[must_use]
pub fn unknown(world: &World, now: Time) -> Option<Change> {
    let share = world.unknown_share();
    let text = share.is_high().then(|| {
        format!(
            "{} of the last {} failures are UNKNOWN: no rule knows them; see `adf failures` and add `[[failures.rules]]`",
            share.unknown, share.of
        )
    });
    turn(&world.alerts, UNKNOWN, text.as_deref(), now)
}

/// Alerts on logins that providers refuse, raised or cleared: of each provider and model
/// in use, by the last run that tells.
#[must_use]
pub fn logins(world: &World, settings: &Settings, now: Time) -> Vec<Change> {
    let mut last: BTreeMap<Choice, (Time, Option<&Denial>)> = BTreeMap::new();
    for run in world.runs.values() {
        let RunState::Ended { at, outcome } = &run.state else {
            continue;
        };
        let pair = Choice {
            provider: run.provider.clone(),
            model: run.model.clone(),
        };
        let told = outcome.told.denial.as_ref();
        // Whatever never began, or was cut off, says nothing of a login.
        let tells = told.is_some() || matches!(outcome.exit, Exit::Code(0));
        let newest = last.get(&pair).is_none_or(|(then, _)| then <= at);
        if tells && newest {
            last.insert(pair, (*at, told));
        }
    }
    let used = routing::pairs(settings);
    let refused = last.into_iter().filter_map(|(pair, (_, told))| {
        let told = told.filter(|denial| denial.kind == DenialKind::Auth)?;
        let text = format!(
            "{pair} does not accept its key or login: {}; renew it where [providers.{}] names it, and restart",
            told.text, pair.provider
        );
        used.contains(&pair).then(|| (format!("{LOGIN}{pair}"), text))
    });
    let refused: BTreeMap<String, String> = refused.collect();
    let known = world.alerts.keys().filter(|cause| cause.starts_with(LOGIN));
    let causes: BTreeSet<&String> = refused.keys().chain(known).collect();
    let turned = causes.into_iter().filter_map(|cause| {
        let text = refused.get(cause).map(String::as_str);
        turn(&world.alerts, cause, text, now)
    });
    turned.collect()
}

/// Alerts on sinks whose last notice was given up, raised or cleared.
#[must_use]
pub fn sinks(world: &World, settings: &Settings, now: Time) -> Vec<Change> {
    let sinks = settings.notify.sinks.keys();
    let silent = sinks.filter_map(|name| {
        let last = world.last_notice(name).filter(|e| e.state.is_closed())?;
        let EffectState::Parked { reason } = &last.state else {
            return None;
        };
        let text = format!(
            "`{name}` could not be told: {reason}; see [notify.sinks.{name}]; it is tried again with the next notice"
        );
        Some((format!("{SINK}{name}"), text))
    });
    let silent: BTreeMap<String, String> = silent.collect();
    // While a notice is under way nothing is known yet.
    let tried = |cause: &str| {
        let name = cause.strip_prefix(SINK).unwrap_or_default();
        let last = world.last_notice(name);
        last.is_some_and(|e| !e.state.is_closed()) && settings.notify.sinks.contains_key(name)
    };
    let known = world.alerts.keys().filter(|cause| cause.starts_with(SINK));
    let causes: BTreeSet<&String> = silent.keys().chain(known).collect();
    let settled = causes.into_iter().filter(|cause| !tried(cause));
    let turned = settled.filter_map(|cause| {
        let text = silent.get(cause).map(String::as_str);
        turn(&world.alerts, cause, text, now)
    });
    turned.collect()
}

/// The alert that the last backup is too old, or that there is none, raised or cleared.
/// A ledger without a backup is as old as the moment from which it listens.
#[must_use]
pub fn backup(
    alerts: &BTreeMap<String, Alert>,
    (max_age, began): (Option<Duration>, Option<Time>),
    last: Option<&BackupTrace>,
    now: Time,
) -> Option<Change> {
    let text = max_age.and_then(|max| {
        let since = last.map(|last| last.made_at).or(began)?;
        let hours = |span: Duration| span.as_secs() / 3600;
        (now.since(since) > max).then(|| {
            let what = match last {
                Some(last) => format!("the last backup, {}, is old", last.file.display()),
                None => "there is no backup".to_owned(),
            };
            format!(
                "{what}: none was made for {} h, `[backup] max_age` is {} h; run `adf backup`, and look at the timer adf-backup@",
                hours(now.since(since)),
                hours(max)
            )
        })
    });
    turn(alerts, BACKUP, text.as_deref(), now)
}

/// What changes of an alert that is to stand with `text`, or not at all.
fn turn(
    alerts: &BTreeMap<String, Alert>,
    cause: &str,
    text: Option<&str>,
    now: Time,
) -> Option<Change> {
    let open = alerts.get(cause).filter(|a| a.cleared_at.is_none());
    match (open, text) {
        (None, Some(text)) => Some(Change::Alert(Alert::raised(cause, text, now))),
        (Some(open), None) => Some(Change::Alert(open.cleared(now))),
        (Some(open), Some(text)) if cause == CONFIG && open.text != text => {
            Some(Change::Alert(Alert {
                text: text.to_owned(),
                ..open.clone()
            }))
        }
        _ => None,
    }
}
