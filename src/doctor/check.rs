//! One check as a value, and what a list of them comes to.
//!
//! Invariant: whatever is worse than a note names its remedy.

use serde::Serialize;
use std::path::PathBuf;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// As it should be.
    Ok,
    /// Not looked at, and why.
    Skipped,
    /// Worth knowing.
    Note,
    /// It works, and will hurt.
    Warning,
    /// It does not work.
    Error,
}

impl Severity {
    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Severity::Ok => "ok",
            Severity::Skipped => "skipped",
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// Whose matter it is; errors of each end in another exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum About {
    /// The config and the secrets it names.
    Config,
    /// The forge.
    Forge,
    /// This machine.
    Machine,
}

/// What is safe to mend.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mend {
    /// Create a label in the repository.
    Label {
        /// Its name.
        name: String,
    },
    /// Take rights on a file or folder away from others.
    Mode {
        /// Which.
        path: PathBuf,
        /// The permission bits it gets.
        mode: u32,
    },
    /// Create the repository's webhook.
    Webhook {
        /// Where it delivers to.
        url: String,
    },
}

impl std::fmt::Display for Mend {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Mend::Label { name } => write!(f, "create the label `{name}` in the repository"),
            Mend::Mode { path, mode } => write!(f, "chmod {mode:o} {}", path.display()),
            Mend::Webhook { url } => write!(f, "create a webhook that delivers to {url}"),
        }
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Its name, as `repository.archived`.
    pub name: String,
    /// How bad it is.
    pub severity: Severity,
    /// Whose matter it is.
    pub about: About,
    /// What was found.
    pub found: String,
    /// What to do about it.
    pub remedy: Option<String>,
    /// What `--fix` does about it.
    pub mend: Option<Mend>,
}

impl Check {
    fn new(about: About, name: &str, severity: Severity, found: impl Into<String>) -> Check {
        Check {
            name: name.to_owned(),
            severity,
            about,
            found: found.into(),
            remedy: None,
            mend: None,
        }
    }

    /// As it should be.
    #[must_use]
    pub fn ok(about: About, name: &str, found: impl Into<String>) -> Check {
        Check::new(about, name, Severity::Ok, found)
    }

    /// Not looked at.
    #[must_use]
    pub fn skipped(about: About, name: &str, why: impl Into<String>) -> Check {
        Check::new(about, name, Severity::Skipped, why)
    }

    /// Worth knowing.
    #[must_use]
    pub fn note(about: About, name: &str, found: impl Into<String>) -> Check {
        Check::new(about, name, Severity::Note, found)
    }

    /// It will hurt, and what helps.
    #[must_use]
    pub fn warning(
        about: About,
        name: &str,
        found: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Check {
        Check::new(about, name, Severity::Warning, found).remedy(remedy)
    }

    /// It does not work, and what helps.
    #[must_use]
    pub fn error(
        about: About,
        name: &str,
        found: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Check {
        Check::new(about, name, Severity::Error, found).remedy(remedy)
    }

    /// An error whose text says both, as `what it is; what to do`.
    #[must_use]
    pub fn said(about: About, name: &str, text: &str) -> Check {
        let (found, remedy) = text.split_once("; ").unwrap_or((text, "see what it says"));
        Check::error(about, name, found, remedy)
    }

    /// With what helps.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<String>) -> Check {
        self.remedy = Some(remedy.into());
        self
    }

    /// With what `--fix` does.
    #[must_use]
    pub fn mended_by(mut self, mend: Mend) -> Check {
        self.mend = Some(mend);
        self
    }
}

/// The worst of all.
#[must_use]
pub fn worst(checks: &[Check]) -> Severity {
    let all = checks.iter().map(|check| check.severity);
    all.max().unwrap_or(Severity::Ok)
}

/// How many there are of a severity.
#[must_use]
pub fn count(checks: &[Check], severity: Severity) -> usize {
    checks.iter().filter(|c| c.severity == severity).count()
}

/// Whose errors decide the exit: the config's before the forge's before the machine's.
#[must_use]
pub fn blamed(checks: &[Check]) -> Option<About> {
    let is = |about| {
        let mut errors = checks.iter().filter(|c| c.severity == Severity::Error);
        errors.any(|c| c.about == about).then_some(about)
    };
    is(About::Config)
        .or_else(|| is(About::Forge))
        .or_else(|| is(About::Machine))
}
