//! The demo's folder: where the forge, the config, the log and the state live.
//!
//! Invariant: the config is an ordinary one; whoever copies it has a factory.

use super::show::Show;
use crate::act::supervise::Given;
use crate::sandbox::Forge;
use crate::sandbox::demo_world::DemoWorld;
use anyhow::{Context, anyhow};
use secrecy::ExposeSecret;
use std::fmt::Write as _;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The Landlock that keeps agents from files.
const FILES_ABI: i32 = 3;

/// Where things are.
pub(in crate::cli) struct Place {
    /// The folder of all.
    pub dir: PathBuf,
    /// The factory's state.
    pub state: PathBuf,
    /// The config.
    pub config: PathBuf,
    /// The log of a factory that is a process of its own.
    pub log: PathBuf,
    /// The line of `[walls]` by which the demo does without what this kernel lacks.
    accepted: String,
    /// Ends with the demo when nobody named a folder.
    scratch: Option<TempDir>,
}

/// An agent of the demo's config.
pub(in crate::cli) struct Agent<'a> {
    pub name: &'a str,
    /// How the scripted agent behaves.
    pub behaviour: &'a str,
    /// The kind of its provider.
    pub kind: &'a str,
    /// What it may do.
    pub role: &'a str,
}

/// What stands in the config besides.
#[derive(Clone, Copy, Default)]
pub(in crate::cli) struct Limits<'a> {
    /// Lines of `[limits]`.
    pub project: &'a str,
    /// Lines of each `[agents.limits]`.
    pub agents: &'a str,
    /// Lines of `[walls]`, beside what this kernel's walls lack.
    pub walls: &'a str,
    /// The providers of a routing file that takes every fix, in order; none: no routing.
    pub chain: &'a [&'a str],
    /// Lines of `[coordinator]`.
    pub coordinator: &'a str,
    /// Whether issues show where their work is.
    pub status: bool,
}

impl Place {
    /// The folder that was named, or a temporary one.
    pub(in crate::cli) fn new(named: Option<&Path>) -> anyhow::Result<Place> {
        let (dir, scratch) = match named {
            Some(dir) => (dir.to_owned(), None),
            None => {
                let scratch = tempfile::Builder::new().prefix("adf-demo-").tempdir()?;
                (scratch.path().to_owned(), Some(scratch))
            }
        };
        std::fs::create_dir_all(&dir)?;
        let dir = dir.canonicalize()?;
        Ok(Place {
            state: dir.join("state"),
            config: dir.join("adf.toml"),
            log: dir.join("factory.log"),
            accepted: String::new(),
            dir,
            scratch,
        })
    }

    /// Does without the walls that cannot be built here, and says so.
    pub(in crate::cli) fn accept(&mut self, given: &Given, show: &mut Show) {
        let names: Vec<&str> = given.missing.iter().map(|(w, _)| w.word()).collect();
        if given.landlock_abi < FILES_ABI {
            self.accepted = "required = false\n".to_owned();
            show.line("this kernel has no walls around files: the agent is not confined");
        } else if !names.is_empty() {
            self.accepted = format!("accept = {names:?}\n");
            show.line(&format!("this kernel lacks walls: {}", names.join(", ")));
        }
    }

    /// Whether the folder stays when the demo ends.
    pub(in crate::cli) fn is_kept(&self) -> bool {
        self.scratch.is_none()
    }

    /// Writes the token and the config.
    pub(in crate::cli) fn write(
        &self,
        forge: &Forge,
        world: &DemoWorld,
        adf: &Path,
        agents: &[Agent<'_>],
        limits: Limits<'_>,
    ) -> anyhow::Result<()> {
        let mut token = std::fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(self.dir.join("token"))?;
        token.write_all(world.bot.token.expose_secret().as_bytes())?;
        let adf = adf.to_str();
        let adf = adf.ok_or_else(|| anyhow!("the path of adf is not UTF-8"))?;
        let mut text = format!(
            "[project]\nname = \"demo\"\nstate_dir = \"state\"\n\n\
             [gitea]\nurl = \"{url}\"\nrepo = \"{repo}\"\ntoken_file = \"token\"\nsettle = \"1s\"\n\n\
             [schedule]\ntick = \"1s\"\nmentions_every = 1\n",
            url = forge.url(),
            repo = world.repo,
        );
        if !limits.project.is_empty() {
            write!(text, "\n[limits]\n{}\n", limits.project)?;
        }
        if !limits.coordinator.is_empty() {
            write!(text, "\n[coordinator]\n{}\n", limits.coordinator)?;
        }
        if limits.status {
            text.push_str("\n[status]\n");
        }
        write!(text, "\n[walls]\n{}{}\n", self.accepted, limits.walls)?;
        if !limits.chain.is_empty() {
            self.route(limits.chain)?;
            text.push_str("\n[routing]\ndir = \"routing\"\n");
        }
        for agent in agents {
            text.push_str(&agent.sections(adf, limits.agents)?);
        }
        std::fs::write(&self.config, text).context("the demo's config cannot be written")
    }

    /// Writes the routing file by which these providers serve every fix.
    fn route(&self, chain: &[&str]) -> anyhow::Result<()> {
        let dir = self.dir.join("routing");
        std::fs::create_dir_all(&dir)?;
        let links = chain
            .iter()
            .map(|name| format!("{{ provider = \"{name}\", model = \"scripted\" }}"));
        let links = links.collect::<Vec<_>>().join(", ");
        let text = format!(
            "+++\ntier = \"implementation\"\npriority = 50\nchain = [{links}]\n+++\n\n\
             ## Keywords\n\n- fix\n\n## Examples\n\n- fix it → this tier\n"
        );
        std::fs::write(dir.join("implementation.md"), text)
            .context("the demo's routing file cannot be written")
    }
}

impl Agent<'_> {
    fn sections(&self, adf: &str, limits: &str) -> anyhow::Result<String> {
        let (name, behaviour, kind) = (self.name, self.behaviour, self.kind);
        let mut text = format!(
            "\n[[agents]]\nname = \"{name}\"\ndescription = \"fixes what an issue tells of\"\nprovider = \"{name}\"\nrole = \"{}\"\n",
            self.role
        );
        if !limits.is_empty() {
            write!(text, "\n[agents.limits]\n{limits}\n")?;
        }
        write!(
            text,
            "\n[providers.{name}]\nkind = \"{kind}\"\ncommand = [{adf:?}, \"__scripted-agent\", \"{behaviour}\"]\n"
        )?;
        Ok(text)
    }
}
