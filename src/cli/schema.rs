//! `adf schema config|mention|report|agent`: the JSON Schemas, as they are checked.
//!
//! Invariant: `adf schema config > config.schema.json` is how the checked-in
//! file is made.

use crate::model::{Kind, speech};
use clap::{Args, ValueEnum};
use std::io::Write;

/// The output could not be written (`EX_IOERR`).
const EXIT_OUTPUT: u8 = 74;

/// Print a JSON Schema.
#[derive(Args, Clone, Debug)]
pub struct Schema {
    /// Which one.
    #[arg(value_enum)]
    pub of: Subject,
}

/// What there are schemas of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Subject {
    /// The config file, adf.toml.
    Config,
    /// A mention, as taken from a passage.
    Mention,
    /// What an agent reports of its own work.
    Report,
    /// All that an agent may say, by kind: the MCP tools and their arguments.
    Agent,
}

/// Writes the schema and returns the exit code.
pub fn run(args: &Schema, stdout: &mut dyn Write) -> u8 {
    let schema = match args.of {
        Subject::Config => crate::config::schema(),
        Subject::Mention => crate::mention::schema(),
        Subject::Report => Kind::Report.schema(),
        Subject::Agent => speech::schemas(),
    };
    let text = format!("{schema:#}\n");
    match stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
    {
        Ok(()) => 0,
        Err(_) => EXIT_OUTPUT,
    }
}
