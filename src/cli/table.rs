//! Tables that align, for people.

use comfy_table::{ContentArrangement, Table, presets};

/// A table with a head and no frame.
#[must_use]
pub fn table(head: &[&str], rows: Vec<Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(head.iter().copied());
    for row in rows {
        table.add_row(row);
    }
    table.to_string().lines().map(|l| l.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

/// A moment as people read it, in UTC.
#[must_use]
pub fn moment(at: crate::model::Time) -> String {
    chrono::DateTime::from_timestamp_millis(at.0)
        .map_or_else(|| at.0.to_string(), |t| t.format("%Y-%m-%d %H:%M:%S").to_string())
}
