//! Files: what may be removed, written, moved and read where.
//!
//! Invariant: the target decides, not the verb. Inside the worktree and the
//! run's own temporary directory all is allowed but the git directory and what
//! sets up the hooks; outside nothing is changed; an unknown target is outside.

use super::{disks, guard, secrets};
use crate::guard::args::Spec;
use crate::guard::place::{self, Place, Target};
use crate::guard::verdict::Rule;
use crate::guard::walk::{Command, Found, Stop, Walker, many};
use crate::guard::word::{SECRET, Value};

pub(crate) static DELETE_OUTSIDE: Rule = Rule {
    id: "fs.delete-outside",
    what: "removing files outside the worktree, the folders for temporary files and the caches of the run's home",
    reason: "it removes files that are not the run's own, or that cannot be known before it runs",
    instead: "remove by a path written out inside the worktree or $TMPDIR, and leave the rest to a person",
    safer: Some("rm -rf ./target"),
    deny: &[
        "rm -rf /",
        "rm -rf ~",
        "rm /etc/hosts",
        "find / -name '*.log' -delete",
        "rm -rf \"$DIR\"",
        "cd .. && rm -rf other",
        "mv /etc/passwd .",
    ],
    allow: &[
        "rm -rf target",
        "find . -name '*.orig' -delete",
        "rm -rf ~/.cache/pip ~/.npm/_cacache",
        "cd web && rm -rf node_modules",
        "d=$(mktemp -d); rm -rf \"$d\"",
        "rm -r ./out/project-stuff",
    ],
};

pub(crate) static DELETE_WORKTREE: Rule = Rule {
    id: "fs.delete-worktree",
    what: "removing the worktree itself or its git directory",
    reason: "it removes the clone with all commits that were not delivered yet",
    instead: "remove what was built, or go back with git",
    safer: Some("git clean -fdx"),
    deny: &[
        "rm -rf .git",
        "rm -rf \"$PWD\"",
        "find . -delete",
        "mv .git old",
        "rm -rf .*",
    ],
    allow: &[
        "rm -rf .github/workflows/old",
        "rm -f .git/index.lock",
        "git reset --hard HEAD~1",
    ],
};

pub(crate) static WRITE_OUTSIDE: Rule = Rule {
    id: "fs.write-outside",
    what: "changing files outside the worktree and the folders for temporary files",
    reason: "it writes where the run has nothing to write, or where cannot be known before it runs",
    instead: "write inside the worktree or below $TMPDIR",
    safer: Some("echo x > out.txt"),
    deny: &[
        "echo x > /etc/motd",
        "cp a /usr/bin/a",
        "tee /etc/hosts < x",
        "sed -i s/a/b/ ~/notes",
        "tar -xf a.tar -C /",
        "dd if=x of=/srv/disk.img",
        "echo x > \"$OUT\"",
    ],
    allow: &[
        "cargo test > test.log 2>&1",
        "cp /etc/hosts hosts.txt",
        "echo x > /dev/null",
        "sed -i 's#rm -rf /#x#' a.sh",
        "tar -tf /srv/a.tar",
    ],
};

pub(crate) static WRITE_GIT: Rule = Rule {
    id: "fs.write-git",
    what: "changing the git directory by hand",
    reason: "it changes refs, objects or settings of the clone behind git's back",
    instead: "use git's own commands",
    safer: Some("git config user.name agent"),
    deny: &[
        "echo x > .git/HEAD",
        "sed -i /a/d .git/config",
        "cp x .git/refs/heads/main",
    ],
    allow: &["cat .git/config", "echo target >> .git/info/exclude"],
};

pub(crate) static FILL: Rule = Rule {
    id: "fs.fill",
    what: "writing or reading without end",
    reason: "it fills the disk or the memory and never ends",
    instead: "say how much: head -c 1M",
    safer: Some("head -c 1M /dev/zero > zeros.bin"),
    deny: &[
        "yes > big.txt",
        "cat /dev/zero > fill.bin",
        "tail /dev/zero",
    ],
    allow: &["yes | head -n 3", "dd if=/dev/zero of=x.img bs=1M count=1"],
};

/// All of this domain.
pub(super) static ALL: &[&Rule] = &[
    &DELETE_OUTSIDE,
    &DELETE_WORKTREE,
    &WRITE_OUTSIDE,
    &WRITE_GIT,
    &FILL,
];

/// What is kept in mind when patterns match names that begin with a dot.
pub(crate) const DOTGLOB: &str = "shell:dotglob";

/// What is done to a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    Delete,
    Write,
    /// Made, without touching what may be there.
    Make,
    Read,
}

/// Judges one path.
pub(crate) fn access(walker: &Walker<'_>, access: Access, value: &Value) -> Found<Target> {
    let target = walker.target(value, access != Access::Delete);
    let rule = match access {
        Access::Read => return read(walker, value, target),
        Access::Delete => delete_rule(target.place),
        Access::Write => write_rule(target.place),
        Access::Make => match target.place {
            Place::Outside | Place::Home | Place::Unknown if walker.away == 0 => None,
            place => write_rule(place),
        },
    };
    if let Some(rule) = rule {
        walker.deny_target(rule, &target)?;
    }
    if access == Access::Delete && hits_dots(walker, value, &target) {
        walker.deny_target(&DELETE_WORKTREE, &target)?;
    }
    Ok(target)
}

/// Whether a pattern for all of the worktree is one for its git directory too.
fn hits_dots(walker: &Walker<'_>, value: &Value, target: &Target) -> bool {
    let all = target.path.rsplit_once('/');
    value.glob
        && all.is_some_and(|(to, name)| to == walker.scene.worktree && name.starts_with('*'))
        && walker.has_made(DOTGLOB)
}

fn delete_rule(place: Place) -> Option<&'static Rule> {
    match place {
        Place::Null | Place::Tmp | Place::Worktree | Place::Home | Place::SharedTmp => None,
        Place::Root | Place::Git => Some(&DELETE_WORKTREE),
        Place::Hooks => Some(&guard::TAMPER),
        Place::Outside | Place::Secret | Place::Unknown => Some(&DELETE_OUTSIDE),
        Place::Device => Some(&disks::DEVICE),
    }
}

fn write_rule(place: Place) -> Option<&'static Rule> {
    match place {
        Place::Null
        | Place::Tmp
        | Place::Worktree
        | Place::Home
        | Place::SharedTmp
        | Place::Root => None,
        Place::Git => Some(&WRITE_GIT),
        Place::Hooks => Some(&guard::TAMPER),
        Place::Outside | Place::Secret | Place::Unknown => Some(&WRITE_OUTSIDE),
        Place::Device => Some(&disks::DEVICE),
    }
}

/// Reading is allowed anywhere, but for secrets.
fn read(walker: &Walker<'_>, value: &Value, target: Target) -> Found<Target> {
    if target.place == Place::Secret && walker.away == 0 {
        walker.deny(&secrets::READ, &target.path)?;
    }
    if disks::is_raw(&target) && walker.away == 0 {
        walker.deny(&disks::RAW, &target.path)?;
    }
    if value.is_open() && value.text().starts_with("/proc/") {
        walker.deny(&secrets::READ, &target.path)?;
    }
    if value.has(SECRET) && value.text().contains('/') {
        walker.deny(&secrets::SHOW, &target.path)?;
    }
    Ok(target)
}

/// Reads what `<` names.
pub(crate) fn reads(walker: &Walker<'_>, value: &Value) -> Found {
    access(walker, Access::Read, value).map(|_| ())
}

/// Writes what `>` names; its path.
pub(crate) fn redirect(walker: &Walker<'_>, value: &Value) -> Found<String> {
    let text = value.text();
    if text.starts_with("/dev/tcp/") || text.starts_with("/dev/udp/") {
        super::net::device(walker, value)?;
    }
    let target = access(walker, Access::Write, value)?;
    Ok(target.path)
}

/// Judges each of several paths; a denial names all that it would hit.
pub(crate) fn all<'v>(
    walker: &Walker<'_>,
    kind: Access,
    values: impl IntoIterator<Item = &'v Value>,
) -> Found {
    let mut stop: Option<Stop> = None;
    for value in values {
        match (access(walker, kind, value), &mut stop) {
            (Err(more), Some(first)) if more.rule == first.rule => {
                first.destroys.push_str(", ");
                first.destroys.push_str(&more.destroys);
            }
            (Err(first), None) => stop = Some(first),
            _ => {}
        }
    }
    stop.map_or(Ok(()), Err)
}

/// `find`: what it removes, writes and reads by itself.
pub(crate) fn find(command: &Command<'_>, walker: &mut Walker<'_>) -> Found {
    let roots = many::roots(command.args);
    let has = |name: &str| command.args.iter().any(|a| a.text() == name);
    if has("-delete") {
        for root in &roots {
            if walker.target(root, true).place == Place::Root && !has("-empty") {
                let narrows = narrows(command.args);
                if !narrows {
                    walker.deny(&DELETE_WORKTREE, root.text())?;
                }
                continue;
            }
            access(walker, Access::Delete, &crate::guard::walk::below(root))?;
            // The folder goes as well, unless a test spares it.
            if !narrows(command.args) && !has("-mindepth") && !has("-type") {
                access(walker, Access::Delete, root)?;
            }
        }
    }
    for (at, arg) in command.args.iter().enumerate() {
        if ["-fprint", "-fprintf", "-fls", "-fprint0"].contains(&arg.text())
            && let Some(file) = command.args.get(at + 1)
        {
            access(walker, Access::Write, file)?;
        }
    }
    Ok(())
}

/// Whether a search is for certain names only, the git directory's not among them.
pub(crate) fn narrows(args: &[Value]) -> bool {
    const TESTS: [&str; 6] = ["-name", "-iname", "-path", "-ipath", "-wholename", "-regex"];
    let is_one = |at: usize, names: &[&str]| {
        let arg = args.get(at).map(Value::text);
        arg.is_some_and(|text| names.contains(&text))
    };
    let mut is_narrow = false;
    for (at, pair) in args.windows(2).enumerate() {
        let pattern = pair[1].text();
        if !TESTS.contains(&pair[0].text()) || pattern.trim_matches(['*', '?', '.']).is_empty() {
            continue;
        }
        let negated = at > 0 && is_one(at - 1, &["!", "-not"]);
        let closed = (at + 2..args.len()).find(|n| !is_one(*n, &[")"]));
        // Without an alternative after it, what is pruned is what is handed on.
        let pruned =
            closed.is_some_and(|n| is_one(n, &["-prune"]) && is_one(n + 1, &["-o", "-or"]));
        match (negated || pruned, may_be_git(pattern)) {
            (false, true) => return false,
            (is_left_out, is_git) => is_narrow |= is_left_out == is_git,
        }
    }
    is_narrow
}

/// Whether a pattern of a search fits the git directory or all that is in it.
fn may_be_git(pattern: &str) -> bool {
    let pattern = pattern.replace('?', "*");
    let names = [".git", "./.git", "./.git/config"];
    names.iter().any(|name| place::matches(&pattern, name))
}

/// No options with values.
pub(super) const PLAIN: Spec = crate::guard::args::NONE;
