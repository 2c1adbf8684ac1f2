//! The world of `adf smoke --embedded`: the demo's forge, and a config of the operator's
//! or the demo's own in it.
//!
//! Invariant: of the operator's config everything is tried but what cannot be there, or would be
//! heard outside: forge, token, state, webhook, notices, schedules, who may call, and the models'
//! CLIs and keys.

use crate::act::supervise::given;
use crate::cli::demo::place::{Agent, Limits, Place};
use crate::cli::demo::show::Show;
use crate::cli::own_path;
use crate::config::{self, Config};
use crate::model::settings::{Provider, Settings};
use crate::sandbox::{Forge, ForgeOptions, demo_world};
use anyhow::{Context, anyhow};
use secrecy::SecretString;
use std::collections::BTreeMap;
use std::path::Path;

/// How the scripted agent behaves in it.
const BEHAVIOUR: &str = "able";

/// A forge, a folder, and a person; they end with the value.
pub(super) struct Embedded {
    _place: Place,
    _forge: Forge,
    /// The token of somebody who may command.
    pub person: SecretString,
    /// What is tried.
    pub config: Config,
}

impl Embedded {
    /// With a config of the operator's, or the demo's.
    pub(super) async fn new(theirs: Option<Config>) -> anyhow::Result<Embedded> {
        let mut place = Place::new(None)?;
        let forge = Forge::start(ForgeOptions::new(place.dir.join("forge"))).await;
        let forge = forge.context("the embedded forge cannot start")?;
        let world = demo_world::build(&forge).context("the demo's repository cannot be made")?;
        let adf = own_path().map_err(|_| anyhow!("the executable's path is not known"))?;
        place.accept(&given(&adf).await?, &mut Show::silent());
        let developer = Agent {
            name: "developer",
            behaviour: BEHAVIOUR,
            kind: "script",
            role: "developer",
        };
        let limits = Limits {
            coordinator: "mode = \"builtin\"",
            ..Limits::default()
        };
        place.write(&forge, &world, &adf, &[developer], limits)?;
        let demo = config::load(&place.config)
            .map_err(|faults| anyhow!("the config:\n{}", config::render(&faults, false)))?;
        let config = match theirs {
            Some(theirs) => stand_in(theirs, demo, &adf)?,
            None => demo,
        };
        Ok(Embedded {
            _place: place,
            _forge: forge,
            person: world.alice.token,
            config,
        })
    }
}

/// The operator's config, with the demo's forge and the scripted agent.
fn stand_in(theirs: Config, demo: Config, adf: &Path) -> anyhow::Result<Config> {
    let adf = adf.to_str().context("the path of adf is not UTF-8")?;
    let command = [adf, "__scripted-agent", BEHAVIOUR].map(str::to_owned);
    let mut settings = Settings {
        state_dir: demo.settings.state_dir,
        forge: demo.settings.forge,
        ..theirs.settings
    };
    settings.schedule.tick = demo.settings.schedule.tick;
    settings.schedule.mentions_every = demo.settings.schedule.mentions_every;
    settings.mentions.allow.clear();
    settings.delivery.base = None;
    settings.notify.sinks.clear();
    settings.walls.required &= demo.settings.walls.required;
    settings.walls.accept.extend(demo.settings.walls.accept);
    for agent in settings.agents.values_mut() {
        agent.cron = None;
    }
    for provider in settings.providers.values_mut() {
        match provider {
            Provider::Script { command: theirs } => *theirs = command.to_vec(),
            Provider::Claude(cli)
            | Provider::Codex(cli)
            | Provider::Opencode(cli)
            | Provider::Gemini(cli) => {
                cli.command = command.to_vec();
                (cli.base_url, cli.has_key) = (None, false);
            }
        }
    }
    let mut secrets = demo.secrets;
    secrets.keys = BTreeMap::new();
    Ok(Config {
        settings,
        secrets,
        webhook: None,
        ..theirs
    })
}
