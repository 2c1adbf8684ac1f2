//! The systemd unit: does it start this config, with this token, by a binary that is there?

use super::{passed, shell};
use crate::config::{Config, StatePlace, is_secret_value};
use crate::doctor::observe::unit::Unit;
use crate::doctor::observe::unit_text::{word, words};
use crate::doctor::{About, Check};
use std::path::{Path, PathBuf};

const ABOUT: About = About::Machine;

/// What is found of the unit, judged.
#[must_use]
pub fn checks(config: &Config, version: &str, unit: Option<&Unit>) -> Vec<Check> {
    let Some(unit) = unit else {
        let why = "no unit adf@.service is installed on this machine";
        return vec![Check::skipped(ABOUT, "unit", why)];
    };
    if let Some(why) = &unit.fault {
        let found = format!("{} starts nothing: {why}", unit.path.display());
        let remedy = if unit.is_named {
            "name by --unit the file that systemd reads, or write one by `adf init`"
        } else {
            "install the unit again, or take the file away"
        };
        return vec![Check::error(ABOUT, "unit", found, remedy)];
    }
    let found = [
        variables(unit),
        exposed(unit),
        program(unit, version),
        started(config, unit),
        restarts(unit),
        user(unit),
        home(config, unit),
        temporary(config, unit),
        state(config, unit),
    ];
    let mut checks: Vec<Check> = found.into_iter().flatten().collect();
    checks.extend(passed::checks(unit));
    if checks.is_empty() {
        checks.push(Check::ok(ABOUT, "unit", unit.path.display().to_string()));
    }
    checks
}

/// systemd expands nothing in `Environment=`: the text itself would reach the factory.
fn variables(unit: &Unit) -> Option<Check> {
    let mut all = unit
        .settings
        .iter()
        .filter(|(k, _)| k == "Environment" || k == "SetCredential");
    let (key, value) = all.find(|(_, value)| value.contains("${") || value.contains("=$"))?;
    let found = format!("{key}={value} holds a variable, which systemd does not expand there");
    let remedy = "load the secret by LoadCredential=NAME:PATH, or the variable by EnvironmentFile=PATH (mode 0600)";
    Some(Check::error(ABOUT, "unit.variables", found, remedy))
}

/// Whatever stands in a unit, every account of the machine can ask systemd for.
fn exposed(unit: &Unit) -> Option<Check> {
    let names = unit.settings.iter().flat_map(|(key, value)| {
        let (parts, sign) = match key.as_str() {
            "Environment" => (words(value), '='),
            "SetCredential" => (vec![value.clone()], ':'),
            _ => (Vec::new(), '='),
        };
        let secret = parts.into_iter().filter(|part| is_secret_value(part));
        secret.filter_map(move |part| Some(part.split_once(sign)?.0.to_owned()))
    });
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    (!names.is_empty()).then(|| {
        let found = format!(
            "{} holds a secret in {}, and everybody on this machine can read a unit",
            unit.path.display(),
            names.join(", ")
        );
        let remedy = "put it into a file of mode 0600 and load it by LoadCredential=NAME:PATH, then replace the secret";
        Check::warning(ABOUT, "unit.exposed", found, remedy)
    })
}

fn program(unit: &Unit, version: &str) -> Option<Check> {
    const NAME: &str = "unit.binary";
    let program = unit.program().unwrap_or_default();
    let program = program.display();
    if !unit.is_startable {
        let found = format!("ExecStart names `{program}`, which is not there or not executable");
        let remedy = "install adf there, or correct ExecStart and run `systemctl daemon-reload`";
        return Some(Check::error(ABOUT, NAME, found, remedy));
    }
    match unit.version.as_ref()? {
        Ok(said) if said.contains(version) => None,
        Ok(said) => {
            let found = format!("{program} is `{said}`, and this is adf {version}");
            let remedy = "install the newer one at the unit's path, then restart the service";
            Some(Check::warning(ABOUT, NAME, found, remedy))
        }
        Err(why) => {
            let found = format!("{program}: {why}");
            Some(Check::error(
                ABOUT,
                NAME,
                found,
                "install adf again at the unit's path",
            ))
        }
    }
}

fn started(config: &Config, unit: &Unit) -> Option<Check> {
    const NAME: &str = "unit.config";
    let Some(runs) = unit.config() else {
        let found = "ExecStart names no --config";
        let remedy = format!("ExecStart=… run --config {}", word(&config.path));
        return Some(Check::error(ABOUT, NAME, found, remedy));
    };
    let is_same = runs.canonicalize().ok() == config.path.canonicalize().ok();
    if is_same && runs.exists() {
        return None;
    }
    let found = format!(
        "it runs with {}, and this is {}",
        runs.display(),
        config.path.display()
    );
    let remedy = format!(
        "put the config where the unit reads it, or correct ExecStart: --config {}",
        word(&config.path)
    );
    Some(if unit.is_named {
        Check::error(ABOUT, NAME, found, remedy)
    } else {
        Check::warning(ABOUT, NAME, found, remedy)
    })
}

fn restarts(unit: &Unit) -> Option<Check> {
    let never = unit.get("RestartPreventExitStatus").unwrap_or_default();
    let restarts = unit.get("Restart").is_some_and(|word| word != "no");
    let is_loop = restarts && !never.split_ascii_whitespace().any(|code| code == "78");
    is_loop.then(|| {
        let found = "a config that is refused would be started again and again";
        Check::warning(ABOUT, "unit.restart", found, "RestartPreventExitStatus=78")
    })
}

fn user(unit: &Unit) -> Option<Check> {
    let name = unit.get("User")?;
    (unit.has_user == Some(false)).then(|| {
        let found = format!("it runs as `{name}`, and /etc/passwd has no such user");
        let remedy = format!("useradd --system --shell /usr/sbin/nologin {name}");
        Check::error(ABOUT, "unit.user", found, remedy)
    })
}

/// Whether a switch of the unit is on.
fn is_on(unit: &Unit, key: &str) -> bool {
    let value = unit.get(key).unwrap_or("no");
    !["no", "false", "off", "0"].contains(&value)
}

/// A service that sees no homes cannot start what lies in one, nor read or keep anything there.
fn home(config: &Config, unit: &Unit) -> Option<Check> {
    const NAME: &str = "unit.home";
    if !is_on(unit, "ProtectHome") || unit.get("ProtectHome") == Some("read-only") {
        return None;
    }
    let homes = ["/home", "/root"];
    let lies_there = |path: &Path| homes.iter().any(|home| path.starts_with(home));
    if let Some(program) = unit.program().filter(|program| lies_there(program)) {
        let found = format!("ProtectHome hides {} from the service", program.display());
        let remedy = "install adf below /usr/local/bin, and name that in ExecStart";
        return Some(Check::warning(ABOUT, NAME, found, remedy));
    }
    let mut needed = [&config.path, &config.settings.state_dir].into_iter();
    let hidden = needed.find(|path| lies_there(path))?;
    let found = format!("ProtectHome hides {} from the service", hidden.display());
    let remedy = "ProtectHome=read-only and ReadWritePaths= with the state's folder, or `adf init` for /etc/adf";
    Some(Check::error(ABOUT, NAME, found, remedy))
}

/// Nor does one with a folder of its own for what is temporary see what others put there.
fn temporary(config: &Config, unit: &Unit) -> Option<Check> {
    let folders = ["/tmp", "/var/tmp"];
    let lies_there = |path: &Path| folders.iter().any(|folder| path.starts_with(folder));
    let mut needed = [&config.path, &config.settings.state_dir].into_iter();
    let hidden = needed.find(|path| is_on(unit, "PrivateTmp") && lies_there(path))?;
    let found = format!("PrivateTmp hides {} from the service", hidden.display());
    let remedy = "put it where it lasts, such as by `adf init` for /etc/adf";
    Some(Check::error(ABOUT, "unit.tmp", found, remedy))
}

/// The state must be where the service may write, and where commands in a shell look.
fn state(config: &Config, unit: &Unit) -> Option<Check> {
    const NAME: &str = "unit.state";
    let dir = &config.settings.state_dir;
    let shown = dir.display();
    let given = unit.folders("StateDirectory", "/var/lib");
    let writable: Vec<PathBuf> = [given.clone(), unit.folders("ReadWritePaths", "/")].concat();
    if let Some(kept) = given.first()
        && dir != kept
        && unit.place == Some(StatePlace::Default)
    {
        let kept = kept.display();
        let found = format!(
            "the unit keeps the state in {kept}, and commands in a shell look for it in {shown}"
        );
        let remedy = format!("write state_dir = \"{kept}\" into [project]");
        return Some(Check::error(ABOUT, NAME, found, remedy));
    }
    if unit.get("ProtectSystem") == Some("strict")
        && !writable.iter().any(|path| dir.starts_with(path))
    {
        let found =
            format!("the state is in {shown}, where the unit lets the service write nothing");
        let remedy =
            format!("ReadWritePaths={shown} in the unit, or state_dir below its StateDirectory");
        return Some(Check::error(ABOUT, NAME, found, remedy));
    }
    let missing = unit.missing.first()?;
    let user = unit.get("User").unwrap_or("root");
    let found = format!(
        "ReadWritePaths names {}, which is not there: the service would not start",
        missing.display()
    );
    let remedy = format!("install -d -m 0700 -o {user} {}", shell(missing));
    Some(Check::error(ABOUT, NAME, found, remedy))
}
