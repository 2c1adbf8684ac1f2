//! What the operator asks for, resolved: every default filled in.
//!
//! Invariant: a review gate is one of the agents or none, a schedule has an issue
//! to report on, no model is pinned to a version, and what becomes a path or stands in
//! a unit can: a project's name leads nowhere else, and no line is broken in two.

use super::SetupError;
use crate::mention::is_name;
use crate::routing::is_pinned;
use std::path::{Path, PathBuf};

/// The roles that agents may be called after.
pub const ROLES: [&str; 5] = ["architect", "developer", "reviewer", "security", "qa"];
/// When it does where nothing else is wished.
pub const CRON: &str = "0 1-9 * * *";
/// The agent that plans on a schedule.
pub const COORDINATOR: &str = "coordinator";

/// Which CLI works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Claude Code.
    Claude,
    /// Codex.
    Codex,
    /// opencode.
    Opencode,
    /// Gemini CLI.
    Gemini,
}

impl Kind {
    /// As the config writes it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Kind::Claude => "claude",
            Kind::Codex => "codex",
            Kind::Opencode => "opencode",
            Kind::Gemini => "gemini",
        }
    }
}

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Wishes {
    /// The project's name.
    pub project: String,
    /// `owner/name`.
    pub repo: String,
    /// The forge's root.
    pub url: String,
    /// Which CLI works.
    pub kind: Kind,
    /// Where that CLI is, if not where the system's programs are.
    pub command: Option<PathBuf>,
    /// Where the key of its model is.
    pub key_file: Option<PathBuf>,
    /// The model of the coordinator, if there is to be one of its own.
    pub coordinator_model: Option<String>,
    /// The agents, in order.
    pub agents: Vec<String>,
    /// Who reads what developers did, if one of the agents does.
    pub gate: Option<String>,
    /// Whether an agent plans.
    pub coordinates: bool,
    /// When it runs, and the issue on which it reports, if that is there.
    pub cron: (String, Option<u64>),
    /// What the project is for, where somebody has written that down.
    pub vision: Option<String>,
    /// The folder of all.
    pub dir: PathBuf,
    /// Where the unit goes.
    pub unit: PathBuf,
    /// The ledger's folder.
    pub state_dir: PathBuf,
    /// Whom the unit runs as, where it is not the shipped one.
    pub user: String,
    /// The executable that the unit starts.
    pub adf: PathBuf,
}

impl Wishes {
    /// Checks what no schema can.
    ///
    /// # Errors
    /// [`SetupError::Wish`], with what would do.
    pub fn check(&self) -> Result<(), SetupError> {
        let wish = |text: String| Err(SetupError::Wish(text));
        self.check_names()?;
        self.check_lines()?;
        let usual = Wishes::usual_state_dir(&self.dir, &self.project);
        if self.is_system() && self.state_dir != usual {
            return wish(format!(
                "--state-dir: the unit of {} keeps the state in {} and may write nowhere else; leave --state-dir out, or keep the config in a folder of its own with --dir",
                self.dir.display(),
                usual.display()
            ));
        }
        if self.agents.is_empty() {
            return wish("--agents names nobody; name developer at least".to_owned());
        }
        for (n, agent) in self.agents.iter().enumerate() {
            if !ROLES.contains(&agent.as_str()) {
                let roles = ROLES.join(", ");
                return wish(format!(
                    "--agents: there is no role `{agent}`; there are {roles}"
                ));
            }
            if self.agents.iter().take(n).any(|other| other == agent) {
                return wish(format!("--agents names `{agent}` twice"));
            }
        }
        if self.kind == Kind::Codex && self.agents.iter().any(|agent| agent == "architect") {
            let why = "--agents: an architect runs nothing, and codex reads files with its shell alone; name another --provider, or leave it out";
            return wish(why.to_owned());
        }
        if let Some(gate) = self
            .gate
            .as_ref()
            .filter(|gate| !self.agents.contains(gate))
        {
            let agents = self.agents.join(", ");
            return wish(format!(
                "--review-gate: `{gate}` is none of the agents ({agents}); name one of them, or add it to --agents"
            ));
        }
        if let Some(model) = self.coordinator_model.as_ref().filter(|m| is_pinned(m)) {
            return wish(format!(
                "--coordinator-model: `{model}` is pinned to a version and will be switched off one day; name an alias such as opus, sonnet or haiku"
            ));
        }
        Ok(())
    }

    /// Files are named by the project, and the forge's repository is no address of a clone.
    fn check_names(&self) -> Result<(), SetupError> {
        let (project, repo) = (&self.project, &self.repo);
        if !is_name(project) {
            return Err(SetupError::Wish(format!(
                "--project: {project:?} is no name; use lower-case letters, digits and hyphens, beginning with a letter, at most 40"
            )));
        }
        if let Some(name) = repo.strip_suffix(".git") {
            return Err(SetupError::Wish(format!(
                "--repo: `{repo}` is how a clone's address ends; name the repository, `{name}`"
            )));
        }
        Ok(())
    }

    /// What would break a line of the config or of the unit.
    fn check_lines(&self) -> Result<(), SetupError> {
        let shown = |path: &Option<PathBuf>| path.as_ref().map(|p| p.display().to_string());
        let texts = [
            ("--url", Some(self.url.clone())),
            ("--repo", Some(self.repo.clone())),
            ("--command", shown(&self.command)),
            ("--key-file", shown(&self.key_file)),
            ("--unit", shown(&Some(self.unit.clone()))),
            ("--coordinator-model", self.coordinator_model.clone()),
            ("--cron-schedule", Some(self.cron.0.clone())),
        ];
        for (flag, text) in texts {
            if text.is_some_and(|text| text.contains(char::is_control)) {
                return Err(SetupError::Wish(format!(
                    "{flag} holds a control character, such as the end of a line; write it without"
                )));
            }
        }
        for (what, path) in [
            ("--dir", &self.dir),
            ("--state-dir", &self.state_dir),
            ("the path of this executable,", &self.adf),
        ] {
            if let Some(why) = unfit(path) {
                return Err(SetupError::Wish(format!(
                    "{what} {} holds {why}; name one without",
                    path.display().to_string().escape_debug()
                )));
            }
        }
        Ok(())
    }

    /// Whether somebody plans.
    #[must_use]
    pub fn has_coordinator(&self) -> bool {
        self.coordinates
    }
}

/// Who reads what developers did: who was named, else the reviewer if there is one.
#[must_use]
pub fn gate(named: Option<String>, agents: &[String]) -> Option<String> {
    let shipped = agents.iter().find(|agent| *agent == "reviewer");
    named.or_else(|| shipped.cloned())
}

/// What of a path systemd would read as something else, if anything.
fn unfit(path: &Path) -> Option<&'static str> {
    let Some(text) = path.to_str() else {
        return Some("what is not UTF-8, which systemd leaves out");
    };
    text.chars().find_map(|c| match c {
        ' ' => Some("a blank, at which systemd would part it"),
        '"' | '\'' => Some("a quote, which systemd would take for its own"),
        '\\' => Some("a backslash, which systemd would take for its own"),
        '$' => Some("a `$`, with which systemd begins a variable"),
        c if c.is_control() || c.is_whitespace() => {
            Some("a control character or strange blank, at which systemd would part it")
        }
        _ => None,
    })
}
