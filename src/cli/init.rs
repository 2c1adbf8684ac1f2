//! `adf init`: the files of a project's factory, shown, and written when asked.
//!
//! Invariant: without `--apply` nothing is written; a file that says something
//! else is replaced only with `--force`, and a token never.

use super::{CONFIG, FAILED, OK, complain, own_path, runtime, say};
use crate::config;
use crate::doctor::observe::{agents::unfound, state, unit::account};
use crate::model::counted;
use crate::setup::checkout::{self, Checkout};
use crate::setup::diff::diff;
use crate::setup::files::{self, File};
use crate::setup::next::{There, UNITS, coordination, steps};
use crate::setup::summary::{self, summary};
use crate::setup::unit::SYSTEM;
use crate::setup::wishes::{CRON, gate};
use crate::setup::{Change, Kind, SetupError, Staged, Wishes, stage};
use crate::store::{StoreError, check_project};
use clap::{ArgGroup, ValueEnum};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Where a checkout says what the project is for.
const VISIONS: [&str; 3] = ["VISION.md", "docs/vision.md", ".docs/vision.md"];
/// The account that `scripts/install` makes.
const ACCOUNT: &str = "adf";

const AFTER: &str = "Exit codes: 0 shown or written · 1 refused, nothing written · 2 wrong usage · 78 the config would be refused

Examples:
  adf init --project shop --repo acme/shop --url https://git.example.org
  adf init --project shop --repo acme/shop --working-dir ~/shop --agents developer,reviewer,qa --init --apply
  adf init --project shop --repo acme/shop --coordinator-model opus --cron-schedule '0 1-9 * * *' --apply";

/// Show, and with --apply write, config, routing files, prompts, unit and token file
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER)]
#[command(group(ArgGroup::new("coordinating").args(["coordinator_model", "cron_schedule"]).multiple(true)))]
pub struct Init {
    /// The project's name
    #[arg(long, value_name = "NAME")]
    project: String,
    /// The repository
    #[arg(long, value_name = "OWNER/NAME")]
    repo: String,
    /// The forge's root; default: where `origin` of the working directory points
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Which CLI works; default: opencode for a model with a `/` in its name, else claude
    #[arg(long, value_enum)]
    provider: Option<Cli>,
    /// Where that CLI is, as `command -v claude` says; default: looked up in the system's folders
    #[arg(long, value_name = "FILE")]
    command: Option<PathBuf>,
    /// The file, mode 0600, with the key of its model
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// Have an agent coordinate, with this model, shown the open issues and VISION.md of the checkout; default: the factory does it, for labelled issues, with no model
    #[arg(long, value_name = "MODEL")]
    coordinator_model: Option<String>,
    /// The agents, each called after its role
    #[arg(
        long,
        value_name = "NAMES",
        value_delimiter = ',',
        default_value = "developer,reviewer,qa"
    )]
    agents: Vec<String>,
    /// Who reads what developers did; default: reviewer, where it is one of the agents
    #[arg(long, value_name = "NAME")]
    review_gate: Option<String>,
    /// Have an agent coordinate, and when it begins by itself; default, with --coordinator-model: 0 1-9 * * *
    #[arg(long, value_name = "CRON")]
    cron_schedule: Option<String>,
    /// The standing issue on which its runs report; default: the factory opens one
    #[arg(long, value_name = "N", requires = "coordinating")]
    cron_issue: Option<u64>,
    /// A checkout of the repository
    #[arg(long, value_name = "DIR")]
    working_dir: Option<PathBuf>,
    /// Where config, prompts, routing files and token go
    #[arg(long, value_name = "DIR", default_value = SYSTEM)]
    dir: PathBuf,
    /// Where the systemd unit goes; default: /etc/systemd/system for /etc/adf, else beside the config
    #[arg(long, value_name = "FILE")]
    unit: Option<PathBuf>,
    /// The ledger's folder; default: for /etc/adf below /var/lib/adf, else state/ beside the config
    #[arg(long, value_name = "DIR")]
    state_dir: Option<PathBuf>,
    /// Also make .docs/summary.md in the working directory, which agents read
    #[arg(long, requires = "working_dir")]
    init: bool,
    /// Write it
    #[arg(long)]
    apply: bool,
    /// With --apply: replace files that say something else; their modes and the links to them stay
    #[arg(long, requires = "apply")]
    force: bool,
}

/// The CLIs that can be chosen.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Cli {
    Claude,
    Codex,
    Opencode,
    Gemini,
}

/// Shows or writes.
#[must_use]
pub fn run(args: &Init) -> u8 {
    match set_up(args) {
        Ok(()) => OK,
        Err(SetupError::Config(faults)) => {
            super::complain_plainly(&config::render(&faults, false));
            complain("the config that would be written is refused; nothing was written");
            CONFIG
        }
        Err(error) => {
            complain(&error.to_string());
            FAILED
        }
    }
}

fn set_up(args: &Init) -> Result<(), SetupError> {
    let checkout = match &args.working_dir {
        Some(dir) => Some(looked_at(dir)?),
        None => None,
    };
    let wishes = wishes(args, checkout.as_ref())?;
    wishes.check()?;
    let mut all = files::all(&wishes);
    if let Some(checkout) = checkout.as_ref().filter(|_| args.init) {
        all.push(File {
            path: checkout.dir.join(summary::PATH),
            text: summary(checkout, &wishes.repo),
            mode: 0o644,
            is_kept: false,
        });
    }
    let staged = stage(all, &wishes.dir, &files::config_path(&wishes))?;
    alone(&wishes, &staged)?;
    show(&staged);
    for fault in &staged.config.warnings {
        say(&format!(
            "warning: {}: {}; {}",
            fault.key, fault.message, fault.help
        ));
    }
    for unfound in unfound(&staged.config.settings) {
        let (found, remedy) = unfound.told();
        say(&format!("warning: {found}; {remedy}"));
    }
    if !args.apply {
        say(unwritten(&staged));
        return Ok(());
    }
    let written = staged.apply(args.force)?;
    say(&format!("\n{} written.", counted(written, "file")));
    next(&wishes, args.init);
    Ok(())
}

/// Why nothing was written, and what would write it.
fn unwritten(staged: &Staged) -> &'static str {
    let would = |change: Change| staged.files.iter().any(|(_, found, _)| *found == change);
    if would(Change::Differs) {
        "\nNothing was written. Add --apply --force to write it over what stands there."
    } else if would(Change::New) {
        "\nNothing was written. Add --apply to write it."
    } else {
        "\nNothing was written: all of it stands there already."
    }
}

fn looked_at(dir: &Path) -> Result<Checkout, SetupError> {
    let shown = dir.display();
    let dir = dir.canonicalize().map_err(|error| {
        SetupError::Checkout(format!(
            "--working-dir {shown}: {error}; name a checkout of the repository"
        ))
    })?;
    let failed = |_| SetupError::Checkout("the async runtime cannot start".to_owned());
    runtime().map_err(failed)?.block_on(checkout::look(&dir))
}

fn wishes(args: &Init, checkout: Option<&Checkout>) -> Result<Wishes, SetupError> {
    let wish = |text: &str| SetupError::Wish(text.to_owned());
    let origin = checkout.and_then(|checkout| checkout.origin.as_ref());
    let url = args
        .url
        .clone()
        .or_else(|| origin.map(|(root, _)| root.clone()));
    let url = url.ok_or_else(|| wish("the forge is not known; name it by --url, or a checkout with an HTTP origin by --working-dir"))?;
    if let Some((_, repo)) = origin.filter(|(_, repo)| !repo.eq_ignore_ascii_case(&args.repo)) {
        return Err(SetupError::Wish(format!(
            "--repo is `{}`, and the working directory is a checkout of `{repo}`; name the same repository",
            args.repo
        )));
    }
    if let Some((root, _)) =
        origin.filter(|(root, _)| host(&url).is_some_and(|named| host(root) != Some(named)))
    {
        return Err(SetupError::Wish(format!(
            "--url is `{url}`, and `origin` of the working directory is on `{root}`; name the same forge, or a checkout of the one that is meant"
        )));
    }
    let adf = own_path().map_err(|_| wish("the path of this executable cannot be read"))?;
    let dir = settled(&args.dir).map_err(SetupError::io("--dir"))?;
    let has_path = args
        .coordinator_model
        .as_ref()
        .is_some_and(|m| m.contains('/'));
    let kind = match args.provider {
        Some(Cli::Claude) => Kind::Claude,
        Some(Cli::Codex) => Kind::Codex,
        Some(Cli::Opencode) => Kind::Opencode,
        Some(Cli::Gemini) => Kind::Gemini,
        None if has_path => Kind::Opencode,
        None => Kind::Claude,
    };
    let agents: Vec<String> = args
        .agents
        .iter()
        .map(|name| name.trim().to_owned())
        .collect();
    let absolute = |dir: &PathBuf| settled(dir).unwrap_or_else(|_| dir.clone());
    let state_dir = args.state_dir.as_ref().map(absolute);
    let line = args.cron_schedule.clone();
    let mut wishes = Wishes {
        project: args.project.clone(),
        repo: args.repo.clone(),
        url,
        kind,
        command: args.command.as_ref().map(absolute),
        key_file: args.key_file.as_ref().map(absolute),
        coordinator_model: args.coordinator_model.clone(),
        gate: gate(args.review_gate.clone(), &agents),
        agents,
        coordinates: args.coordinator_model.is_some() || line.is_some(),
        cron: (line.unwrap_or_else(|| CRON.to_owned()), args.cron_issue),
        vision: vision(args, &dir, checkout),
        unit: PathBuf::new(),
        state_dir: state_dir.unwrap_or_else(|| Wishes::usual_state_dir(&dir, &args.project)),
        user: owner(&dir),
        adf,
        dir,
    };
    let beside = if wishes.is_system() {
        Path::new(UNITS)
    } else {
        wishes.dir.as_path()
    };
    let usual = beside.join(wishes.unit_name());
    wishes.unit = args.unit.as_ref().map_or(usual, absolute);
    Ok(wishes)
}

/// An absolute path without `..`, which systemd refuses.
fn settled(path: &Path) -> std::io::Result<PathBuf> {
    std::path::absolute(path).map(|path| config::lexical(&path))
}

/// The host of an address, if it has one: a forge may be reached by several ports and schemes.
fn host(url: &str) -> Option<String> {
    let url = url::Url::parse(url).ok()?;
    url.host_str().map(str::to_lowercase)
}

/// Whom a unit can run as that works in a folder: its owner, or who is to own it; never root.
fn owner(dir: &Path) -> String {
    let there = dir.ancestors().find_map(|path| path.metadata().ok());
    let me = rustix::process::geteuid().as_raw();
    let id = match me {
        0 => there.map_or(0, |there| there.uid()),
        me => me,
    };
    match id {
        0 => ACCOUNT.to_owned(),
        id => account(id).unwrap_or_else(|| id.to_string()),
    }
}

/// What the project is for: as it stands beside the config, else as the checkout says.
fn vision(args: &Init, dir: &Path, checkout: Option<&Checkout>) -> Option<String> {
    let own = dir.join(&args.project).join("vision.md");
    let theirs = checkout.and_then(|checkout| {
        let named = VISIONS.iter().find_map(|name| {
            let mut files = checkout.files.iter();
            files.find(|file| file.eq_ignore_ascii_case(name))
        })?;
        Some(checkout.dir.join(named))
    });
    let mut places = [Some(own), theirs].into_iter().flatten();
    let wanted = args.coordinator_model.is_some() || args.cron_schedule.is_some();
    wanted.then(|| places.find_map(|path| std::fs::read_to_string(path).ok()))?
}

/// Refuses what another project has already.
fn alone(wishes: &Wishes, staged: &Staged) -> Result<(), SetupError> {
    let dir = &staged.config.settings.state_dir;
    if let Err(StoreError::OtherProject { found, .. }) = check_project(dir, &wishes.project) {
        let dir = dir.display();
        return Err(SetupError::Taken(format!(
            "{dir} belongs to project `{found}` already; name another folder by --state-dir"
        )));
    }
    let path = files::config_path(wishes);
    let others = state::others(&path, &staged.config.settings);
    let Some(other) = others.iter().find(|other| other.same_state) else {
        return Ok(());
    };
    Err(SetupError::Taken(format!(
        "{} has its state in {} already; name another folder by --state-dir",
        other.path.display(),
        staged.config.settings.state_dir.display()
    )))
}

fn show(staged: &Staged) {
    for (file, change, there) in &staged.files {
        let path = file.path.display();
        match change {
            Change::Same => say(&format!("same     {path}")),
            Change::Kept => {
                say(&format!("kept     {path}: it holds a secret"));
                let mode = std::fs::metadata(&file.path).map_or(0, |data| data.mode() & 0o7777);
                if mode & 0o077 != 0 {
                    say(&format!(
                        "warning: {path} can be read by others (mode {mode:04o}); run `chmod 600` on it, and replace the token if others had access"
                    ));
                }
            }
            Change::New => {
                say(&format!("new      {path} (mode {:04o})", file.mode));
                say(diff(&file.path, None, &file.text).trim_end());
            }
            Change::Differs => {
                say(&format!("differs  {path}"));
                say(diff(&file.path, there.as_deref(), &file.text).trim_end());
            }
        }
    }
}

fn next(wishes: &Wishes, summary: bool) {
    let token = std::fs::metadata(files::token_path(wishes));
    let there = There {
        token: token.is_ok_and(|file| file.len() > 0),
        summary,
        state: wishes.state_dir.exists(),
        root: rustix::process::geteuid().is_root(),
    };
    say("\nNext:");
    for (n, step) in steps(wishes, there).iter().enumerate() {
        say(&format!("  {}. {step}", n + 1));
    }
    if let Some(told) = coordination(wishes) {
        say(&format!("\n{told}"));
    }
}
