//! What the factory knows, in memory: the ledger without its long texts.
//!
//! Invariant: a world is only ever the fold of the changes that the ledger
//! committed, in their order; [`World::apply`] is used at start and while running.

use super::*;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The cursor that says that every open issue was read once.
pub const BACKLOG: &str = "backlog";
/// The cursor that says when the ledger began, by the forge's clock.
pub const BEGUN: &str = "begun";

/// The cursor that says from when on a ledger listens: when it began.
pub const LISTEN_FROM: &str = "listen_from";

/// Everything known, by its id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct World {
    /// Rises with each batch applied.
    pub version: u64,
    /// The repository.
    pub repository: Option<Repository>,
    /// Logins that may write, lower case.
    pub writers: BTreeSet<String>,
    /// When the writers were read.
    pub writers_at: Option<Time>,
    /// Issues and pull requests.
    pub issues: BTreeMap<u64, Issue>,
    /// What issues wait for, where that was read.
    pub links: BTreeMap<u64, Links>,
    /// The newest version number of each passage.
    pub passages: HashMap<PassageKey, u32>,
    /// Mentions.
    pub mentions: BTreeMap<MentionId, Mention>,
    /// Mentions not yet decided.
    pub pending: BTreeSet<MentionId>,
    /// Marks of the factory's own account, by task.
    pub marks: BTreeMap<TaskId, Vec<Mark>>,
    /// Comments that were seen to say what an earlier one says, and their issue.
    pub twins: BTreeMap<i64, u64>,
    /// Slots that came due.
    pub fires: BTreeMap<(AgentName, Time), Fire>,
    /// Alerts by cause.
    pub alerts: BTreeMap<String, Alert>,
    /// Cursors by name.
    pub cursors: BTreeMap<String, Time>,
    /// The order that holds the factory, if one does.
    pub held: Option<Ordered>,
    /// Tasks that an operator cancelled, by which order.
    pub cancelled: BTreeMap<TaskId, Ordered>,
    /// Tasks.
    pub tasks: BTreeMap<TaskId, Task>,
    /// Runs.
    pub runs: BTreeMap<RunId, Run>,
    /// Effects.
    pub effects: BTreeMap<EffectKey, Effect>,
    /// Effects of each task, in the order they were intended.
    pub effects_of: BTreeMap<TaskId, Vec<EffectKey>>,
    /// Tasks about which something may be left to do.
    pub unsettled: BTreeSet<TaskId>,
    /// Open effects that belong to no task.
    pub loose: BTreeSet<EffectKey>,
    /// What shows on issues by the factory's doing.
    pub display: Display,
    /// The tasks of each issue.
    pub tasks_of: BTreeMap<u64, BTreeSet<TaskId>>,
    /// What agents said, by run and number.
    pub said: BTreeMap<(RunId, u32), Said>,
    /// As what each sink was told of each thing.
    pub told: BTreeMap<(String, String), String>,
    /// Tasks that called a person, and when.
    pub called: BTreeSet<(Time, TaskId)>,
    /// Issues on which a comment about a cycle stands, or is to.
    pub cycles: BTreeSet<u64>,
    /// Who wrote each comment.
    pub voices: BTreeMap<i64, Voice>,
}

/// Whose a comment is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voice {
    /// The issue or pull request.
    pub issue: u64,
    /// Who the forge shows as its writer.
    pub author: Person,
    /// Edited before it was first seen: its real writer is not known.
    pub edited: bool,
    /// To whom it is, by the `@login` it begins with, in lower case.
    pub to: Option<String>,
}

/// The login of an `@login` at the very beginning of a text, in lower case.
fn addressed(body: &str) -> Option<String> {
    let rest = body.strip_prefix('@')?;
    let is_of_login = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let end = rest.find(|c| !is_of_login(c)).unwrap_or(rest.len());
    let login = rest.get(..end)?.trim_end_matches('.');
    (!login.is_empty()).then(|| login.to_lowercase())
}

impl World {
    /// Folds one committed batch in.
    pub fn apply_all<'a>(&mut self, changes: impl IntoIterator<Item = &'a Change>) {
        for change in changes {
            self.apply(change);
        }
        self.version += 1;
    }

    /// Folds one committed change in.
    pub fn apply(&mut self, change: &Change) {
        self.fold(change.clone(), true);
    }

    /// Folds one change in; `settling` says whether to look at once which tasks it settles.
    #[expect(clippy::too_many_lines, reason = "one short arm for each kind of row")]
    pub(super) fn fold(&mut self, change: Change, settling: bool) {
        match change {
            Change::Repository(row) => self.repository = Some(row),
            Change::Writers { logins, seen_at } => {
                self.writers = logins.into_iter().collect();
                self.writers_at = Some(seen_at);
            }
            Change::Issue(row) => {
                self.display.issue(row.number, row.open);
                self.issues.insert(row.number, row);
            }
            Change::Links(row) => {
                self.links.insert(row.issue, row);
            }
            Change::Passage(row) => {
                let newest = self.passages.entry(row.key).or_insert(row.version);
                *newest = row.version.max(*newest);
                if row.key.kind == PassageKind::Comment && row.version == 1 {
                    self.voices.entry(row.key.id).or_insert_with(|| Voice {
                        issue: row.issue,
                        edited: row.updated_at > row.created_at,
                        to: addressed(&row.body),
                        author: row.author,
                    });
                }
            }
            Change::Mention(row) => {
                if let Entry::Vacant(place) = self.mentions.entry(row.id.clone()) {
                    if row.state == MentionState::Pending {
                        self.pending.insert(row.id.clone());
                    }
                    place.insert(row);
                }
            }
            Change::Mark(row) => {
                if row.verified {
                    self.cycle_said(&row.key);
                }
                let marks = self.marks.entry(row.task.clone()).or_default();
                self.twins.extend(row.twin(marks).map(|id| (id, row.issue)));
                if !marks
                    .iter()
                    .any(|m| m.comment == row.comment && m.kind == row.kind)
                {
                    marks.push(row);
                    marks.sort_by_key(|m| m.comment);
                }
            }
            Change::Fire(row) => {
                self.fires
                    .entry((row.agent.clone(), row.slot))
                    .or_insert(row);
            }
            Change::Alert(row) => {
                self.alerts.insert(row.cause.clone(), row);
            }
            Change::Cursor { name, at } => {
                self.cursors.insert(name, at);
            }
            Change::Operator(row) => match &row.order {
                Order::Pause | Order::Stop => self.held = Some(row),
                Order::Resume => self.held = None,
                Order::Cancel(task) => {
                    let task = task.clone();
                    self.cancelled.entry(task).or_insert(row);
                }
            },
            Change::MentionState { id, state } => {
                if let Some(mention) = self.mentions.get_mut(&id) {
                    mention.state = state;
                    match mention.state {
                        MentionState::Pending => self.pending.insert(id),
                        _ => self.pending.remove(&id),
                    };
                }
            }
            Change::Task(row) => {
                self.task_gone(&row.id);
                let of_issue = self.tasks_of.entry(row.work.issue).or_default();
                of_issue.insert(row.id.clone());
                let pull = row.pull.and_then(|pull| self.issues.get(&pull));
                self.display.task(&row, pull.is_some_and(|pull| !pull.open));
                let id = row.id.clone();
                self.tasks.insert(id.clone(), row);
                if settling {
                    self.settle(&id);
                }
            }
            Change::Run(row) => {
                self.runs.entry(row.id.clone()).or_insert(row);
            }
            Change::RunState {
                id,
                base,
                process,
                state,
            } => {
                if let Some(run) = self.runs.get_mut(&id) {
                    run.base = base.or(run.base.take());
                    run.process = process.or(run.process.take());
                    run.state = state;
                }
            }
            Change::Effect(row) => {
                let key = row.key.clone();
                if let Entry::Vacant(place) = self.effects.entry(key.clone()) {
                    if let Some(task) = &row.task {
                        let of_task = self.effects_of.entry(task.clone());
                        of_task.or_default().push(key.clone());
                    }
                    self.display.intended(&row);
                    let plain = row.task.is_some() && row.kind.refusal().is_none() && !row.tells();
                    place.insert(row);
                    self.cycle_said(&key);
                    if settling || !plain {
                        self.touched(&key, settling);
                    }
                }
            }
            Change::EffectState { key, tries, state } => {
                if let Some(effect) = self.effects.get_mut(&key) {
                    effect.tries = tries;
                    effect.state = state;
                    self.touched(&key, settling);
                }
            }
            Change::TaskForgotten(id) => {
                self.task_gone(&id);
                self.unsettled.remove(&id);
            }
            Change::EffectForgotten(key) => {
                let gone = self.effects.remove(&key);
                if let Some(effect) = &gone {
                    self.display.moved(effect, &self.effects);
                }
                let task = gone.and_then(|e| e.task);
                if let Some(keys) = task.and_then(|task| self.effects_of.get_mut(&task)) {
                    keys.retain(|k| *k != key);
                }
                self.loose.remove(&key);
            }
            Change::Message {
                run,
                sequence,
                at,
                message,
            } => {
                self.said.insert((run, sequence), Said { at, message });
            }
            // Read from the ledger by who needs it.
            Change::Note(_) | Change::GuardDenial(_) => {}
        }
    }

    /// A task is to be replaced, or is forgotten.
    fn task_gone(&mut self, id: &TaskId) {
        let issue = self.tasks.remove(id).map(|task| task.work.issue);
        let of_issue = issue.and_then(|n| Some((n, self.tasks_of.get_mut(&n)?)));
        if let Some((issue, of_issue)) = of_issue {
            of_issue.remove(id);
            if of_issue.is_empty() {
                self.tasks_of.remove(&issue);
            }
        }
        self.display.forgotten(id);
    }

    /// An effect is new or has moved on.
    fn touched(&mut self, key: &EffectKey, settling: bool) {
        self.tell(key);
        let Some(effect) = self.effects.get(key) else {
            return;
        };
        self.display.moved(effect, &self.effects);
        match &effect.task {
            Some(task) if settling => {
                let task = task.clone();
                self.settle(&task);
            }
            Some(_) => {}
            None if effect.state.is_closed() => drop(self.loose.remove(key)),
            None => drop(self.loose.insert(key.clone())),
        }
    }

    /// Runs of a task, in the order of their attempts.
    pub fn runs_of<'a>(&'a self, task: &'a TaskId) -> impl Iterator<Item = &'a Run> {
        // Ids of runs begin with their task's, so only these are looked at.
        let first = RunId(format!("{task}-"));
        let named = self.runs.range(first..);
        let mut runs: Vec<&Run> = named
            .take_while(|(id, _)| id.task().is_none_or(|of| of.0.starts_with(task.as_str())))
            .map(|(_, run)| run)
            .filter(|run| run.task == *task)
            .collect();
        runs.sort_by_key(|r| r.attempt);
        runs.into_iter()
    }

    /// What the agents of a task said, in order.
    pub fn said_in<'a>(&'a self, task: &'a TaskId) -> impl Iterator<Item = &'a Said> {
        self.runs_of(task).flat_map(|run| {
            let of_run = (run.id.clone(), 0)..=(run.id.clone(), u32::MAX);
            self.said.range(of_run).map(|(_, said)| said)
        })
    }

    /// The question that a task has asked, and when.
    #[must_use]
    pub fn question<'a>(&'a self, task: &'a TaskId) -> Option<(Time, &'a Question)> {
        self.said_in(task).find_map(|said| match &said.message {
            Message::Ask(question) => Some((said.at, question)),
            _ => None,
        })
    }

    /// What an issue waits for as far as is known, in words; empty when it waits for nothing.
    #[must_use]
    pub fn waits_for(&self, issue: u64) -> Vec<String> {
        let links = self.links.get(&issue).map_or(&[][..], |l| &l.on);
        let open = links.iter().filter(|blocker| self.blocks(blocker));
        open.map(ToString::to_string).collect()
    }

    /// Whether something that an issue depends on is still open.
    #[must_use]
    pub fn blocks(&self, blocker: &Blocker) -> bool {
        let here = blocker.repo.is_none() && blocker.number != 0;
        let known = self.issues.get(&blocker.number).filter(|_| here);
        known.map_or(blocker.open, |issue| issue.open)
    }

    /// Effects of a task, in the order they were intended.
    pub fn effects_of_task<'a>(&'a self, task: &TaskId) -> impl Iterator<Item = &'a Effect> {
        let keys = self.effects_of.get(task).map_or(&[][..], Vec::as_slice);
        keys.iter().filter_map(|key| self.effects.get(key))
    }

    /// What the accepting comment of an effect's task is to say by now. An earlier
    /// text that is written late, or again, must not hide a later one.
    #[must_use]
    pub fn said_last<'a>(&'a self, effect: &'a Effect) -> &'a EffectKind {
        let is_line = |kind: &&EffectKind| matches!(kind, EffectKind::Progress { .. });
        let task = effect.task.as_ref().filter(|_| is_line(&&effect.kind));
        let lines = task.into_iter().flat_map(|id| self.effects_of_task(id));
        let last = lines.map(|e| &e.kind).filter(is_line).last();
        last.unwrap_or(&effect.kind)
    }

    /// The highest lease number ever given on a work key; 0 when none was.
    #[must_use]
    pub fn lease(&self, work: WorkKey) -> u64 {
        self.runs
            .values()
            .filter(|r| r.work == work)
            .map(|r| r.lease)
            .max()
            .unwrap_or(0)
    }

    /// The comment that accepts a task, once it is posted.
    #[must_use]
    pub fn acceptance(&self, task: &TaskId) -> Option<i64> {
        let key = EffectKey(format!("accept:{task}"));
        match self.effects.get(&key).map(|e| &e.state) {
            Some(EffectState::Done {
                result: EffectResult::Comment(id),
            }) => Some(*id),
            _ => None,
        }
    }
}
