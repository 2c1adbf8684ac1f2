//! `adf backup` and `adf restore`: a project in one file, and back.

use super::table::table;
use super::{ConfigArg, FAILED, Format, OK, complain, load, project, runtime, say, say_json};
use crate::backup::{self, BackupError, Made, Restored};
use crate::clock::Clock;
use crate::config::Config;
use crate::model::counted;
use crate::store::{BackupTrace, StoreError};
use serde_json::json;
use std::path::PathBuf;

/// Write the project into one file: ledger, id, marker key, config, prompts, routing; no token
///
/// It is made beside a running factory. The key of the marks is in it, so it is readable by you alone; tokens and
/// providers' keys are not: keep those where you keep your secrets.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  adf backup shop.tar.gz --config /etc/adf/shop.toml\n  adf backup /var/backups/adf --keep 14 --config /etc/adf/shop.toml"
)]
pub struct Backup {
    /// A new file, or a folder in which one is made, named by project and time
    #[arg(value_name = "FILE")]
    to: PathBuf,
    /// Of the backups of this project in that folder, keep the newest N
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    keep: Option<u16>,
    #[command(flatten)]
    config: ConfigArg,
    /// How to write it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Bring a project back from a backup, on a host where it is not
///
/// Nothing that exists is overwritten. What the backup left open is compared with the forge at the next start, and goes
/// on only as far as the forge does not say that it is done. Stop the old factory first, if there is one.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  adf restore adf-shop-20260102T030405Z.tar.gz --config /etc/adf/shop.toml"
)]
pub struct Restore {
    /// The backup
    #[arg(value_name = "FILE")]
    from: PathBuf,
    #[command(flatten)]
    config: ConfigArg,
    /// How to write it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Makes a backup and says what is in it.
#[must_use]
pub fn backup(args: &Backup) -> u8 {
    let config = match load(&args.config.path) {
        Ok(config) => config,
        Err(code) => return code,
    };
    if args.keep.is_some() && !args.to.is_dir() {
        complain(&format!(
            "--keep needs a folder, and {} is none; name a folder that exists",
            args.to.display()
        ));
        return super::USAGE;
    }
    let project = config.settings.project.clone();
    let made = backup::make(&config, &args.to, Clock::System.now()).and_then(|made| {
        let pruned = match args.keep {
            Some(keep) => backup::prune(&args.to, &project, usize::from(keep))?,
            None => Vec::new(),
        };
        Ok((made, pruned))
    });
    match made {
        Err(BackupError::Store(error)) => {
            let dir = &config.settings.state_dir;
            complain(&project::told(&args.config.path, dir, &error));
            FAILED
        }
        Err(error) => {
            complain(&error.to_string());
            FAILED
        }
        Ok((made, pruned)) => {
            if let Err(error) = trace(&config, &made) {
                complain(&format!(
                    "the backup stands, but its age cannot be watched: {error}"
                ));
            }
            show_made(&made, &pruned, args.format);
            OK
        }
    }
}

/// Leaves word of a backup where the factory, `adf status` and `adf doctor` look.
fn trace(config: &Config, made: &Made) -> Result<(), StoreError> {
    let file = std::path::absolute(&made.file).unwrap_or_else(|_| made.file.clone());
    let trace = BackupTrace {
        made_at: made.manifest.made_at,
        file,
        bytes: made.bytes,
    };
    trace.leave(&config.settings.state_dir)
}

fn show_made(made: &Made, pruned: &[PathBuf], format: Format) {
    let manifest = &made.manifest;
    if let Format::Json = format {
        return say_json(&json!({
            "file": made.file, "bytes": made.bytes, "manifest": manifest, "deleted": pruned,
        }));
    }
    let rows = manifest.entries.iter().map(|entry| {
        let what = json!(entry.place);
        let what = match what.as_str() {
            Some(word) => word.replace('_', " "),
            None => what["named"].as_str().unwrap_or_default().to_owned(),
        };
        vec![
            what,
            entry.bytes.to_string(),
            entry.sha256.chars().take(12).collect(),
        ]
    });
    say(&table(&["WHAT", "BYTES", "SHA-256"], rows.collect()));
    say(&format!("\n{} ({} bytes)", made.file.display(), made.bytes));
    for path in pruned {
        say(&format!("deleted {}", path.display()));
    }
}

/// Restores a backup and says what comes next.
#[must_use]
pub fn restore(args: &Restore) -> u8 {
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(code) => return code,
    };
    let clock = Clock::System;
    let began = clock.now();
    match runtime.block_on(backup::restore(&args.from, &args.config.path)) {
        Err(error) => {
            complain(&error.to_string());
            FAILED
        }
        Ok(restored) => {
            show_restored(&restored, args, clock.now().since(began));
            OK
        }
    }
}

fn show_restored(restored: &Restored, args: &Restore, took: std::time::Duration) {
    let manifest = &restored.manifest;
    if let Format::Json = args.format {
        return say_json(&json!({
            "project": manifest.project, "factory": manifest.factory, "made_at": manifest.made_at,
            "state_dir": restored.state_dir, "files": restored.files, "tasks": restored.tasks,
            "unsettled": restored.unsettled, "seconds": took.as_secs_f64(),
        }));
    }
    let made = super::table::moment(manifest.made_at);
    say(&format!(
        "project `{}`, as it was at {made} UTC: {}, {} of them not settled then",
        manifest.project,
        counted(restored.tasks, "task"),
        restored.unsettled
    ));
    for file in &restored.files {
        say(&format!("restored {}", file.display()));
    }
    let config = args.config.path.display();
    say(&format!("state    {}", restored.state_dir.display()));
    say(&format!(
        "checked and ready in {:.1} s; put the token back, then: adf doctor --config {config}, and start it as before (`systemctl enable --now adf@NAME`, or `adf run --config {config}`)",
        took.as_secs_f64()
    ));
}
