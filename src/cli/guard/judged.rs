//! One tool call of a run → what the factory and the agent are told of it.
//!
//! Invariant: first the role, then the guard; both see the call in the folder in
//! which it would run, links followed. The judgement itself is `guard`'s.

use crate::clock::Clock;
use crate::guard::{self, Input, Policy, Scene, Verdict};
use crate::model::judged::{REASON_CHARS_MAX, WHAT_CHARS_MAX};
use crate::model::{CallPrint, Denied, Guarding, Judged, RoleContext};
use crate::provider::hook::{Call, Want};
use crate::redact::clip;
use std::path::Path;

/// Characters of a tool's name.
const TOOL_CHARS_MAX: usize = 80;

/// What is judged, and what the agent is told when it is denied.
pub(super) type Answer = (Judged, Option<String>);

pub(super) fn refused(rule: &str, tool: &str, what: String, why: String) -> Answer {
    let told = format!("denied by {rule}: {why}");
    let denied = Denied {
        rule: rule.to_owned(),
        reason: clip(&why, REASON_CHARS_MAX),
    };
    (judged(tool, &what, Some(denied)), Some(told))
}

fn judged(tool: &str, what: &str, denied: Option<Denied>) -> Judged {
    Judged {
        tool: clip(tool, TOOL_CHARS_MAX),
        what: clip(what, WHAT_CHARS_MAX),
        call: CallPrint::default(),
        edits: false,
        denied,
    }
}

/// Judges a call.
pub(super) fn verdict(run: &Guarding, call: &Call) -> Answer {
    let what = shown(&call.wants);
    let (worktree, home, tmp) = (known(&run.worktree), known(&run.home), known(&run.tmp));
    let here = std::env::current_dir().map_or_else(|_| worktree.clone(), |dir| known(&dir));
    let cwd = match &call.cwd {
        Some(cwd) => known(&Path::new(&here).join(cwd)),
        None => here,
    };
    if let Some(why) = by_role(&run.role, &worktree, &cwd, &call.wants) {
        return refused("role", &call.tool, what, why);
    }
    let scene = Scene {
        cwd: &cwd,
        worktree: &worktree,
        home: &home,
        tmp: &tmp,
        branch: &run.branch,
        signals_walled: run.signals_walled,
        resolve: Some(&super::test::real),
    };
    let policy = Policy {
        denials: run.deny.clone(),
        allowances: run.allow.clone(),
        now: Clock::System.now(),
    };
    let verdicts = inputs(&call.wants).map(|input| guard::judge(input, &scene, &policy));
    let denials: Vec<Verdict> = verdicts
        .filter(|verdict| !verdict.is_allow())
        .take(1)
        .collect();
    let Some(denial) = denials.first().and_then(Verdict::denial) else {
        let allowed = Judged {
            edits: matches!(call.wants, Want::Write(_) | Want::Patch(_)),
            ..judged(&call.tool, &what, None)
        };
        return (allowed, None);
    };
    let denied = Denied {
        rule: denial.rule.clone(),
        reason: clip(&denial.told(), REASON_CHARS_MAX),
    };
    (judged(&call.tool, &what, Some(denied)), Some(denial.told()))
}

/// A path with its links followed, as far as it exists.
fn known(path: &Path) -> String {
    let path = path.to_string_lossy().into_owned();
    super::test::real(&path).unwrap_or(path)
}

fn inputs(wants: &Want) -> Box<dyn Iterator<Item = Input<'_>> + '_> {
    match wants {
        Want::Run(text) => Box::new(std::iter::once(Input::Shell(text))),
        Want::Patch(text) => Box::new(std::iter::once(Input::Patch { text })),
        Want::Write(paths) => Box::new(paths.iter().map(|path| Input::Write { path })),
        Want::Read(paths) => Box::new(paths.iter().map(|path| Input::Read { path })),
        Want::Fetch(urls) => Box::new(urls.iter().map(|url| Input::Fetch { url })),
        Want::Nothing => Box::new(std::iter::empty()),
    }
}

/// What the agent's role does not do.
fn by_role(role: &RoleContext, worktree: &str, cwd: &str, wants: &Want) -> Option<String> {
    let paths: Vec<&str> = match wants {
        Want::Run(_) if !role.may_run => {
            return Some(format!(
                "a {} runs nothing; read and write the files of your role, and say in your report what has to be run",
                role.role
            ));
        }
        Want::Patch(_) if !role.may_edit() => {
            return Some(format!(
                "a {} edits nothing; say in your report what has to change",
                role.role
            ));
        }
        Want::Patch(text) => guard::patched(text),
        Want::Write(paths) => paths.iter().map(String::as_str).collect(),
        _ => return None,
    };
    let inside = |path: &str| {
        let path = known(&Path::new(cwd).join(path));
        let path = Path::new(&path).strip_prefix(worktree).ok()?;
        Some(path.to_string_lossy().into_owned())
    };
    let mut inside = paths.into_iter().filter_map(inside);
    let outside_role = inside.find(|path| !role.edits(path))?;
    Some(format!(
        "a {} does not edit {outside_role}; keep to the paths of your role, and say in your report what has to change",
        role.role
    ))
}

fn shown(wants: &Want) -> String {
    match wants {
        Want::Run(text) | Want::Patch(text) => text.clone(),
        Want::Write(paths) | Want::Read(paths) | Want::Fetch(paths) => paths.join(" "),
        Want::Nothing => String::new(),
    }
}
