//! What comes of failures: another try, a wait, or a person.

use crate::scene::{Scene, bad, good_work};
use adf::decide::ending::backoff;
use adf::decide::failures::{came_of_it, rules};
use adf::model::*;
use proptest::prelude::*;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

/// An outcome of a class, with a fingerprint.
fn like(class: FailureClass, print: &str) -> Outcome {
    let mut outcome = bad(Exit::Code(1), class);
    outcome.failure = Some(Failure {
        rule: "no rule knows it".to_owned(),
        line: "it broke".to_owned(),
        fingerprint: print.to_owned(),
    });
    outcome
}

/// Plays a task whose runs end so, waiting as long as each try wants.
fn played(outcomes: &[Outcome]) -> (Scene, Mention) {
    let mut scene = Scene::new();
    let mention = scene.mention(1, "alice", "developer", "x");
    for outcome in outcomes {
        scene.settle();
        scene.end_run(outcome.clone());
        scene.settle();
        scene.pass(2 * HOUR);
    }
    scene.settle();
    (scene, mention)
}

fn has(scene: &Scene, key: &str) -> bool {
    scene.world.effects.contains_key(&EffectKey(key.to_owned()))
}

fn runs(scene: &Scene, mention: &Mention) -> usize {
    scene.world.runs_of(&mention.task).count()
}

fn result(scene: &Scene, mention: &Mention) -> String {
    let effect = &scene.world.effects[&EffectKey(format!("result:{}", mention.task))];
    let EffectKind::Result { body } = &effect.kind else {
        panic!("a result")
    };
    body.clone()
}

#[test]
fn the_same_fingerprint_twice_is_not_tried_a_third_time() {
    use FailureClass::{Timeout, Unknown};
    for class in [Timeout, Unknown] {
        let (scene, mention) = played(&[like(class, "a"), like(class, "a")]);
        assert_eq!(runs(&scene, &mention), 2, "{class:?}");
        assert_eq!(scene.task(&mention).state, TaskState::Failed(class));
        assert!(result(&scene, &mention).contains("failed again in the same way"));
        assert!(has(&scene, &format!("call:{}", mention.task)));
        assert!(!has(&scene, &format!("escalate:{}", mention.task)));
    }
}

#[test]
fn other_fingerprints_are_tried_until_the_attempts_are_used_up() {
    let class = FailureClass::Unknown;
    let (scene, mention) = played(&[like(class, "a"), like(class, "b"), like(class, "c")]);
    assert_eq!(runs(&scene, &mention), 3);
    assert!(scene.task(&mention).state.is_final());
}

#[test]
fn a_failure_that_time_mends_waits_far_longer_before_its_third_try() {
    let mut scene = Scene::new();
    let mention = scene.mention(1, "alice", "developer", "x");
    for wait in [Duration::from_secs(30), HOUR] {
        scene.settle();
        scene.end_run(like(FailureClass::Transient, "a"));
        scene.settle();
        let task = scene.task(&mention).clone();
        let until = task.not_before.since(scene.now);
        assert!(until >= wait && until <= wait * 5 / 4, "{until:?}");
        assert!(!has(&scene, &format!("call:{}", mention.task)));
        scene.now = task.not_before;
    }
    scene.settle();
    assert_eq!(runs(&scene, &mention), 3);
}

#[test]
fn a_missing_right_and_an_agent_that_did_nothing_call_a_person_at_once() {
    use FailureClass::{Auth, Logic, Resource};
    let kept = Outcome {
        class: Some(Logic),
        exit: Exit::Code(126),
        ..good_work()
    };
    for (outcome, calls) in [
        (like(Auth, "a"), true),
        (like(Logic, "a"), true),
        (kept, false),
        (like(Resource, "a"), false),
    ] {
        let (scene, mention) = played(std::slice::from_ref(&outcome));
        let key = format!("call:{}", mention.task);
        assert_eq!(runs(&scene, &mention), 1);
        assert_eq!(has(&scene, &key), calls, "{outcome:?}");
        assert_eq!(result(&scene, &mention).contains("needs a person"), calls);
        if calls {
            let effect = &scene.world.effects[&EffectKey(key)];
            let dress = EffectKind::Dress {
                number: 1,
                labels: vec!["adf:needs-human".to_owned()],
                assignees: vec!["alice".to_owned()],
            };
            assert_eq!((&effect.kind, effect.issue), (&dress, 1));
        }
    }
}

#[test]
fn three_failures_of_a_task_in_a_row_are_told_once() {
    let class = FailureClass::Transient;
    let (scene, mention) = played(&[like(class, "a"), like(class, "b"), like(class, "c")]);
    let effect = &scene.world.effects[&EffectKey(format!("escalate:{}", mention.task))];
    let EffectKind::Reply { body, .. } = &effect.kind else {
        panic!("a comment")
    };
    for words in [
        "@alice",
        "3 times in a row on this task",
        "`c`",
        "> it broke",
    ] {
        assert!(body.contains(words), "{words}: {body}");
    }
    assert!(has(&scene, &format!("call:{}", mention.task)));
}

#[test]
fn three_failures_of_an_agent_over_tasks_are_told_on_one_issue_once() {
    let mut scene = Scene::new();
    let fail = |scene: &mut Scene, issue: u64| {
        let mention = scene.mention(issue, "alice", "developer", "x");
        scene.settle();
        scene.end_run(like(FailureClass::Resource, &issue.to_string()));
        scene.settle();
        scene.pass(HOUR);
        mention
    };
    let told: Vec<bool> = (1..=5)
        .map(|issue| {
            let mention = fail(&mut scene, issue);
            has(&scene, &format!("escalate:{}", mention.task))
        })
        .collect();
    assert_eq!(told, [false, false, true, false, false]);
}

#[test]
fn work_that_goes_well_ends_a_row_and_waits_do_not() {
    let class = FailureClass::Transient;
    let mut quota = like(class, "q");
    quota.told.denial = Some(Denial {
        kind: DenialKind::Quota,
        text: "used up".to_owned(),
        resets_at: Some(crate::scene::START),
    });
    let lost = Outcome::without_work(Exit::Interrupted, "killed".to_owned());
    let (scene, mention) = played(&[
        like(class, "a"),
        quota,
        like(class, "b"),
        lost,
        like(class, "c"),
    ]);
    assert_eq!(scene.world.row_of_task(&mention.task).len(), 3);
    assert!(has(&scene, &format!("escalate:{}", mention.task)));

    let mut scene = Scene::new();
    for (issue, well) in [(1, false), (2, false), (3, true), (4, false)] {
        scene.mention(issue, "alice", "developer", "x");
        scene.settle();
        scene.end_run(if well {
            good_work()
        } else {
            like(FailureClass::Resource, "a")
        });
        scene.settle();
        scene.pass(HOUR);
    }
    assert_eq!(
        scene
            .world
            .row_of_agent(&AgentName::from("developer"))
            .len(),
        1
    );
    let escalated = scene
        .world
        .effects
        .keys()
        .filter(|k| k.0.starts_with("escalate:"));
    assert_eq!(escalated.count(), 0);
}

#[test]
fn a_row_that_the_forge_remembers_is_not_told_again() {
    let mut scene = Scene::new();
    let mention = scene.mention(1, "alice", "developer", "x");
    scene.apply(vec![Change::Mark(Mark {
        comment: 9,
        issue: 1,
        kind: MarkKind::Reply,
        factory: scene.factory.clone(),
        key: EffectKey(format!("escalate:{}", mention.task)),
        task: mention.task.clone(),
        origin: mention.id.clone(),
        agent: None,
        instruction: None,
        verified: true,
        written_at: scene.now,
    })]);
    // Accepted before the mark was seen, as after a loss of the ledger.
    scene.apply(vec![Change::Task(adopted(&mention))]);
    for print in ["a", "b", "c"] {
        scene.settle();
        scene.end_run(like(FailureClass::Transient, print));
        scene.settle();
        scene.pass(2 * HOUR);
    }
    assert_eq!(scene.world.row_of_task(&mention.task).len(), 3);
    assert!(!has(&scene, &format!("escalate:{}", mention.task)));
}

fn adopted(mention: &Mention) -> Task {
    Task {
        id: mention.task.clone(),
        work: WorkKey {
            repo: RepoId(7),
            issue: 1,
        },
        origin: mention.id.clone(),
        agent: AgentName::from("developer"),
        instruction: "x".to_owned(),
        requester: mention.author.clone(),
        chain: Vec::new(),
        branch: "adf/1".to_owned(),
        state: TaskState::Queued,
        note: String::new(),
        not_before: Time::default(),
        strikes: 0,
        pushed: None,
        pull: None,
        answer: None,
        adopted: false,
        created_at: mention.written_at,
        changed_at: mention.written_at,
    }
}

#[test]
fn operators_see_each_rule_its_matches_and_what_came_of_each_failure() {
    let class = FailureClass::Unknown;
    let (scene, mention) = played(&[like(class, "a"), like(class, "a")]);
    let failures = scene.world.failures();
    let came: Vec<String> = failures
        .iter()
        .map(|f| came_of_it(&scene.world, f))
        .collect();
    let second = format!("tried again: {}-2 failed", mention.task);
    assert_eq!(
        came,
        [
            second.as_str(),
            "its task failed (UNKNOWN); a person was called"
        ]
    );
    let rows = rules(&scene.world, &[]);
    let matched: Vec<_> = rows.iter().filter(|r| r.matches > 0).collect();
    assert_eq!(matched.len(), 1);
    assert_eq!(
        (matched[0].matches, matched[0].last_match),
        (2, Some(failures[1].at))
    );
}

#[test]
fn a_share_is_high_above_a_fifth_of_at_least_ten() {
    for (unknown, of, high) in [
        (9, 9, false),
        (2, 10, false),
        (3, 10, true),
        (10, 50, false),
        (11, 50, true),
    ] {
        assert_eq!(Share { of, unknown }.is_high(), high, "{unknown} of {of}");
    }
}

proptest! {
    #[test]
    fn a_backoff_grows_by_strikes_is_bounded_and_depends_on_its_seed_alone(
        strikes in 0u32..100, seed in "[a-z0-9-]{1,20}"
    ) {
        let wait = backoff(strikes, &seed);
        prop_assert_eq!(wait, backoff(strikes, &seed));
        prop_assert!(wait >= Duration::from_secs(30) && wait <= HOUR * 5 / 4);
        prop_assert!(backoff(strikes + 2, &seed) >= wait);
    }
}

#[test]
fn too_many_unknown_failures_raise_an_alert_that_is_cleared_again() {
    use adf::sense::nightwatch::unknown;
    let mut scene = Scene::new();
    let fail = |scene: &mut Scene, issue: u64, class: FailureClass| {
        scene.mention(issue, "alice", "developer", "x");
        scene.settle();
        scene.end_run(like(class, &issue.to_string()));
        scene.settle();
        scene.pass(3 * HOUR);
    };
    scene.settings.limits.starts_per_day = 1000;
    for agent in scene.settings.agents.values_mut() {
        agent.limits.attempts = 1;
        agent.limits.starts_per_day = 1000;
    }
    for issue in 1..=10 {
        fail(&mut scene, issue, FailureClass::Unknown);
    }
    let raised = unknown(&scene.world, scene.now).expect("an alert");
    scene.apply(vec![raised]);
    assert_eq!(unknown(&scene.world, scene.now), None, "raised once");
    for issue in 11..=50 {
        fail(&mut scene, issue, FailureClass::Resource);
    }
    let over = unknown(&scene.world, scene.now).expect("it is over");
    assert!(matches!(over, Change::Alert(a) if a.cleared_at.is_some()));
}
