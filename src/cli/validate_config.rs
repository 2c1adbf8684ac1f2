//! `adf validate-config FILE…`: "ok", or every fault of every file.
//!
//! Invariant: exit 0 means that `adf run` would take each of the files; 78 that
//! it would not, or that there are warnings and `--strict` was given.

use crate::config::{self, Fault, Severity};
use clap::{Args, ValueEnum};
use std::{fmt::Write as _, io::Write, path::PathBuf};

/// The config is wrong (`EX_CONFIG`).
const EXIT_CONFIG: u8 = 78;

/// The output could not be written (`EX_IOERR`).
const EXIT_OUTPUT: u8 = 74;

/// Check config files and list everything that is wrong with them.
#[derive(Args, Clone, Debug)]
pub struct ValidateConfig {
    /// The config files.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// For people or for programs.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
    /// Count warnings as faults.
    #[arg(long)]
    pub strict: bool,
}

/// The form of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Text with the offending lines.
    Human,
    /// An array of faults, empty when all is well.
    Json,
}

/// Checks the files, writes what was found, and returns the exit code.
pub fn run(args: &ValidateConfig, stdout: &mut dyn Write, color: bool) -> u8 {
    let mut all: Vec<Fault> = Vec::new();
    let mut text = String::new();
    for file in &args.files {
        let faults = match config::load(file) {
            Ok(config) => config.warnings,
            Err(faults) => faults,
        };
        text.push_str(&config::render(&faults, color));
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{}: {}", file.display(), summary(&faults));
        all.extend(faults);
    }
    if args.format == Format::Json {
        text = format!("{:#}\n", config::to_json(&all));
    }
    if stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
        .is_err()
    {
        return EXIT_OUTPUT;
    }
    let refused = all
        .iter()
        .any(|fault| args.strict || fault.severity == Severity::Error);
    if refused { EXIT_CONFIG } else { 0 }
}

/// `ok`, `ok, 1 warning`, `2 errors, 1 warning`.
fn summary(faults: &[Fault]) -> String {
    let count = |severity: Severity| {
        let n = faults
            .iter()
            .filter(|fault| fault.severity == severity)
            .count();
        match n {
            0 => None,
            1 => Some(format!("1 {}", severity.as_str())),
            n => Some(format!("{n} {}s", severity.as_str())),
        }
    };
    let errors = count(Severity::Error).unwrap_or_else(|| "ok".to_owned());
    match count(Severity::Warning) {
        Some(warnings) => format!("{errors}, {warnings}"),
        None => errors,
    }
}
