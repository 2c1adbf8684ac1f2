//! `adf explain N`: one issue's whole story, from the ledger alone.

use super::table::{moment, table};
use super::{ConfigArg, FAILED, Format, OK, project, say, say_json};

/// Tell the whole story of one issue or pull request
#[derive(Debug, clap::Args)]
pub struct Explain {
    /// Its number
    number: u64,
    #[command(flatten)]
    config: ConfigArg,
    /// How to write it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Prints the story of an issue.
#[must_use]
pub fn run(args: &Explain) -> u8 {
    let read = project::find(&args.config.path).and_then(|project| {
        let story = project.reader()?.story(args.number);
        story.map_err(|error| {
            project.complain(&error);
            FAILED
        })
    });
    let story = match read {
        Ok(story) => story,
        Err(code) => return code,
    };
    match args.format {
        Format::Json => say_json(&serde_json::json!(story)),
        Format::Human if story.is_empty() => say(&format!(
            "The ledger knows nothing of #{}: no mention, no task. What would happen now: `adf plan`.",
            args.number
        )),
        Format::Human => {
            let rows = story
                .into_iter()
                .map(|e| vec![moment(e.at), e.what, e.detail]);
            say(&table(&["WHEN (UTC)", "WHAT", "DETAIL"], rows.collect()));
        }
    }
    OK
}
