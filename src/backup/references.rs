//! A config's text becomes the prompts, and the vision, that it is not whole without.
//!
//! Invariant: files with secrets are never among them.

use std::collections::BTreeSet;
use std::path::PathBuf;
use toml::Value;

/// The files for prompts that a config names, as it names them.
pub(super) fn prompts(text: &str) -> BTreeSet<PathBuf> {
    let config: toml::Table = text.parse().unwrap_or_default();
    let agents = config.get("agents").and_then(Value::as_array);
    let named = agents.into_iter().flatten();
    let named = named.filter_map(|agent| agent.get("prompt_file")?.as_str());
    let vision = config.get("coordinator").and_then(|c| c.get("vision"));
    let vision = vision.and_then(Value::as_str);
    named.chain(vision).map(PathBuf::from).collect()
}
