//! Messages: what agents said of their own work, as checked.
//!
//! Invariant: a number that comes again replaces what was said under it, and
//! then counts as said last, as in the world.

use super::{
    super::reader::Message,
    column::{Json, Word},
    each,
};
use crate::model::{Change, Report, RunId, Time};
use rusqlite::{Connection, Result, Row, named_params};

pub(super) fn write(
    conn: &Connection,
    run: &RunId,
    sequence: u32,
    at: Time,
    report: &Report,
) -> Result<()> {
    conn.prepare_cached(
        "REPLACE INTO message (run, sequence, at, status, summary, evidence)
         VALUES (:run, :sequence, :at, :status, :summary, :evidence)",
    )?
    .execute(named_params! {
        ":run": run.as_str(),
        ":sequence": sequence,
        ":at": at.0,
        ":status": Word(report.status),
        ":summary": report.summary,
        ":evidence": Json(&report.evidence),
    })?;
    Ok(())
}

pub(super) fn load(conn: &Connection, apply: &mut dyn FnMut(Change)) -> Result<()> {
    let read = |row: &Row<'_>| Ok((RunId(row.get("run")?), read(row)?));
    let sql = "SELECT * FROM message ORDER BY seq";
    each(conn, sql, [], read, |(run, message)| {
        apply(Change::Message {
            run,
            sequence: message.sequence,
            at: message.at,
            report: message.report,
        });
    })
}

/// What a run's agent said, in the order of its numbers.
pub(in crate::store) fn of_run(conn: &Connection, run: &RunId) -> Result<Vec<Message>> {
    let sql = "SELECT * FROM message WHERE run = ? ORDER BY sequence";
    let mut found = Vec::new();
    each(conn, sql, [run.as_str()], read, |row| found.push(row))?;
    Ok(found)
}

fn read(row: &Row<'_>) -> Result<Message> {
    Ok(Message {
        sequence: row.get("sequence")?,
        at: Time(row.get("at")?),
        report: Report {
            status: row.get::<_, Word<_>>("status")?.0,
            summary: row.get("summary")?,
            evidence: row.get::<_, Json<_>>("evidence")?.0,
        },
    })
}
