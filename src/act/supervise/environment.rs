//! A run → the whole environment of its agent.
//!
//! Invariant: an allow-list; nothing of the daemon's environment passes but the names
//! the settings list, and no passed name can replace one that is set here.

use super::Layout;
use crate::model::RunId;
use std::{collections::BTreeMap, path::Path};

/// Where the system's programs are.
pub const SYSTEM_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The environment of a run. `passed` are the values of the names that `[walls] environment`
/// lists; a `PATH` among them takes the place of the system's, and `provider` is what the provider adds.
#[must_use]
pub fn environment(
    run: &RunId,
    run_dir: &Path,
    adf: &Path,
    passed: &BTreeMap<String, String>,
    provider: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let layout = Layout::new(run_dir);
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let system = passed.get("PATH").map_or(SYSTEM_PATH, String::as_str);
    let path = match adf.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => {
            format!("{}:{system}", folder.to_string_lossy())
        }
        _ => system.to_owned(),
    };
    let mut env = passed.clone();
    env.extend(provider.clone());
    env.extend(
        [
            ("PATH", path),
            ("HOME", text(&layout.home())),
            ("TMPDIR", text(&layout.tmp())),
            ("LANG", "C.UTF-8".to_owned()),
            ("TERM", "dumb".to_owned()),
            ("USER", "adf-agent".to_owned()),
            ("LOGNAME", "adf-agent".to_owned()),
            ("SHELL", "/bin/sh".to_owned()),
            ("ADF_RUN", run.to_string()),
            ("ADF_BIN", text(adf)),
            ("ADF_AGENT_DIR", text(&layout.agent())),
            ("ADF_PROMPT", text(&layout.prompt())),
            ("GIT_TERMINAL_PROMPT", "0".to_owned()),
            ("GIT_CONFIG_NOSYSTEM", "1".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    );
    env
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompt::needs::GIVEN;

    #[test]
    fn passed_names_cannot_replace_what_the_factory_sets() {
        let passed = BTreeMap::from([
            ("ADF_RUN".to_owned(), "other".to_owned()),
            ("HOME".to_owned(), "/root".to_owned()),
            ("RUSTUP_HOME".to_owned(), "/opt/rustup".to_owned()),
            ("PATH".to_owned(), "/opt/bin:/usr/bin".to_owned()),
        ]);
        let env = environment(
            &RunId::from("t-1"),
            Path::new("/s/runs/t-1"),
            Path::new("/opt/adf/adf"),
            &passed,
            &BTreeMap::from([("ADF_MODEL".to_owned(), "m".to_owned())]),
        );
        let get = |name: &str| env.get(name).map(String::as_str);
        assert_eq!(get("ADF_RUN"), Some("t-1"));
        assert_eq!(get("HOME"), Some("/s/runs/t-1/home"));
        assert_eq!(get("PATH"), Some("/opt/adf:/opt/bin:/usr/bin"));
        assert_eq!(get("RUSTUP_HOME"), Some("/opt/rustup"));
        assert_eq!(get("ADF_MODEL"), Some("m"));
    }

    #[test]
    fn prompts_are_checked_against_the_names_that_are_set_here() {
        let none = BTreeMap::new();
        let (run, path) = (RunId::from("t-1"), Path::new("/s"));
        let env = environment(&run, path, path, &none, &none);
        let missing = env.keys().find(|name| !GIVEN.contains(&name.as_str()));
        assert_eq!(missing, None, "prompt::needs does not know it");
    }
}
