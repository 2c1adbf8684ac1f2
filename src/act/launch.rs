//! An agent, a provider and a place → the one value that a supervisor starts from.
//!
//! Runs of tasks and an operator's probes go this way alike, so a probe tells how a
//! run would fare.
//!
//! Invariant: the key is in the spec's own field and nowhere else; the walls are the
//! agent's, or there is no spec.

use super::confinement::Confinement;
use super::preflight::Blocked;
use super::supervise::environment::SYSTEM_PATH;
use super::supervise::{self, Given, Layout, RunSpec, SpecLimits};
use crate::model::RunId;
use crate::model::settings::{Agent, Settings};
use crate::provider::{self, Resume, place};
use secrecy::{ExposeSecret, SecretString};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What a supervisor's spec is made from.
pub(super) struct Launch<'a> {
    /// The config.
    pub settings: &'a Settings,
    /// Who works.
    pub agent: &'a Agent,
    /// The provider's name.
    pub provider: &'a str,
    /// The model, where the provider takes one.
    pub model: Option<&'a str>,
    /// The provider's key.
    pub key: Option<&'a SecretString>,
    /// Tools the agent may use.
    pub tools: &'a [String],
    /// The conversation to go on with.
    pub resume: Option<Resume<'a>>,
    /// The factory's executable.
    pub adf: &'a Path,
    /// The walls that can be built here.
    pub given: &'a Given,
    /// The variables that agents are given.
    pub environment: &'a BTreeMap<String, String>,
    /// What it must be able to read besides what settings and provider name.
    pub reads: Vec<PathBuf>,
    /// Whose record it is.
    pub run: &'a RunId,
    /// Where its record, output and private folders are.
    pub run_dir: &'a Path,
    /// Where it works.
    pub workspace: &'a Path,
    /// How long, how much.
    pub limits: SpecLimits,
}

impl Launch<'_> {
    /// The spec, or why nothing can be started.
    pub(super) fn spec(self) -> Result<RunSpec, Blocked> {
        let Some(settings) = self.settings.providers.get(self.provider) else {
            return Err(Blocked::waits(format!(
                "provider `{}` is no longer in the config",
                self.provider
            )));
        };
        let provider = provider::of(settings);
        let layout = Layout::new(self.run_dir);
        let (prompt, tmp, socket) = (layout.prompt(), layout.tmp(), layout.agent());
        let ask = provider::Ask {
            model: self.model,
            tools: self.tools,
            role: &self.agent.role,
            prompt: &prompt,
            tmp: &tmp,
            adf: self.adf,
            socket: &socket,
            resume: self.resume,
        };
        let mut reads = self.reads;
        let mut passed = self.environment.clone();
        if let Some(program) = provider.program() {
            let path = passed
                .entry("PATH".to_owned())
                .or_insert_with(|| SYSTEM_PATH.to_owned());
            if let Some(folder) = place::folder(program) {
                *path = format!("{}:{path}", folder.display());
            }
            reads.extend(place::reads(program, path));
        }
        let argv = provider.argv(&ask);
        let confinement = Confinement {
            settings: self.settings,
            agent: self.agent,
            provider: &*provider,
            path: passed.get("PATH").map_or(SYSTEM_PATH, String::as_str),
            given: self.given,
            reads,
        };
        let walls = confinement.spec(argv.first().map_or("", String::as_str))?;
        let env = provider.env(&ask);
        let env = supervise::environment(self.run, self.run_dir, self.adf, &passed, &env);
        let secret = self.key.and_then(|key| {
            let name = provider.key_variable(key.expose_secret())?;
            Some((name.to_owned(), key.expose_secret().to_owned()))
        });
        Ok(RunSpec {
            run: self.run.clone(),
            run_dir: self.run_dir.to_owned(),
            workspace: self.workspace.to_owned(),
            argv,
            env,
            secret,
            is_agent: true,
            home: provider.home(&ask),
            given: provider.given(&ask),
            stdin: Some(prompt.clone()),
            walls,
            limits: self.limits,
            stream: provider.stream(&ask),
        })
    }
}
