//! Tables that align, for people.
//!
//! Invariant: what somebody wrote reaches a terminal without control characters, and
//! without any that cannot be seen or turn the direction.

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

/// Text in which nothing moves a terminal or hides in it: control characters but line ends and
/// tabs are shown as what they are not, and so is what has no width or turns the direction.
#[must_use]
pub fn plain(text: &str) -> String {
    // Parts of one picture, which without them are several.
    let joins = |c: char| matches!(c, '\u{200d}' | '\u{fe00}'..='\u{fe0f}');
    let hides = |c: char| match c {
        '\n' | '\t' => false,
        c => c.is_control() || adf_words::is_invisible(c) && !joins(c),
    };
    let shown = text.chars().map(|c| if hides(c) { '\u{fffd}' } else { c });
    shown.collect()
}

/// A moment as people read it, in UTC.
#[must_use]
pub fn moment(at: crate::model::Time) -> String {
    chrono::DateTime::from_timestamp_millis(at.0).map_or_else(
        || at.0.to_string(),
        |t| t.format("%Y-%m-%d %H:%M:%S").to_string(),
    )
}
