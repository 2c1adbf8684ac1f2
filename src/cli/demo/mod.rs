//! `adf demo`: the whole chain on this machine, with nothing but Rust and git.
//!
//! Invariant: the demo runs the factory that `adf run` runs, over HTTP, against
//! an embedded forge with a real git repository; nothing in it is pretended but
//! the agent. [`steps`] says what is waited for, [`show`] how it is shown,
//! [`place`] where it lives; [`scenario`] is what else can happen in it.

pub(in crate::cli) mod place;
mod scenario;
pub(in crate::cli) mod show;
mod steps;

use super::{FAILED, Format, OK, complain, own_path, runtime, say, say_json};
use crate::act::supervise::given;
use crate::app::{self, Factory, Plain, Start};
use crate::clock::Clock;
use crate::config;
use crate::model::counted;
use crate::sandbox::child::Daemon;
use crate::sandbox::demo_world::{self, DemoWorld};
use crate::sandbox::{Forge, ForgeOptions};
use anyhow::{Context, anyhow, bail};
use place::{Agent, Limits, Place};
use scenario::Scenario;
use show::Show;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What alice writes.
const MENTION: &str = "@adf:developer please fix the off-by-one in src/lib.rs";
/// The longest the chain may take.
const CHAIN_MAX: Duration = Duration::from_secs(28);

/// Show the whole chain on this machine
#[derive(Debug, clap::Args)]
pub struct Demo {
    /// End when the chain is done, instead of serving until Ctrl-C
    #[arg(long)]
    once: bool,
    /// Where the forge, the config and the state live; default: a temporary folder
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Play something that goes wrong, and check what comes of it
    #[arg(long, value_name = "NAME", value_parser = scenario::find, group = "scenarios")]
    scenario: Option<&'static Scenario>,
    /// List the scenarios
    #[arg(long, conflicts_with_all = ["once", "dir", "scenario"], group = "scenarios")]
    list: bool,
    /// How a scenario's end, or the list of scenarios, is written
    #[arg(long, value_enum, default_value_t, requires = "scenarios")]
    format: Format,
}

/// Runs the demo.
#[must_use]
pub fn run(args: &Demo) -> u8 {
    if args.list {
        match args.format {
            Format::Json => say_json(&scenario::named()),
            Format::Human => say(&scenario::list()),
        }
        return OK;
    }
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(code) => return code,
    };
    let result = runtime.block_on(demo(args));
    runtime.shutdown_timeout(Duration::from_secs(5));
    match result {
        Ok(code) => code,
        Err(error) => {
            complain(&format!("{error:#}"));
            if let (Some(scenario), Format::Json) = (args.scenario, args.format) {
                say(&scenario::unplayed(scenario, &error).to_string());
            }
            FAILED
        }
    }
}

async fn demo(args: &Demo) -> anyhow::Result<u8> {
    let mut place = Place::new(args.dir.as_deref())?;
    if args.scenario.is_some() && place.state.exists() {
        let dir = place.dir.display();
        bail!(
            "{dir} was played in before, and what came of that would count; name an empty folder"
        );
    }
    let forge = Forge::start(ForgeOptions::new(place.dir.join("forge")))
        .await
        .context("the embedded forge cannot start")?;
    let world = demo_world::build(&forge).context("the demo's repository cannot be made")?;
    let adf = own_path().map_err(|_| anyhow!("the executable's path is not known"))?;
    let mut show = match args.format {
        Format::Human => Show::new(),
        Format::Json => Show::silent(),
    };
    place.accept(&given(&adf).await?, &mut show);
    let code = match args.scenario {
        Some(scenario) => play(args, scenario, (&forge, &world), &place, &adf, show).await?,
        None => {
            chain(args, (&forge, &world), &place, &adf, show).await?;
            OK
        }
    };
    forge.stop();
    Ok(code)
}

/// Plays a scenario and tells what came of it.
async fn play(
    args: &Demo,
    scenario: &'static Scenario,
    (forge, world): (&Forge, &DemoWorld),
    place: &Place,
    adf: &Path,
    mut show: Show,
) -> anyhow::Result<u8> {
    begin(&mut show, forge, world);
    let played = scenario::play(scenario, (forge, world), place, adf, &mut show).await;
    show.end();
    let verdict = played?;
    for miss in verdict.misses() {
        complain(&format!("{}: {miss}", scenario.name));
    }
    match args.format {
        Format::Json => say(&verdict.json().to_string()),
        Format::Human => {
            show.line(&verdict.line());
            if verdict.is_ok() {
                show.line(&format!("as expected: {}", scenario.about));
            }
        }
    }
    if args.format == Format::Human {
        where_to_look(forge, world, None, place, adf, args.once);
        if !args.once {
            let mut factory = Daemon::start(adf, &place.config, &place.log)?;
            let _ = tokio::signal::ctrl_c().await;
            factory.stop();
            let _ = tokio::time::timeout(Duration::from_secs(20), factory.ended()).await;
        }
    }
    Ok(if verdict.is_ok() { OK } else { FAILED })
}

/// Shows the chain from the mention to the result.
async fn chain(
    args: &Demo,
    (forge, world): (&Forge, &DemoWorld),
    place: &Place,
    adf: &Path,
    mut show: Show,
) -> anyhow::Result<()> {
    let developer = Agent {
        name: "developer",
        behaviour: "happy",
        kind: "script",
        role: "developer",
    };
    let limits = Limits {
        status: true,
        ..Limits::default()
    };
    place.write(forge, world, adf, &[developer], limits)?;
    let config = config::load(&place.config)
        .map_err(|faults| anyhow!("the demo's config:\n{}", config::render(&faults, false)))?;
    let start = Start {
        since: None,
        clock: Clock::System,
        adf: adf.to_owned(),
        waiting: Box::new(|_| {}),
    };
    let Factory {
        main, stop, ask, ..
    } = app::build(&config, start).await?;
    let _socket = super::run::serve_operators(&config.settings.state_dir, ask).await?;
    let factory = tokio::spawn(main.run(Box::new(Plain)));

    begin(&mut show, forge, world);
    show.line("a factory, reading it over HTTP");
    let chain = tokio::time::timeout(CHAIN_MAX, steps::play(forge, world, MENTION, &mut show));
    let played = tokio::select! {
        played = chain => match played {
            Ok(played) => played,
            Err(_) => Err(anyhow!("the chain was not done after {} s", CHAIN_MAX.as_secs())),
        },
        _ = tokio::signal::ctrl_c() => Err(anyhow!("interrupted")),
    };
    show.end();
    match &played {
        Ok(done) => where_to_look(forge, world, Some(done.pull), place, adf, args.once),
        Err(_) => tell_why(&config.settings.state_dir, world.bug),
    }
    if played.is_ok() && !args.once {
        let _ = tokio::signal::ctrl_c().await;
    }
    let _ = stop.send(()).await;
    tokio::time::timeout(Duration::from_secs(20), factory)
        .await
        .context("the factory did not stop")??;
    played.map(|_| ())
}

fn begin(show: &mut Show, forge: &Forge, world: &DemoWorld) {
    show.line(&format!(
        "a forge at {} with a repository and {}",
        forge.url(),
        counted(world.issues.len(), "issue")
    ));
}

/// Prints where the result can be seen, and for how long.
fn where_to_look(
    forge: &Forge,
    world: &DemoWorld,
    pull: Option<u64>,
    place: &Place,
    adf: &Path,
    once: bool,
) {
    let (repo, issue, config) = (&world.repo, world.bug, place.config.display());
    let adf = called(adf);
    let issue_page = forge.page(&format!("/{repo}/issues/{issue}"));
    say(&format!("\nThe issue:        {issue_page}"));
    if let Some(pull) = pull {
        let pull_page = forge.page(&format!("/{repo}/pulls/{pull}"));
        say(&format!("The pull request: {pull_page}"));
    }
    say(&format!(
        "Its story:        {adf} explain {issue} --config {config}"
    ));
    say(&format!("The factory:      {adf} status --config {config}"));
    say(match (once, place.is_kept()) {
        (false, _) => "\nOpen the addresses above in a browser. Ctrl-C ends it all.",
        (true, true) => {
            "\n--once: the forge is gone now, its folder stays; without --once the forge stays until Ctrl-C."
        }
        (true, false) => {
            "\n--once: the forge and its folder are gone now; without --once they stay until Ctrl-C, with --dir the folder stays."
        }
    });
}

/// What a person types to run this executable: its name where that finds it, else its path.
fn called(adf: &Path) -> String {
    let found = which::which("adf").ok();
    if found.is_some_and(|found| found.canonicalize().ok() == adf.canonicalize().ok()) {
        return "adf".to_owned();
    }
    adf.display().to_string()
}

/// Prints the story of the issue, to show where the chain broke.
fn tell_why(state_dir: &Path, issue: u64) {
    let story = crate::store::open_read_only(state_dir).and_then(|reader| reader.story(issue));
    for entry in story.unwrap_or_default() {
        complain(&format!("{} {}", entry.what, entry.detail));
    }
}
