//! Which software answers, and whether it is young enough.
//!
//! Forgejo names the Gitea version it claims to match in its own; the number
//! that counts is its own. Invariant: a version that cannot be read is not
//! supported, and says so.

use super::{Client, Endpoint, ForgeError, call::Call, wire::repo::RawVersion};
use crate::model::Time;

/// The oldest Gitea: dependencies and today's token scopes came with it.
pub const OLDEST_GITEA: (u32, u32, u32) = (1, 20, 0);
/// The oldest Forgejo.
pub const OLDEST_FORGEJO: (u32, u32, u32) = (7, 0, 0);

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Software {
    /// Gitea.
    Gitea,
    /// Forgejo.
    Forgejo,
}

/// What the server says it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Which software.
    pub software: Software,
    /// As it says.
    pub text: String,
    /// Its own number; zeros when it cannot be read.
    pub number: (u32, u32, u32),
}

impl Version {
    /// Reads a version as `/version` gives it.
    #[must_use]
    pub fn parse(text: &str) -> Version {
        let text = text.trim();
        let software = if text.contains("+gitea-") {
            Software::Forgejo
        } else {
            Software::Gitea
        };
        let core = text.split(['+', '-', ' ']).next().unwrap_or_default();
        let mut parts = core
            .trim_start_matches('v')
            .split('.')
            .map(str::parse::<u32>);
        let mut part = || parts.next().and_then(Result::ok);
        let number = part().map_or((0, 0, 0), |major| {
            let minor = part().unwrap_or(0);
            (major, minor, part().unwrap_or(0))
        });
        Version {
            software,
            text: text.to_owned(),
            number,
        }
    }

    /// Whether the factory can work with it.
    ///
    /// # Errors
    /// The remedy, in one line.
    pub fn supported(&self) -> Result<(), String> {
        let (name, oldest) = match self.software {
            Software::Gitea => ("gitea", OLDEST_GITEA),
            Software::Forgejo => ("forgejo", OLDEST_FORGEJO),
        };
        if self.number >= oldest {
            return Ok(());
        }
        let floor = "gitea 1.20 or forgejo 7 or later is needed";
        if self.number == (0, 0, 0) {
            let text: String = self.text.chars().take(40).collect();
            return Err(format!(
                "the server's version `{text}` cannot be read; {floor}"
            ));
        }
        let (major, minor, patch) = self.number;
        Err(format!(
            "the server is {name} {major}.{minor}.{patch}; {floor}: upgrade it"
        ))
    }
}

impl Client {
    /// The server's version.
    ///
    /// # Errors
    /// Any [`ForgeError`] of a read; [`ForgeError::Decode`] or
    /// [`ForgeError::NotFound`] when the address is not a forge's root.
    pub async fn version(&self) -> Result<Version, ForgeError> {
        self.version_and_time().await.map(|(version, _)| version)
    }

    /// The server's version, and what time it says it is.
    ///
    /// # Errors
    /// As [`Client::version`].
    pub async fn version_and_time(&self) -> Result<(Version, Option<Time>), ForgeError> {
        let at = Endpoint::Version;
        let call = Call::new(at, "`/api/v1` below `[gitea] url`", &["version"]);
        let reply = self.send(&call).await?;
        let raw: RawVersion = reply.json()?;
        Ok((Version::parse(&raw.version), reply.server_time))
    }
}
