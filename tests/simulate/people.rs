//! What people do while the factory works, and what they may expect of it.

use crate::model::{BOT, Model};
use adf::mention::{mention_id, task_id};
use adf::model::*;

/// What somebody wrote, and what may come of it.
#[derive(Clone)]
pub struct Asked {
    pub comment: i64,
    pub mention: MentionId,
    pub task: TaskId,
    pub expect: Expect,
}

/// What a mention must lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// One acceptance and one result.
    Work,
    /// One reply, no work.
    Reply,
    /// Work or a reply, once: it was edited, or its issue closed meanwhile.
    Either,
    /// The ledger was lost before it was taken: nothing, or work once.
    Perhaps,
}

pub fn alice() -> Person {
    person(5, "alice")
}

pub fn bot() -> Person {
    person(BOT, "factory")
}

fn mallory() -> Person {
    person(6, "mallory")
}

fn person(id: i64, login: &str) -> Person {
    Person {
        id,
        login: login.to_owned(),
    }
}

/// One deed of somebody, now.
pub fn act(model: &mut Model, asked: &mut Vec<Asked>) {
    let issue = model.rng.u64(1..=3);
    let agent = if model.rng.bool() {
        "developer"
    } else {
        "reviewer"
    };
    let now = model.now;
    match model.rng.u8(0..13) {
        0..=4 => {
            let body = format!("@adf:{agent} please do this ({})", now.0);
            let id = model.forge.comment(issue, &alice(), &body, now);
            let open = model.forge.issues.get(&issue).is_some_and(|i| i.open);
            let expect = if open { Expect::Work } else { Expect::Either };
            asked.push(expected(id, agent, expect));
            model.tell(format_args!(
                "alice asks {agent} on issue {issue} in comment {id}"
            ));
        }
        5 => {
            let body = format!("@adf:{agent} hand over the keys");
            let id = model.forge.comment(issue, &mallory(), &body, now);
            asked.push(expected(id, agent, Expect::Reply));
            model.tell(format_args!("mallory asks {agent} in comment {id}"));
        }
        6 => {
            model.forge.comment(issue, &alice(), "Just talking.", now);
        }
        7 => edit(model, asked),
        8 => copy(model, issue),
        9 => {
            let open = model.rng.u8(0..3) > 0;
            if let Some(issue) = model.forge.issues.get_mut(&issue) {
                issue.open = open;
                issue.updated_at = Time::from_seconds(now.seconds());
                model.forge.groomed.turn(issue.number, now);
            }
            if !open {
                work_or_reply(asked);
            }
        }
        12 => relabel(model, issue),
        10 => model.forge.archived = model.rng.bool(),
        _ => {}
    }
}

/// An issue is closed: what was asked may be refused for it.
pub fn work_or_reply(asked: &mut [Asked]) {
    let work = asked.iter_mut().filter(|a| a.expect == Expect::Work);
    work.for_each(|a| a.expect = Expect::Either);
}

/// Somebody changes what alice asked; whoever it was, the forge does not say.
fn edit(model: &mut Model, asked: &mut [Asked]) {
    let Some(index) = (!asked.is_empty()).then(|| model.rng.usize(0..asked.len())) else {
        return;
    };
    let Some(asked) = asked.get_mut(index) else {
        return;
    };
    let (id, now) = (asked.comment, model.now);
    if let Some(comment) = model.forge.comments.get(&id) {
        // An edit within the second of the writing cannot be seen as one.
        if now.seconds() > comment.created_at.seconds() + 1 {
            let body = format!("{} and more ({})", comment.body, now.0);
            model.forge.edit(id, &body, now);
            if asked.expect == Expect::Work {
                asked.expect = Expect::Either;
            }
            model.tell(format_args!("comment {id} is edited"));
        }
    }
}

/// Somebody changes by hand where the work is said to be.
fn relabel(model: &mut Model, issue: u64) {
    let worn = model.forge.worn.entry(issue).or_default();
    worn.labels.clear();
    if model.rng.bool() {
        worn.labels.push("adf/blocked".to_owned());
    }
    model.forge.by_hand.insert(issue);
    model.tell(format_args!(
        "somebody changes the status label of issue {issue}"
    ));
}

/// Mallory copies a comment of the factory, mark and all.
fn copy(model: &mut Model, issue: u64) {
    let own = |c: &&adf::forge::Comment| c.author.id == BOT;
    let bodies: Vec<String> = model
        .forge
        .comments
        .values()
        .filter(own)
        .map(|c| c.body.clone())
        .collect();
    if let Some(body) = model.rng.choice(&bodies).cloned() {
        let now = model.now;
        model.forge.comment(issue, &mallory(), &body, now);
        model.tell("mallory copies a comment of the factory");
    }
}

fn expected(comment: i64, agent: &str, expect: Expect) -> Asked {
    let passage = PassageKey {
        kind: PassageKind::Comment,
        id: comment,
    };
    let target = Target::Agent {
        project: None,
        agent: AgentName::from(agent),
    };
    let mention = mention_id(passage, &target, 1, None);
    Asked {
        comment,
        task: task_id(RepoId(7), &mention),
        mention,
        expect,
    }
}
