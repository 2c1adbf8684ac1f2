//! The story of an issue, for people: texts, changes of state, reports, alerts.
//!
//! Invariant: it is told from rows alone, oldest first, and says so when it was
//! cut. Its details hold text from the forge and from agents: show it as data.

use super::rows::Int;
use crate::model::Time;
use rusqlite::{Connection, Result, params};

/// Entries told of one kind; older ones are left out, and that is said.
const ENTRIES_MAX: u32 = 1000;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Entry {
    /// When: the forge's time of a passage, ours within its second and of all else.
    pub at: Time,
    /// What, in a few words.
    pub what: String,
    /// More of it; may be empty.
    pub detail: String,
}

/// Each asks for the newest entries of an issue, as (at, what, detail); of a passage the
/// first 200 characters without the factory's mark, as people see it. The forge's times are
/// whole seconds: what was seen within its second is put in its place by our own.
const CHAPTERS: &[&str] = &[
    "SELECT min(iif(version = 1, created_at, updated_at) + 999, seen_at) AS at,
       kind || '-' || id || iif(version = 1, ' by ', ' edited, version ' || version || ', by ')
         || author_login,
       iif(instr(body, '<!-- adf:1 ') BETWEEN 1 AND 200,
         rtrim(substr(body, 1, instr(body, '<!-- adf:1 ') - 1), char(10) || ' '),
         substr(body, 1, 200) || iif(length(body) > 200, '…', ''))
     FROM passage WHERE issue = ?1 ORDER BY at DESC, version DESC LIMIT ?2",
    "SELECT at, subject || ' ' || state, id || iif(note = '', '', ': ' || note)
     FROM history WHERE issue = ?1 ORDER BY seq DESC LIMIT ?2",
    "SELECT message.at,
       iif(message.kind = 'report', 'agent says ' || (payload ->> '$.status'),
         'agent wants ' || message.kind),
       message.run || ': ' || coalesce(payload ->> '$.summary', payload ->> '$.question',
         (payload ->> '$.agent') || ': ' || (payload ->> '$.instruction'), payload ->> '$.title')
     FROM message JOIN run ON run.id = message.run
     WHERE run.issue = ?1 ORDER BY message.seq DESC LIMIT ?2",
    "SELECT created_at, 'provider chosen',
       id || ': ' || provider || coalesce('/' || model, '') || ', ' || (routed ->> '$.why')
     FROM run WHERE issue = ?1 AND routed IS NOT NULL ORDER BY seq DESC LIMIT ?2",
    "SELECT raised_at AS at, 'alert ' || cause, text
     FROM alert JOIN run ON run.id = alert.run WHERE run.issue = ?1
     UNION ALL
     SELECT cleared_at, 'alert ' || cause || ' is over', ''
     FROM alert JOIN run ON run.id = alert.run
     WHERE run.issue = ?1 AND cleared_at IS NOT NULL ORDER BY at DESC LIMIT ?2",
];

/// Tells the story of an issue.
pub(super) fn tell(conn: &Connection, issue: u64) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    let mut cut = false;
    for sql in CHAPTERS {
        let mut statement = conn.prepare_cached(sql)?;
        let mut rows = statement.query(params![Int(issue), ENTRIES_MAX + 1])?;
        let mut chapter = Vec::new();
        while let Some(row) = rows.next()? {
            chapter.push(Entry {
                at: Time(row.get(0)?),
                what: row.get(1)?,
                detail: row.get(2)?,
            });
        }
        if u32::try_from(chapter.len()).is_ok_and(|told| told > ENTRIES_MAX) {
            chapter.pop();
            cut = true;
        }
        entries.extend(chapter.into_iter().rev());
    }
    entries.sort_by_key(|entry| entry.at);
    if let Some(first) = entries.first().filter(|_| cut) {
        let told = Entry {
            at: first.at,
            what: "earlier entries are not shown".to_owned(),
            detail: format!("of each kind the newest {ENTRIES_MAX} are"),
        };
        entries.insert(0, told);
    }
    Ok(entries)
}
