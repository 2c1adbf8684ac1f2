//! The systemd unit of the project → its settings, and whether what it names is there.
//!
//! [`unit_text`] reads the text, [`passed`] the secrets that it passes, [`access`] asks what
//! its user may do.
//!
//! Invariant: a unit is read, never run; of its specifiers the usual ones are
//! replaced, and what stays is a fact for the judge.

use super::access::{self, Account, Denied};
use super::passed::{self, Passed};
use super::unit_text;
use crate::act::supervise::environment::SYSTEM_PATH;
use crate::act::supervise::version::version;
use crate::config::{self, Config, StatePlace};
use crate::doctor::How;
use std::{
    collections::BTreeMap,
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
    /// Why it starts nothing at all.
    pub fault: Option<String>,
    /// Keys and values of `[Service]`, in order, specifiers replaced.
    pub settings: Vec<(String, String)>,
    /// Whether the program of `ExecStart` is there and may be started.
    pub is_startable: bool,
    /// Whether the user of `User` is known here; `None` where the unit names none.
    pub has_user: Option<bool>,
    /// What its user may not do and has to.
    pub denied: Vec<Denied>,
    /// Its user and group, by name.
    pub account: Option<(String, String)>,
    /// The variables that it passes.
    pub environment: BTreeMap<String, String>,
    /// Whether a file of its environment could not be looked into.
    pub is_hidden: bool,
    /// How it passes each secret that the config names.
    pub passed: Vec<Passed>,
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
    pub fn exec(&self) -> Vec<String> {
        let line = self.get("ExecStart").unwrap_or_default();
        unit_text::words(line.trim_start_matches(['@', '-', ':', '+', '!']))
    }

    /// The program that it starts.
    #[must_use]
    pub fn program(&self) -> Option<PathBuf> {
        self.exec().first().map(PathBuf::from)
    }

    /// The config it runs with.
    #[must_use]
    pub fn config(&self) -> Option<PathBuf> {
        let words = self.exec();
        let mut pairs = words.windows(2);
        let named = pairs.find(|pair| pair[0] == "--config");
        let joined = words.iter().find_map(|w| w.strip_prefix("--config="));
        named
            .map(|pair| pair[1].as_str())
            .or(joined)
            .map(PathBuf::from)
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

    /// Whether a credential of this name is passed at all, from wherever.
    #[must_use]
    pub fn has_credential(&self, name: &str) -> bool {
        let mut all = self
            .settings
            .iter()
            .filter(|(k, _)| k.ends_with("Credential") || k.ends_with("CredentialEncrypted"));
        all.any(|(_, value)| value.split(':').next() == Some(name))
    }
}

/// Finds and reads it, and asks its program for its version.
pub async fn observe(config: &Config, how: &How) -> Option<Unit> {
    let mut unit = look(config, how)?;
    let Some(program) = unit.program() else {
        return Some(unit);
    };
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
    let read = fs::read_to_string(&path);
    let fault = read.as_ref().err().map(ToString::to_string);
    let mut text = read.unwrap_or_default();
    if how.unit.is_none() {
        text.push_str(&drop_ins(&instance));
    }
    let mut unit = Unit {
        settings: unit_text::settings(&text, &instance),
        path,
        is_named: how.unit.is_some(),
        ..Unit::default()
    };
    let mode = |path: &Path| Some(fs::metadata(path).ok()?.permissions().mode() & 0o7777);
    let Some(program) = unit.program() else {
        unit.fault = fault.or_else(|| Some("its [Service] has no ExecStart".to_owned()));
        return Some(unit);
    };
    let bits = mode(&program).filter(|_| program.is_file());
    unit.is_startable = bits.is_some_and(|mode| mode & 0o111 != 0);
    unit.has_user = unit.get("User").map(|user| Account::of(user).is_some());
    unit.place = config::glimpse(&config.path).ok().map(|found| found.place);
    unit.missing = unit.folders("ReadWritePaths", "/");
    unit.missing.retain(|path| !path.exists());
    unit.files = named(&unit.settings)
        .map(|path| {
            let mode = mode(&path);
            (path, mode)
        })
        .collect();
    (unit.environment, unit.is_hidden) = passed::environment(&unit);
    unit.passed = passed::observe(config, &unit);
    if let Some(account) = access::account(&unit) {
        unit.denied = access::observe(config, &unit, &account);
        unit.account = Some((account.name, account.group));
    }
    Some(unit)
}

/// What stands in the unit's drop-ins, the weakest folder first.
fn drop_ins(instance: &str) -> String {
    let name = format!("adf@{instance}.service.d");
    let mut text = String::new();
    for dir in FOLDERS.iter().rev().map(|dir| Path::new(dir).join(&name)) {
        let mut files: Vec<PathBuf> = fs::read_dir(dir)
            .map(|inside| inside.flatten().map(|entry| entry.path()).collect())
            .unwrap_or_default();
        files.sort();
        for file in files {
            text.push('\n');
            text.push_str(&fs::read_to_string(file).unwrap_or_default());
        }
    }
    text
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
