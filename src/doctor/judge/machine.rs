//! Walls, git, time zone.

use crate::doctor::observe::machine::Machine;
use crate::doctor::{About, Check};
use crate::model::settings::Settings;

const ABOUT: About = About::Machine;
/// The oldest git: settings by environment came with it.
const OLDEST_GIT: (u32, u32) = (2, 31);
const INSTALL_GIT: &str = "install git where /usr/local/bin, /usr/bin or /bin has it";
const NOT_TRIED: &str = "not tried: --no-probes";

/// What is found of the machine, judged.
#[must_use]
pub fn checks(settings: &Settings, machine: &Machine) -> Vec<Check> {
    let walls = match &machine.walls {
        None => Check::skipped(ABOUT, "walls", NOT_TRIED),
        Some(Err(why)) => Check::said(ABOUT, "walls", why),
        Some(Ok(given)) => {
            let wanted = &settings.walls;
            match given.refusal(wanted.required, &wanted.accept, wanted.bubblewrap) {
                Some(why) => Check::said(ABOUT, "walls", &why),
                None if !wanted.required && !given.missing.is_empty() => {
                    let remedy = "use a kernel with Landlock, and required = true in [walls]";
                    Check::warning(ABOUT, "walls", given.line(&wanted.accept), remedy)
                }
                None if !given.missing.is_empty() => {
                    Check::note(ABOUT, "walls", given.line(&wanted.accept))
                }
                None => Check::ok(ABOUT, "walls", given.line(&wanted.accept)),
            }
        }
    };
    let git = match &machine.git {
        None => Check::skipped(ABOUT, "git", NOT_TRIED),
        Some(Err(why)) => Check::error(ABOUT, "git", why, INSTALL_GIT),
        Some(Ok(said)) if number(said) < Some(OLDEST_GIT) => {
            let found = format!("it says `{said}`; 2.31 or newer is needed");
            Check::error(ABOUT, "git", found, "install a newer git")
        }
        Some(Ok(said)) => Check::ok(ABOUT, "git", said),
    };
    vec![walls, git, zone(settings, machine.zone.as_deref())]
}

/// What is said at a start on a machine without git.
#[must_use]
pub fn no_git(has_git: bool) -> Option<Check> {
    let found = "there is no git, so no work can be begun or delivered";
    (!has_git).then(|| Check::error(ABOUT, "git", found, INSTALL_GIT))
}

fn number(said: &str) -> Option<(u32, u32)> {
    let mut parts = said.split_ascii_whitespace().nth(2)?.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

fn zone(settings: &Settings, machine: Option<&str>) -> Check {
    const NAME: &str = "time-zone";
    let ours = &settings.schedule.time_zone;
    let has_cron = settings.agents.values().any(|agent| agent.cron.is_some());
    match machine {
        Some(theirs) if has_cron && !same(theirs, ours) => {
            let found =
                format!("cron lines are meant in {ours}, and this machine lives in {theirs}");
            Check::note(ABOUT, NAME, found).remedy(format!(
                "if the hours are meant as this machine shows them: [schedule] time_zone = \"{theirs}\""
            ))
        }
        _ => Check::ok(ABOUT, NAME, format!("cron lines are meant in {ours}")),
    }
}

/// UTC has many names.
fn same(a: &str, b: &str) -> bool {
    let plain = |zone: &str| zone.trim_start_matches("Etc/").replace("Universal", "UTC");
    plain(a) == plain(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_git_and_one_that_cannot_be_read_are_told_from_a_new_one() {
        assert!(number("git version 2.30.9") < Some(OLDEST_GIT));
        assert!(number("git version 2.31.0") >= Some(OLDEST_GIT));
        assert!(number("git version 3.0") >= Some(OLDEST_GIT));
        assert_eq!(number("gyt"), None);
    }

    #[test]
    fn utc_is_utc_by_any_name() {
        assert!(same("Etc/UTC", "UTC"));
        assert!(!same("Europe/Berlin", "UTC"));
    }
}
