//! Effects that do not happen.

use crate::scene::{Scene, good_work};
use adf::model::*;
use std::time::Duration;

/// Good work of which the push is under way.
fn pushing() -> (Scene, Mention, EffectKey) {
    let mut scene = Scene::new();
    let mention = scene.mention(1, "alice", "developer", "x");
    scene.settle();
    scene.end_run(good_work());
    let push = EffectKey(format!("push:{}:{}", mention.task, "c".repeat(40)));
    while !scene.step().start.contains(&push) {}
    (scene, mention, push)
}

#[test]
fn a_parked_acceptance_stops_its_own_task_only() {
    let mut scene = Scene::new();
    let first = scene.mention(1, "alice", "developer", "x");
    let second = scene.mention(2, "alice", "reviewer", "y");
    scene.step();
    let reason = "issue 1 does not exist any more".to_owned();
    scene.set_effect(
        &EffectKey(format!("accept:{}", first.task)),
        EffectState::Parked { reason },
    );
    scene.succeed(&EffectKey(format!("accept:{}", second.task)));
    scene.settle();
    assert_eq!(scene.task(&first).state, TaskState::Blocked);
    assert_eq!(scene.task(&second).state, TaskState::Running);
    assert_eq!(scene.world.runs_of(&first.task).count(), 0);
}

#[test]
fn a_lost_claim_cancels_the_task() {
    let mut scene = Scene::new();
    let mention = scene.mention(1, "alice", "developer", "x");
    scene.step();
    let reason = "factory b claimed it first".to_owned();
    scene.set_effect(
        &EffectKey(format!("accept:{}", mention.task)),
        EffectState::Void { reason },
    );
    scene.settle();
    assert_eq!(scene.task(&mention).state, TaskState::Cancelled);
    assert!(scene.world.runs.is_empty());
}

#[test]
fn a_push_that_waits_is_tried_again_at_its_time() {
    let mut scene = Scene::new();
    let mention = scene.mention(1, "alice", "developer", "x");
    scene.settle();
    scene.end_run(good_work());
    scene.step();
    let push = scene.step().start.remove(0);
    let at = scene.now.plus(Duration::from_secs(300));
    scene.set_effect(
        &push,
        EffectState::Retry {
            at,
            reason: "the forge is away".to_owned(),
            blocked: false,
        },
    );
    let plan = scene.step();
    assert!(plan.start.is_empty(), "{plan:?}");
    assert_eq!(plan.wake_at, Some(at));
    scene.now = at;
    scene.settle();
    assert_eq!(
        scene.task(&mention).state,
        TaskState::Done,
        "the kept work is delivered"
    );
}

#[test]
fn a_push_that_cannot_happen_is_told_and_the_work_named() {
    let mut scene = Scene::new();
    let mention = scene.mention(1, "alice", "developer", "x");
    scene.settle();
    scene.end_run(good_work());
    scene.step();
    let push = scene.step().start.remove(0);
    let reason = "the branch holds something else".to_owned();
    scene.set_effect(&push, EffectState::Parked { reason });
    scene.settle();
    assert_eq!(scene.task(&mention).state, TaskState::Blocked);
    let result = &scene.world.effects[&EffectKey(format!("result:{}", mention.task))];
    let EffectKind::Result { body } = &result.kind else {
        panic!("a result")
    };
    assert!(
        body.contains("something else") && body.contains(&"c".repeat(40)),
        "{body}"
    );
}

#[test]
fn a_stalled_run_is_said_in_the_comment_once() {
    let mut scene = Scene::new();
    let mention = scene.mention(1, "alice", "developer", "x");
    scene.settle();
    let run = RunId::of(&mention.task, 1);
    scene.apply(vec![Change::Alert(Alert {
        cause: format!("stalled:{run}"),
        text: "no progress".to_owned(),
        run: Some(run),
        raised_at: scene.now,
        cleared_at: None,
    })]);
    assert_eq!(
        scene.settle(),
        [format!("progress:{}:stalled-1", mention.task)]
    );
    assert!(scene.settle().is_empty());
}

#[test]
fn a_block_that_a_person_must_mend_is_said_once_and_the_work_goes_out_when_it_is_gone() {
    let (mut scene, mention, push) = pushing();
    let comments = |scene: &Scene| {
        let key = EffectKey(format!("blocked:{}", mention.task));
        scene.world.effects.get(&key).map(|e| e.state.clone())
    };
    for wait in 0..3 {
        let state = EffectState::Retry {
            at: scene.now.plus(Duration::from_secs(60)),
            reason: "the branch is protected against this push".to_owned(),
            blocked: true,
        };
        scene.set_effect(&push, state);
        let tried = scene.settle();
        let said = |word: &str| tried.iter().filter(|key| key.starts_with(word)).count();
        let once = usize::from(wait == 0);
        assert_eq!(
            (said("blocked:"), said("progress:")),
            (once, once),
            "{tried:?}"
        );
        scene.pass(Duration::from_secs(60));
        assert_eq!(scene.step().start, std::slice::from_ref(&push));
    }
    assert!(comments(&scene).is_some_and(|state| state.is_closed()));
    scene.settle_effects();
    scene.settle();
    assert_eq!(scene.task(&mention).state, TaskState::Done);
}

#[test]
fn word_of_a_block_that_outlived_its_task_is_taken_back() {
    let (mut scene, mention, push) = pushing();
    let later = |scene: &Scene, blocked| EffectState::Retry {
        at: scene.now.plus(Duration::from_secs(60)),
        reason: "the repository is archived".to_owned(),
        blocked,
    };
    let state = later(&scene, true);
    scene.set_effect(&push, state);
    let said = EffectKey(format!("blocked:{}", mention.task));
    while !scene.step().start.contains(&said) {}
    // The archive takes no comment either; then the push is first.
    let mut state = later(&scene, true);
    if let EffectState::Retry { at, .. } = &mut state {
        *at = at.plus(Duration::from_secs(3600));
    }
    scene.set_effect(&said, state);
    scene.pass(Duration::from_secs(61));
    scene.settle();
    assert_eq!(scene.task(&mention).state, TaskState::Done);
    let state = &scene.world.effects[&said].state;
    assert!(matches!(state, EffectState::Void { .. }), "{state:?}");
}
