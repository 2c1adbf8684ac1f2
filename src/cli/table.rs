//! Tables that align, for people.
//!
//! Invariant: what somebody wrote reaches a terminal without control characters.

use comfy_table::{ContentArrangement, Table, presets};

/// A table with a head and no frame.
#[must_use]
pub fn table(head: &[&str], rows: Vec<Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(head.iter().copied());
    for row in rows {
        table.add_row(row.iter().map(|cell| plain(cell)));
    }
    table
        .to_string()
        .lines()
        .map(|l| l.trim_end().to_owned())
        .collect::<Vec<_>>()
        .join("\n")
}

/// Text without control characters but line ends.
fn plain(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_control() && c != '\n' {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect()
}

/// A moment as people read it, in UTC.
#[must_use]
pub fn moment(at: crate::model::Time) -> String {
    chrono::DateTime::from_timestamp_millis(at.0).map_or_else(
        || at.0.to_string(),
        |t| t.format("%Y-%m-%d %H:%M:%S").to_string(),
    )
}
