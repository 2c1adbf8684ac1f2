//! What reaches the service: the files that its unit names, the secrets that it passes, and
//! what its account may read, write and start.
//!
//! Invariant: each fault names the command or the line of the unit that mends it.

use super::shell;
use crate::doctor::observe::access::{Denied, Want};
use crate::doctor::observe::passed::{Found, Passed};
use crate::doctor::observe::unit::{Unit, account};
use crate::doctor::{About, Check};

const ABOUT: About = About::Machine;

/// What reaches the service, judged; nothing where all does.
pub(super) fn checks(unit: &Unit) -> Vec<Check> {
    let mut checks: Vec<Check> = files(unit).into_iter().collect();
    checks.extend(unit.passed.iter().filter_map(passed));
    if let Some((user, group)) = &unit.account {
        let denied = unit.denied.iter();
        checks.extend(denied.map(|denied| access(denied, user, group)));
    }
    checks
}

fn files(unit: &Unit) -> Option<Check> {
    const NAME: &str = "unit.files";
    unit.files.iter().find_map(|(path, mode)| {
        let (shown, shell) = (path.display(), shell(path));
        match mode {
            None => {
                let found = format!("the unit loads {shown}, which is not there or not visible");
                let remedy = format!("write the secret to {shown}, with mode 0600");
                Some(Check::error(ABOUT, NAME, found, remedy))
            }
            Some(mode) if mode & 0o077 != 0 => {
                let found = format!("{shown} has mode {mode:04o}: others can read it");
                Some(Check::error(
                    ABOUT,
                    NAME,
                    found,
                    format!("chmod 600 {shell}"),
                ))
            }
            Some(_) => None,
        }
    })
}

/// Each secret of the config must come, as the reader of the factory takes it.
fn passed(passed: &Passed) -> Option<Check> {
    let name = if passed.is_token {
        "unit.token"
    } else {
        "unit.secret"
    };
    let (what, wanted) = (&passed.what, &passed.wanted);
    match &passed.found {
        Found::Usable => None,
        Found::Absent => {
            let found =
                format!("the config wants {what} as {wanted}, which the unit does not pass");
            let remedy = if passed.is_variable {
                "write NAME=VALUE into a file of mode 0600, and add EnvironmentFile=PATH to the unit"
            } else {
                "add LoadCredential=NAME:PATH to the unit, with the name that the config has"
            };
            Some(Check::error(ABOUT, name, found, remedy))
        }
        Found::Unusable(why) => {
            let text = format!("the unit passes {what} as {wanted}: {why}");
            Some(Check::said(About::Config, "unit.secret", &text))
        }
    }
}

fn access(denied: &Denied, user: &str, group: &str) -> Check {
    let (path, at) = (denied.path.display(), denied.at.display());
    let to = match denied.want {
        _ if denied.path != denied.at => format!("go through {at} to {path}"),
        Want::Pass => format!("go through {path}"),
        Want::Read => format!("read {path}"),
        Want::Write => format!("write to {path}"),
        Want::Start => format!("start {path}"),
    };
    let owner = account(denied.owner).unwrap_or_else(|| denied.owner.to_string());
    let mode = denied.mode;
    let found = format!(
        "the unit runs as `{user}`, who may not {to}: {at} belongs to {owner} and has mode {mode:04o}"
    );
    let at = shell(&denied.at);
    let is_private = mode & 0o077 == 0;
    let remedy = match denied.want {
        Want::Pass => format!("chgrp {group} {at} && chmod g+x {at}"),
        Want::Read if is_private && denied.at.is_file() => format!("chown {user} {at}"),
        Want::Read if denied.at.is_file() => format!("chgrp {group} {at} && chmod g+r {at}"),
        Want::Read => format!("chgrp {group} {at} && chmod g+rx {at}"),
        Want::Write => format!("chown -R {user} {at}"),
        Want::Start => format!("chmod a+rx {at}"),
    };
    Check::error(ABOUT, "unit.access", found, remedy)
}
