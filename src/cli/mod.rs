//! The command line: one file per command, no logic of its own.
//!
//! Invariant: every command ends in one of the documented exit codes, says
//! errors on stderr with a remedy, and gives `--format json` where a script
//! would read it.

pub mod agent;
pub mod backup;
pub mod demo;
pub mod doctor;
mod examples;
pub mod exec;
pub mod explain;
pub mod failures;
pub mod forge;
mod guard;
pub mod init;
mod look;
pub mod order;
pub mod papers;
pub mod plan;
mod project;
pub mod providers;
pub mod rank;
pub mod route;
pub mod run;
pub mod schema;
pub mod sinks;
pub mod smoke;
pub mod status;
mod stop;
mod systemd;
pub mod table;
pub mod validate_config;

use crate::model::Wish;
use clap::{CommandFactory, Parser, Subcommand, ValueEnum};
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

/// All went well.
pub const OK: u8 = 0;
/// It did not come to what was wanted.
pub const FAILED: u8 = 1;
/// Arguments that do not go together.
pub const USAGE: u8 = 2;
/// The forge refuses the factory, in a way time does not mend.
pub const FORGE: u8 = 69;
/// Another factory runs on the same state.
pub const BUSY: u8 = 75;
/// The config has faults.
pub const CONFIG: u8 = 78;

/// A dark factory for Gitea and Forgejo: mentions become pull requests.
#[derive(Debug, Parser)]
#[command(name = "adf", version = VERSION, after_help = examples::ADF)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// The version, with commit and date.
pub const VERSION: &str = concat!(
    env!("CARGO_PKG_VERSION"),
    " (",
    env!("ADF_COMMIT"),
    " ",
    env!("ADF_COMMIT_DATE"),
    ")"
);

/// How an answer is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Human,
    /// For scripts.
    Json,
}

/// Which config a command is about.
#[derive(Debug, clap::Args)]
pub struct ConfigArg {
    /// The project's config.
    #[arg(long = "config", value_name = "FILE", default_value = "adf.toml")]
    pub path: PathBuf,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show the whole chain on this machine: an embedded forge, a mention, a pull request
    #[command(after_help = examples::DEMO)]
    Demo(demo::Demo),
    /// Check configs and list every fault
    #[command(after_help = examples::VALIDATE_CONFIG)]
    ValidateConfig(validate_config::ValidateConfig),
    /// Make the files of a project's factory
    Init(init::Init),
    /// Try every assumption of a config, and say what to do about those that fail
    Doctor(doctor::Doctor),
    /// Run the factory of a project
    #[command(after_help = examples::RUN)]
    Run(run::Run),
    /// Try the full cycle from a mention to its result, and clean up after it
    Smoke(smoke::Smoke),
    /// Print what the factory would do now, and why not for the rest; touches nothing
    #[command(after_help = examples::PLAN)]
    Plan(plan::PlanArgs),
    /// Tell the whole story of one issue or pull request
    #[command(after_help = examples::EXPLAIN)]
    Explain(explain::Explain),
    /// Show the rules that class failures, what they matched, and the last failures
    #[command(after_help = examples::FAILURES)]
    Failures(failures::Failures),
    /// Rank issues by what waits for them
    Rank(rank::Rank),
    /// Show which tier, provider and model a text calls for, and why
    Route(route::RouteArgs),
    /// Show every provider and model in use: program, version, login, breaker, last result
    Providers(providers::Providers),
    /// Show the ledger and the running factory
    #[command(after_help = examples::STATUS)]
    Status(status::Status),
    /// Start nothing until `adf resume`; what runs goes on
    #[command(after_help = examples::PAUSE)]
    Pause(order::Held),
    /// Work again after `adf pause` or `adf stop`
    #[command(after_help = examples::RESUME)]
    Resume(order::Held),
    /// End a task or the run that works on it; its work is kept
    #[command(after_help = examples::CANCEL)]
    Cancel(order::Cancel),
    /// End everything that runs, start nothing until `adf resume`, and prove it
    #[command(after_help = examples::STOP)]
    Stop(stop::Stop),
    /// Ask the guard that judges what agents run
    #[command(after_help = examples::GUARD)]
    Guard(guard::GuardArgs),
    Backup(backup::Backup),
    Restore(backup::Restore),
    /// Print a JSON Schema
    #[command(after_help = examples::SCHEMA)]
    Schema(schema::Schema),
    /// What an agent says to the factory, inside a run
    #[command(after_help = examples::AGENT)]
    Agent(agent::AgentArgs),
    /// Print shell completions
    #[command(after_help = examples::COMPLETIONS)]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Write the man pages
    #[command(after_help = examples::MAN)]
    Man(papers::Man),
    /// Write the reference of docs/
    #[command(name = "__reference", hide = true)]
    Reference(papers::Reference),
    #[command(flatten)]
    Hidden(exec::Hidden),
    /// Serve the embedded forge until stdin closes
    #[command(name = "__forge", hide = true)]
    Forge(forge::ForgeArgs),
    /// Be the scripted agent
    #[command(name = "__scripted-agent", hide = true)]
    ScriptedAgent(forge::ScriptedAgent),
}

/// Parses the command line and runs it.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(told) => return asked(&told),
    };
    let code = match cli.command {
        Command::Demo(args) => demo::run(&args),
        Command::ValidateConfig(args) => {
            let color = std::io::stdout().is_terminal();
            validate_config::run(&args, &mut std::io::stdout(), color)
        }
        Command::Init(args) => init::run(&args),
        Command::Doctor(args) => doctor::run(&args),
        Command::Run(args) => run::run(&args),
        Command::Smoke(args) => smoke::run(&args),
        Command::Plan(args) => plan::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Failures(args) => failures::run(&args),
        Command::Rank(args) => rank::run(&args),
        Command::Route(args) => route::run(&args),
        Command::Providers(args) => providers::run(&args),
        Command::Status(args) => status::run(&args),
        Command::Pause(args) => order::held(&args, Wish::Pause),
        Command::Resume(args) => order::held(&args, Wish::Resume),
        Command::Cancel(args) => order::cancel(&args),
        Command::Stop(args) => stop::run(&args),
        Command::Backup(args) => backup::backup(&args),
        Command::Restore(args) => backup::restore(&args),
        Command::Guard(args) => return guard::run(&args),
        Command::Schema(args) => schema::run(&args, &mut std::io::stdout()),
        Command::Agent(args) => return agent::run(&args),
        Command::Hidden(command) => return exec::run(&command),
        Command::Completions { shell } => {
            // Into memory first: the generator panics when its reader hangs up.
            let mut text = Vec::new();
            clap_complete::generate(shell, &mut shown(), "adf", &mut text);
            put(&String::from_utf8_lossy(&text));
            OK
        }
        Command::Man(args) => papers::man(&args),
        Command::Reference(args) => papers::write_reference(&args),
        Command::Forge(args) => forge::run(&args),
        Command::ScriptedAgent(args) => forge::scripted_agent(&args),
    };
    ExitCode::from(ending(code))
}

/// A command whose answer was lost did not do what was wanted.
fn ending(code: u8) -> u8 {
    match code {
        OK if LOST.load(Ordering::Relaxed) => FAILED,
        code => code,
    }
}

/// Writes help, the version, or what is wrong with the arguments.
fn asked(told: &clap::Error) -> ExitCode {
    let written = told.print().and_then(|()| std::io::stdout().flush());
    if told.use_stderr() {
        return ExitCode::from(USAGE);
    }
    lost(written);
    ExitCode::from(ending(OK))
}

/// The command line without what is hidden: completions would offer it.
#[must_use]
pub fn shown() -> clap::Command {
    let all = Cli::command();
    let shown = all.get_subcommands().filter(|c| !c.is_hide_set());
    clap::Command::default()
        .name("adf")
        .version(VERSION)
        .about(all.get_about().cloned().unwrap_or_default())
        .after_help(examples::ADF)
        .subcommands(shown.cloned())
}

/// Whether an answer was lost on its way to stdout.
static LOST: AtomicBool = AtomicBool::new(false);

/// Writes lines for people, in which nothing that somebody wrote moves the terminal.
pub(crate) fn say(text: &str) {
    put(&format!("{}\n", table::plain(text)));
}

/// Writes a line for programs.
pub(crate) fn say_plainly(text: &str) {
    put(&format!("{text}\n"));
}

/// Writes to stdout. Whoever closed the pipe wants no more of it; any other loss is said, and
/// the command fails by it. Says whether it was written.
pub(crate) fn put(text: &str) -> bool {
    let mut out = std::io::stdout().lock();
    let written = out.write_all(text.as_bytes());
    let written = written.and_then(|()| out.flush());
    let done = written.is_ok();
    lost(written);
    done
}

/// Notes that an answer was lost, unless by whoever was to read it.
fn lost(written: std::io::Result<()>) {
    let error = match written {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => error,
        _ => return,
    };
    if !LOST.swap(true, Ordering::Relaxed) {
        complain(&format!("the answer cannot be written to stdout: {error}"));
    }
}

/// Writes an error.
pub(crate) fn complain(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "error: {text}");
}

/// Writes somebody else's words of refusal as they are.
pub(crate) fn complain_plainly(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Writes a value as JSON.
pub(crate) fn say_json(value: &serde_json::Value) {
    say_plainly(&serde_json::to_string_pretty(value).unwrap_or_default());
}

/// Loads a config, or lists its faults.
pub(crate) fn load(path: &Path) -> Result<crate::config::Config, u8> {
    crate::config::load(path).map_err(|faults| {
        let color = std::io::stderr().is_terminal();
        let _ = write!(
            std::io::stderr().lock(),
            "{}",
            crate::config::render(&faults, color)
        );
        CONFIG
    })
}

/// A runtime for a command that waits for something.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, u8> {
    let built = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    built.map_err(|error| {
        complain(&format!("the async runtime cannot start: {error}"));
        FAILED
    })
}

/// The factory's own executable.
pub(crate) fn own_path() -> Result<PathBuf, u8> {
    std::env::current_exe().map_err(|error| {
        complain(&format!(
            "the path of this executable cannot be read: {error}"
        ));
        FAILED
    })
}
