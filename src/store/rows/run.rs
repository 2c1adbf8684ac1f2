//! Runs: planned once, then moved on by the executor.
//!
//! Invariant: a known id is ignored; a move keeps base and process unless it
//! brings new ones.

use super::{
    super::history::{self, Line},
    column::{Cells, Int, Json, damaged},
    each,
};
use crate::model::{
    AgentName, Change, Outcome, Process, RepoId, Run, RunId, RunState, Sha, TaskId, Time, WorkKey,
};
use rusqlite::{Connection, OptionalExtension, Result, named_params};

/// The columns of a run, without those that SQLite makes of them for people.
const COLUMNS: &str = "id, task, repo, issue, attempt, lease, agent, provider, model, routed, \
     base, pid, start_time, boot_id, created_at, state, working_since, progress_at, steps, \
     ended_at, outcome";

/// A state, spread over its columns.
#[derive(Default)]
struct Columns<'a> {
    state: &'static str,
    working_since: Option<i64>,
    progress_at: Option<i64>,
    steps: Option<u32>,
    ended_at: Option<i64>,
    outcome: Option<&'a Outcome>,
}

impl Columns<'_> {
    fn of(state: &RunState) -> Columns<'_> {
        match state {
            RunState::Starting => Columns {
                state: "starting",
                ..Columns::default()
            },
            RunState::Working {
                since,
                progress_at,
                steps,
            } => Columns {
                state: "working",
                working_since: Some(since.0),
                progress_at: Some(progress_at.0),
                steps: Some(*steps),
                ..Columns::default()
            },
            RunState::Ended { at, outcome } => Columns {
                state: "ended",
                ended_at: Some(at.0),
                outcome: Some(outcome),
                ..Columns::default()
            },
        }
    }

    fn keep(&self, conn: &Connection, issue: u64, id: &RunId, at: Time) -> Result<()> {
        let line = Line {
            at,
            issue,
            subject: "run",
            id: id.as_str(),
            state: self.state,
            note: self.outcome.map_or("", |outcome| &outcome.reason),
        };
        history::keep(conn, &line)
    }
}

pub(super) fn write(conn: &Connection, row: &Run, now: Time) -> Result<()> {
    let state = Columns::of(&row.state);
    let added = conn
        .prepare_cached(
            "INSERT INTO run (id, task, repo, issue, attempt, lease, agent, provider, model, routed, base,
               pid, start_time, boot_id, created_at, state, working_since, progress_at, steps,
               ended_at, outcome)
             VALUES (:id, :task, :repo, :issue, :attempt, :lease, :agent, :provider, :model, :routed,
               :base,
               :pid, :start_time, :boot_id, :created_at, :state, :working_since, :progress_at,
               :steps, :ended_at, :outcome)
             ON CONFLICT (id) DO NOTHING",
        )?
        .execute(named_params! {
            ":id": row.id.as_str(),
            ":task": row.task.as_str(),
            ":repo": row.work.repo.0,
            ":issue": Int(row.work.issue),
            ":attempt": row.attempt,
            ":lease": Int(row.lease),
            ":agent": row.agent.as_str(),
            ":provider": row.provider,
            ":model": row.model,
            ":routed": row.routed.as_ref().map(Json),
            ":base": row.base.as_ref().map(Sha::as_str),
            ":pid": row.process.as_ref().map(|p| p.pid),
            ":start_time": row.process.as_ref().map(|p| Int(p.start_time)),
            ":boot_id": row.process.as_ref().map(|p| p.boot_id.as_str()),
            ":created_at": row.created_at.0,
            ":state": state.state,
            ":working_since": state.working_since,
            ":progress_at": state.progress_at,
            ":steps": state.steps,
            ":ended_at": state.ended_at,
            ":outcome": state.outcome.map(Json),
        })?;
    if added == 0 {
        return Ok(());
    }
    state.keep(conn, row.work.issue, &row.id, now)
}

pub(super) fn write_state(
    conn: &Connection,
    id: &RunId,
    base: Option<&Sha>,
    process: Option<&Process>,
    state: &RunState,
    now: Time,
) -> Result<()> {
    let old: Option<(Int, String)> = conn
        .prepare_cached("SELECT issue, state FROM run WHERE id = ?")?
        .query_row([id.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((Int(issue), old)) = old else {
        return Ok(());
    };
    let state = Columns::of(state);
    conn.prepare_cached(
        "UPDATE run SET base = coalesce(:base, base), pid = coalesce(:pid, pid),
           start_time = coalesce(:start_time, start_time), boot_id = coalesce(:boot_id, boot_id),
           state = :state, working_since = :working_since, progress_at = :progress_at,
           steps = :steps, ended_at = :ended_at, outcome = :outcome
         WHERE id = :id",
    )?
    .execute(named_params! {
        ":id": id.as_str(),
        ":base": base.map(Sha::as_str),
        ":pid": process.map(|p| p.pid),
        ":start_time": process.map(|p| Int(p.start_time)),
        ":boot_id": process.map(|p| p.boot_id.as_str()),
        ":state": state.state,
        ":working_since": state.working_since,
        ":progress_at": state.progress_at,
        ":steps": state.steps,
        ":ended_at": state.ended_at,
        ":outcome": state.outcome.map(Json),
    })?;
    if old == state.state {
        return Ok(());
    }
    state.keep(conn, issue, id, now)
}

pub(super) fn load(conn: &Connection, apply: &mut dyn FnMut(Change)) -> Result<()> {
    let sql = format!("SELECT {COLUMNS} FROM run ORDER BY seq");
    each(conn, &sql, [], read, |row| apply(Change::Run(row)))
}

pub(super) fn load_of(conn: &Connection, issue: u64, apply: &mut dyn FnMut(Change)) -> Result<()> {
    let sql = format!("SELECT {COLUMNS} FROM run WHERE issue = ? ORDER BY seq");
    each(conn, &sql, [Int(issue)], read, |row| {
        apply(Change::Run(row))
    })
}

pub(super) fn load_of_task(
    conn: &Connection,
    task: &TaskId,
    apply: &mut dyn FnMut(Change),
) -> Result<()> {
    let sql = format!("SELECT {COLUMNS} FROM run WHERE task = ? ORDER BY seq");
    each(conn, &sql, [task.as_str()], read, |row| {
        apply(Change::Run(row))
    })
}

fn read(row: &Cells<'_>) -> Result<Run> {
    Ok(Run {
        id: RunId(row.get("id")?),
        task: TaskId(row.get("task")?),
        work: WorkKey {
            repo: RepoId(row.get("repo")?),
            issue: row.get::<Int>("issue")?.0,
        },
        attempt: row.get("attempt")?,
        lease: row.get::<Int>("lease")?.0,
        agent: AgentName(row.get("agent")?),
        provider: row.get("provider")?,
        model: row.get("model")?,
        routed: row
            .get::<Option<Json<_>>>("routed")?
            .map(|Json(routed)| routed),
        base: row.get::<Option<_>>("base")?.map(Sha),
        process: read_process(row)?,
        created_at: Time(row.get("created_at")?),
        state: read_state(row)?,
    })
}

fn read_process(row: &Cells<'_>) -> Result<Option<Process>> {
    let Some(pid) = row.get("pid")? else {
        return Ok(None);
    };
    Ok(Some(Process {
        pid,
        start_time: row.get::<Int>("start_time")?.0,
        boot_id: row.get("boot_id")?,
    }))
}

fn read_state(row: &Cells<'_>) -> Result<RunState> {
    let word: String = row.get("state")?;
    match word.as_str() {
        "starting" => Ok(RunState::Starting),
        "working" => Ok(RunState::Working {
            since: Time(row.get("working_since")?),
            progress_at: Time(row.get("progress_at")?),
            steps: row.get("steps")?,
        }),
        "ended" => Ok(RunState::Ended {
            at: Time(row.get("ended_at")?),
            outcome: row.get::<Json<_>>("outcome")?.0,
        }),
        other => Err(damaged(format!("`{other}` is no state of a run"))),
    }
}
