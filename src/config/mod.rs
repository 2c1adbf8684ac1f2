//! `adf.toml` becomes [`Settings`], or a list of everything that is wrong with it.
//!
//! Text → [`document`] (a tree that knows its lines) → [`schema`] (the published
//! `config.schema.json`) → [`raw`] (typed sections) → [`resolve`] (defaults,
//! paths, cross-checks). Secrets are only named here, by [`secret`].
//!
//! Invariant: a config loads whole or is refused whole, with every fault listed;
//! loading touches no network and writes nothing.

mod document;
mod explain;
mod fault;
mod files;
mod glimpse;
mod prune;
mod raw;
mod raw_agents;
mod raw_coordinator;
mod raw_failures;
mod raw_guard;
mod raw_notify;
mod raw_routing;
mod raw_status;
mod raw_walls;
mod raw_webhook;
mod reference;
mod render;
mod resolve;
mod schema;
mod secret;
mod secretish;
mod span;

use crate::clock::Clock;
use crate::model::Time;
use crate::model::settings::Settings;
use document::Document;
use fault::Faults;
use std::path::{Path, PathBuf};

pub use fault::{Fault, Severity};
pub use files::routing_files;
pub use glimpse::{Glimpse, StatePlace, glimpse};
pub use raw_status::status_labels;
pub use reference::reference;
pub use render::{render, to_json};
pub use resolve::{
    EDITOR_PROMPT, READER_PROMPT, WRITER_PROMPT, WebhookSettings, default_state_dir, lexical,
};
pub use schema::{forget_schema, schema};
pub use secret::{
    SecretError, SecretSource, SecretSources, SinkSecrets, TOKEN_CREDENTIAL, TOKEN_VARIABLE,
    passed_on,
};
pub use secretish::is_secret_value;

/// A config that was taken.
#[derive(Clone, Debug)]
pub struct Config {
    /// What the operator wants, resolved.
    pub settings: Settings,
    /// Where the secrets are kept.
    pub secrets: SecretSources,
    /// Where webhooks are taken, if they are.
    pub webhook: Option<WebhookSettings>,
    /// What is odd about it, but not wrong.
    pub warnings: Vec<Fault>,
    /// The file, absolute.
    pub path: PathBuf,
}

/// Loads a config file.
///
/// # Errors
/// Every fault of the file, warnings among them, in the order of the text.
pub fn load(path: &Path) -> Result<Config, Vec<Fault>> {
    load_at(path, Clock::System.now())
}

/// The same at a moment: what ends is odd when it is over.
///
/// # Errors
/// As of [`load`].
pub fn load_at(path: &Path, now: Time) -> Result<Config, Vec<Fault>> {
    let text = files::read(path).map_err(|fault| vec![*fault])?;
    let doc = Document::parse(path, &text).map_err(|error| {
        let help = "the file is TOML: https://toml.io; the rest is checked when this is mended";
        let message = format!("not TOML: {}", error.message.replace('\n', ", "));
        vec![Fault::in_text(
            path,
            error.shown,
            error.span,
            message,
            help.to_owned(),
        )]
    })?;
    let mut faults = Faults::new(&doc);
    files::check_exposed(path, &mut faults);
    refuse_variables(&mut faults);
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let base = absolute.parent().unwrap_or(Path::new("/"));
    let resolved = schema::check(&mut faults).map(|raw| {
        resolve::Resolver {
            faults: &mut faults,
            base,
            config: &absolute,
            state_directory: secret::state_directory(),
            now,
        }
        .resolve(raw)
    });
    let found = faults.into_sorted();
    let refused = found.iter().any(|fault| fault.severity == Severity::Error);
    match resolved {
        Some((settings, secrets, webhook)) if !refused => Ok(Config {
            settings,
            secrets,
            webhook,
            warnings: found,
            path: absolute,
        }),
        _ => Err(found),
    }
}

/// `${GITEA_TOKEN}` once reached a forge as it stands: nothing expands it.
fn refuse_variables(faults: &mut Faults<'_>) {
    let doc = faults.doc;
    let secretive = ["/gitea", "/webhook"].into_iter();
    for (pointer, text) in secretive.flat_map(|at| doc.strings_below(at)) {
        let mut after = text
            .split('$')
            .skip(1)
            .filter_map(|rest| rest.chars().next());
        if after.any(|c| c == '{' || c == '_' || c.is_ascii_alphabetic()) {
            faults.error(
                pointer,
                "a literal `$` variable: it would be used as it stands",
                "neither adf nor systemd expands variables inside a config file; pass a secret by \
                 LoadCredential= and token_credential, or by EnvironmentFile= and token_env = \"NAME\" \
                 (without `$`), and write everything else out",
            );
            faults.touch(pointer);
        }
    }
}
