//! A backup becomes a project again.
//!
//! Unpacked and checked in a folder of its own, its config loaded as `adf run`
//! would, its ledger opened, checked and prepared; only then is anything put in
//! its place, the ledger last.
//!
//! Invariant: nothing that exists is overwritten, only files that the config names are
//! written beside it, and a restore that fails leaves no file behind.

use super::BackupError;
use super::draft::Draft;
use super::manifest::{self, Entry, Manifest, Place};
use super::put::{Put, copy};
use super::references;
use crate::clock::Clock;
use crate::config::{self, SecretSource};
use crate::decide::rejoin::rejoin;
use crate::store::{self, BackupTrace, FACTORY_FILE, LEDGER_FILE, TRACE_FILE};
use flate2::bufread::GzDecoder;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// What a ledger has beside it until it is closed.
const LOG_FILE: &str = "ledger.db-wal";
/// The longest manifest, in bytes.
const MANIFEST_BYTES_MAX: u64 = 4 << 20;
/// How much is read at once, in bytes.
const BLOCK_BYTES: usize = 64 << 10;

/// What was restored.
#[derive(Clone, Debug)]
pub struct Restored {
    /// What the backup held.
    pub manifest: Manifest,
    /// The files that stand now.
    pub files: Vec<PathBuf>,
    /// The state directory.
    pub state_dir: PathBuf,
    /// Tasks in the ledger.
    pub tasks: usize,
    /// Those of them that are taken up again, as far as the forge does not say otherwise.
    pub unsettled: usize,
}

/// Restores a backup with its config at `config`, and its state where that says.
///
/// # Errors
/// When the backup is damaged or of a later version, or something stands in the way.
pub async fn restore(backup: &Path, config: &Path) -> Result<Restored, BackupError> {
    let config = std::path::absolute(config).map_err(BackupError::io("find", config))?;
    let base = config.parent().unwrap_or(Path::new("/")).to_owned();
    let mut put = Put::default();
    put.folder(&base, 0o755)?;
    let draft = Draft::make(&base).map_err(BackupError::io("write in", &base))?;
    let manifest = unpack(backup, draft.path())?;
    let parts = named(backup, &manifest, draft.path())?;
    // A config that names files by absolute paths is not whole without them.
    for entry in &manifest.entries {
        if let Place::Named(path) = &entry.place
            && path.is_absolute()
        {
            put.file(&staged(draft.path(), entry), path, 0o755)?;
        }
    }
    let staged = Staged::read(parts, &manifest, draft.path(), &config)?;
    if staged.project != manifest.project {
        return Err(BackupError::Damaged {
            path: backup.to_owned(),
            what: format!(
                "its manifest is of project `{}` and its config of `{}`",
                manifest.project, staged.project
            ),
        });
    }
    let prepared = prepare(&staged.ledger).await;
    let (tasks, unsettled) = prepared.map_err(|error| error.of_backup(backup))?;
    let mut places = staged.places(&manifest, draft.path(), &base)?;
    let trace = staged.state_dir.join(TRACE_FILE);
    // One that is there tells of a later backup.
    if !trace.exists() {
        leave_trace(backup, &manifest, draft.path())?;
        places.insert(0, (draft.path().join(TRACE_FILE), trace));
    }
    let exists = places.iter().find(|(from, to)| stands(from, to));
    if let Some((_, to)) = exists {
        return Err(BackupError::Exists { path: to.clone() });
    }
    put.folder(&staged.state_dir, 0o700)?;
    for (from, to) in &places {
        let is_state = to.starts_with(&staged.state_dir);
        put.file(from, to, if is_state { 0o700 } else { 0o755 })?;
    }
    let files = put.keep();
    Ok(Restored {
        manifest,
        files,
        state_dir: staged.state_dir,
        tasks,
        unsettled,
    })
}

/// Leaves word in the draft that the ledger's last backup is the one that it comes from.
fn leave_trace(backup: &Path, manifest: &Manifest, draft: &Path) -> Result<(), BackupError> {
    let bytes = std::fs::metadata(backup).map_err(BackupError::io("read", backup))?;
    let trace = BackupTrace {
        made_at: manifest.made_at,
        file: std::path::absolute(backup).map_err(BackupError::io("find", backup))?,
        bytes: bytes.len(),
    };
    Ok(trace.leave(draft)?)
}

/// Whether something else stands where a file is to be put.
fn stands(from: &Path, to: &Path) -> bool {
    to.exists() && std::fs::read(from).ok() != std::fs::read(to).ok()
}

/// Checks that a backup is whole, and that its config names the files that come with it.
fn named(backup: &Path, manifest: &Manifest, draft: &Path) -> Result<Parts, BackupError> {
    let damaged = |what: String| BackupError::Damaged {
        path: backup.to_owned(),
        what,
    };
    let find = |place: Place, what: &str| {
        let entry = manifest.entries.iter().find(|entry| entry.place == place);
        entry
            .map(|entry| staged(draft, entry))
            .ok_or_else(|| damaged(format!("there is no {what} in it")))
    };
    let ledger = find(Place::Ledger, "ledger")?;
    let config = find(Place::Config, "config")?;
    find(Place::Factory, "factory's id")?;
    find(Place::MarkerKey, "key of the factory's marks")?;
    let text = std::fs::read_to_string(&config).map_err(BackupError::io("read", &config))?;
    for entry in &manifest.entries {
        if let Place::Named(path) = &entry.place
            && !references::names(&text, path)
        {
            let path = path.display();
            return Err(damaged(format!("its config does not name {path}")));
        }
    }
    Ok(Parts { ledger, config })
}

/// Where the unpacked parts wait that are read before anything is put in its place.
struct Parts {
    ledger: PathBuf,
    config: PathBuf,
}

fn unpack(backup: &Path, to: &Path) -> Result<Manifest, BackupError> {
    let damaged = |what: &str| BackupError::Damaged {
        path: backup.to_owned(),
        what: what.to_owned(),
    };
    let broken = |error: std::io::Error| damaged(&error.to_string());
    let file = File::open(backup).map_err(BackupError::io("read", backup))?;
    let mut archive = tar::Archive::new(GzDecoder::new(BufReader::new(file)));
    let mut parts = archive.entries().map_err(broken)?;
    let first = parts.next().ok_or_else(|| damaged("it is empty"))?;
    let mut first = first.map_err(broken)?;
    if first.path_bytes().as_ref() != manifest::NAME.as_bytes() {
        return Err(damaged("its manifest is missing"));
    }
    let mut text = Vec::new();
    (&mut first)
        .take(MANIFEST_BYTES_MAX)
        .read_to_end(&mut text)
        .map_err(broken)?;
    let manifest = read_manifest(backup, &text)?;
    for entry in &manifest.entries {
        let part = parts.next().ok_or_else(|| damaged("files are missing"))?;
        let part = part.map_err(broken)?;
        if part.path_bytes().as_ref() != entry.name.as_bytes() {
            return Err(damaged("its files are not those of its manifest"));
        }
        take(part, entry, &staged(to, entry)).map_err(|why| damaged(&why))?;
    }
    if parts.next().is_some() {
        return Err(damaged("it holds more than its manifest says"));
    }
    ended(archive.into_inner()).map_err(broken)?;
    Ok(manifest)
}

/// Reads on to the end, where the checksum of the whole stands, manifest included.
fn ended(mut zipped: GzDecoder<BufReader<File>>) -> std::io::Result<()> {
    let more = || std::io::Error::other("something follows its end");
    let mut block = vec![0; BLOCK_BYTES];
    loop {
        match zipped.read(&mut block)? {
            0 => break,
            // An archive is filled up with zeros.
            n if block.iter().take(n).all(|byte| *byte == 0) => {}
            _ => return Err(more()),
        }
    }
    match zipped.into_inner().fill_buf()? {
        [] => Ok(()),
        _ => Err(more()),
    }
}

fn read_manifest(backup: &Path, text: &[u8]) -> Result<Manifest, BackupError> {
    let value: serde_json::Value = serde_json::from_slice(text).unwrap_or_default();
    // A later form may be no manifest of ours at all but for these two.
    if value["form"].as_u64() > Some(u64::from(manifest::FORM)) {
        return Err(BackupError::Newer {
            path: backup.to_owned(),
            adf: value["adf"].as_str().unwrap_or("of a later day").to_owned(),
        });
    }
    serde_json::from_value(value).map_err(|error| BackupError::Damaged {
        path: backup.to_owned(),
        what: format!("its manifest cannot be read: {error}"),
    })
}

/// Where an entry waits: by its place in the manifest, never by a name of the archive's.
fn staged(draft: &Path, entry: &Entry) -> PathBuf {
    draft.join(hex::encode(Sha256::digest(&entry.name)))
}

fn take(part: impl Read, entry: &Entry, to: &Path) -> Result<(), String> {
    let made = File::options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(to);
    let mut file = made.map_err(|error| error.to_string())?;
    let part = part.take(entry.bytes.saturating_add(1));
    let copied = manifest::copy(part, &mut file).map_err(|error| error.to_string())?;
    if copied != (entry.bytes, entry.sha256.clone()) {
        return Err(format!("{} is not as it was backed up", entry.name));
    }
    // The service's user, who need not be who restores, reads what it could read before.
    let readable = match entry.place {
        Place::Config | Place::Named(_) => 0o755,
        Place::Ledger | Place::Factory | Place::MarkerKey => 0o700,
    };
    file.set_permissions(PermissionsExt::from_mode(entry.mode & readable))
        .and_then(|()| file.sync_all())
        .map_err(|error| error.to_string())
}

/// A backup that was unpacked, and what its config says.
struct Staged {
    project: String,
    ledger: PathBuf,
    config: PathBuf,
    state_dir: PathBuf,
    marker_key: Option<PathBuf>,
}

impl Staged {
    /// Loads the unpacked config among the files that it names, in a folder of its own.
    fn read(
        parts: Parts,
        manifest: &Manifest,
        draft: &Path,
        config: &Path,
    ) -> Result<Staged, BackupError> {
        let base = config.parent().unwrap_or(Path::new("/"));
        // Below it all folders are as they will be, so that no `..` leads out of the draft.
        let root = draft.join("root");
        let below = |path: &Path| root.join(path.strip_prefix("/").unwrap_or(path));
        let folder = below(base);
        let name = config.file_name().unwrap_or("adf.toml".as_ref());
        put_in(&parts.config, &folder.join(name))?;
        for entry in &manifest.entries {
            if let Place::Named(path) = &entry.place
                && path.is_relative()
            {
                let to = below(&config::lexical(&base.join(path)));
                put_in(&staged(draft, entry), &to)?;
            }
        }
        let read = config::load(&folder.join(name))
            .map_err(|faults| BackupError::Config(config::render(&faults, false)))?;
        let at = |path: &Path| match path.strip_prefix(&root) {
            Ok(inside) => Path::new("/").join(inside),
            Err(_) => path.to_owned(),
        };
        let (then, project) = (&read.settings.state_dir, &read.settings.project);
        // The default goes by where the config stands.
        let state_dir = if *then == config::default_state_dir(&folder.join(name), project) {
            config::default_state_dir(config, project)
        } else {
            at(then)
        };
        let marker_key = match &read.secrets.marker_key {
            SecretSource::File { path } => Some(match path.strip_prefix(then) {
                Ok(inside) => state_dir.join(inside),
                Err(_) => at(path),
            }),
            _ => None,
        };
        Ok(Staged {
            project: project.clone(),
            ledger: parts.ledger,
            config: config.to_owned(),
            state_dir,
            marker_key,
        })
    }

    /// Each file and where it is to stand; the ledger last.
    fn places(
        &self,
        manifest: &Manifest,
        draft: &Path,
        base: &Path,
    ) -> Result<Vec<(PathBuf, PathBuf)>, BackupError> {
        let mut places = Vec::new();
        for entry in &manifest.entries {
            let to = match &entry.place {
                Place::Config => self.config.clone(),
                Place::Named(path) => config::lexical(&base.join(path)),
                Place::Factory => self.state_dir.join(FACTORY_FILE),
                Place::MarkerKey => match &self.marker_key {
                    Some(path) => path.clone(),
                    None => continue,
                },
                Place::Ledger => continue,
            };
            places.push((staged(draft, entry), to));
        }
        let ledger = self.state_dir.join(LEDGER_FILE);
        // Even the same ledger: another life of it may have gone on.
        if ledger.exists() {
            return Err(BackupError::Exists { path: ledger });
        }
        places.push((self.ledger.clone(), ledger));
        Ok(places)
    }
}

/// Checks the unpacked ledger and tells it that its factory lived on elsewhere.
async fn prepare(path: &Path) -> Result<(usize, usize), BackupError> {
    let folder = path.with_extension("state");
    std::fs::create_dir(&folder).map_err(BackupError::io("make", &folder))?;
    let inside = folder.join(LEDGER_FILE);
    std::fs::rename(path, &inside).map_err(BackupError::io("move", path))?;
    let clock = Clock::System;
    let now = clock.now();
    let opened = store::open(&folder, clock)?;
    let counts = (opened.world.tasks.len(), opened.world.unsettled.len());
    let changes = rejoin(&opened.world, now);
    drop(opened.committed);
    // To take a large world apart again takes a second that nobody need wait for.
    let world = opened.world;
    std::thread::spawn(move || drop(world));
    if !changes.is_empty() {
        opened.ledger.commit(changes).await?;
    }
    opened.ledger.close().await?;
    // The last to close a ledger takes its log in; where that did not come about, a copy is whole.
    if std::fs::metadata(folder.join(LOG_FILE)).is_ok_and(|log| log.len() > 0) {
        let done = path.with_extension("done");
        std::fs::create_dir(&done).map_err(BackupError::io("make", &done))?;
        store::open_read_only(&folder)?.copy_to(&done)?;
        std::fs::rename(done.join(LEDGER_FILE), path).map_err(BackupError::io("move", path))?;
    } else {
        std::fs::rename(&inside, path).map_err(BackupError::io("move", path))?;
    }
    Ok(counts)
}

/// Puts a file of the draft into a folder of the draft, which goes with it.
fn put_in(from: &Path, to: &Path) -> Result<(), BackupError> {
    let folder = to.parent().unwrap_or(Path::new("/"));
    std::fs::create_dir_all(folder).map_err(BackupError::io("make", folder))?;
    copy(from, to)
}
