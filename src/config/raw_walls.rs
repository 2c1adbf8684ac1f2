//! The config as written: walls and roles.
//!
//! Invariant: as for [`super::raw`]; without any of it, an agent gets the narrowest
//! walls in which its role can work.

use super::raw::VARIABLE;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, path::PathBuf};

/// What agents may reach on this machine, besides the system's programs and the toolchains.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Walls {
    /// Refuse to start agents when the kernel cannot enforce the walls.
    pub required: bool,
    /// Walls that may be missing where the kernel does not have them: `no-tcp`, `no-scope`, `no-seccomp`, `no-view`. `adf status` says which it has.
    #[schemars(length(max = 10))]
    pub accept: Vec<Accept>,
    /// Paths that agents may also read and execute.
    #[schemars(length(max = 100), inner(length(min = 1, max = 1000)))]
    pub read: Vec<PathBuf>,
    /// Paths that agents may also write: caches.
    #[schemars(length(max = 100), inner(length(min = 1, max = 1000)))]
    pub write: Vec<PathBuf>,
    /// Names of environment variables that are passed on to agents; never secrets.
    #[schemars(
        length(max = 100),
        inner(regex(pattern = VARIABLE))
    )]
    pub environment: Vec<String>,
    /// TCP ports that agents may connect to, here and elsewhere: numbers, and ranges as "32768-60999". The port of their provider's `base_url` is added.
    #[schemars(length(max = 100))]
    pub connect: Vec<Port>,
    /// TCP ports that agents may listen on; 0: those that the system chooses.
    #[schemars(length(max = 100))]
    pub listen: Vec<Port>,
    /// Processes and threads at once. Where a run has its own view they are counted for each run, else for all of the factory's user; root is never limited.
    #[schemars(range(min = 16, max = 1_000_000))]
    pub processes: u64,
    /// Address space of each process, in bytes. Default: no limit; most model CLIs reserve far more than they use.
    #[serde(default)]
    #[schemars(range(min = 67_108_864, max = 1_125_899_906_842_624_u64))]
    pub memory_bytes: Option<u64>,
    /// Git's settings and hooks in a workspace cannot be changed by its agent.
    pub seal_git: bool,
    /// Who makes an agent's view of the files: `off`: the factory itself; `auto`: bubblewrap where it is installed and starts; `require`: bubblewrap, or nothing starts.
    pub bubblewrap: Bubblewrap,
    /// Let agents use the network at all; false needs bubblewrap.
    pub network: bool,
}

impl Default for Walls {
    fn default() -> Self {
        Walls {
            required: true,
            accept: Vec::new(),
            read: Vec::new(),
            write: Vec::new(),
            environment: Vec::new(),
            connect: vec![Port::Number(80), Port::Number(443)],
            listen: Vec::new(),
            processes: 4096,
            memory_bytes: None,
            seal_git: true,
            bubblewrap: Bubblewrap::Off,
            network: true,
        }
    }
}

// As for kinds of providers: no comments on the variants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[expect(clippy::enum_variant_names, reason = "they are written so")]
pub(super) enum Accept {
    NoTcp,
    NoScope,
    NoSeccomp,
    NoView,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Bubblewrap {
    Off,
    Auto,
    Require,
}

/// A port, or a range of them.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(untagged)]
pub(super) enum Port {
    Number(u16),
    Range(String),
}

impl JsonSchema for Port {
    fn schema_name() -> Cow<'static, str> {
        "Port".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": ["integer", "string"],
            "minimum": 0,
            "maximum": 65535,
            "pattern": "^[0-9]{1,5}(-[0-9]{1,5})?$"
        })
    }
}

impl Port {
    /// As it is written.
    pub(super) fn text(&self) -> String {
        match self {
            Port::Number(port) => port.to_string(),
            Port::Range(range) => range.clone(),
        }
    }
}

/// What an agent of this role may do in its workspace. Shipped are `architect`, `developer`, `reviewer`, `security` and `qa`; a key that is left out keeps what the shipped role has. Of a role of your own that is: edits nothing, runs nothing.
#[derive(Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Role {
    /// What it may edit: files, and folders with a trailing `/`, from the root of the repository; `"/"` is all of it.
    #[schemars(length(max = 100), inner(length(min = 1, max = 1000)))]
    pub edit: Option<Vec<String>>,
    /// Folders that what it runs may write besides: those of a build.
    #[schemars(length(max = 100), inner(length(min = 1, max = 1000)))]
    pub outputs: Option<Vec<String>>,
    /// Whether it may run programs, a shell among them.
    pub run: Option<bool>,
}
