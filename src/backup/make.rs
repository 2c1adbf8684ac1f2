//! A project becomes a backup file, beside a factory that may be running.
//!
//! Invariant: the file stands under its name only when it is whole and on disk,
//! readable by its owner alone (it holds the key of the marks).

use super::draft::Draft;
use super::manifest::{self, Entry, Manifest, Place};
use super::{BackupError, put, references};
use crate::config::{self, Config, SecretSource};
use crate::model::Time;
use crate::store::{self, FACTORY_FILE, LEDGER_FILE};
use flate2::{Compression, write::GzEncoder};
use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// What was made.
#[derive(Clone, Debug)]
pub struct Made {
    /// The file.
    pub file: PathBuf,
    /// Its length in bytes.
    pub bytes: u64,
    /// What it holds.
    pub manifest: Manifest,
}

/// Backs a project up to `to`: a new file, or a new one in a folder that exists,
/// named by project and time.
///
/// # Errors
/// When something cannot be read or written; no file is left then.
pub fn make(config: &Config, to: &Path, now: Time) -> Result<Made, BackupError> {
    let project = &config.settings.project;
    let to = if to.is_dir() {
        let seconds = chrono::DateTime::from_timestamp(now.seconds(), 0).unwrap_or_default();
        let name = format!("{}{}.tar.gz", prefix(project), seconds.format(STAMP));
        to.join(name)
    } else {
        to.to_owned()
    };
    if to.exists() {
        return Err(BackupError::Exists { path: to });
    }
    let folder = to.parent().filter(|p| !p.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let draft = Draft::make(folder).map_err(BackupError::io("write beside", &to))?;
    let state = &config.settings.state_dir;
    store::open_own(state, &config.settings.project)?.copy_to(draft.path())?;
    let key = match &config.secrets.marker_key {
        SecretSource::File { path } => Some((Place::MarkerKey, path.clone())),
        _ => None,
    };
    let mut sources = vec![
        (Place::Config, config.path.clone()),
        (Place::Ledger, draft.path().join(LEDGER_FILE)),
        (Place::Factory, state.join(FACTORY_FILE)),
    ];
    sources.extend(key);
    let base = config.path.parent().unwrap_or(Path::new("/"));
    let text =
        std::fs::read_to_string(&config.path).map_err(BackupError::io("read", &config.path))?;
    let mut named = references::prompts(&text);
    if let Some(dir) = references::routing(&text) {
        let folder = base.join(&dir);
        let files = config::routing_files(&folder).map_err(BackupError::io("read", &folder))?;
        let names = files.iter().filter_map(|file| file.file_name());
        named.extend(names.map(|name| dir.join(name)));
    }
    let named = named.into_iter();
    sources.extend(named.map(|name| (Place::Named(name.clone()), base.join(name))));
    let mut entries = Vec::new();
    for (number, (place, path)) in sources.iter().enumerate() {
        entries.push(entry(number, place, path)?);
    }
    let manifest = Manifest {
        form: manifest::FORM,
        adf: env!("CARGO_PKG_VERSION").to_owned(),
        project: project.clone(),
        factory: store::factory_id(state)?,
        made_at: now,
        entries,
    };
    let whole = draft.path().join("whole");
    write(&whole, &manifest, &sources)?;
    // Another one of this second may stand there by now; it is not replaced.
    put::copy(&whole, &to)?;
    let bytes = std::fs::metadata(&to).map_or(0, |m| m.len());
    Ok(Made {
        file: to,
        bytes,
        manifest,
    })
}

/// How the moment of a backup stands in its name; it sorts as time does.
const STAMP: &str = "%Y%m%dT%H%M%SZ";

fn prefix(project: &str) -> String {
    format!("adf-{project}-")
}

/// Deletes all but the newest `keep` backups that [`make`] named in a folder.
///
/// # Errors
/// When the folder cannot be read or a file not be deleted.
pub fn prune(folder: &Path, project: &str, keep: usize) -> Result<Vec<PathBuf>, BackupError> {
    let names = std::fs::read_dir(folder).map_err(BackupError::io("read", folder))?;
    let names = names.filter_map(|file| file.ok()?.file_name().into_string().ok());
    let mut ours: Vec<String> = names.filter(|name| is_ours(name, project)).collect();
    ours.sort_unstable();
    ours.truncate(ours.len().saturating_sub(keep));
    let old: Vec<PathBuf> = ours.iter().map(|name| folder.join(name)).collect();
    for path in &old {
        std::fs::remove_file(path).map_err(BackupError::io("delete", path))?;
    }
    Ok(old)
}

fn is_ours(name: &str, project: &str) -> bool {
    let stamp = name.strip_prefix(&prefix(project));
    let stamp = stamp.and_then(|rest| rest.strip_suffix(".tar.gz"));
    stamp.is_some_and(|stamp| chrono::NaiveDateTime::parse_from_str(stamp, STAMP).is_ok())
}

fn entry(number: usize, place: &Place, path: &Path) -> Result<Entry, BackupError> {
    let read = || BackupError::io("read", path);
    let file = File::open(path).map_err(read())?;
    let mode = file.metadata().map_err(read())?.permissions().mode() & 0o777;
    let (bytes, sha256) = manifest::copy(file, std::io::sink()).map_err(read())?;
    Ok(Entry {
        name: format!("files/{number}"),
        place: place.clone(),
        bytes,
        sha256,
        mode,
    })
}

fn write(to: &Path, manifest: &Manifest, sources: &[(Place, PathBuf)]) -> Result<(), BackupError> {
    let failed = || BackupError::io("write", to);
    let file = File::options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(to)
        .map_err(failed())?;
    let mut archive = tar::Builder::new(GzEncoder::new(file, Compression::default()));
    let text = serde_json::to_vec_pretty(manifest).unwrap_or_default();
    let head = |bytes: u64| {
        let mut head = tar::Header::new_gnu();
        head.set_size(bytes);
        head.set_mode(0o600);
        head.set_mtime(u64::try_from(manifest.made_at.seconds()).unwrap_or_default());
        head
    };
    let length = u64::try_from(text.len()).unwrap_or(u64::MAX);
    archive
        .append_data(&mut head(length), manifest::NAME, text.as_slice())
        .map_err(failed())?;
    for (entry, (_, path)) in manifest.entries.iter().zip(sources) {
        let file = File::open(path).map_err(BackupError::io("read", path))?;
        archive
            .append_data(&mut head(entry.bytes), &entry.name, file.take(entry.bytes))
            .map_err(failed())?;
    }
    let zipped = archive.into_inner().map_err(failed())?;
    let mut file = zipped.finish().map_err(failed())?;
    file.flush()
        .and_then(|()| file.sync_all())
        .map_err(failed())
}
