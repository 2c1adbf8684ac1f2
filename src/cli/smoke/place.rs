//! The world of `adf smoke --embedded`: the demo's, with a config like any other.

use crate::act::supervise::given;
use crate::cli::demo::place::{Agent, Limits, Place};
use crate::cli::demo::show::Show;
use crate::cli::own_path;
use crate::config::{self, Config};
use crate::sandbox::{Forge, ForgeOptions, demo_world};
use anyhow::{Context, anyhow};
use secrecy::SecretString;

/// A forge, a folder, and a person; they end with the value.
pub(super) struct Embedded {
    place: Place,
    _forge: Forge,
    /// The token of somebody who may command.
    pub person: SecretString,
}

impl Embedded {
    pub(super) async fn new() -> anyhow::Result<Embedded> {
        let mut place = Place::new(None)?;
        let forge = Forge::start(ForgeOptions::new(place.dir.join("forge"))).await;
        let forge = forge.context("the embedded forge cannot start")?;
        let world = demo_world::build(&forge).context("the demo's repository cannot be made")?;
        let adf = own_path().map_err(|_| anyhow!("the executable's path is not known"))?;
        place.accept(&given(&adf).await?, &mut Show::silent());
        let developer = Agent {
            name: "developer",
            behaviour: "happy",
            kind: "script",
            role: "developer",
        };
        place.write(&forge, &world, &adf, &[developer], Limits::default())?;
        Ok(Embedded {
            place,
            _forge: forge,
            person: world.alice.token,
        })
    }

    pub(super) fn config(&self) -> anyhow::Result<Config> {
        config::load(&self.place.config)
            .map_err(|faults| anyhow!("the config:\n{}", config::render(&faults, false)))
    }
}
