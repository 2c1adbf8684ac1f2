//! A config's text becomes the paths of the files that it is not whole without.
//!
//! Invariant: files with secrets are never among them; only prompts and routing
//! files are.

use std::path::{Path, PathBuf};
use toml::Value;

/// The files that a config names, as it names them, in order and once each.
pub(super) fn of(text: &str, base: &Path) -> Vec<PathBuf> {
    let Ok(config) = text.parse::<toml::Table>() else {
        return Vec::new();
    };
    let agents = config.get("agents").and_then(Value::as_array);
    let prompts = agents.into_iter().flatten();
    let mut found: Vec<PathBuf> = prompts
        .filter_map(|agent| agent.get("prompt_file")?.as_str())
        .map(PathBuf::from)
        .collect();
    let routing = config.get("routing").and_then(|r| r.get("dir")?.as_str());
    if let Some(dir) = routing.map(PathBuf::from) {
        let files = std::fs::read_dir(base.join(&dir)).into_iter().flatten();
        let names = files.filter_map(|file| Some(file.ok()?.file_name()));
        let is_scenario = |name: &PathBuf| name.extension().is_some_and(|e| e == "md");
        found.extend(
            names
                .map(PathBuf::from)
                .filter(is_scenario)
                .map(|n| dir.join(n)),
        );
    }
    found.sort();
    found.dedup();
    found
}
