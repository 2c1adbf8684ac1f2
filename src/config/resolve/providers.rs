//! `[providers]`: how the executables of agents start, and where their keys are.
//!
//! Invariant: a key is named, never held; what means nothing for a kind is refused.

use super::Resolver;
use crate::config::document::child;
use crate::config::raw::{self, ProviderKind};
use crate::config::secret::SecretSource;
use crate::model::settings::{Cli, Provider};
use std::collections::BTreeMap;

/// Keys that say something only about a model's CLI.
const OF_MODELS: [&str; 5] = [
    "key_credential",
    "key_env",
    "key_file",
    "base_url",
    "models",
];

impl Resolver<'_, '_> {
    pub(super) fn providers(
        &mut self,
        raw: BTreeMap<String, raw::Provider>,
    ) -> (BTreeMap<String, Provider>, BTreeMap<String, SecretSource>) {
        let (mut providers, mut keys) = (BTreeMap::new(), BTreeMap::new());
        for (name, provider) in raw {
            let at = child("/providers", &name);
            if !is_name(&name) {
                let help =
                    "lower-case letters, digits and hyphens, beginning with a letter, at most 40";
                self.faults
                    .key_error(&at, format!("`{name}` is not a name for a provider"), help);
            }
            let resolved = match provider.kind {
                ProviderKind::Script => self.script(&at, provider),
                kind => {
                    let given = (
                        &provider.key_credential,
                        &provider.key_env,
                        &provider.key_file,
                    );
                    let names = ["key_credential", "key_env", "key_file"];
                    let key = self.place(&at, names, given);
                    let cli = self.cli(&at, provider, key.is_some());
                    keys.extend(key.map(|key| (name.clone(), key)));
                    match kind {
                        ProviderKind::Codex => Provider::Codex(cli),
                        ProviderKind::Opencode => Provider::Opencode(cli),
                        ProviderKind::Gemini => Provider::Gemini(cli),
                        ProviderKind::Claude | ProviderKind::Script => Provider::Claude(cli),
                    }
                }
            };
            providers.insert(name, resolved);
        }
        (providers, keys)
    }

    fn script(&mut self, at: &str, raw: raw::Provider) -> Provider {
        let command_at = child(at, "command");
        if !self.faults.doc.has(&command_at) {
            let help = "add command with the program and its arguments, as command = [\"agent\"]";
            self.faults
                .error(&command_at, "missing; a script has no default", help);
        }
        for key in OF_MODELS {
            let pointer = child(at, key);
            if self.faults.doc.has(&pointer) {
                let message = format!("`{key}` has no effect with kind `script`");
                let help = "take it out; it is for the kinds claude, codex, opencode and gemini";
                self.faults.key_error(&pointer, message, help);
            }
        }
        Provider::Script {
            command: self.command(raw.command.unwrap_or_default(), &command_at),
        }
    }

    fn cli(&mut self, at: &str, raw: raw::Provider, has_key: bool) -> Cli {
        let kind = word(raw.kind);
        let command = raw.command.unwrap_or_else(|| vec![kind.to_owned()]);
        let url_at = child(at, "base_url");
        for (alias, model) in &raw.models {
            let alias_at = child(&child(at, "models"), alias);
            self.model(&alias_at, Some(model));
        }
        Cli {
            command: self.command(command, &child(at, "command")),
            base_url: raw.base_url.map(|url| self.url(&url, &url_at)),
            has_key,
            models: raw.models,
        }
    }

    /// A program with a `/` is a path like every other in the config.
    fn command(&mut self, mut command: Vec<String>, at: &str) -> Vec<String> {
        if let Some(program) = command.first_mut()
            && program.contains('/')
        {
            let path = self.path(program.as_ref(), &child(at, "0"));
            *program = path.to_string_lossy().into_owned();
        }
        command
    }

    /// What an agent asks of its provider that this one cannot do.
    pub(super) fn suits(&mut self, at: &str, agent: &raw::Agent, provider: Option<&Provider>) {
        if matches!(provider, Some(Provider::Codex(_))) && !agent.tools.is_empty() {
            let message = "`tools` has no effect with a provider of kind `codex`";
            let help = "take it out; codex always has all of its tools";
            self.faults.warning(&child(at, "tools"), message, help);
        }
        let named = agent.model.as_deref().and_then(|m| m.split_once('/'));
        if matches!(provider, Some(Provider::Opencode(_)))
            && !named.is_some_and(|(provider, model)| !provider.is_empty() && !model.is_empty())
        {
            let message = "opencode needs a model as `provider/model`";
            let help = "write it as `opencode models` lists it, such as model = \"anthropic/claude-sonnet\"";
            self.faults.error(&child(at, "model"), message, help);
        }
    }
}

/// A kind as it is written.
fn word(kind: ProviderKind) -> &'static str {
    match kind {
        ProviderKind::Script => "script",
        ProviderKind::Claude => "claude",
        ProviderKind::Codex => "codex",
        ProviderKind::Opencode => "opencode",
        ProviderKind::Gemini => "gemini",
    }
}

/// Lower-case letters, digits and hyphens, beginning with a letter.
pub(super) fn is_name(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    text.len() <= 40
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(plain)
}
