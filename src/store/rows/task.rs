//! Tasks: always written whole.
//!
//! Invariant: the row is what the planner wrote last; a change of state or note
//! leaves a line in the history.

use super::{
    super::history::{self, Line},
    column::{Cells, Int, Json, join, person, split},
    each,
};
use crate::model::{AgentName, Change, MentionId, RepoId, Sha, Task, TaskId, Time, WorkKey};
use rusqlite::{Connection, OptionalExtension, Result, named_params};
use std::collections::BTreeMap;

pub(super) fn write(conn: &Connection, row: &Task, now: Time) -> Result<()> {
    let old: Option<(String, String)> = conn
        .prepare_cached("SELECT state, note FROM task WHERE id = ?")?
        .query_row([row.id.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (state, failure) = split(&row.state)?;
    let failure = failure.as_ref().and_then(|class| class.as_str());
    conn.prepare_cached(
        "INSERT INTO task (id, repo, issue, origin, agent, instruction, requester_id,
           requester_login, chain, branch, state, failure, note, not_before, strikes, pushed,
           pull, answer, adopted, created_at, changed_at)
         VALUES (:id, :repo, :issue, :origin, :agent, :instruction, :requester_id,
           :requester_login, :chain, :branch, :state, :failure, :note, :not_before, :strikes,
           :pushed, :pull, :answer, :adopted, :created_at, :changed_at)
         ON CONFLICT (id) DO UPDATE SET repo = excluded.repo, issue = excluded.issue,
           origin = excluded.origin, agent = excluded.agent, instruction = excluded.instruction,
           requester_id = excluded.requester_id, requester_login = excluded.requester_login,
           chain = excluded.chain, branch = excluded.branch, state = excluded.state,
           failure = excluded.failure, note = excluded.note, not_before = excluded.not_before,
           strikes = excluded.strikes, pushed = excluded.pushed, pull = excluded.pull,
           answer = excluded.answer,
           adopted = excluded.adopted, created_at = excluded.created_at,
           changed_at = excluded.changed_at",
    )?
    .execute(named_params! {
        ":id": row.id.as_str(),
        ":repo": row.work.repo.0,
        ":issue": Int(row.work.issue),
        ":origin": row.origin.as_str(),
        ":agent": row.agent.as_str(),
        ":instruction": row.instruction,
        ":requester_id": row.requester.id,
        ":requester_login": row.requester.login,
        ":chain": Json(&row.chain),
        ":branch": row.branch,
        ":state": state,
        ":failure": failure,
        ":note": row.note,
        ":not_before": row.not_before.0,
        ":strikes": row.strikes,
        ":pushed": row.pushed.as_ref().map(Sha::as_str),
        ":pull": row.pull.map(Int),
        ":answer": row.answer.map(Json),
        ":adopted": row.adopted,
        ":created_at": row.created_at.0,
        ":changed_at": row.changed_at.0,
    })?;
    if old.is_some_and(|(word, note)| word == state && note == row.note) {
        return Ok(());
    }
    let line = Line {
        at: now,
        issue: row.work.issue,
        subject: "task",
        id: row.id.as_str(),
        state: &state,
        note: &row.note,
    };
    history::keep(conn, &line)
}

pub(super) fn forget(conn: &Connection, id: &TaskId) -> Result<()> {
    conn.prepare_cached("DELETE FROM task WHERE id = ?")?
        .execute([id.as_str()])
        .map(drop)
}

pub(super) fn load(conn: &Connection, apply: &mut dyn FnMut(Change)) -> Result<()> {
    each(conn, "SELECT * FROM task", [], read, |row| {
        apply(Change::Task(row));
    })
}

/// Tasks that are not over, and the newest of the others; their ids.
pub(super) fn load_brief(
    conn: &Connection,
    newest: u32,
    apply: &mut dyn FnMut(Change),
) -> Result<Vec<TaskId>> {
    let mut ids = Vec::new();
    let mut take = |row: Task| {
        ids.push(row.id.clone());
        apply(Change::Task(row));
    };
    // The words of the partial indexes, as the schema writes them. Named, because without
    // statistics SQLite would rather sort all that are over.
    let open = "SELECT * FROM task INDEXED BY task_open
         WHERE state NOT IN ('done', 'rejected', 'needs_person', 'failed', 'cancelled')";
    each(conn, open, [], read, &mut take)?;
    let over = "SELECT * FROM task INDEXED BY task_over
         WHERE state IN ('done', 'rejected', 'needs_person', 'failed', 'cancelled')
         ORDER BY changed_at DESC LIMIT ?";
    each(conn, over, [newest], read, &mut take)?;
    Ok(ids)
}

/// How many tasks there are in each state, by its word.
pub(in crate::store) fn count(conn: &Connection) -> Result<BTreeMap<String, u64>> {
    let sql = "SELECT state, count(*) AS number FROM task GROUP BY state";
    let mut counts = BTreeMap::new();
    let read = |row: &Cells<'_>| Ok((row.get("state")?, row.get::<Int>("number")?.0));
    each(conn, sql, [], read, |(word, count): (String, u64)| {
        counts.insert(word, count);
    })?;
    Ok(counts)
}

fn read(row: &Cells<'_>) -> Result<Task> {
    let failure: Option<String> = row.get("failure")?;
    Ok(Task {
        id: TaskId(row.get("id")?),
        work: WorkKey {
            repo: RepoId(row.get("repo")?),
            issue: row.get::<Int>("issue")?.0,
        },
        origin: MentionId(row.get("origin")?),
        agent: AgentName(row.get("agent")?),
        instruction: row.get("instruction")?,
        requester: person(row, "requester_id", "requester_login")?,
        chain: row.get::<Json<_>>("chain")?.0,
        branch: row.get("branch")?,
        state: join(row.get("state")?, failure.map(Into::into))?,
        note: row.get("note")?,
        not_before: Time(row.get("not_before")?),
        strikes: row.get("strikes")?,
        pushed: row.get::<Option<_>>("pushed")?.map(Sha),
        pull: row.get::<Option<Int>>("pull")?.map(|n| n.0),
        answer: row.get::<Option<Json<_>>>("answer")?.map(|json| json.0),
        adopted: row.get("adopted")?,
        created_at: Time(row.get("created_at")?),
        changed_at: Time(row.get("changed_at")?),
    })
}
