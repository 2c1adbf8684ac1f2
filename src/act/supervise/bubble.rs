//! A spec → bubblewrap's arguments: the same view that [`super::view`] makes, made by a
//! program that may be allowed to where this one is not.
//!
//! Invariant: it starts `adf __walls` inside and nothing else, so every other wall stands
//! as without it. Its standard streams are the run's own.

use super::{RunSpec, SuperviseError, view::NOTHING, walls};
use std::{
    ffi::{OsStr, OsString},
    path::Path,
};

/// Bubblewrap's arguments up to the program that it starts.
pub(crate) fn arguments(spec: &RunSpec, spec_path: &Path) -> Result<Vec<OsString>, SuperviseError> {
    let places = walls::shown_places(spec)?.resolved();
    let mut words: Vec<OsString> = Vec::new();
    let mut say = |option: &str, paths: &[&Path]| {
        words.push(option.into());
        words.extend(paths.iter().map(|path| OsStr::new(path).to_owned()));
    };
    let root = Path::new("/");
    say("--ro-bind", &[root, root]);
    say("--dev", &[Path::new("/dev")]);
    for path in &places.hide {
        say("--tmpfs", &[path]);
    }
    for path in &places.blank {
        say("--dev-bind", &[Path::new(NOTHING), path]);
    }
    for path in places.shown() {
        say("--ro-bind", &[path, path]);
    }
    // Read before the walls stand, which then keep it from the agent.
    say("--ro-bind", &[spec_path, spec_path]);
    for path in &places.write {
        say("--bind", &[path, path]);
    }
    for path in &places.seal {
        say("--ro-bind", &[path, path]);
    }
    for path in &places.hide {
        say("--remount-ro", &[path]);
    }
    say("--unshare-ipc", &[]);
    say("--chdir", &[&spec.workspace]);
    if spec.walls.offline {
        say("--unshare-net", &[]);
    }
    say("--", &[]);
    Ok(words)
}
