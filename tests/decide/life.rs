//! A task's life, from mention to result.

use crate::scene::{Scene, bad, good_work};
use adf::model::*;
use std::time::Duration;

#[test]
fn a_mention_becomes_a_comment_a_branch_a_pull_request_and_a_result_in_that_order() {
    let mut scene = Scene::new();
    let mention = scene.mention(1, "alice", "developer", "fix it");
    let id = mention.task.clone();
    let before = scene.settle();
    assert_eq!(
        before,
        [
            format!("accept:{id}"),
            format!("spawn:{id}-1"),
            format!("progress:{id}:run-1"),
        ]
    );
    assert_eq!(scene.task(&mention).state, TaskState::Running);
    scene.end_run(good_work());
    let after = scene.settle();
    let head = "c".repeat(40);
    assert_eq!(
        after,
        [
            format!("push:{id}:{head}"),
            format!("pull:{id}:1"),
            format!("dress:{id}:1"),
            format!("result:{id}"),
            format!("progress:{id}:end"),
        ]
    );
    let task = scene.task(&mention).clone();
    assert_eq!((task.state, task.pull), (TaskState::Done, Some(77)));
    scene.pass(Duration::from_secs(10));
    assert_eq!(scene.settle(), [format!("sweep:{id}")]);
    scene.pass(Duration::from_secs(100_000));
    assert!(
        scene.settle().is_empty(),
        "a task that is over is left alone"
    );
}

#[test]
fn nothing_is_called_done_before_its_result_is_posted() {
    let mut scene = Scene::new();
    let mention = scene.mention(1, "alice", "developer", "fix it");
    scene.settle();
    scene.end_run(good_work());
    let result = EffectKey(format!("result:{}", mention.task));
    for _ in 0..20 {
        let plan = scene.step();
        if plan.start.contains(&result) {
            assert_eq!(scene.task(&mention).state, TaskState::Delivering);
            scene.set_effect(
                &result,
                EffectState::Ambiguous {
                    look_at: scene.now.plus(Duration::from_secs(3)),
                    reason: "timeout".to_owned(),
                },
            );
            scene.step();
            assert_eq!(scene.task(&mention).state, TaskState::Delivering);
            return;
        }
        for key in plan.start {
            scene.succeed(&key);
        }
    }
    panic!("no result was planned");
}

#[test]
fn one_effect_of_a_task_is_in_flight_at_a_time() {
    let mut scene = Scene::new();
    let mention = scene.mention(1, "alice", "developer", "fix it");
    scene.step();
    let accept = EffectKey(format!("accept:{}", mention.task));
    scene.in_flight.insert(accept.clone());
    let plan = scene.step();
    assert!(plan.start.is_empty() && plan.changes.is_empty(), "{plan:?}");
    assert!(scene.reasons().contains(&&SkipReason::EffectOpen {
        key: accept.to_string()
    }));
}

#[test]
fn an_effect_that_a_crash_left_tried_is_looked_for_only_after_settling() {
    let mut scene = Scene::new();
    let mention = scene.mention(1, "alice", "developer", "fix it");
    scene.step();
    let accept = EffectKey(format!("accept:{}", mention.task));
    scene.set_effect(&accept, EffectState::Tried { at: scene.now });
    let plan = scene.step();
    assert!(plan.start.is_empty());
    assert_eq!(plan.wake_at, Some(scene.now.plus(Duration::from_secs(3))));
    scene.pass(Duration::from_secs(3));
    assert_eq!(scene.step().start, [accept]);
}

#[test]
fn an_interrupted_run_is_no_strike_and_the_lease_rises() {
    let mut scene = Scene::new();
    let mention = scene.mention(1, "alice", "developer", "fix it");
    scene.settle();
    scene.end_run(Outcome::without_work(
        Exit::Interrupted,
        "killed".to_owned(),
    ));
    scene.settle();
    let task = scene.task(&mention);
    assert_eq!((task.strikes, &task.state), (0, &TaskState::Running));
    let leases: Vec<u64> = scene.world.runs_of(&task.id).map(|r| r.lease).collect();
    assert_eq!(leases, [1, 2]);
}

#[test]
fn a_passing_failure_is_tried_again_later_and_given_up_after_its_attempts() {
    let mut scene = Scene::new();
    let mention = scene.mention(1, "alice", "developer", "fix it");
    for attempt in 1..=3 {
        scene.settle();
        assert_eq!(
            scene.world.runs_of(&mention.task).count(),
            attempt,
            "waits for its backoff"
        );
        scene.end_run(bad(Exit::Code(1), FailureClass::Transient));
        scene.step();
        let plan = scene.step();
        if attempt < 3 {
            assert!(plan.wake_at.is_some_and(|at| at > scene.now), "{plan:?}");
            assert!(plan.start.iter().all(|k| !k.as_str().starts_with("spawn")));
            scene.pass(Duration::from_secs(3600));
        }
    }
    scene.settle();
    let task = scene.task(&mention);
    assert_eq!(task.state, TaskState::Failed(FailureClass::Transient));
    assert!(
        scene
            .world
            .effects
            .contains_key(&EffectKey(format!("result:{}", task.id)))
    );
}

#[test]
fn a_task_whose_agent_is_gone_from_the_config_says_so_and_goes_on_when_it_is_back() {
    let mut scene = Scene::new();
    let mention = scene.mention(1, "alice", "developer", "fix it");
    scene.settle();
    let developer = AgentName::from("developer");
    let gone = scene.settings.agents.remove(&developer).unwrap();
    scene.end_run(Outcome::without_work(
        Exit::Interrupted,
        "stopped".to_owned(),
    ));
    scene.settle();
    let said = scene.world.effects_of_task(&mention.task);
    let said = said.filter_map(|effect| match &effect.kind {
        EffectKind::Progress { body, .. } => Some(body),
        _ => None,
    });
    let said = said.last().expect("the comment follows");
    assert!(
        said.contains("waiting: agent `developer` is no longer in the config"),
        "{said}"
    );
    scene.settings.agents.insert(developer, gone);
    scene.settle();
    assert_eq!(scene.task(&mention).state, TaskState::Running);
}

#[test]
fn a_run_without_a_commit_is_not_called_done_whatever_the_agent_says() {
    let mut scene = Scene::new();
    let mention = scene.mention(1, "alice", "developer", "fix it");
    scene.settle();
    let mut outcome = Outcome::without_work(Exit::Code(0), "exit 0, no commit".to_owned());
    outcome.report = Some(Report {
        status: ReportStatus::Done,
        summary: "all done!".to_owned(),
        evidence: Vec::new(),
    });
    scene.end_run(outcome);
    let tried = scene.settle();
    assert!(
        tried
            .iter()
            .all(|k| !k.starts_with("push") && !k.starts_with("pull")),
        "{tried:?}"
    );
    assert!(matches!(scene.task(&mention).state, TaskState::Failed(_)));
}

#[test]
fn who_edits_nothing_is_done_with_its_report_and_calls_nobody() {
    let mut scene = Scene::new();
    let reviewer = scene
        .settings
        .agents
        .get_mut(&AgentName::from("reviewer"))
        .unwrap();
    reviewer.role.edits = Some(Vec::new());
    let mention = scene.mention(1, "alice", "reviewer", "please read it");
    scene.settle();
    let mut outcome = Outcome::without_work(Exit::Code(0), "exit 0, it reported".to_owned());
    outcome.report = Some(Report {
        status: ReportStatus::Done,
        summary: "line 3 forgets the end".to_owned(),
        evidence: Vec::new(),
    });
    scene.end_run(outcome);
    scene.settle();
    assert_eq!(scene.task(&mention).state, TaskState::Done);
    let result = &scene.world.effects[&EffectKey(format!("result:{}", mention.task))];
    let EffectKind::Result { body } = &result.kind else {
        panic!("{result:?}")
    };
    for words in ["`reviewer` is done", "> line 3 forgets the end"] {
        assert!(body.contains(words), "{words}: {body}");
    }
    assert!(
        !body.contains("needs a person") && !body.contains("failed"),
        "{body}"
    );
    let call = EffectKey(format!("call:{}", mention.task));
    assert!(!scene.world.effects.contains_key(&call));
}

#[test]
fn work_of_a_failed_run_is_kept_on_its_branch_without_a_pull_request() {
    let mut scene = Scene::new();
    let mention = scene.mention(1, "alice", "developer", "fix it");
    scene.settle();
    let outcome = Outcome {
        class: Some(FailureClass::Logic),
        exit: Exit::Code(3),
        ..good_work()
    };
    scene.end_run(outcome);
    let tried = scene.settle();
    assert!(tried.iter().any(|k| k.starts_with("push")), "{tried:?}");
    assert!(tried.iter().all(|k| !k.starts_with("pull")), "{tried:?}");
    let EffectKind::Result { body } =
        &scene.world.effects[&EffectKey(format!("result:{}", mention.task))].kind
    else {
        panic!("a result");
    };
    assert!(body.contains("kept on branch"), "{body}");
}

#[test]
fn a_workspace_whose_work_could_not_be_taken_in_stays_and_the_result_says_so() {
    for (untaken, swept) in [(true, false), (false, true)] {
        let mut scene = Scene::new();
        let mention = scene.mention(1, "alice", "developer", "fix it");
        scene.settle();
        let outcome = Outcome {
            untaken,
            ..bad(Exit::Code(0), FailureClass::Logic)
        };
        scene.end_run(outcome);
        scene.settle();
        scene.pass(Duration::from_secs(60));
        scene.settle();
        let kind = |word: &str| {
            let key = EffectKey(format!("{word}:{}", mention.task));
            scene.world.effects[&key].kind.clone()
        };
        assert_eq!(kind("sweep"), EffectKind::Sweep { workspace: swept });
        let EffectKind::Result { body } = kind("result") else {
            panic!("a result");
        };
        assert_eq!(body.contains("which is kept as `work/"), untaken, "{body}");
    }
}

#[test]
fn work_on_workflow_files_is_not_pushed_and_said_so() {
    let mut scene = Scene::new();
    let mention = scene.mention(1, "alice", "developer", "fix it");
    scene.settle();
    let mut outcome = good_work();
    outcome.work.as_mut().unwrap().protected = vec![".gitea/workflows/ci.yml".to_owned()];
    scene.end_run(outcome);
    let tried = scene.settle();
    assert!(
        tried
            .iter()
            .all(|k| !k.starts_with("push") && !k.starts_with("pull")),
        "{tried:?}"
    );
    assert_eq!(scene.task(&mention).state, TaskState::Blocked);
    let result = &scene.world.effects[&EffectKey(format!("result:{}", mention.task))];
    let EffectKind::Result { body } = &result.kind else {
        panic!("a result")
    };
    assert!(body.contains(".gitea/workflows/ci.yml"), "{body}");
}

#[test]
fn a_used_up_quota_waits_for_its_stated_reset_and_is_no_strike() {
    let mut scene = Scene::new();
    let mention = scene.mention(1, "alice", "developer", "fix it");
    scene.settle();
    let reset = scene.now.plus(Duration::from_secs(5 * 3600));
    let mut outcome = bad(Exit::Code(1), FailureClass::Transient);
    outcome.told.denial = Some(Denial {
        kind: DenialKind::Quota,
        text: "used up".to_owned(),
        resets_at: Some(reset),
    });
    scene.end_run(outcome);
    scene.settle();
    let task = scene.task(&mention).clone();
    assert!(task.not_before > reset, "{task:?}");
    assert_eq!((task.strikes, &task.state), (0, &TaskState::Blocked));
    scene.now = task.not_before;
    let keys = scene.settle();
    assert!(keys.iter().any(|k| k.starts_with("spawn")), "{keys:?}");
}
