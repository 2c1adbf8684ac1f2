//! A config's text becomes the files that it is not whole without: prompts, the vision,
//! and where its routing files lie.
//!
//! Invariant: files with secrets are never among them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use toml::Value;

/// The files for prompts that a config names, as it names them.
pub fn prompts(text: &str) -> BTreeSet<PathBuf> {
    let config: toml::Table = text.parse().unwrap_or_default();
    let agents = config.get("agents").and_then(Value::as_array);
    let named = agents.into_iter().flatten();
    let named = named.filter_map(|agent| agent.get("prompt_file")?.as_str());
    let vision = config.get("coordinator").and_then(|c| c.get("vision"));
    let vision = vision.and_then(Value::as_str);
    named.chain(vision).map(PathBuf::from).collect()
}

/// The folder of routing files that a config names, as it names it.
pub fn routing(text: &str) -> Option<PathBuf> {
    let config: toml::Table = text.parse().ok()?;
    let dir = config.get("routing")?.get("dir")?.as_str()?;
    Some(PathBuf::from(dir))
}

/// Whether a file is one of those that a config names.
pub fn names(text: &str, path: &Path) -> bool {
    let routes = || {
        let is_routing = path.extension().is_some_and(|extension| extension == "md");
        is_routing && path.parent() == routing(text).as_deref()
    };
    prompts(text).contains(path) || routes()
}
