//! Marks: what the factory finds of its own on the forge.
//!
//! Invariant: a mark is known by task, comment and kind, and then ignored.

use super::{
    column::{Cells, Int, Word},
    each,
};
use crate::model::{AgentName, Change, EffectKey, FactoryId, Mark, MentionId, TaskId, Time};
use rusqlite::{Connection, Result, named_params};

pub(super) fn write(conn: &Connection, row: &Mark) -> Result<()> {
    conn.prepare_cached(
        "INSERT INTO mark (task, comment, kind, issue, factory, effect, origin, agent,
           instruction, verified, written_at)
         VALUES (:task, :comment, :kind, :issue, :factory, :effect, :origin, :agent,
           :instruction, :verified, :written_at)
         ON CONFLICT (task, comment, kind) DO NOTHING",
    )?
    .execute(named_params! {
        ":task": row.task.as_str(),
        ":comment": row.comment,
        ":kind": Word(row.kind),
        ":issue": Int(row.issue),
        ":factory": row.factory.as_str(),
        ":effect": row.key.as_str(),
        ":origin": row.origin.as_str(),
        ":agent": row.agent.as_ref().map(AgentName::as_str),
        ":instruction": row.instruction,
        ":verified": row.verified,
        ":written_at": row.written_at.0,
    })?;
    Ok(())
}

pub(super) fn load(conn: &Connection, apply: &mut dyn FnMut(Change)) -> Result<()> {
    each(conn, "SELECT * FROM mark ORDER BY seq", [], read, |row| {
        apply(Change::Mark(row));
    })
}

fn read(row: &Cells<'_>) -> Result<Mark> {
    Ok(Mark {
        comment: row.get("comment")?,
        issue: row.get::<Int>("issue")?.0,
        kind: row.get::<Word<_>>("kind")?.0,
        factory: FactoryId(row.get("factory")?),
        key: EffectKey(row.get("effect")?),
        task: TaskId(row.get("task")?),
        origin: MentionId(row.get("origin")?),
        agent: row.get::<Option<_>>("agent")?.map(AgentName),
        instruction: row.get("instruction")?,
        verified: row.get("verified")?,
        written_at: Time(row.get("written_at")?),
    })
}
