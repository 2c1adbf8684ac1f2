//! What was done about issues before → why one is not taken up now.
//!
//! Invariant: an issue that was taken as it is is never ready again, whoever's ledger or
//! mark says so; one that was let go before anything was done is. [`super::coordinate`] takes up what is ready.

use super::choose;
use super::coordinate::is_pick;
use super::draft::Draft;
use super::graph::Known;
use super::why::Why;
use crate::mention as protocol;
use crate::model::{
    AgentName, Change, EffectKey, EffectState, FactoryId, Issue, Links, Mark, MarkKind, SkipReason,
    Snapshot, Task, TaskState, Time, WorkKey, World,
};
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

/// Issues left alone that a plan gives its reason for; `adf rank` shows all.
pub(super) const SKIPS_MAX: usize = 50;

/// Issues that are left alone, the first with why, of the rest how many they are.
#[derive(Default)]
pub(super) struct Left<'a> {
    named: Vec<(&'a Issue, Why<'a>)>,
    pub(super) more: usize,
}

impl<'a> Left<'a> {
    pub(super) fn is_full(&self) -> bool {
        self.named.len() >= SKIPS_MAX
    }

    pub(super) fn add(&mut self, issue: &'a Issue, why: Why<'a>) {
        if self.is_full() {
            self.more += 1;
        } else {
            self.named.push((issue, why));
        }
    }

    pub(super) fn say(&self, draft: &mut Draft<'_>) {
        for (issue, why) in &self.named {
            let note = why.text(draft.s, issue);
            let reason = SkipReason::NotTaken { note };
            draft.skip("coordinator", Some(issue.number), reason);
        }
        say_more(draft, self.more);
    }
}

/// Says of how many issues no reason is given.
pub(super) fn say_more(draft: &mut Draft<'_>, more: usize) {
    if more > 0 {
        let note = format!("{more} more issues; `adf rank` shows all");
        draft.skip("coordinator", None, SkipReason::NotTaken { note });
    }
}

/// What another factory says of an issue.
pub(super) struct Claimed {
    pub(super) factory: FactoryId,
    /// Its first comment about it.
    pub(super) comment: i64,
    /// When it gave a sign there last.
    at: Time,
}

/// What was done about issues before.
pub(super) struct Past {
    /// Issues that another factory took up.
    elsewhere: BTreeMap<u64, Claimed>,
    /// Issues with work that is not over, and by which task.
    busy: BTreeMap<u64, String>,
    /// Issues whose work waits to be merged, and where.
    review: BTreeMap<u64, u64>,
    /// By issue, the latest change for which it was taken, in seconds.
    taken: BTreeMap<u64, i64>,
    /// How often an issue was let go again before anything was done, by that change.
    let_go: BTreeMap<(u64, i64), u32>,
    /// Issues under which somebody who may write has written; seldom asked, and many.
    heard: OnceCell<BTreeSet<u64>>,
    /// The coordinator's tasks that are not over.
    pub(super) open: usize,
    /// All that it ever took.
    pub(super) picks: usize,
    /// Tasks that are not over, by agent.
    pub(super) load: BTreeMap<AgentName, usize>,
}

impl Past {
    /// As the ledger has it.
    pub(super) fn known(s: &Snapshot<'_>) -> Past {
        let mut past = Past {
            elsewhere: BTreeMap::new(),
            busy: BTreeMap::new(),
            review: BTreeMap::new(),
            taken: BTreeMap::new(),
            let_go: BTreeMap::new(),
            heard: OnceCell::new(),
            open: 0,
            picks: 0,
            load: BTreeMap::new(),
        };
        for task in s.world.tasks.values() {
            past.add(s, task);
        }
        // Mentions that are still to be decided.
        let pending = s.world.pending.iter();
        for mention in pending.filter_map(|id| s.world.mentions.get(id)) {
            if !mention.older {
                past.busy.insert(mention.issue, mention.task.to_string());
            }
        }
        past.claims(s);
        past
    }

    /// With what this very plan has accepted.
    pub(super) fn of(draft: &Draft<'_>) -> Past {
        let mut past = Past::known(draft.s);
        for change in &draft.plan.changes {
            if let Change::Task(task) = change
                && !task.state.is_final()
            {
                past.busy.insert(task.work.issue, task.id.to_string());
            }
        }
        past
    }

    fn add(&mut self, s: &Snapshot<'_>, task: &Task) {
        let WorkKey { issue, .. } = task.work;
        if !task.state.is_final() {
            self.busy.insert(issue, task.id.to_string());
            *self.load.entry(task.agent.clone()).or_default() += 1;
            // What waits for a person takes nobody's place.
            let waits =
                task.state == TaskState::NeedsClarification || task.not_before == Time::NEVER;
            self.open += usize::from(is_pick(task) && !waits);
        } else if let (TaskState::Done, Some(pull)) = (&task.state, task.pull)
            && s.world.issues.get(&pull).is_none_or(|pull| pull.open)
        {
            self.review.insert(issue, pull);
        }
        let Some((issue, at, nth)) = protocol::pick(&task.origin) else {
            return;
        };
        self.picks += 1;
        if was_let_go(s, task) {
            let most = self.let_go.entry((issue, at)).or_default();
            *most = nth.max(*most);
        } else {
            let latest = self.taken.entry(issue).or_insert(at);
            *latest = at.max(*latest);
        }
    }

    /// What other factories, or this one before its ledger was lost, say they took.
    fn claims(&mut self, s: &Snapshot<'_>) {
        for (id, marks) in &s.world.marks {
            for mark in marks.iter().filter(|m| m.kind == MarkKind::Accept) {
                let Some((issue, at, _)) = protocol::pick(&mark.origin) else {
                    continue;
                };
                if mark.factory != *s.factory {
                    self.another(issue, mark, marks);
                } else if !s.world.tasks.contains_key(id) {
                    let latest = self.taken.entry(issue).or_insert(at);
                    *latest = at.max(*latest);
                }
            }
        }
    }

    /// Ledgers do not agree to the second when an issue changed last, so whoever took it
    /// up once keeps it as long as it gives signs of life there.
    fn another(&mut self, issue: u64, accept: &Mark, marks: &[Mark]) {
        let signs = marks.iter().filter(|m| m.factory == accept.factory);
        let at = signs.map(|m| m.written_at).max().unwrap_or_default();
        if self.elsewhere.get(&issue).is_none_or(|known| known.at < at) {
            let (factory, comment) = (accept.factory.clone(), accept.comment);
            let claimed = Claimed {
                factory,
                comment,
                at,
            };
            self.elsewhere.insert(issue, claimed);
        }
    }

    /// Who has an issue already.
    pub(super) fn holder(&self, s: &Snapshot<'_>, issue: &Issue) -> Option<Why<'_>> {
        let number = issue.number;
        let claimed = self.elsewhere.get(&number);
        if let Some(claimed) = claimed.filter(|c| s.now < c.at.plus(Mark::HOLDS)) {
            return Some(Why::Elsewhere(claimed));
        }
        if let Some(task) = self.busy.get(&number) {
            return Some(Why::Busy(task));
        }
        if let Some(pull) = self.review.get(&number) {
            return Some(Why::Review(*pull));
        }
        if issue.labels.contains(&s.settings.failures.label) {
            return Some(Why::Person);
        }
        None
    }

    /// Why an issue is not ready to be taken; `None` when it is.
    pub(super) fn refusal<'a>(
        &'a self,
        s: &Snapshot<'_>,
        known: &Known,
        (issue, links): (&Issue, Option<&Links>),
    ) -> Option<Why<'a>> {
        if let Some(held) = self.holder(s, issue) {
            return Some(held);
        }
        let number = issue.number;
        let changed_at = issue.changed_at.seconds();
        if self.taken.get(&number).is_some_and(|at| *at >= changed_at) {
            return Some(Why::Taken);
        }
        if issue.is_unvouched() {
            return Some(Why::Unvouched);
        }
        let pool = match choose::pool(s, issue) {
            Ok(pool) => pool,
            Err(why) => return Some(Why::NoAgent(why)),
        };
        if self.is_withheld(s, issue) {
            let mut agents = pool.agents.iter().filter_map(|a| s.settings.agents.get(*a));
            if !agents.any(|agent| agent.read_strangers) {
                return Some(Why::Withheld);
            }
        }
        let Some(links) = links.filter(|links| links.cover(issue.updated_at)) else {
            return Some(Why::Stale);
        };
        let waits = links.on.iter().any(|blocker| known.blocks(blocker));
        waits.then_some(Why::Waits)
    }

    /// Whether an agent that does not read strangers would be shown nothing but a title.
    pub(super) fn is_withheld(&self, s: &Snapshot<'_>, issue: &Issue) -> bool {
        issue.outsider
            && !self
                .heard
                .get_or_init(|| heard(s.world))
                .contains(&issue.number)
    }

    /// The number of the next attempt to take an issue as it is.
    pub(super) fn nth(&self, issue: &Issue) -> u32 {
        let key = (issue.number, issue.changed_at.seconds());
        self.let_go.get(&key).map_or(1, |nth| nth.saturating_add(1))
    }
}

/// Issues on which a comment of somebody stands who may write, the factory's own left out.
fn heard(world: &World) -> BTreeSet<u64> {
    let marks = world.marks.values().flatten();
    let marked: BTreeSet<i64> = marks.map(|mark| mark.comment).collect();
    let spoken = world.voices.iter().filter(|(id, voice)| {
        voice.author.id > 0 && world.writers.contains(&voice.author.login) && !marked.contains(*id)
    });
    spoken.map(|(_, voice)| voice.issue).collect()
}

/// Whether a task ended before it was begun because it had lapsed, and not because an
/// operator or another factory ended it.
fn was_let_go(s: &Snapshot<'_>, task: &Task) -> bool {
    let accepted = EffectKey(format!("accept:{}", task.id));
    let accepted = s.world.effects.get(&accepted).map(|e| &e.state);
    task.state == TaskState::Cancelled
        && !task.adopted
        && !s.world.cancelled.contains_key(&task.id)
        && matches!(accepted, Some(EffectState::Done { .. }))
        && s.world.runs_of(&task.id).next().is_none()
}
