//! Mentions: what was found stays; only what became of it changes.
//!
//! Invariant: a known id is ignored, whatever else the row says.

use super::{
    super::history::{self, Line},
    column::{Cells, Int, Word, damaged, join, passage_key, person, split},
    each,
};
use crate::model::{
    AgentName, Change, Mention, MentionId, MentionState, PassageKey, Target, TaskId, Time,
};
use rusqlite::{Connection, OptionalExtension, Result, named_params, params};
use serde_json::Value;

pub(super) fn write(conn: &Connection, row: &Mention, now: Time) -> Result<()> {
    let (project, agent, malformed) = match &row.target {
        Target::Agent { project, agent } => (project.as_deref(), Some(agent.as_str()), None),
        Target::Malformed(text) => (None, None, Some(text.as_str())),
    };
    let (state, refusal) = state_columns(&row.state)?;
    let added = conn
        .prepare_cached(
            "INSERT INTO mention (id, passage_kind, passage_id, passage_version, issue, project,
               agent, malformed, instruction, task, author_id, author_login, own_account,
               edited_in, replaces, older, written_at, state, refusal)
             VALUES (:id, :kind, :passage, :version, :issue, :project, :agent, :malformed,
               :instruction, :task, :author_id, :author_login, :own_account, :edited_in,
               :replaces, :older, :written_at, :state, :refusal)
             ON CONFLICT (id) DO NOTHING",
        )?
        .execute(named_params! {
            ":id": row.id.as_str(),
            ":kind": Word(row.passage.kind),
            ":passage": row.passage.id,
            ":version": row.version,
            ":issue": Int(row.issue),
            ":project": project,
            ":agent": agent,
            ":malformed": malformed,
            ":instruction": row.instruction,
            ":task": row.task.as_str(),
            ":author_id": row.author.id,
            ":author_login": row.author.login,
            ":own_account": row.own_account,
            ":edited_in": row.edited_in,
            ":replaces": row.replaces.as_ref().map(MentionId::as_str),
            ":older": row.older,
            ":written_at": row.written_at.0,
            ":state": state,
            ":refusal": refusal,
        })?;
    if added == 0 {
        return Ok(());
    }
    let note = refusal.unwrap_or_default();
    keep(conn, row.issue, &row.id, &state, &note, now)
}

pub(super) fn write_state(
    conn: &Connection,
    id: &MentionId,
    state: &MentionState,
    now: Time,
) -> Result<()> {
    let old: Option<(Int, String)> = conn
        .prepare_cached("SELECT issue, state FROM mention WHERE id = ?")?
        .query_row([id.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((Int(issue), old)) = old else {
        return Ok(());
    };
    let (state, refusal) = state_columns(state)?;
    conn.prepare_cached("UPDATE mention SET state = ?2, refusal = ?3 WHERE id = ?1")?
        .execute(params![id.as_str(), state, refusal])?;
    if old == state {
        return Ok(());
    }
    keep(conn, issue, id, &state, &refusal.unwrap_or_default(), now)
}

pub(super) fn load(conn: &Connection, apply: &mut dyn FnMut(Change)) -> Result<()> {
    each(
        conn,
        "SELECT * FROM mention ORDER BY seq",
        [],
        read,
        |row| {
            apply(Change::Mention(row));
        },
    )
}

pub(super) fn load_of(conn: &Connection, issue: u64, apply: &mut dyn FnMut(Change)) -> Result<()> {
    let sql = "SELECT * FROM mention WHERE issue = ? ORDER BY seq";
    each(conn, sql, [Int(issue)], read, |row| {
        apply(Change::Mention(row));
    })
}

pub(in crate::store) fn of_passage(conn: &Connection, key: PassageKey) -> Result<Vec<Mention>> {
    let mut found = Vec::new();
    each(
        conn,
        "SELECT * FROM mention WHERE passage_kind = ?1 AND passage_id = ?2 ORDER BY seq",
        params![Word(key.kind), key.id],
        read,
        |row| found.push(row),
    )?;
    Ok(found)
}

fn keep(
    conn: &Connection,
    issue: u64,
    id: &MentionId,
    state: &str,
    note: &str,
    at: Time,
) -> Result<()> {
    let line = Line {
        at,
        issue,
        subject: "mention",
        id: id.as_str(),
        state,
        note,
    };
    history::keep(conn, &line)
}

/// The state's word, and the word of a refusal.
fn state_columns(state: &MentionState) -> Result<(String, Option<String>)> {
    let (word, detail) = split(state)?;
    match detail {
        None => Ok((word, None)),
        Some(Value::String(refusal)) => Ok((word, Some(refusal))),
        Some(other) => Err(rusqlite::Error::ToSqlConversionFailure(
            format!("refusal {other} is no word").into(),
        )),
    }
}

fn read(row: &Cells<'_>) -> Result<Mention> {
    let agent: Option<String> = row.get("agent")?;
    let malformed: Option<String> = row.get("malformed")?;
    let target = match (agent, malformed) {
        (Some(agent), None) => Target::Agent {
            project: row.get("project")?,
            agent: AgentName(agent),
        },
        (None, Some(text)) => Target::Malformed(text),
        _ => return Err(damaged("a mention has one target".to_owned())),
    };
    let refusal: Option<String> = row.get("refusal")?;
    Ok(Mention {
        id: MentionId(row.get("id")?),
        passage: passage_key(row, "passage_kind", "passage_id")?,
        version: row.get("passage_version")?,
        issue: row.get::<Int>("issue")?.0,
        target,
        instruction: row.get("instruction")?,
        task: TaskId(row.get("task")?),
        author: person(row, "author_id", "author_login")?,
        own_account: row.get("own_account")?,
        edited_in: row.get("edited_in")?,
        replaces: row.get::<Option<_>>("replaces")?.map(MentionId),
        older: row.get("older")?,
        written_at: Time(row.get("written_at")?),
        state: join(row.get("state")?, refusal.map(Value::String))?,
    })
}
