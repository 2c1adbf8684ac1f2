//! Hidden commands: the embedded forge as a process of its own, and the
//! scripted agent, for demos and for checks from the outside.

use super::{FAILED, OK, complain, runtime, say};
use crate::sandbox::{Forge, ForgeOptions, agent, demo_world};
use secrecy::ExposeSecret;
use std::path::PathBuf;
use tokio::io::AsyncReadExt;

/// Serve the embedded forge until stdin closes
#[derive(Debug, clap::Args)]
pub struct ForgeArgs {
    /// Where its repositories live
    #[arg(long)]
    dir: PathBuf,
    /// Print one JSON line with the address and the tokens
    #[arg(long)]
    print_json: bool,
}

/// Be the scripted agent
#[derive(Debug, clap::Args)]
pub struct ScriptedAgent {
    /// How to behave
    behaviour: String,
    /// What a model's CLI would be given
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<String>,
}

/// Serves until stdin closes.
#[must_use]
pub fn run(args: &ForgeArgs) -> u8 {
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(code) => return code,
    };
    match runtime.block_on(serve(args)) {
        Ok(()) => OK,
        Err(error) => {
            complain(&format!("the embedded forge: {error}"));
            FAILED
        }
    }
}

async fn serve(args: &ForgeArgs) -> anyhow::Result<()> {
    let dir = std::path::absolute(&args.dir)?;
    let forge = Forge::start(ForgeOptions::new(&dir)).await?;
    let world = demo_world::build(&forge)?;
    let (owner, repo) = world.repo.split_once('/').unwrap_or_default();
    if args.print_json {
        let line = serde_json::json!({
            "url": forge.url(),
            "owner": owner,
            "repo": repo,
            "tokens": {
                "bot": world.bot.token.expose_secret(),
                "alice": world.alice.token.expose_secret(),
                "mallory": world.bob.token.expose_secret(),
            },
        });
        say(&line.to_string());
    } else {
        say(forge.url());
    }
    let mut rest = Vec::new();
    tokio::io::stdin().read_to_end(&mut rest).await?;
    forge.stop();
    Ok(())
}

/// Plays an agent in the current directory.
#[must_use]
pub fn scripted_agent(args: &ScriptedAgent) -> u8 {
    if args.rest == ["--version"] {
        say(&format!("scripted agent {}", super::VERSION));
        return OK;
    }
    let mut prompt = String::new();
    if let Err(error) = std::io::Read::read_to_string(&mut std::io::stdin(), &mut prompt) {
        complain(&format!("the prompt cannot be read: {error}"));
        return FAILED;
    }
    match std::env::current_dir() {
        Ok(dir) => {
            let program = std::env::var_os("ADF_BIN");
            let mut out = std::io::stdout();
            let code = agent::run(
                &args.behaviour,
                &dir,
                &prompt,
                program,
                &args.rest,
                &mut out,
            );
            u8::try_from(code).unwrap_or(FAILED)
        }
        Err(error) => {
            complain(&format!("the current directory cannot be read: {error}"));
            FAILED
        }
    }
}
