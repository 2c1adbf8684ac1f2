//! A config's text becomes the prompts that it is not whole without.
//!
//! Invariant: files with secrets are never among them.

use std::collections::BTreeSet;
use std::path::PathBuf;
use toml::Value;

/// The prompt files that a config names, as it names them.
pub(super) fn prompts(text: &str) -> BTreeSet<PathBuf> {
    let config: toml::Table = text.parse().unwrap_or_default();
    let agents = config.get("agents").and_then(Value::as_array);
    let named = agents.into_iter().flatten();
    let named = named.filter_map(|agent| agent.get("prompt_file")?.as_str());
    named.map(PathBuf::from).collect()
}
