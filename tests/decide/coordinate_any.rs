//! Whatever people and agents do: nothing blocked is started, nothing is taken twice for
//! the same wish, and nothing that is ready starves.

use crate::backlog::{LABEL, people, read, scene, why};
use crate::scene::{Scene, bad, good_work};
use adf::model::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

const ISSUES: u64 = 7;

/// What happens.
#[derive(Clone, Debug)]
enum Event {
    Label(u64, bool),
    Close(u64),
    Reopen(u64),
    Depend(u64, u64, bool),
    RunEnds(bool),
    Merges,
    Waits,
    Plans,
    PlansOnce,
}

fn event() -> impl Strategy<Value = Event> {
    let issue = 1..=ISSUES;
    prop_oneof![
        (issue.clone(), any::<bool>()).prop_map(|(n, on)| Event::Label(n, on)),
        issue.clone().prop_map(Event::Close),
        issue.clone().prop_map(Event::Reopen),
        (issue.clone(), issue, any::<bool>()).prop_map(|(a, b, on)| Event::Depend(a, b, on)),
        any::<bool>().prop_map(Event::RunEnds),
        Just(Event::Merges),
        Just(Event::Waits),
        Just(Event::Plans),
        Just(Event::PlansOnce),
    ]
}

/// A backlog under way.
struct Play {
    scene: Scene,
    links: BTreeMap<u64, BTreeSet<u64>>,
    /// For which change of which issue a run was started, and of which task.
    begun: BTreeSet<(u64, i64, TaskId)>,
}

impl Play {
    fn new(room: u32, links: &[(u64, u64)]) -> Play {
        let mut play = Play {
            scene: scene(room),
            links: BTreeMap::new(),
            begun: BTreeSet::new(),
        };
        for (a, b) in links {
            play.links.entry(*a).or_default().insert(*b);
        }
        for n in 1..=ISSUES {
            play.change(n, true, &[LABEL]);
        }
        play
    }

    fn change(&mut self, n: u64, open: bool, labels: &[&str]) {
        let on: Vec<u64> = self.links.get(&n).into_iter().flatten().copied().collect();
        people(&mut self.scene, n, open, labels, &on);
    }

    fn issue(&self, n: u64) -> &Issue {
        &self.scene.world.issues[&n]
    }

    fn is_wanted(&self, n: u64) -> bool {
        self.issue(n).labels.iter().any(|l| l == LABEL)
    }

    fn blockers(&self, n: u64) -> Vec<u64> {
        let on = self.links.get(&n).into_iter().flatten();
        on.filter(|b| self.issue(**b).open).copied().collect()
    }

    /// Plans once and holds the plan against what must hold; says whether anything moved.
    fn once(&mut self) -> bool {
        let before = self.scene.world.clone();
        let plan = self.scene.step();
        for change in &plan.changes {
            match change {
                Change::Run(run) => self.started(run),
                Change::Task(task) if !before.tasks.contains_key(&task.id) => {
                    self.taken(&before, task);
                }
                _ => {}
            }
        }
        self.scene.settle_effects();
        !(plan.start.is_empty() && plan.changes.is_empty())
    }

    fn plan(&mut self) {
        let rests = (0..200).any(|_| !self.once());
        assert!(rests, "the planner does not come to rest");
    }

    fn started(&mut self, run: &Run) {
        let n = run.work.issue;
        assert!(self.blockers(n).is_empty(), "{n} waits and was started");
        assert!(self.issue(n).open && self.is_wanted(n), "{n} is unwanted");
        let origin = &self.scene.world.tasks[&run.task].origin;
        let (_, at, _) = adf::mention::pick(origin).expect("a task of the coordinator");
        let of_wish = |(issue, when, _): &&(u64, i64, TaskId)| (*issue, *when) == (n, at);
        let mut begun = self.begun.iter().filter(of_wish);
        assert!(
            begun.all(|(_, _, task)| *task == run.task),
            "{n} was taken twice for one wish"
        );
        self.begun.insert((n, at, run.task.clone()));
    }

    fn taken(&self, before: &World, task: &Task) {
        let open = || before.tasks.values().filter(|t| !t.state.is_final());
        let same = open().filter(|t| t.work.issue == task.work.issue);
        assert_eq!(same.count(), 0, "{} has two tasks", task.work.issue);
        let room = usize::try_from(self.scene.settings.coordinator.open).unwrap_or(0);
        let busy = open().filter(|t| t.not_before < Time::NEVER);
        assert!(busy.count() < room, "over its limit");
    }

    fn happens(&mut self, event: &Event) {
        match event {
            Event::Label(n, on) => {
                let open = self.issue(*n).open;
                self.change(*n, open, if *on { &[LABEL] } else { &[] });
            }
            Event::Close(n) => self.opens(*n, false),
            Event::Reopen(n) => self.opens(*n, true),
            Event::Depend(a, b, on) => {
                let links = self.links.entry(*a).or_default();
                if *on {
                    links.insert(*b);
                } else {
                    links.remove(b);
                }
                let on: Vec<u64> = links.iter().copied().collect();
                read(&mut self.scene, *a, &on);
            }
            Event::RunEnds(well) => self.run_ends(*well),
            Event::Merges => self.merges(),
            Event::Waits => self.scene.pass(Duration::from_secs(7200)),
            Event::Plans => self.plan(),
            Event::PlansOnce => drop(self.once()),
        }
    }

    fn opens(&mut self, n: u64, open: bool) {
        let label: &[&str] = if self.is_wanted(n) { &[LABEL] } else { &[] };
        self.change(n, open, label);
    }

    fn run_ends(&mut self, well: bool) {
        let run = self.scene.world.runs.values().find(|r| r.is_open());
        let Some(run) = run.map(|r| r.id.clone()) else {
            return;
        };
        let outcome = if well {
            good_work()
        } else {
            bad(Exit::Code(1), FailureClass::Logic)
        };
        let at = self.scene.now;
        self.scene.run_state(&run, RunState::Ended { at, outcome });
    }

    /// Whoever reviews merges one pull request, which closes its issue.
    fn merges(&mut self) {
        let tasks = self.scene.world.tasks.values();
        let done = tasks.filter(|t| t.state == TaskState::Done);
        let mut open = done.map(|t| t.work.issue).filter(|n| self.issue(*n).open);
        if let Some(n) = open.next() {
            self.opens(n, false);
        }
    }

    /// From now on all goes well, until nothing more happens.
    fn rests(&mut self) {
        for _ in 0..4 * ISSUES {
            self.plan();
            self.run_ends(true);
            self.plan();
            self.merges();
            self.scene.pass(Duration::from_secs(7200));
        }
        self.plan();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn nothing_blocked_is_started_nothing_taken_twice_and_nothing_starves(
        room in 1u32..4,
        links in proptest::collection::vec((1..=ISSUES, 1..=ISSUES), 0..8),
        events in proptest::collection::vec(event(), 0..40),
    ) {
        let mut play = Play::new(room, &links);
        for event in &events {
            play.happens(event);
        }
        play.rests();
        for n in 1..=ISSUES {
            let issue = play.issue(n);
            if !issue.open || !play.is_wanted(n) || !play.blockers(n).is_empty() {
                continue;
            }
            let at = issue.changed_at.seconds();
            let of_wish = |(issue, when, _): &(u64, i64, TaskId)| *issue == n && *when >= at;
            let begun = play.begun.iter().any(of_wish);
            prop_assert!(begun, "{} is ready and was never begun: {}", n, why(&play.scene, n));
        }
    }
}
