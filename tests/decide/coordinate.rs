//! What is taken up without being asked for, by whom, in which order, and why the rest is not.

use crate::backlog::{LABEL, people, picks, read, scene, why};
use crate::scene::{START, Scene, bad, good_work};
use adf::model::*;
use std::time::Duration;

#[test]
fn the_highest_ranked_ready_issue_is_taken_first_and_nothing_that_waits() {
    let mut scene = scene(1);
    people(&mut scene, 1, true, &[LABEL], &[]);
    people(&mut scene, 2, true, &[LABEL], &[]);
    people(&mut scene, 3, true, &[LABEL], &[2]);
    people(&mut scene, 4, true, &[LABEL], &[2]);
    let plan = scene.step();
    let pick = plan.decisions.iter().find(|d| d.what == "pick");
    let pick = pick.expect("a pick");
    assert_eq!(pick.issue, 2);
    assert_eq!(
        pick.reason,
        "rank 1 of 4 open, #3 #4 wait for it; `developer` has least to do"
    );
    assert_eq!(why(&scene, 3), "not taken up: it waits for #2");
    scene.settle();
    assert_eq!(picks(&scene, &TaskState::Running), [2]);
    assert_eq!(
        why(&scene, 1),
        "not taken up: the coordinator's limit of open tasks, 1, is reached"
    );
    // In review it is nobody's place any more, and what waits for it still waits.
    scene.end_run(good_work());
    scene.settle();
    assert_eq!(picks(&scene, &TaskState::Running), [1]);
    assert_eq!(why(&scene, 2), "not taken up: its work waits in #77");
    people(&mut scene, 2, false, &[LABEL], &[]);
    scene.end_run(good_work());
    scene.settle();
    assert_eq!(
        picks(&scene, &TaskState::Running),
        [3],
        "what waited is ready"
    );
}

#[test]
fn the_choice_is_shown_as_a_mention_that_calls_nobody() {
    let mut scene = scene(1);
    people(&mut scene, 7, true, &[LABEL], &[]);
    scene.step();
    let effects = scene.world.effects.values();
    let bodies: Vec<&str> = effects
        .filter_map(|e| match &e.kind {
            EffectKind::Accept { body } => Some(body.as_str()),
            _ => None,
        })
        .collect();
    let [body] = bodies[..] else {
        panic!("one acceptance: {bodies:?}")
    };
    assert!(
        body.starts_with("`@adf:developer Do what this issue asks for"),
        "{body}"
    );
    assert!(body.contains("rank 1 of 1 open"), "{body}");
    assert!(adf::mention::grammar::find(body).is_empty(), "{body}");
}

#[test]
fn an_issue_is_taken_once_until_somebody_changes_it() {
    let mut scene = scene(1);
    people(&mut scene, 1, true, &[LABEL], &[]);
    for _ in 0..4 {
        scene.settle();
        if scene.world.runs.values().any(Run::is_open) {
            scene.end_run(bad(Exit::Code(1), FailureClass::Logic));
        }
        scene.pass(Duration::from_secs(7200));
    }
    scene.settle();
    let failed = TaskState::Failed(FailureClass::Logic);
    assert_eq!(picks(&scene, &failed), [1]);
    assert_eq!(
        why(&scene, 1),
        "not taken up: it was taken up before and nobody who may write has changed it since"
    );
    people(&mut scene, 1, true, &[LABEL], &[]);
    scene.settle();
    assert_eq!(picks(&scene, &TaskState::Running), [1]);
}

#[test]
fn an_issue_that_failed_twice_in_the_same_way_waits_until_somebody_changes_it() {
    let mut scene = scene(1);
    people(&mut scene, 1, true, &[LABEL], &[]);
    scene.settle();
    let same = Failure {
        rule: "exit".to_owned(),
        line: "it went wrong".to_owned(),
        fingerprint: "0123456789ab".to_owned(),
    };
    let mut failures = 0;
    for _ in 0..50 {
        if scene.world.runs.values().any(Run::is_open) {
            let mut outcome = bad(Exit::Code(1), FailureClass::Unknown);
            outcome.failure = Some(same.clone());
            scene.end_run(outcome);
            failures += 1;
        }
        scene.pass(Duration::from_secs(3600));
        scene.settle();
    }
    assert_eq!(failures, 2, "the same again is not tried a third time");
    assert_eq!(
        scene.world.tasks.len(),
        1,
        "nor taken up anew, however long nobody acts"
    );
    people(&mut scene, 1, true, &[LABEL, "clearer"], &[]);
    scene.settle();
    assert_eq!(scene.world.tasks.len(), 2, "somebody has changed it");
}

#[test]
fn what_needs_a_person_is_left_to_one() {
    let mut scene = scene(1);
    people(&mut scene, 1, true, &[LABEL, "adf:needs-human"], &[]);
    scene.settle();
    assert!(scene.world.tasks.is_empty());
    assert!(
        why(&scene, 1).contains("needs a person"),
        "{}",
        why(&scene, 1)
    );
}

#[test]
fn a_label_taken_off_ends_what_is_queued_and_says_so_and_back_on_it_is_taken() {
    let mut scene = scene(2);
    people(&mut scene, 2, true, &[LABEL], &[]);
    scene.step();
    scene.settle_effects();
    assert_eq!(picks(&scene, &TaskState::Queued), [2]);
    people(&mut scene, 2, true, &[], &[]);
    scene.settle();
    assert_eq!(picks(&scene, &TaskState::Cancelled), [2]);
    assert_eq!(scene.world.runs.len(), 0, "it was never started");
    let said = scene.world.effects.values().any(|e| match &e.kind {
        EffectKind::Result { body } => body.contains("the label `adf:ready` was taken off"),
        _ => false,
    });
    assert!(said, "nobody was told");
    people(&mut scene, 2, true, &[LABEL], &[]);
    scene.settle();
    assert_eq!(picks(&scene, &TaskState::Running), [2]);
}

#[test]
fn a_queued_issue_that_comes_to_wait_is_let_go_and_taken_again_when_it_is_free() {
    let mut scene = scene(2);
    people(&mut scene, 2, true, &[LABEL], &[]);
    people(&mut scene, 9, true, &[], &[]);
    scene.step();
    scene.settle_effects();
    read(&mut scene, 2, &[9]);
    scene.settle();
    assert_eq!(picks(&scene, &TaskState::Cancelled), [2]);
    assert_eq!(scene.world.runs.len(), 0, "it was never started");
    people(&mut scene, 9, false, &[], &[]);
    scene.settle();
    assert_eq!(
        picks(&scene, &TaskState::Running),
        [2],
        "though nobody changed it"
    );
}

#[test]
fn what_an_operator_cancelled_is_not_taken_again() {
    let mut scene = scene(2);
    people(&mut scene, 2, true, &[LABEL], &[]);
    scene.step();
    let task = scene.world.tasks.keys().next().expect("taken").clone();
    scene.apply(vec![Change::Operator(Ordered {
        order: Order::Cancel(task),
        by: "root".to_owned(),
        at: scene.now,
    })]);
    scene.settle();
    assert_eq!(picks(&scene, &TaskState::Cancelled), [2]);
    assert_eq!(scene.world.tasks.len(), 1);
    let why = why(&scene, 2);
    assert!(why.contains("was taken up before"), "{why}");
}

#[test]
fn mentions_outrank_the_coordinator() {
    let mut scene = scene(2);
    scene.settings.limits.concurrency = 1;
    people(&mut scene, 1, true, &[LABEL], &[]);
    people(&mut scene, 2, true, &[LABEL], &[]);
    scene.step();
    scene.settle_effects();
    assert_eq!(picks(&scene, &TaskState::Queued).len(), 2);
    let asked = scene.mention(3, "alice", "reviewer", "look at it");
    // Both wait for their turn when the mention is accepted.
    scene.settings.limits.concurrency = 0;
    scene.settle();
    scene.settings.limits.concurrency = 1;
    let mut started = Vec::new();
    for _ in 0..5 {
        let plan = scene.step();
        started.extend(plan.changes.iter().filter_map(|c| match c {
            Change::Run(run) => Some(run.work.issue),
            _ => None,
        }));
        scene.settle_effects();
    }
    assert_eq!(started, [3]);
    assert_eq!(scene.task(&asked).state, TaskState::Running);
}

#[test]
fn what_is_not_known_as_of_its_last_change_is_not_taken() {
    let mut scene = scene(1);
    people(&mut scene, 1, true, &[LABEL], &[]);
    let mut moved = scene.world.issues[&1].clone();
    moved.updated_at = scene.now;
    scene.apply(vec![Change::Issue(moved)]);
    scene.settle();
    assert!(scene.world.tasks.is_empty());
    let said = why(&scene, 1);
    assert!(said.contains("was not read since it moved"), "{said}");
    read(&mut scene, 1, &[]);
    scene.settle();
    assert_eq!(picks(&scene, &TaskState::Running), [1]);
}

#[test]
fn limits_hold_and_are_named() {
    let limited = |change: fn(&mut Scene)| {
        let mut scene = scene(5);
        people(&mut scene, 1, true, &[LABEL], &[]);
        change(&mut scene);
        scene.settle();
        let skips = scene.plan.skips.iter().filter(|s| s.what == "coordinator");
        let reasons: Vec<String> = skips.map(|s| s.reason.to_string()).collect();
        (scene.world.tasks.len(), reasons.join("; "))
    };
    let (tasks, why) = limited(|s| s.unfit = Some("no disk".to_owned()));
    assert_eq!((tasks, why.as_str()), (0, "not fit for new work: no disk"));
    let (tasks, why) = limited(|s| s.settings.limits.starts_per_hour = 0);
    assert!(
        tasks == 0 && why.contains("the 0 starts a hour of the project"),
        "{why}"
    );
    let (tasks, why) = limited(|s| {
        let agents = s.settings.agents.values_mut();
        agents.for_each(|a| a.limits.concurrency = 0);
    });
    assert!(
        tasks == 0 && why.contains("the agent runs 0 at once"),
        "{why}"
    );
    let (tasks, _) = limited(|s| s.settings.coordinator.builtin = false);
    assert_eq!(tasks, 0);
    let (tasks, _) = limited(|s| s.synced = false);
    assert_eq!(tasks, 0);
}

#[test]
fn a_label_names_the_agent_and_else_who_has_least_to_do_is_asked() {
    let mut scene = scene(5);
    let both = ["developer", "reviewer"].map(AgentName::from);
    scene.settings.coordinator.agents = both.to_vec();
    people(&mut scene, 1, true, &[LABEL, "adf:reviewer"], &[]);
    people(&mut scene, 2, true, &[LABEL], &[]);
    people(&mut scene, 3, true, &[LABEL], &[]);
    scene.settle();
    let tasks = scene.world.tasks.values();
    let mut tasks: Vec<(u64, &str)> = tasks.map(|t| (t.work.issue, t.agent.as_str())).collect();
    tasks.sort_unstable();
    assert_eq!(tasks, [(1, "reviewer"), (2, "developer"), (3, "developer")]);
}

/// A factory without a ledger, the mark of a pick, and whose mark it is.
fn lost(ours: bool) -> (Scene, TaskId) {
    let mut first = scene(1);
    people(&mut first, 1, true, &[LABEL], &[]);
    first.step();
    let task = first.world.tasks.values().next().expect("taken").clone();
    let mut second = scene(1);
    let other = FactoryId::from("bbbbbbbbbbbb");
    second.apply(vec![Change::Mark(Mark {
        task: task.id.clone(),
        comment: 5,
        kind: MarkKind::Accept,
        issue: 1,
        factory: if ours { second.factory.clone() } else { other },
        key: EffectKey(format!("accept:{}", task.id)),
        origin: task.origin.clone(),
        agent: Some(task.agent.clone()),
        instruction: Some(adf::mention::digest(&task.instruction)),
        verified: true,
        written_at: second.now,
    })]);
    let issue = first.world.issues[&1].clone();
    let links = first.world.links[&1].clone();
    second.apply(vec![Change::Issue(issue), Change::Links(links)]);
    second.settle();
    (second, task.id)
}

#[test]
fn what_another_factory_took_up_is_its_own_until_it_gives_no_sign_for_a_week() {
    let (mut second, _) = lost(false);
    assert!(second.world.tasks.is_empty(), "another factory has it");
    // Its ledger may call another second the last change: that does not matter.
    second.pass(Duration::from_secs(3600));
    people(&mut second, 1, true, &[LABEL, "urgent"], &[]);
    second.settle();
    let why = why(&second, 1);
    assert!(
        why.contains("factory bbbbbbbbbbbb takes care of it"),
        "{why}"
    );
    second.pass(Mark::HOLDS);
    second.settle();
    assert_eq!(second.world.tasks.len(), 1, "it is taken for gone");
}

#[test]
fn a_task_whose_claim_turns_out_to_be_the_later_one_is_not_started() {
    let mut scene = scene(1);
    people(&mut scene, 1, true, &[LABEL], &[]);
    let plan = scene.step();
    let task = scene.world.tasks.values().next().expect("taken").clone();
    scene.apply(vec![
        Change::Cursor {
            name: BEGUN.to_owned(),
            at: START,
        },
        Change::Mark(Mark {
            task: task.id.clone(),
            comment: 1,
            kind: MarkKind::Accept,
            issue: 1,
            factory: FactoryId::from("bbbbbbbbbbbb"),
            key: EffectKey(format!("accept:{}", task.id)),
            origin: task.origin.clone(),
            agent: Some(task.agent.clone()),
            instruction: None,
            verified: false,
            written_at: scene.now,
        }),
    ]);
    for key in plan.start {
        scene.succeed(&key);
    }
    scene.settle();
    assert_eq!(scene.world.runs.len(), 0);
    assert_eq!(scene.world.tasks[&task.id].state, TaskState::Cancelled);
}

#[test]
fn after_the_ledger_was_lost_a_pick_of_this_factory_goes_on() {
    let (second, task) = lost(true);
    let task = &second.world.tasks[&task];
    assert_eq!(task.state, TaskState::Running, "{}", task.note);
    assert_eq!(second.world.tasks.len(), 1);
}
