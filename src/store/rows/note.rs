//! Notes: what agents keep for their next runs, by agent, day and key.
//!
//! Invariant: a key that comes again that day is replaced; of a day the newest
//! [`NOTES_A_DAY_MAX`] stay, of an agent the last [`NOTE_DAYS_MAX`] days. The
//! world does not hold them.

use super::{column::Cells, each};
use crate::model::{
    AgentName, Note, Time,
    message::{NOTE_DAYS_MAX, NOTES_A_DAY_MAX},
};
use rusqlite::{Connection, Result, named_params, params};

pub(super) fn write(conn: &Connection, row: &Note) -> Result<()> {
    conn.prepare_cached(
        "REPLACE INTO note (agent, day, key, text, at) VALUES (:agent, :day, :key, :text, :at)",
    )?
    .execute(named_params! {
        ":agent": row.agent.as_str(),
        ":day": row.day,
        ":key": row.key,
        ":text": row.text,
        ":at": row.at.0,
    })?;
    let most = i64::try_from(NOTES_A_DAY_MAX).unwrap_or(i64::MAX);
    conn.prepare_cached(
        "DELETE FROM note WHERE agent = ?1 AND (day <= ?2 - ?3 OR (day = ?2 AND key NOT IN
           (SELECT key FROM note WHERE agent = ?1 AND day = ?2 ORDER BY at DESC, key LIMIT ?4)))",
    )?
    .execute(params![row.agent.as_str(), row.day, NOTE_DAYS_MAX, most])?;
    Ok(())
}

/// The notes of an agent from a day on, the newest first.
pub(in crate::store) fn of_agent(
    conn: &Connection,
    agent: &AgentName,
    from: i64,
) -> Result<Vec<Note>> {
    let sql = "SELECT * FROM note WHERE agent = ?1 AND day >= ?2 ORDER BY day DESC, at DESC, key";
    let mut found = Vec::new();
    each(conn, sql, params![agent.as_str(), from], read, |row| {
        found.push(row);
    })?;
    Ok(found)
}

fn read(row: &Cells<'_>) -> Result<Note> {
    Ok(Note {
        agent: AgentName(row.get("agent")?),
        day: row.get("day")?,
        key: row.get("key")?,
        text: row.get("text")?,
        at: Time(row.get("at")?),
    })
}
