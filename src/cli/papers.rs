//! `adf man DIR` and the reference of `docs/`: papers made of the command line and the
//! config's schema.
//!
//! Invariant: what they say is what `--help` and `adf schema config` say; the reference in
//! `docs/reference` is what this writes, and a test says when it is not.

use super::{FAILED, OK, complain, shown};
use crate::config;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Characters of a line of help.
const WIDTH: usize = 120;

/// Write the man pages
#[derive(Debug, clap::Args)]
pub struct Man {
    /// Where they go; made when missing
    #[arg(value_name = "DIR")]
    dir: PathBuf,
}

/// Write the reference of docs/
#[derive(Debug, clap::Args)]
pub struct Reference {
    /// Where it goes
    #[arg(value_name = "DIR")]
    dir: PathBuf,
}

/// Writes a page for each command.
#[must_use]
pub fn man(args: &Man) -> u8 {
    let made = std::fs::create_dir_all(&args.dir);
    told(
        &args.dir,
        made.and_then(|()| clap_mangen::generate_to(shown(), &args.dir)),
    )
}

/// Writes the reference.
#[must_use]
pub fn write_reference(args: &Reference) -> u8 {
    let write = || {
        std::fs::create_dir_all(&args.dir)?;
        let mut papers = reference().into_iter();
        papers.try_for_each(|(name, text)| std::fs::write(args.dir.join(name), text))
    };
    told(&args.dir, write())
}

fn told(dir: &Path, done: std::io::Result<()>) -> u8 {
    match done {
        Ok(()) => OK,
        Err(error) => {
            complain(&format!(
                "{}: {error}; name a folder that can be written",
                dir.display()
            ));
            FAILED
        }
    }
}

/// The reference: names of files and what they hold.
#[must_use]
pub fn reference() -> Vec<(String, String)> {
    let mut all = shown().term_width(WIDTH);
    all.build();
    let mut index = String::from(
        "# Reference\n\nMade by `cargo run -- __reference docs/reference`, of the command line and the config's schema.\n\n\
         * [The config](config.md), every key\n",
    );
    let mut papers = Vec::new();
    for command in all.get_subcommands_mut().filter(|c| c.get_name() != "help") {
        let name = command.get_name().to_owned();
        let about = command.get_about().map(ToString::to_string);
        // Writing to a String cannot fail.
        let _ = writeln!(
            index,
            "* [`adf {name}`]({name}.md): {}",
            about.unwrap_or_default()
        );
        let mut text = String::new();
        page(command, &mut text, "#");
        papers.push((format!("{name}.md"), text));
    }
    papers.push(("config.md".to_owned(), config::reference()));
    papers.push(("README.md".to_owned(), index));
    papers
}

/// A command's help, and below it that of its own commands.
fn page(command: &mut clap::Command, text: &mut String, level: &str) {
    let usage = command.get_bin_name().unwrap_or(command.get_name());
    let title = usage.to_owned();
    let help = command.render_long_help().to_string();
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{level} {title}\n\n```text");
    for line in help.lines() {
        let _ = writeln!(text, "{}", line.trim_end());
    }
    let _ = writeln!(text, "```");
    let inner = command.get_subcommands_mut();
    for command in inner.filter(|c| !c.is_hide_set() && c.get_name() != "help") {
        text.push('\n');
        page(command, text, &format!("{level}#"));
    }
}
