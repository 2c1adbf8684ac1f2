//! The state directory and the ledger.

use crate::doctor::observe::state::{Folder, Other, State};
use crate::doctor::{About, Check, Mend};
use crate::model::settings::Settings;
use crate::store::StoreError;

const ABOUT: About = About::Machine;

/// What is found of the state, judged.
#[must_use]
pub fn checks(settings: &Settings, state: &State) -> Vec<Check> {
    let mut checks = vec![folder(state), disk(settings, state), ledger(state)];
    if state.ledger.is_some() && !state.has_key {
        let found = "the ledger is there and marker.key is not: the factory would not know its own comments";
        let remedy = "restore marker.key from the backup before the next start";
        checks.push(Check::error(ABOUT, "state.marker-key", found, remedy));
    }
    let malformed = state.malformed.iter();
    checks.extend(malformed.map(|error| Check::said(ABOUT, "state.identity", &error.to_string())));
    for (path, mode) in state.modes.iter().filter(|(_, mode)| mode & 0o077 != 0) {
        let found = format!("{} has mode {mode:04o}: others can read it", path.display());
        let check = Check::error(
            ABOUT,
            "state.modes",
            found,
            format!("chmod 600 {}", path.display()),
        );
        let (path, mode) = (path.clone(), 0o600);
        checks.push(check.mended_by(Mend::Mode { path, mode }));
    }
    checks.extend(state.others.iter().filter_map(other));
    checks.extend(backup(settings, state));
    if !state.others.iter().any(|o| o.same_state) {
        let found = format!(
            "no other config beside this one uses {}",
            state.dir.display()
        );
        checks.push(Check::ok(ABOUT, "state.alone", found));
    }
    checks
}

fn folder(state: &State) -> Check {
    const NAME: &str = "state.folder";
    let dir = state.dir.display();
    if state.folder == Folder::NoFolder {
        let remedy = "name another [project] state_dir, or move the file away";
        return Check::error(ABOUT, NAME, format!("{dir} is no folder"), remedy);
    }
    if state.folder == Folder::Dangling {
        let remedy = format!("make the folder that it names, or take the link away: rm {dir}");
        let found = format!("{dir} is a link to what is not there");
        return Check::error(ABOUT, NAME, found, remedy);
    }
    if let Folder::Folder { owner, mode } = state.folder {
        if owner != state.me && state.me != 0 {
            let found = format!(
                "{dir} belongs to user {owner}, and this is user {}",
                state.me
            );
            let remedy = format!("run as that user, or chown -R {} {dir}", state.me);
            return Check::error(ABOUT, NAME, found, remedy);
        }
        if mode & 0o022 != 0 {
            let found = format!("{dir} has mode {mode:04o}: others can write to it");
            let mend = Mend::Mode {
                path: state.dir.clone(),
                mode: 0o700,
            };
            return Check::error(ABOUT, NAME, found, format!("chmod 700 {dir}")).mended_by(mend);
        }
        if mode & 0o055 != 0 {
            let found = format!("{dir} has mode {mode:04o}: others can look into it");
            let mend = Mend::Mode {
                path: state.dir.clone(),
                mode: 0o700,
            };
            return Check::warning(ABOUT, NAME, found, format!("chmod 700 {dir}")).mended_by(mend);
        }
    }
    match (&state.writable, state.folder) {
        (Err(why), _) => {
            let remedy = "give the factory's user the folder, or name another [project] state_dir; a read-only file system takes no ledger";
            Check::error(ABOUT, NAME, format!("no file can be made in {why}"), remedy)
        }
        (Ok(()), Folder::Missing) => {
            Check::ok(ABOUT, NAME, format!("{dir} is made at the first start"))
        }
        _ => Check::ok(ABOUT, NAME, format!("{dir} is private and takes files")),
    }
}

fn disk(settings: &Settings, state: &State) -> Check {
    const NAME: &str = "disk";
    let wanted = settings.limits.disk_free_bytes;
    match &state.free {
        Ok(free) if *free < wanted => {
            let found = format!("{free} bytes are free, and below {wanted} nothing is started");
            let remedy = "free some, or lower [limits] disk_free_bytes";
            Check::error(ABOUT, NAME, found, remedy)
        }
        Ok(free) if *free < wanted.saturating_mul(2) => {
            let found = format!("{free} bytes are free; below {wanted} nothing is started");
            Check::warning(ABOUT, NAME, found, "free some soon")
        }
        Ok(free) => Check::ok(ABOUT, NAME, format!("{} MiB are free", free >> 20)),
        Err(why) => {
            let remedy = "check the disk of [project] state_dir";
            Check::error(
                ABOUT,
                NAME,
                format!("the disk cannot be read: {why}"),
                remedy,
            )
        }
    }
}

fn ledger(state: &State) -> Check {
    const NAME: &str = "ledger";
    match &state.ledger {
        None if state.is_lost => {
            let found = "a factory has lived here, and its ledger is not there or empty";
            let remedy = "restore the last backup (adf restore FILE); without one the next start makes a new ledger, which adopts its tasks from the forge";
            Check::error(ABOUT, NAME, found, remedy)
        }
        None => Check::ok(ABOUT, NAME, "there is none yet; the first start makes it"),
        Some(Ok(())) => Check::ok(ABOUT, NAME, "it is sound and of this schema"),
        Some(Err(error @ StoreError::Older { .. })) => Check::note(ABOUT, NAME, error.to_string()),
        Some(Err(error)) => Check::said(ABOUT, NAME, &error.to_string()),
    }
}

/// How old the last backup is, once there is something to back up.
fn backup(settings: &Settings, state: &State) -> Option<Check> {
    const NAME: &str = "backup";
    let max = settings.backup_max_age?;
    state.ledger.as_ref()?;
    let (last, now) = &state.backup;
    let remedy = format!(
        "adf backup FOLDER --keep 14, daily by `systemctl enable --now adf-backup@{}.timer`; or say [backup] watched = false",
        settings.project
    );
    let Some(last) = last else {
        let found = "no backup of this ledger was ever made";
        return Some(Check::warning(ABOUT, NAME, found, remedy));
    };
    let (age, file) = (now.since(last.made_at), last.file.display());
    let hours = age.as_secs() / 3600;
    let found = format!("the last one is {hours} h old: {file}");
    Some(if age > max {
        Check::warning(ABOUT, NAME, found, remedy)
    } else {
        Check::ok(ABOUT, NAME, found)
    })
}

fn other(other: &Other) -> Option<Check> {
    let path = other.path.display();
    if other.same_state {
        let found = format!("{path} has its state in the same folder");
        let remedy = "give each project a [project] state_dir of its own: two ledgers in one would answer for each other";
        return Some(Check::error(About::Config, "state.alone", found, remedy));
    }
    other.same_repository.then(|| {
        let found = format!("{path} serves the same repository: a mention would be answered twice");
        let remedy = "serve a repository by one project, with several agents";
        Check::warning(About::Config, "state.alone", found, remedy)
    })
}
