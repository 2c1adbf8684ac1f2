//! The breaker is what the ledger's runs say, whatever they are, and no start goes
//! where it must not.

use crate::health::{choice, refusal, scene};
use crate::scene::{START, Scene, bad, good_work};
use adf::decide::health::{Breaker, PAUSE, PAUSE_MAX, RESET_SLACK, standings, until};
use adf::model::route::Choice;
use adf::model::*;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::time::Duration;

/// What a run comes to, and how much later the next thing happens.
#[derive(Clone, Debug)]
enum Fate {
    Works,
    Refuses {
        kind: DenialKind,
        after: Option<u64>,
    },
    Breaks,
}

fn fate() -> impl Strategy<Value = Fate> {
    let kind = prop_oneof![
        Just(DenialKind::Quota),
        Just(DenialKind::Auth),
        Just(DenialKind::Overloaded)
    ];
    prop_oneof![
        2 => Just(Fate::Works),
        4 => (kind, proptest::option::of(0..20_000u64)).prop_map(|(kind, after)| Fate::Refuses { kind, after }),
        1 => Just(Fate::Breaks),
    ]
}

fn outcome(fate: &Fate, at: Time) -> Outcome {
    match fate {
        Fate::Works => good_work(),
        Fate::Breaks => bad(Exit::Signal(6), FailureClass::Unknown),
        Fate::Refuses { kind, after } => {
            let reset = after.map(|s| at.plus(Duration::from_secs(s)));
            refusal(*kind, reset)
        }
    }
}

proptest! {
    /// Runs one after the other against a state machine written down apart.
    #[test]
    fn the_breaker_of_runs_in_a_row_is_the_machine_that_one_would_draw(
        runs in proptest::collection::vec((fate(), 0..5000u64, 1..5000u64), 1..20),
        later in 0..30_000u64,
    ) {
        let mut scene = Scene::new();
        let task = scene.mention(1, "alice", "developer", "fix it").task;
        let (mut now, mut refusals, mut opens) = (START, 0u32, None);
        for (n, (fate, wait, takes)) in runs.iter().enumerate() {
            now = now.plus(Duration::from_secs(*wait));
            let created_at = now;
            now = now.plus(Duration::from_secs(*takes));
            let attempt = u32::try_from(n).unwrap() + 1;
            scene.apply(vec![Change::Run(Run {
                id: RunId::of(&task, attempt),
                task: task.clone(),
                work: WorkKey { repo: RepoId(7), issue: 1 },
                attempt,
                lease: u64::from(attempt),
                agent: AgentName::from("developer"),
                provider: "first".to_owned(),
                model: None,
                routed: None,
                base: None,
                process: None,
                created_at,
                state: RunState::Ended { at: now, outcome: outcome(fate, now) },
            })]);
            match fate {
                Fate::Works => (refusals, opens) = (0, None),
                Fate::Breaks => {}
                Fate::Refuses { after, .. } => {
                    refusals += 1;
                    let reset = after.filter(|s| *s > 0).map(|s| now.plus(Duration::from_secs(s)));
                    opens = Some(match reset {
                        Some(reset) => reset.plus(RESET_SLACK),
                        None => now.plus((PAUSE * 2u32.pow(refusals.min(10) - 1)).min(PAUSE_MAX)),
                    });
                }
            }
        }
        let at = now.plus(Duration::from_secs(later));
        let pair = Choice { provider: "first".to_owned(), model: None };
        let found = &standings(&scene.world, at)[&pair];
        prop_assert_eq!(found.refusals, refusals);
        match (&found.breaker, opens) {
            (Breaker::Closed, None) => {}
            (Breaker::Open { until, .. }, Some(opens)) => prop_assert!(*until == opens && at < opens),
            (Breaker::HalfOpen { trial: None, .. }, Some(opens)) => prop_assert!(at >= opens),
            (found, wanted) => prop_assert!(false, "{found:?}, wanted {wanted:?}"),
        }
    }

    /// Whatever providers do to however many tasks: nobody is asked before its time,
    /// one at a time finds out, and no task goes back while there is another.
    #[test]
    fn no_start_goes_where_it_must_not(
        fates in proptest::collection::vec((fate(), 0..4000u64, any::<prop::sample::Index>()), 1..40),
        links in 1..4usize,
    ) {
        let names = ["first", "second", "third"];
        let chain: Vec<Choice> = names[..links].iter().map(|n| choice(n, "m")).collect();
        let mut scene = scene(&chain);
        for issue in 1..4 {
            scene.mention(issue, "alice", "developer", "fix it");
        }
        for (fate, wait, which) in fates {
            let before: Vec<RunId> = scene.world.runs.keys().cloned().collect();
            let known = standings(&scene.world, scene.now);
            scene.settle();
            let mut trials: BTreeMap<&str, u32> = BTreeMap::new();
            for run in scene.world.runs.values().filter(|r| !before.contains(&r.id)) {
                let breaker = |p: &str| known.get(&choice(p, "m")).map(|s| s.breaker.clone());
                let own = breaker(&run.provider);
                prop_assert!(!matches!(own, Some(Breaker::Open { .. } | Breaker::HalfOpen { trial: Some(_), .. })), "{own:?}");
                if matches!(own, Some(Breaker::HalfOpen { .. })) {
                    *trials.entry(&run.provider).or_default() += 1;
                }
                let last = scene.world.runs_of(&run.task).filter(|r| r.attempt < run.attempt).last();
                let refused = last.filter(|r| r.outcome().is_some_and(|o| o.told.denial.is_some()));
                if refused.is_some_and(|r| r.provider == run.provider) {
                    for other in names[..links].iter().filter(|n| **n != run.provider) {
                        let other = breaker(other);
                        prop_assert!(
                            matches!(other, Some(Breaker::Open { .. } | Breaker::HalfOpen { .. })),
                            "it went back to {} and {other:?} was there", run.provider
                        );
                    }
                }
            }
            prop_assert!(trials.values().all(|n| *n == 1), "{trials:?}");
            scene.pass(Duration::from_secs(wait));
            let open: Vec<RunId> = scene.world.runs.values().filter(|r| r.is_open()).map(|r| r.id.clone()).collect();
            if !open.is_empty() {
                let (id, at) = (which.get(&open).clone(), scene.now);
                let outcome = outcome(&fate, at);
                scene.run_state(&id, RunState::Ended { at, outcome });
            }
        }
    }

    /// A stated reset is kept to; without one the pauses grow to their most and no further.
    #[test]
    fn a_pause_is_never_nothing_and_never_without_end(at in 0..i64::MAX / 4, n in 0..u32::MAX, reset in proptest::option::of(0..i64::MAX / 4)) {
        let (at, reset) = (Time(at), reset.map(Time));
        let found = until(at, reset, n);
        match reset.filter(|reset| *reset > at) {
            Some(reset) => prop_assert_eq!(found, reset.plus(RESET_SLACK)),
            None => prop_assert!(found >= at.plus(PAUSE) && found <= at.plus(PAUSE_MAX)),
        }
    }
}
