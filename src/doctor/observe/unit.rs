//! The systemd unit of the project → its settings, and whether what it names is there.
//!
//! Invariant: a unit is read, never run; of its specifiers the usual ones are
//! replaced, and what stays is a fact for the judge.

use crate::act::supervise::environment::SYSTEM_PATH;
use crate::act::supervise::version::version;
use crate::config::{self, Config, StatePlace};
use crate::doctor::How;
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

/// Where systemd looks, the strongest first.
const FOLDERS: [&str; 4] = [
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
];

/// A unit with its drop-ins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unit {
    /// The file.
    pub path: PathBuf,
    /// Whether it was named, not found.
    pub is_named: bool,
    /// Keys and values of `[Service]`, in order, specifiers replaced.
    pub settings: Vec<(String, String)>,
    /// Whether the program of `ExecStart` is there and may be started.
    pub is_startable: bool,
    /// Whether the user of `User` is known here; `None` where the unit names none.
    pub has_user: Option<bool>,
    /// What says where the state is, as a shell sees it.
    pub place: Option<StatePlace>,
    /// Folders to write in that are not there.
    pub missing: Vec<PathBuf>,
    /// What that program says of its version, when it is not this one.
    pub version: Option<Result<String, String>>,
    /// Files of `LoadCredential` and `EnvironmentFile`: path, and the permission bits where it is there.
    pub files: Vec<(PathBuf, Option<u32>)>,
}

impl Unit {
    /// The last value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        let mut all = self.settings.iter().rev();
        all.find(|(k, _)| k == key).map(|(_, value)| value.as_str())
    }

    /// The words of `ExecStart`, without its prefixes.
    #[must_use]
    pub fn exec(&self) -> Vec<&str> {
        let line = self.get("ExecStart").unwrap_or_default();
        let line = line.trim_start_matches(['@', '-', ':', '+', '!']);
        line.split_ascii_whitespace().collect()
    }

    /// The config it runs with.
    #[must_use]
    pub fn config(&self) -> Option<PathBuf> {
        let words = self.exec();
        let mut pairs = words.windows(2);
        let named = pairs.find(|pair| pair[0] == "--config").map(|pair| pair[1]);
        let joined = words.iter().find_map(|w| w.strip_prefix("--config="));
        named.or(joined).map(PathBuf::from)
    }

    /// The folders that a key names, each relative one below `base`.
    #[must_use]
    pub fn folders(&self, key: &str, base: &str) -> Vec<PathBuf> {
        let all = self.settings.iter().filter(|(k, _)| k == key);
        let words = all.flat_map(|(_, value)| value.split_ascii_whitespace());
        // One with a `-` need not be there.
        let needed = words.filter(|word| key != "ReadWritePaths" || !word.starts_with('-'));
        let plain = needed.map(|word| word.trim_start_matches('+'));
        plain.map(|word| Path::new(base).join(word)).collect()
    }

    /// The file that a credential is loaded from.
    #[must_use]
    pub fn credential(&self, name: &str) -> Option<PathBuf> {
        let mut all = self.settings.iter().filter(|(k, _)| k == "LoadCredential");
        all.find_map(|(_, value)| {
            let (given, path) = value.split_once(':')?;
            (given == name && path.starts_with('/')).then(|| PathBuf::from(path))
        })
    }
}

/// Finds and reads it, and asks its program for its version.
pub async fn observe(config: &Config, how: &How) -> Option<Unit> {
    let mut unit = look(config, how)?;
    let program = unit.exec().first().map(PathBuf::from)?;
    let is_this = program.canonicalize().ok() == how.adf.canonicalize().ok();
    if unit.is_startable && !is_this && how.probes {
        let command = [program.display().to_string()];
        unit.version = Some(version(&command, SYSTEM_PATH).await.told());
    }
    Some(unit)
}

/// Finds and reads it; `None` where there is none.
#[must_use]
pub fn look(config: &Config, how: &How) -> Option<Unit> {
    let instance = config.path.file_stem()?.to_str()?.to_owned();
    let path = match &how.unit {
        Some(path) => path.clone(),
        None => found(&instance)?,
    };
    let mut text = fs::read_to_string(&path).unwrap_or_default();
    let name = format!("adf@{instance}.service.d");
    let drop_ins = FOLDERS.iter().rev().map(|dir| Path::new(dir).join(&name));
    for dir in drop_ins.filter(|_| how.unit.is_none()) {
        let mut files: Vec<PathBuf> = fs::read_dir(dir)
            .map(|inside| inside.flatten().map(|entry| entry.path()).collect())
            .unwrap_or_default();
        files.sort();
        for file in files {
            text.push('\n');
            text.push_str(&fs::read_to_string(file).unwrap_or_default());
        }
    }
    let mut unit = read(&text, &instance);
    unit.path = path;
    unit.is_named = how.unit.is_some();
    let program = unit.exec().first().map(PathBuf::from);
    let mode = |path: &Path| Some(fs::metadata(path).ok()?.permissions().mode() & 0o7777);
    if let Some(program) = program {
        let bits = mode(&program).filter(|_| program.is_file());
        unit.is_startable = bits.is_some_and(|mode| mode & 0o111 != 0);
    }
    unit.has_user = unit.get("User").map(is_known);
    unit.place = config::glimpse(&config.path).ok().map(|found| found.place);
    unit.missing = unit.folders("ReadWritePaths", "/");
    unit.missing.retain(|path| !path.exists());
    unit.files = named(&unit.settings)
        .map(|path| {
            let mode = mode(&path);
            (path, mode)
        })
        .collect();
    Some(unit)
}

/// Whether an account of this name stands in the machine's own list.
fn is_known(user: &str) -> bool {
    let accounts = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let mut names = accounts.lines().filter_map(|line| line.split(':').next());
    names.any(|name| name == user)
}

/// The name of an account, in the machine's own list.
#[must_use]
pub fn account(id: u32) -> Option<String> {
    let accounts = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let mut lines = accounts
        .lines()
        .map(|line| line.split(':').collect::<Vec<_>>());
    let found = lines.find(|parts| parts.get(2).and_then(|n| n.parse().ok()) == Some(id));
    found.and_then(|parts| parts.first().map(|&name| name.to_owned()))
}

fn found(instance: &str) -> Option<PathBuf> {
    let names = [format!("adf@{instance}.service"), "adf@.service".to_owned()];
    let all = names
        .iter()
        .flat_map(|name| FOLDERS.iter().map(move |dir| Path::new(dir).join(name)));
    all.into_iter().find(|path| path.is_file())
}

/// Files that the unit needs; one with a `-` may be missing.
fn named(settings: &[(String, String)]) -> impl Iterator<Item = PathBuf> {
    settings.iter().filter_map(|(key, value)| {
        let path = match key.as_str() {
            "LoadCredential" => value.split_once(':')?.1,
            "EnvironmentFile" => value,
            _ => return None,
        };
        path.starts_with('/').then(|| PathBuf::from(path))
    })
}

/// Reads a unit's `[Service]`.
#[must_use]
pub fn read(text: &str, instance: &str) -> Unit {
    let joined = text.replace("\\\n", " ");
    let mut is_service = false;
    let mut settings = Vec::new();
    for line in joined.lines().map(str::trim) {
        if line.starts_with('[') {
            is_service = line == "[Service]";
        } else if let Some((key, value)) = line.split_once('=')
            && is_service
            && !line.starts_with(['#', ';'])
        {
            settings.push((key.trim().to_owned(), replaced(value.trim(), instance)));
        }
    }
    Unit {
        settings,
        ..Unit::default()
    }
}

fn replaced(value: &str, instance: &str) -> String {
    let pairs = [
        ("%i", instance),
        ("%I", instance),
        ("%S", "/var/lib"),
        ("%%", "%"),
    ];
    pairs
        .iter()
        .fold(value.to_owned(), |text, (from, to)| text.replace(from, to))
}
