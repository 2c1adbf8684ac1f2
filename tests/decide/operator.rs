//! Operators' orders: paused, stopped, cancelled.

use crate::scene::{Scene, bad, good_work};
use adf::decide::operator;
use adf::model::*;
use std::time::Duration;

fn give(scene: &mut Scene, order: Order) {
    let at = scene.now;
    scene.apply(vec![Change::Operator(Ordered {
        order,
        by: "root".to_owned(),
        at,
    })]);
}

fn interrupted() -> Outcome {
    Outcome::without_work(Exit::Interrupted, "interrupted".to_owned())
}

#[test]
fn paused_takes_tasks_and_says_why_but_starts_no_run_until_resumed() {
    let mut scene = Scene::new();
    give(&mut scene, Order::Pause);
    let mention = scene.mention(1, "alice", "developer", "fix it");
    let id = mention.task.clone();
    let tried = scene.settle();
    assert_eq!(tried[0], format!("accept:{id}"));
    assert!(tried[1].starts_with(&format!("progress:{id}:wait-")));
    assert_eq!(tried.len(), 2);
    let by = "root".to_owned();
    assert_eq!(scene.reasons(), [&SkipReason::Paused { by }]);
    give(&mut scene, Order::Resume);
    assert!(scene.settle().contains(&format!("spawn:{id}-1")));
}

#[test]
fn paused_lets_what_runs_go_on_to_its_end() {
    let mut scene = Scene::new();
    let mention = scene.mention(1, "alice", "developer", "fix it");
    scene.settle();
    give(&mut scene, Order::Pause);
    assert_eq!(scene.step().stop, []);
    scene.end_run(good_work());
    scene.settle();
    assert_eq!(scene.task(&mention).state, TaskState::Done);
}

#[test]
fn stopped_finishes_what_was_intended_and_intends_nothing_new() {
    let mut scene = Scene::new();
    let mention = scene.mention(1, "alice", "developer", "fix it");
    scene.step();
    give(&mut scene, Order::Stop);
    scene.mention(2, "alice", "developer", "and this");
    assert_eq!(scene.settle(), [format!("accept:{}", mention.task)]);
    let pending = scene.world.effects.values();
    assert_eq!(pending.filter(|e| !e.state.is_closed()).count(), 0);
    assert_eq!(scene.world.pending.len(), 1, "the other mention waits");
    let by = "root".to_owned();
    assert!(scene.reasons().contains(&&SkipReason::Stopped { by }));
    give(&mut scene, Order::Resume);
    let tried = scene.settle();
    assert!(tried.contains(&format!("spawn:{}-1", mention.task)));
    assert_eq!(scene.world.pending.len(), 0);
}

#[test]
fn a_run_ended_by_a_stop_is_tried_again_after_the_resume_without_a_strike() {
    let mut scene = Scene::new();
    let mention = scene.mention(1, "alice", "developer", "fix it");
    scene.settle();
    give(&mut scene, Order::Stop);
    scene.end_run(interrupted());
    assert_eq!(scene.settle(), Vec::<String>::new());
    assert_eq!(scene.world.runs.values().filter(|r| r.is_open()).count(), 0);
    give(&mut scene, Order::Resume);
    let tried = scene.settle();
    assert!(
        tried.contains(&format!("spawn:{}-2", mention.task)),
        "{tried:?}"
    );
    assert_eq!(scene.task(&mention).strikes, 0);
}

#[test]
fn a_cancelled_task_that_waits_ends_with_one_comment_that_says_who() {
    let mut scene = Scene::new();
    let first = scene.mention(1, "alice", "developer", "fix it");
    scene.settle();
    let second = scene.mention(1, "alice", "reviewer", "then this");
    scene.settle();
    give(&mut scene, Order::Cancel(second.task.clone()));
    let tried = scene.settle();
    let result = format!("result:{}", second.task);
    assert_eq!(tried.iter().filter(|key| **key == result).count(), 1);
    let body = match &scene.world.effects[&EffectKey(result)].kind {
        EffectKind::Result { body } => body.clone(),
        other => panic!("{other:?}"),
    };
    assert!(
        body.contains("cancelled") && body.contains("`root`"),
        "{body}"
    );
    assert_eq!(scene.task(&second).state, TaskState::Cancelled);
    assert_eq!(scene.task(&first).state, TaskState::Running);
}

#[test]
fn a_cancelled_run_is_ended_and_its_work_is_neither_pushed_nor_tried_again() {
    let mut scene = Scene::new();
    let mention = scene.mention(1, "alice", "developer", "fix it");
    scene.settle();
    give(&mut scene, Order::Cancel(mention.task.clone()));
    let run = RunId::of(&mention.task, 1);
    assert_eq!(scene.step().stop, std::slice::from_ref(&run));
    assert_eq!(scene.step().stop, [run], "until it is over");
    let mut outcome = good_work();
    outcome.exit = Exit::Interrupted;
    scene.end_run(outcome);
    let tried = scene.settle();
    assert!(
        tried
            .iter()
            .all(|key| !key.starts_with("push:") && !key.starts_with("spawn:")),
        "{tried:?}"
    );
    assert_eq!(scene.task(&mention).state, TaskState::Cancelled);
    let result = EffectKey(format!("result:{}", mention.task));
    let EffectKind::Result { body } = &scene.world.effects[&result].kind else {
        panic!("no result");
    };
    assert!(body.contains(&"c".repeat(40)), "the work is named: {body}");
}

#[test]
fn a_task_cancelled_between_runs_says_that_nobody_looked_and_where_its_work_lies() {
    let mut scene = Scene::new();
    let mention = scene.mention(1, "alice", "developer", "fix it");
    scene.settle();
    scene.end_run(Outcome {
        untaken: true,
        ..interrupted()
    });
    give(&mut scene, Order::Pause);
    scene.settle();
    // A start that the world prevented does not make what lies there forgotten.
    give(&mut scene, Order::Resume);
    scene.step();
    scene.settle_effects();
    let exit = Exit::NotStarted { waits: true };
    scene.end_run(Outcome::without_work(exit, "the disk is full".to_owned()));
    scene.settle();
    give(&mut scene, Order::Cancel(mention.task.clone()));
    let tried = scene.settle();
    let result = &scene.world.effects[&EffectKey(format!("result:{}", mention.task))];
    let EffectKind::Result { body } = &result.kind else {
        panic!("{result:?}")
    };
    assert!(!body.contains("There is no commit"), "{body}");
    let place = format!("`work/{}`", mention.task);
    assert!(
        body.contains("nothing is known here") && body.contains(&place),
        "{body}"
    );
    scene.pass(std::time::Duration::from_secs(60));
    scene.settle();
    let sweep = &scene.world.effects[&EffectKey(format!("sweep:{}", mention.task))];
    assert_eq!(
        sweep.kind,
        EffectKind::Sweep { workspace: false },
        "{tried:?}"
    );
}

#[test]
fn a_workspace_that_nobody_has_looked_into_outlives_the_cancelled_task() {
    let mut scene = Scene::new();
    let mention = scene.mention(1, "alice", "developer", "fix it");
    scene.settle();
    give(&mut scene, Order::Cancel(mention.task.clone()));
    scene.end_run(interrupted());
    scene.settle();
    scene.pass(Duration::from_secs(10));
    scene.settle();
    let sweep = EffectKey(format!("sweep:{}", mention.task));
    let kind = &scene.world.effects[&sweep].kind;
    assert_eq!(*kind, EffectKind::Sweep { workspace: false });
}

#[test]
fn a_delivery_that_was_not_sent_is_taken_back_and_one_that_may_have_been_is_looked_for() {
    for sent in [false, true] {
        let mut scene = Scene::new();
        let mention = scene.mention(1, "alice", "developer", "fix it");
        scene.settle();
        scene.end_run(good_work());
        let push = EffectKey(format!("push:{}:{}", mention.task, "c".repeat(40)));
        while !scene.step().start.contains(&push) {}
        let at = scene.now.plus(Duration::from_secs(3));
        let reason = "timeout".to_owned();
        let state = match sent {
            true => EffectState::Ambiguous {
                look_at: at,
                reason,
            },
            false => EffectState::Retry {
                at,
                reason,
                blocked: false,
            },
        };
        scene.set_effect(&push, state);
        give(&mut scene, Order::Cancel(mention.task.clone()));
        scene.pass(Duration::from_secs(3));
        let tried = scene.settle();
        assert_eq!(tried.contains(&push.to_string()), sent, "{tried:?}");
        assert_eq!(scene.task(&mention).state, TaskState::Cancelled);
    }
}

#[test]
fn what_is_over_or_unknown_cannot_be_cancelled() {
    let mut scene = Scene::new();
    let mention = scene.mention(1, "alice", "developer", "fix it");
    let cancel =
        |scene: &Scene, word: &str| operator::order(&scene.world, &Wish::Cancel(word.to_owned()));
    assert!(
        cancel(&scene, "nothing")
            .unwrap_err()
            .contains("adf status")
    );
    scene.settle();
    let run = format!("{}-1", mention.task);
    let wanted = Ok(Order::Cancel(mention.task.clone()));
    assert_eq!(cancel(&scene, &run), wanted);
    assert_eq!(cancel(&scene, mention.task.as_str()), wanted);
    scene.end_run(bad(Exit::Code(1), FailureClass::Auth));
    scene.settle();
    assert!(cancel(&scene, &run).unwrap_err().contains("over"));
    let error = cancel(&scene, mention.task.as_str()).unwrap_err();
    assert!(error.contains("failed"), "{error}");
}

#[test]
fn the_newest_order_of_the_factory_counts_and_the_first_cancel_of_a_task_stays() {
    let mut scene = Scene::new();
    let task = TaskId::from("0123456789ab");
    for order in [Order::Pause, Order::Stop, Order::Cancel(task.clone())] {
        give(&mut scene, order);
    }
    assert_eq!(
        scene.world.held.as_ref().map(|o| &o.order),
        Some(&Order::Stop)
    );
    let first = scene.world.cancelled[&task].clone();
    scene.pass(Duration::from_secs(1));
    give(&mut scene, Order::Cancel(task.clone()));
    assert_eq!(scene.world.cancelled[&task], first);
    give(&mut scene, Order::Resume);
    assert_eq!(scene.world.held, None);
}
