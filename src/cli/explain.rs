//! `adf explain N`: one issue's whole story and why nothing more happens now, from the
//! ledger alone.

use super::plan::plan_of;
use super::table::{moment, table};
use super::{ConfigArg, FAILED, Format, OK, project, say, say_json};
use crate::clock::Clock;
use crate::config::Config;
use crate::model::{FactoryId, Time, World};
use crate::store::Entry;

/// The highest number that a forge gives an issue.
const ISSUE_MAX: u64 = i64::MAX.unsigned_abs();

/// Tell the whole story of one issue or pull request
#[derive(Debug, clap::Args)]
pub struct Explain {
    /// Its number
    #[arg(value_parser = clap::value_parser!(u64).range(1..=ISSUE_MAX))]
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
        let reader = project.reader()?;
        let told = reader
            .story(args.number)
            .and_then(|story| Ok((story, reader.world()?, reader.factory()?)));
        let (mut story, world, factory) = told.map_err(|error| {
            project.complain(&error);
            FAILED
        })?;
        // What would be done goes by the config, which is refused where there is none.
        let config = project.config.as_ref();
        let left = config.map(|config| left_alone(config, world, factory, args.number));
        story.extend(left.unwrap_or_default());
        Ok(story)
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

/// Why what could be done about the issue is not being done, as the planner has it.
fn left_alone(config: &Config, world: World, factory: FactoryId, number: u64) -> Vec<Entry> {
    // Whose it is decides which claims are another's.
    let mut skips = plan_of(config, world, factory, true).skips;
    skips.retain(|skip| skip.issue == Some(number));
    let entry = |skip: crate::model::Skip| {
        let until = skip.reason.until().filter(|at| *at < Time::NEVER);
        let until = until.map_or(String::new(), |at| format!(", until {} UTC", moment(at)));
        Entry {
            at: Clock::System.now(),
            what: "left alone now".to_owned(),
            detail: format!("{}: {}{until}", skip.what, skip.reason),
        }
    };
    skips.into_iter().map(entry).collect()
}
