//! Providers that refuse: who is passed over and for how long, and who goes on.

use crate::scene::{Scene, agent, bad, good_work};
use adf::decide::health::{PAUSE, RESET_SLACK};
use adf::model::route::{Choice, Scenario};
use adf::model::settings::{Cli, Provider, Routing};
use adf::model::*;
use std::collections::BTreeMap;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

pub fn choice(provider: &str, model: &str) -> Choice {
    Choice {
        provider: provider.to_owned(),
        model: Some(model.to_owned()),
    }
}

/// A house in which `fix` is served by these, in this order.
pub fn scene(chain: &[Choice]) -> Scene {
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
pub fn refusal(kind: DenialKind, resets_at: Option<Time>) -> Outcome {
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
fn refusals_that_go_on_with_the_next_are_no_failures_in_a_row_and_call_nobody() {
    let names = ["first", "second", "third", "fourth"];
    let mut scene = scene(&names.map(|name| choice(name, "a")));
    scene.mention(1, "alice", "developer", "fix the parser");
    scene.settle();
    for _ in 0..3 {
        scene.end_run(refusal(DenialKind::Quota, None));
        scene.settle();
    }
    assert_eq!(providers(&scene), names);
    let called = |scene: &Scene| {
        let keys = scene.world.effects.keys().map(|key| key.as_str());
        keys.filter(|key| key.starts_with("call:") || key.starts_with("escalate:"))
            .count()
    };
    assert_eq!(called(&scene), 0);
    // Nor do they make a row of what fails after them.
    scene.end_run(bad(Exit::Code(1), FailureClass::Timeout));
    scene.settle();
    assert_eq!(called(&scene), 0);
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

#[test]
fn a_login_that_is_refused_is_an_alert_until_a_run_goes_well() {
    use adf::sense::nightwatch::logins;
    let mut scene = scene(&[choice("first", "a")]);
    let seen = |scene: &Scene| logins(&scene.world, &scene.settings, scene.now);
    scene.mention(1, "alice", "developer", "fix the parser");
    scene.settle();
    scene.end_run(refusal(DenialKind::Auth, None));
    let raised = seen(&scene);
    let [Change::Alert(alert)] = raised.as_slice() else {
        panic!("{raised:?}");
    };
    assert_eq!(alert.cause, "login:first/a");
    assert!(alert.text.contains("[providers.first]"), "{}", alert.text);
    scene.apply(raised);
    assert_eq!(seen(&scene), [], "raised once");
    scene.settle();
    scene.pass(2 * HOUR);
    scene.mention(2, "alice", "developer", "fix the lexer");
    scene.settle();
    scene.pass(PAUSE);
    scene.end_run(good_work());
    let over = seen(&scene);
    assert!(
        matches!(&over[..], [Change::Alert(a)] if a.cleared_at.is_some()),
        "{over:?}"
    );
}

#[test]
fn without_routing_a_refusal_holds_back_what_else_goes_to_the_agents_own_provider() {
    let mut scene = two();
    scene.settings.routing.decides = false;
    let other = scene.settings.agents.get_mut(&AgentName::from("reviewer"));
    other.unwrap().provider = "second".to_owned();
    let first = scene.mention(1, "alice", "developer", "fix the parser");
    scene.settle();
    let reset = scene.now.plus(HOUR);
    scene.end_run(refusal(DenialKind::Quota, Some(reset)));
    let second = scene.mention(2, "alice", "developer", "fix the lexer");
    let third = scene.mention(3, "alice", "developer", "fix the printer");
    let elsewhere = scene.mention(4, "alice", "reviewer", "look at it");
    scene.settle();
    assert_eq!(scene.task(&elsewhere).state, TaskState::Running);
    for held in [&second, &third] {
        assert_eq!(scene.task(held).state, TaskState::Queued);
    }
    let why = "no provider can be used: first: you have hit your limit";
    assert!(
        scene.reasons().iter().any(|r| r.to_string() == why),
        "{:?}",
        scene.reasons()
    );
    let until = reset.plus(RESET_SLACK);
    assert!(scene.plan.wake_at.is_some_and(|at| at <= until));
    // One run finds out; when it went well the others follow.
    scene.now = until;
    scene.settle();
    let of_first = |scene: &Scene| {
        let runs = scene.world.runs.values();
        runs.filter(|run| run.provider == "first" && run.is_open())
            .count()
    };
    assert_eq!(of_first(&scene), 1);
    let trial = scene
        .world
        .runs
        .values()
        .find(|r| r.provider == "first" && r.is_open());
    let trial = trial.unwrap().id.clone();
    scene.pass(Duration::from_secs(60));
    let at = scene.now;
    let outcome = good_work();
    scene.run_state(&trial, RunState::Ended { at, outcome });
    scene.settle();
    assert_eq!(of_first(&scene), 2);
    assert_eq!(scene.task(&first).strikes, 0);
}

#[test]
fn when_the_whole_chain_refuses_without_a_time_the_first_that_may_be_tried_is_waited_for() {
    let mut scene = two();
    let mention = scene.mention(1, "alice", "developer", "fix the parser");
    scene.settle();
    for _ in 0..2 {
        scene.end_run(refusal(DenialKind::Overloaded, None));
        scene.settle();
    }
    assert_eq!(providers(&scene), ["first", "second"]);
    let task = scene.task(&mention).clone();
    assert_eq!((task.strikes, &task.state), (0, &TaskState::Blocked));
    assert_eq!(task.not_before, scene.now.plus(PAUSE));
    scene.now = task.not_before;
    scene.settle();
    assert_eq!(providers(&scene), ["first", "second", "first"]);
}
