//! Providers that refuse: who is passed over and for how long, who goes on, and
//! that the breaker is what the ledger's runs say, whatever they are.

use crate::scene::{START, Scene, agent, bad, good_work};
use adf::decide::health::{Breaker, PAUSE, PAUSE_MAX, RESET_SLACK, standings, until};
use adf::model::route::{Choice, Scenario};
use adf::model::settings::{Cli, Provider, Routing};
use adf::model::*;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

fn choice(provider: &str, model: &str) -> Choice {
    Choice {
        provider: provider.to_owned(),
        model: Some(model.to_owned()),
    }
}

/// A house in which `fix` is served by these, in this order.
fn scene(chain: &[Choice]) -> Scene {
    let mut scene = Scene::new();
    scene.settings.routing = Routing {
        decides: true,
        dir: None,
        scenarios: vec![Scenario {
            name: "implementation".to_owned(),
            tier: "implementation".to_owned(),
            priority: 50,
            chain: chain.to_vec(),
            keywords: vec!["fix".to_owned()],
        }],
        default: None,
    };
    let cli = || {
        Provider::Claude(Cli {
            command: vec!["true".to_owned()],
            base_url: None,
            has_key: false,
            models: BTreeMap::new(),
        })
    };
    let names = chain.iter().map(|c| c.provider.clone());
    scene.settings.providers = names.map(|name| (name, cli())).collect();
    for limits in [
        &mut scene.settings.limits.starts_per_hour,
        &mut scene.settings.limits.starts_per_day,
        &mut scene.settings.limits.concurrency,
    ] {
        *limits = 1000;
    }
    let mut developer = agent("developer");
    developer.provider.clone_from(&chain[0].provider);
    developer.limits.starts_per_hour = 1000;
    developer.limits.starts_per_day = 1000;
    developer.limits.concurrency = 1000;
    let name = AgentName::from("developer");
    scene.settings.agents.insert(name, developer);
    scene
}

fn two() -> Scene {
    scene(&[choice("first", "a"), choice("second", "b")])
}

/// A provider's no in a run that exits well.
fn refusal(kind: DenialKind, resets_at: Option<Time>) -> Outcome {
    let class = if kind == DenialKind::Auth {
        FailureClass::Auth
    } else {
        FailureClass::Transient
    };
    let mut outcome = bad(Exit::Code(0), class);
    let text = "you have hit your limit".to_owned();
    outcome.told.denial = Some(Denial {
        kind,
        text,
        resets_at,
    });
    outcome
}

fn providers(scene: &Scene) -> Vec<&str> {
    let runs = scene.world.runs.values();
    runs.map(|run| run.provider.as_str()).collect()
}

#[test]
fn a_quota_goes_on_at_once_with_the_next_of_the_chain_and_without_a_strike() {
    let mut scene = two();
    let mention = scene.mention(1, "alice", "developer", "fix the parser");
    scene.settle();
    let reset = Some(scene.now.plus(HOUR));
    scene.end_run(refusal(DenialKind::Quota, reset));
    scene.settle();
    assert_eq!(providers(&scene), ["first", "second"]);
    let task = scene.task(&mention);
    assert_eq!((task.strikes, &task.state), (0, &TaskState::Running));
    let routed = scene.open_run().routed.clone().unwrap();
    assert_eq!(routed.tier.as_deref(), Some("implementation"));
    let wanted = "second/b by the scenario, passing over first/a: you have hit your limit";
    assert!(routed.why.ends_with(wanted), "{}", routed.why);
    // Others pass it over too, until its time has come.
    scene.mention(2, "alice", "developer", "fix the lexer");
    scene.settle();
    assert_eq!(
        providers(&scene).iter().filter(|p| **p == "first").count(),
        1
    );
    scene.pass(HOUR + RESET_SLACK);
    scene.mention(3, "alice", "developer", "fix the printer");
    scene.settle();
    assert_eq!(
        providers(&scene).iter().filter(|p| **p == "first").count(),
        2
    );
}

#[test]
fn a_login_that_is_refused_goes_on_with_the_next_too() {
    let mut scene = two();
    scene.mention(1, "alice", "developer", "fix the parser");
    scene.settle();
    scene.end_run(refusal(DenialKind::Auth, None));
    scene.settle();
    assert_eq!(providers(&scene), ["first", "second"]);
}

#[test]
fn when_the_whole_chain_refuses_the_task_waits_for_the_first_reset_and_says_so() {
    let mut scene = two();
    let mention = scene.mention(1, "alice", "developer", "fix the parser");
    scene.settle();
    let (soon, late) = (scene.now.plus(HOUR), scene.now.plus(3 * HOUR));
    scene.end_run(refusal(DenialKind::Quota, Some(soon)));
    scene.settle();
    scene.end_run(refusal(DenialKind::Quota, Some(late)));
    scene.settle();
    let task = scene.task(&mention).clone();
    assert_eq!((task.strikes, &task.state), (0, &TaskState::Blocked));
    assert_eq!(task.not_before, soon.plus(RESET_SLACK));
    let wanted = "no provider can be used: first/a: you have hit your limit; second/b: you have hit your limit";
    assert_eq!(task.note, wanted);
    let said = |e: &Effect| matches!(&e.kind, EffectKind::Progress { body, .. } if body.contains("no provider can be used"));
    assert!(scene.world.effects.values().any(said));
    assert_eq!(scene.plan.wake_at, Some(task.not_before));
    scene.now = task.not_before;
    scene.settle();
    assert_eq!(providers(&scene), ["first", "second", "first"]);
}

#[test]
fn a_chain_of_one_waits_for_its_reset_and_goes_back_to_it() {
    let mut scene = scene(&[choice("first", "a")]);
    let mention = scene.mention(1, "alice", "developer", "fix the parser");
    scene.settle();
    scene.end_run(refusal(DenialKind::Quota, Some(scene.now.plus(HOUR))));
    scene.settle();
    assert_eq!(providers(&scene), ["first"]);
    scene.now = scene.task(&mention).not_before;
    scene.settle();
    assert_eq!(providers(&scene), ["first", "first"]);
    assert_eq!(scene.task(&mention).strikes, 0);
}

#[test]
fn without_routing_a_task_waits_for_the_reset_of_its_own_provider() {
    let mut scene = two();
    scene.settings.routing.decides = false;
    let mention = scene.mention(1, "alice", "developer", "fix the parser");
    scene.settle();
    let reset = scene.now.plus(HOUR);
    scene.end_run(refusal(DenialKind::Quota, Some(reset)));
    scene.settle();
    assert_eq!(providers(&scene), ["first"]);
    assert_eq!(scene.task(&mention).state, TaskState::Blocked);
    assert_eq!(scene.task(&mention).not_before, reset.plus(RESET_SLACK));
    assert_eq!(scene.world.runs.values().next().unwrap().routed, None);
}

#[test]
fn half_open_lets_one_through_and_closes_with_it() {
    let mut scene = scene(&[choice("first", "a")]);
    scene.mention(1, "alice", "developer", "fix the parser");
    scene.settle();
    scene.end_run(refusal(DenialKind::Quota, Some(scene.now.plus(HOUR))));
    scene.settle();
    scene.pass(2 * HOUR);
    for issue in 2..6 {
        scene.mention(issue, "alice", "developer", "fix it");
    }
    scene.settle();
    let open = |scene: &Scene| scene.world.runs.values().filter(|r| r.is_open()).count();
    assert_eq!(open(&scene), 1);
    let waits = |r: &&SkipReason| matches!(r, SkipReason::NoProvider { text } if text.contains("finds out whether it is there again"));
    assert_eq!(scene.reasons().into_iter().filter(waits).count(), 4);
    scene.pass(PAUSE);
    scene.end_run(good_work());
    scene.settle();
    assert_eq!(open(&scene), 4);
}

#[test]
fn what_a_machine_cannot_run_is_passed_over_as_long_as_its_alert_stands() {
    let mut scene = two();
    let alert = Alert::raised(
        "provider:first",
        "no executable `claude` on PATH",
        scene.now,
    );
    scene.apply(vec![Change::Alert(alert.clone())]);
    scene.mention(1, "alice", "developer", "fix the parser");
    scene.settle();
    scene.apply(vec![Change::Alert(alert.cleared(scene.now))]);
    scene.mention(2, "alice", "developer", "fix the lexer");
    scene.settle();
    let mut found = providers(&scene);
    found.sort_unstable();
    assert_eq!(found, ["first", "second"]);
}

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
