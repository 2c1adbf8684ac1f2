//! Where a secret is kept, and the reading of it when it is needed.
//!
//! The config holds a place, never a value; the only file in this crate's
//! library that asks the environment is this one.
//!
//! Invariant: a secret leaves here only as a `SecretString`; no error, `Debug`
//! or `Display` of this module holds any part of one.

use secrecy::SecretString;
use std::collections::BTreeMap;
use std::{
    fmt,
    fs::File,
    io::{self, Read},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

/// The systemd credential that is looked for when the config names no place.
pub const TOKEN_CREDENTIAL: &str = "gitea-token";

/// The environment variable that is looked for when there is no such credential.
pub const TOKEN_VARIABLE: &str = "ADF_GITEA_TOKEN";

/// The folder in which systemd puts credentials.
const CREDENTIALS_VARIABLE: &str = "CREDENTIALS_DIRECTORY";

/// The longest secret, in bytes.
const SECRET_BYTES_MAX: u64 = 64 * 1024;

/// A place in which a secret is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// The config names none: decided when it is read. The credential
    /// [`TOKEN_CREDENTIAL`] if systemd passes one, else [`TOKEN_VARIABLE`].
    Standard,
    /// A systemd credential: the file of this name in `$CREDENTIALS_DIRECTORY`.
    Credential {
        /// Its name, without a path.
        name: String,
        /// The file that the unit loads it from, where the config names that too: who runs a
        /// command outside the unit reads it there.
        file: Option<PathBuf>,
    },
    /// An environment variable.
    Environment {
        /// Its name.
        name: String,
    },
    /// A file of mode 0600 or stricter.
    File {
        /// Its path.
        path: PathBuf,
    },
}

/// Where the factory's secrets are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretSources {
    /// The forge's token.
    pub token: SecretSource,
    /// The key that signs marks.
    pub marker_key: SecretSource,
    /// The keys of providers, by the provider's name.
    pub keys: BTreeMap<String, SecretSource>,
    /// What the webhooks of `[notify]` need, by the sink's name.
    pub sinks: BTreeMap<String, SinkSecrets>,
}

/// What a webhook of `[notify]` needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SinkSecrets {
    /// Its address, which may hold a secret.
    pub url: SecretSource,
    /// A token to send along.
    pub token: Option<SecretSource>,
}

/// Why a secret could not be had.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// Nothing is where the standard places are.
    #[error(
        "no token: systemd passes no credential `{TOKEN_CREDENTIAL}` and {TOKEN_VARIABLE} is not set; give one by LoadCredential={TOKEN_CREDENTIAL}:PATH, by {TOKEN_VARIABLE} in an EnvironmentFile=, or by [gitea] token_file"
    )]
    Nowhere,
    /// A credential is named and systemd passes none at all.
    #[error(
        "credential `{name}`: $CREDENTIALS_DIRECTORY is not set, as in every shell outside the unit; add LoadCredential={name}:PATH to the unit, and name that PATH beside the credential in the config (the key that ends in _file), so that commands in a shell find it too"
    )]
    NoCredentials {
        /// The credential.
        name: String,
    },
    /// The variable is not set.
    #[error("environment variable {name} is not set; set it in an EnvironmentFile= of the unit")]
    Unset {
        /// The variable.
        name: String,
    },
    /// The file cannot be read.
    #[error("secret file {}: {error}{}", path.display(), whose(error))]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// Others may read the file.
    #[error("secret file {path} has mode {mode:04o}, so others can read it: run chmod 600 {path}", path = path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The content cannot be a secret.
    #[error("{source_name}: {reason}")]
    Unusable {
        /// The place.
        source_name: String,
        /// What is wrong, without the content.
        reason: &'static str,
    },
}

/// The values of the variables that agents are given; unset ones are left out.
#[must_use]
pub fn passed_on(names: &[String]) -> BTreeMap<String, String> {
    let value = |name: &String| Some((name.clone(), variable(name)?));
    names.iter().filter_map(value).collect()
}

impl SecretSource {
    /// Reads the secret.
    ///
    /// # Errors
    /// When it is not there, is empty, or others could read it too.
    pub fn read(&self) -> Result<SecretString, SecretError> {
        self.read_with(variable)
    }

    /// As [`SecretSource::read`], with the environment given.
    ///
    /// # Errors
    /// As [`SecretSource::read`].
    pub fn read_with(
        &self,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<SecretString, SecretError> {
        let directory = environment(CREDENTIALS_VARIABLE).map(PathBuf::from);
        let text = match self {
            SecretSource::Standard => {
                let file = directory.map(|directory| directory.join(TOKEN_CREDENTIAL));
                match file.filter(|file| file.exists()) {
                    Some(file) => read_file(&file, false)?,
                    None => environment(TOKEN_VARIABLE).ok_or(SecretError::Nowhere)?,
                }
            }
            SecretSource::Credential { name, file } => {
                let passed = directory.map(|directory| directory.join(name));
                match (passed, file) {
                    (Some(passed), Some(file)) if !passed.exists() => read_file(file, true)?,
                    // systemd keeps credentials to the unit by other means than the mode.
                    (Some(passed), _) => read_file(&passed, false)?,
                    (None, Some(file)) => read_file(file, true)?,
                    (None, None) => {
                        return Err(SecretError::NoCredentials { name: name.clone() });
                    }
                }
            }
            SecretSource::Environment { name } => {
                environment(name).ok_or_else(|| SecretError::Unset { name: name.clone() })?
            }
            SecretSource::File { path } => read_file(path, true)?,
        };
        self.checked(text)
    }

    /// The file on this machine that holds it, where the config names one.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        match self {
            SecretSource::File { path } => Some(path),
            SecretSource::Credential { file, .. } => file.as_deref(),
            SecretSource::Standard | SecretSource::Environment { .. } => None,
        }
    }

    fn checked(&self, text: String) -> Result<SecretString, SecretError> {
        let secret = text.trim();
        let reason = if secret.is_empty() {
            "it is empty"
        } else if secret.starts_with("${") || secret.starts_with('$') {
            "it holds a literal `$…`: neither adf nor systemd expands variables there; write the value itself"
        } else if secret.chars().any(|c| c.is_control() || c.is_whitespace()) {
            "it holds spaces, line breaks or control characters; one line with the secret alone is expected"
        } else {
            return Ok(SecretString::from(secret));
        };
        Err(SecretError::Unusable {
            source_name: self.to_string(),
            reason,
        })
    }
}

impl fmt::Display for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SecretSource::Standard => {
                write!(
                    f,
                    "credential {TOKEN_CREDENTIAL} or environment variable {TOKEN_VARIABLE}"
                )
            }
            SecretSource::Credential { name, file: None } => write!(f, "credential {name}"),
            SecretSource::Credential {
                name,
                file: Some(file),
            } => write!(f, "credential {name}, or file {}", file.display()),
            SecretSource::Environment { name } => write!(f, "environment variable {name}"),
            SecretSource::File { path } => write!(f, "file {}", path.display()),
        }
    }
}

/// Who could read it.
fn whose(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::PermissionDenied => "; run the command as its owner, such as by sudo",
        _ => "",
    }
}

fn read_file(path: &Path, private: bool) -> Result<String, SecretError> {
    let unreadable = |error| SecretError::Unreadable {
        path: path.to_owned(),
        error,
    };
    let unusable = |reason| SecretError::Unusable {
        source_name: format!("secret file {}", path.display()),
        reason,
    };
    // A pipe would hold the reader up for ever.
    if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(unusable("it is not a regular file"));
    }
    let file = File::open(path).map_err(unreadable)?;
    let mode = file.metadata().map_err(unreadable)?.permissions().mode() & 0o7777;
    if private && mode & 0o077 != 0 {
        return Err(SecretError::Exposed {
            path: path.to_owned(),
            mode,
        });
    }
    let mut bytes = Vec::new();
    file.take(SECRET_BYTES_MAX + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > SECRET_BYTES_MAX) {
        return Err(unusable("it is longer than 64 KiB"));
    }
    String::from_utf8(bytes).map_err(|_| unusable("it is not UTF-8 text"))
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place of the library that reads the environment"
)]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The state directory that systemd made for the unit, the first if several.
pub(super) fn state_directory() -> Option<PathBuf> {
    let directories = variable("STATE_DIRECTORY")?;
    let first = directories.split(':').next().unwrap_or_default();
    (!first.is_empty()).then(|| PathBuf::from(first))
}
