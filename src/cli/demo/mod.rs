//! `adf demo`: the whole chain on this machine, with nothing but Rust and git.
//!
//! Invariant: the demo runs the factory that `adf run` runs, over HTTP, against
//! an embedded forge with a real git repository; nothing in it is pretended but
//! the agent. [`steps`] says what is waited for, [`show`] how it is shown.

mod show;
mod steps;

use super::{FAILED, OK, complain, own_path, runtime, say};
use crate::app::{self, Factory, Plain, Start};
use crate::clock::Clock;
use crate::config;
use crate::sandbox::demo_world::{self, DemoWorld};
use crate::sandbox::{Forge, ForgeOptions};
use anyhow::{Context, anyhow, bail};
use secrecy::ExposeSecret;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
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
}

/// Runs the demo.
#[must_use]
pub fn run(args: &Demo) -> u8 {
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(code) => return code,
    };
    let result = runtime.block_on(demo(args));
    runtime.shutdown_timeout(Duration::from_secs(5));
    match result {
        Ok(()) => OK,
        Err(error) => {
            complain(&format!("{error:#}"));
            FAILED
        }
    }
}

async fn demo(args: &Demo) -> anyhow::Result<()> {
    let scratch = tempfile::Builder::new().prefix("adf-demo-").tempdir()?;
    let dir = args
        .dir
        .clone()
        .unwrap_or_else(|| scratch.path().to_owned());
    let forge = Forge::start(ForgeOptions::new(dir.join("forge")))
        .await
        .context("the embedded forge cannot start")?;
    let world = demo_world::build(&forge).context("the demo's repository cannot be made")?;
    let adf = own_path().map_err(|_| anyhow!("the executable's path is not known"))?;
    let path = write_config(&dir, &forge, &world, &adf)?;
    let config = config::load(&path)
        .map_err(|faults| anyhow!("the demo's config:\n{}", config::render(&faults, false)))?;
    let start = Start {
        since: None,
        clock: Clock::System,
        adf,
        waiting: Box::new(|_| {}),
    };
    let Factory {
        main, stop, ask, ..
    } = app::build(&config, start).await?;
    let _socket = super::run::serve_operators(&config.settings.state_dir, ask).await?;
    let factory = tokio::spawn(main.run(Box::new(Plain)));

    let mut show = show::Show::new();
    show.line(&format!(
        "a forge at {} with a repository and {} issues",
        forge.url(),
        world.issues.len()
    ));
    show.line("a factory, reading it over HTTP");
    let chain = tokio::time::timeout(CHAIN_MAX, steps::play(&forge, &world, MENTION, &mut show));
    let played = tokio::select! {
        played = chain => match played {
            Ok(played) => played,
            Err(_) => Err(anyhow!("the chain was not done after {} s", CHAIN_MAX.as_secs())),
        },
        _ = tokio::signal::ctrl_c() => Err(anyhow!("interrupted")),
    };
    show.end();
    match &played {
        Ok(done) => where_to_look(&forge, &world, done.pull, &path),
        Err(_) => tell_why(&config.settings.state_dir, world.bug),
    }
    if played.is_ok() && !args.once {
        say("\nOpen the addresses above in a browser. Ctrl-C ends it all.");
        let _ = tokio::signal::ctrl_c().await;
    }
    let _ = stop.send(()).await;
    tokio::time::timeout(Duration::from_secs(20), factory)
        .await
        .context("the factory did not stop")??;
    forge.stop();
    played.map(|_| ())
}

/// Prints where the result can be seen.
fn where_to_look(forge: &Forge, world: &DemoWorld, pull: u64, config: &Path) {
    let (repo, issue, config) = (&world.repo, world.bug, config.display());
    let issue_page = forge.page(&format!("/{repo}/issues/{issue}"));
    let pull_page = forge.page(&format!("/{repo}/pulls/{pull}"));
    say(&format!("\nThe issue:        {issue_page}"));
    say(&format!("The pull request: {pull_page}"));
    say(&format!(
        "Its story:        adf explain {issue} --config {config}"
    ));
    say(&format!("The factory:      adf status --config {config}"));
}

/// Writes the config that the demo runs with: an ordinary one.
fn write_config(
    dir: &Path,
    forge: &Forge,
    world: &DemoWorld,
    adf: &Path,
) -> anyhow::Result<PathBuf> {
    let token = dir.join("token");
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&token)?;
    file.write_all(world.bot.token.expose_secret().as_bytes())?;
    let Some(adf) = adf.to_str() else {
        bail!("the path of adf is not UTF-8")
    };
    let text = format!(
        "[project]\nname = \"demo\"\nstate_dir = \"state\"\n\n\
         [gitea]\nurl = \"{url}\"\nrepo = \"{repo}\"\ntoken_file = \"token\"\nsettle = \"1s\"\n\n\
         [schedule]\ntick = \"1s\"\nmentions_every = 1\n\n\
         [[agents]]\nname = \"developer\"\ndescription = \"fixes what an issue tells of\"\nprovider = \"scripted\"\n\n\
         [providers.scripted]\nkind = \"script\"\ncommand = [{adf:?}, \"__scripted-agent\", \"happy\"]\n",
        url = forge.url(),
        repo = world.repo,
    );
    let path = dir.join("adf.toml");
    std::fs::write(&path, text)?;
    Ok(path)
}

/// Prints the story of the issue, to show where the chain broke.
fn tell_why(state_dir: &Path, issue: u64) {
    let story = crate::store::open_read_only(state_dir).and_then(|reader| reader.story(issue));
    for entry in story.unwrap_or_default() {
        complain(&format!("{} {}", entry.what, entry.detail));
    }
}
