//! What the guard denied, for people: `adf guard stats` and `adf explain`.
//!
//! Invariant: only added to; the newest [`KEPT_MAX`] stay, and no decision reads them.

use super::{
    super::history::{self, Line},
    column::{Cells, Int},
    each,
};
use crate::model::{AgentName, GuardDenial, RunId, Time};
use rusqlite::{Connection, Result, named_params};

/// Denials that are kept.
pub const KEPT_MAX: u32 = 10_000;

pub(super) fn write(conn: &Connection, row: &GuardDenial) -> Result<()> {
    conn.prepare_cached(
        "INSERT INTO guard_denial (run, agent, issue, at, tool, what, rule, reason)
         VALUES (:run, :agent, :issue, :at, :tool, :what, :rule, :reason)",
    )?
    .execute(named_params! {
        ":run": row.run.as_str(),
        ":agent": row.agent.as_str(),
        ":issue": Int(row.issue),
        ":at": row.at.0,
        ":tool": row.tool,
        ":what": row.what,
        ":rule": row.rule,
        ":reason": row.reason,
    })?;
    conn.prepare_cached(
        "DELETE FROM guard_denial WHERE seq <= (SELECT max(seq) FROM guard_denial) - ?",
    )?
    .execute([KEPT_MAX])?;
    let note = format!("{} ({}): {}", row.rule, row.tool, row.what);
    let line = Line {
        at: row.at,
        issue: row.issue,
        subject: "guard",
        id: row.run.as_str(),
        state: "denied",
        note: &note,
    };
    history::keep(conn, &line)
}

/// All that is kept, oldest first.
pub(in crate::store) fn all(conn: &Connection) -> Result<Vec<GuardDenial>> {
    let mut found = Vec::new();
    each(
        conn,
        "SELECT * FROM guard_denial ORDER BY seq",
        [],
        read,
        |row| {
            found.push(row);
        },
    )?;
    Ok(found)
}

fn read(row: &Cells<'_>) -> Result<GuardDenial> {
    Ok(GuardDenial {
        run: RunId(row.get("run")?),
        agent: AgentName(row.get("agent")?),
        issue: row.get::<Int>("issue")?.0,
        at: Time(row.get("at")?),
        tool: row.get("tool")?,
        what: row.get("what")?,
        rule: row.get("rule")?,
        reason: row.get("reason")?,
    })
}
