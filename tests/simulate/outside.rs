//! The executor's outside, played by the model: each request can be refused,
//! lost on the way there or back, arrive late, or be cut short by a crash.
//!
//! Invariant: what [`Hands`] does not carry changes nothing but the disk.

use crate::commit::commit;
use crate::hands::passing;
pub use crate::hands::{Hands, lock};
use crate::model::{BOT, Forge, Process};
use crate::planted::Planted;
use crate::turn::turn;
use adf::act::Outside;
use adf::act::display::Worn;
use adf::act::memory::Memory;
use adf::act::recover::RecoverError;
use adf::act::trouble::Trouble;
use adf::forge::{Comment, IssueItem};
use adf::model::*;
use adf::store::StoreError;
use std::sync::Arc;
use std::time::Duration;

/// Whether a mark is that of an effect; what is said of a cycle is one comment.
fn wrote(effect: &Effect, mark: &Mark) -> bool {
    match &effect.kind {
        EffectKind::Cycle { .. } => effect.key.as_str().starts_with(&format!("{}:", mark.key)),
        _ => effect.key == mark.key,
    }
}

impl Outside for Hands {
    fn now(&self) -> Time {
        lock(&self.model).here()
    }

    fn uptime(&self) -> Duration {
        lock(&self.model).now.since(self.born)
    }

    async fn rest(&self, span: Duration) {
        let until = lock(&self.model).now.plus(span);
        while lock(&self.model).now < until {
            turn(&self.model).await;
        }
    }

    async fn commit(&self, changes: Vec<Change>) -> Result<(), StoreError> {
        commit(&self.model, changes).await
    }

    async fn has_issue(&self, number: u64) -> Result<bool, Trouble> {
        self.read(|forge| forge.issues.contains_key(&number)).await
    }

    async fn comments(&self, issue: u64) -> Result<Vec<Comment>, Trouble> {
        if self.planted(Planted::LooksForNothing) {
            return Ok(Vec::new());
        }
        let of = move |c: &&Comment| c.issue == issue;
        let mut comments: Vec<Comment> = self
            .read(|forge| forge.comments.values().filter(of).cloned().collect())
            .await?;
        if self.planted(Planted::BelievesEverybody) {
            comments.iter_mut().for_each(|c| c.author.id = BOT);
        }
        Ok(comments)
    }

    async fn writers(&self) -> Result<Vec<String>, Trouble> {
        let writers = vec!["alice".to_owned(), "factory".to_owned()];
        self.read(move |_| writers).await
    }

    async fn post(&self, issue: u64, body: &str) -> Result<i64, Trouble> {
        match self.mark_of(body) {
            Some(mark) => self.intended("a comment is posted", |e| wrote(e, &mark)),
            None => lock(&self.model).fault("a comment without a mark"),
        }
        let body = body.to_owned();
        self.write(move |forge, now| Ok(forge.comment(issue, &crate::people::bot(), &body, now)))
            .await
    }

    async fn edit(&self, comment: i64, body: &str) -> Result<(), Trouble> {
        self.intended("a comment is edited", |e| match &e.kind {
            EffectKind::Progress { comment: c, .. } => *c == comment,
            EffectKind::Cycle { body: b, .. } => body.starts_with(b),
            _ => false,
        });
        let body = body.to_owned();
        self.write(move |forge, now| {
            forge.edit(comment, &body, now);
            Ok(())
        })
        .await
    }

    async fn delete(&self, comment: i64) -> Result<(), Trouble> {
        if self.planted(Planted::TwinsStay) {
            return Ok(());
        }
        self.write(move |forge, _| {
            forge.comments.remove(&comment);
            Ok(())
        })
        .await
    }

    async fn open_issue(&self, title: &str, body: &str) -> Result<u64, Trouble> {
        match self.mark_of(body) {
            Some(mark) => self.intended("an issue is opened", |e| e.key == mark.key),
            None => lock(&self.model).fault("an issue without a mark"),
        }
        let (title, body) = (title.to_owned(), body.to_owned());
        self.write(move |forge, now| Ok(forge.open_issue(&title, &body, now)))
            .await
    }

    async fn issues_since(&self, since: Time) -> Result<Vec<IssueItem>, Trouble> {
        let new = |item: &&IssueItem| item.issue.updated_at >= since;
        self.read(|forge| forge.opened.values().filter(new).cloned().collect())
            .await
    }

    async fn repository(&self) -> Result<Repository, Trouble> {
        self.read(Forge::repository).await
    }

    async fn remote_head(&self, branch: &str) -> Result<Option<Sha>, Trouble> {
        self.read(|forge| forge.branches.get(branch).cloned()).await
    }

    async fn push(&self, branch: &str, head: &Sha, expect: Option<&Sha>) -> Result<(), Trouble> {
        self.intended(
            "a branch is pushed",
            |e| matches!(&e.kind, EffectKind::Push { head: h, .. } if h == head),
        );
        let (branch, head, expect) = (branch.to_owned(), head.clone(), expect.cloned());
        self.write(move |forge, _| {
            if forge.branches.get(&branch) != expect.as_ref() {
                return Err(Trouble::Final("stale lease".to_owned()));
            }
            forge.branches.insert(branch.clone(), head.clone());
            Ok(())
        })
        .await
    }

    async fn find_pull(&self, branch: &str) -> Result<Option<u64>, Trouble> {
        let mine =
            |(n, p): (&u64, &crate::model::Pull)| (p.open && p.branch == branch).then_some(*n);
        self.read(|forge| forge.pulls.iter().find_map(mine)).await
    }

    async fn open_pull(
        &self,
        branch: &str,
        _base: &str,
        _title: &str,
        body: &str,
    ) -> Result<Option<u64>, Trouble> {
        self.intended(
            "a pull request is opened",
            |e| matches!(&e.kind, EffectKind::Pull { branch: b, .. } if b == branch),
        );
        let (branch, body) = (branch.to_owned(), body.to_owned());
        self.write(move |forge, _| {
            if !forge.branches.contains_key(&branch) {
                return Ok(None);
            }
            if forge.pulls.values().any(|p| p.open && p.branch == branch) {
                return Err(passing("there is one"));
            }
            let number = forge.id().unsigned_abs();
            let pull = crate::model::Pull {
                branch: branch.clone(),
                body: body.clone(),
                open: true,
            };
            forge.pulls.insert(number, pull);
            Ok(Some(number))
        })
        .await
    }

    async fn edit_pull(&self, pull: u64, _title: &str, body: &str) -> Result<(), Trouble> {
        let body = body.to_owned();
        self.write(move |forge, _| {
            if let Some(pull) = forge.pulls.get_mut(&pull) {
                pull.body.clone_from(&body);
            }
            Ok(())
        })
        .await
    }

    async fn dress(
        &self,
        number: u64,
        labels: &[String],
        assignees: &[String],
    ) -> Result<(), Trouble> {
        self.intended(
            "something is labelled",
            |e| matches!(&e.kind, EffectKind::Dress { number: n, .. } if *n == number),
        );
        let more: Vec<String> = labels.iter().chain(assignees).cloned().collect();
        self.write(move |forge, _| {
            let worn = forge.dressed.entry(number).or_default();
            worn.extend(more.iter().cloned());
            Ok(())
        })
        .await
    }

    async fn notify(&self, sink: &str, _id: &str, _body: &str) -> Result<(), Trouble> {
        lock(&self.model).fault(format!("`{sink}` is told, and no world has sinks"));
        Ok(())
    }

    async fn worn(&self, number: u64) -> Result<Option<Worn>, Trouble> {
        let worn = move |forge: &Forge| {
            let there = forge.issues.contains_key(&number);
            there.then(|| forge.worn.get(&number).cloned().unwrap_or_default())
        };
        self.read(worn).await
    }

    async fn label(&self, number: u64, name: &str) -> Result<(), Trouble> {
        self.intended(
            "a status is shown",
            |e| matches!(&e.kind, EffectKind::Show { want: Some(w), .. } if e.issue == number && w == name),
        );
        let name = name.to_owned();
        let (others, by_hand) = {
            let forge = &lock(&self.model).forge;
            let worn = forge.worn.get(&number).cloned().unwrap_or_default();
            (worn.labels, forge.by_hand.contains(&number))
        };
        // What somebody does between a look and a write cannot be seen.
        if !by_hand && others.iter().any(|l| *l != name) {
            let fault = format!("`{name}` is put on issue {number} beside {others:?}");
            lock(&self.model).fault(fault);
        }
        self.write(move |forge, _| {
            let labels = &mut forge.worn.entry(number).or_default().labels;
            labels.retain(|l| *l != name);
            labels.push(name.clone());
            Ok(())
        })
        .await
    }

    async fn unlabel(&self, number: u64, name: &str) -> Result<(), Trouble> {
        self.intended(
            "a status is taken off",
            |e| matches!(&e.kind, EffectKind::Show { own, .. } if e.issue == number && own.iter().any(|l| l == name)),
        );
        let name = name.to_owned();
        self.write(move |forge, _| {
            let worn = forge.worn.entry(number).or_default();
            worn.labels.retain(|l| *l != name);
            Ok(())
        })
        .await
    }

    async fn assign(&self, number: u64, logins: &[String]) -> Result<(), Trouble> {
        self.intended(
            "somebody is assigned",
            |e| matches!(&e.kind, EffectKind::Assign { .. } if e.issue == number),
        );
        let logins = logins.to_vec();
        self.write(move |forge, _| {
            forge.worn.entry(number).or_default().assignees = logins.clone();
            Ok(())
        })
        .await
    }

    async fn begin(self: &Arc<Self>, task: &Task, run: &Run) {
        turn(&self.model).await;
        self.intended(
            "a run is started",
            |e| matches!(&e.kind, EffectKind::Spawn { run: r } if *r == run.id),
        );
        {
            let mut model = lock(&self.model);
            let running = |p: &&Process| p.alive && p.run.work == run.work;
            if let Some(other) = model.disk.processes.values().find(running) {
                let other = other.run.id.clone();
                model.fault(format!("run {} starts while {other} lives", run.id));
            }
            let highest = model.disk.leases.get(&run.work).copied().unwrap_or(0);
            if run.lease <= highest {
                let (id, lease) = (&run.id, run.lease);
                model.fault(format!(
                    "run {id} has lease {lease}, and {highest} was given"
                ));
            }
            model.disk.leases.insert(run.work, run.lease.max(highest));
            let memory = Memory {
                task: task.clone(),
                run: Run {
                    base: Some(Sha("0".repeat(40))),
                    ..run.clone()
                },
            };
            model.disk.runs.insert(run.id.to_string(), memory);
        }
        turn(&self.model).await;
        lock(&self.model).forge.groomed.begin(&task.id);
        let process = Process {
            run: run.clone(),
            alive: true,
            exit: None,
            stopped: false,
        };
        lock(&self.model)
            .disk
            .processes
            .insert(run.id.to_string(), process);
        lock(&self.begun).push((task.clone(), run.clone()));
    }

    fn run_over(&self, _: &EffectKey) {
        *lock(&self.over) += 1;
    }

    async fn remove_workspace(&self, task: &TaskId) -> Result<(), Trouble> {
        turn(&self.model).await;
        lock(&self.model).disk.work.remove(task);
        Ok(())
    }

    fn run_directories(&self) -> Result<Vec<String>, RecoverError> {
        Ok(lock(&self.model).disk.runs.keys().cloned().collect())
    }

    async fn prove_over(&self, run: &str) -> Result<(), RecoverError> {
        turn(&self.model).await;
        if !self.planted(Planted::OldRunsLive)
            && let Some(process) = lock(&self.model).disk.processes.get_mut(run)
        {
            process.alive = false;
        }
        Ok(())
    }

    fn recall(&self, run: &str) -> Option<Memory> {
        lock(&self.model).disk.runs.get(run).cloned()
    }

    async fn conclude(&self, task: Option<&Task>, run: &Run) -> Outcome {
        turn(&self.model).await;
        let ended = lock(&self.model)
            .disk
            .processes
            .get(run.id.as_str())
            .and_then(|p| p.exit.clone());
        match (ended, task) {
            (Some(exit), Some(_)) => crate::runs::establish(&self.model, run, exit),
            _ => Outcome::without_work(Exit::Interrupted, "the factory was killed".to_owned()),
        }
    }
}
