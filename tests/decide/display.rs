//! The display follows the tasks, once for each change, and needs no memory of its own.

use crate::scene::{Scene, bad, good_work, status};
use adf::model::*;
use std::time::Duration;

fn scene() -> Scene {
    let mut scene = Scene::new();
    scene.settings.status = status();
    scene
}

/// What was shown, in order: labels, then whether it is assigned.
fn shown(tried: &[String], scene: &Scene) -> Vec<String> {
    let effects = tried
        .iter()
        .map(|key| &scene.world.effects[&EffectKey(key.clone())].kind);
    let said = effects.filter_map(|kind| match kind {
        EffectKind::Show { want, .. } => Some(want.clone().unwrap_or_default()),
        EffectKind::Assign { hold, .. } => Some(if *hold { "claimed" } else { "free" }.to_owned()),
        _ => None,
    });
    said.collect()
}

#[test]
fn label_and_assignee_follow_a_task_to_its_end() {
    let mut scene = scene();
    scene.mention(1, "alice", "developer", "do it");
    let tried = scene.settle();
    assert_eq!(shown(&tried, &scene), ["adf/in progress", "claimed"]);
    let accept = tried.iter().position(|key| key.starts_with("accept:"));
    let show = tried.iter().position(|key| key.starts_with("show:"));
    assert!(
        accept < show,
        "the claim comes before its display: {tried:?}"
    );
    scene.end_run(good_work());
    let tried = scene.settle();
    assert_eq!(shown(&tried, &scene), ["adf/in review", "free"]);
    assert!(scene.step().changes.is_empty(), "nothing more is to show");
    scene.pass(Duration::from_secs(3600));
    let tried = scene.settle();
    assert!(shown(&tried, &scene).is_empty(), "nor later");
}

#[test]
fn what_waits_is_ready_and_what_nobody_can_go_on_with_is_blocked_and_free() {
    let mut scene = scene();
    scene.settings.limits.concurrency = 1;
    scene.mention(1, "alice", "developer", "do it");
    scene.mention(2, "alice", "reviewer", "and this");
    let tried = scene.settle();
    assert!(
        shown(&tried, &scene).contains(&"adf/ready".to_owned()),
        "{tried:?}"
    );
    let waits = scene
        .world
        .tasks
        .values()
        .find(|t| t.state == TaskState::Queued);
    let mut waits = waits.expect("one waits").clone();
    (waits.state, waits.not_before) = (TaskState::Blocked, Time::NEVER);
    scene.apply(vec![Change::Task(waits)]);
    let tried = scene.settle();
    assert_eq!(shown(&tried, &scene), ["adf/blocked", "free"]);
}

#[test]
fn a_task_that_fails_leaves_nothing_behind() {
    let mut scene = scene();
    scene.mention(1, "alice", "developer", "do it");
    scene.settle();
    scene.end_run(bad(Exit::Code(1), FailureClass::Auth));
    let tried = scene.settle();
    assert_eq!(shown(&tried, &scene), ["", "free"]);
}

#[test]
fn what_an_effect_left_alone_is_not_the_factorys() {
    let mut scene = scene();
    scene.mention(1, "alice", "developer", "do it");
    for _ in 0..10 {
        for key in scene.step().start {
            match key.as_str().starts_with("show:") {
                // A person's label stands there.
                true => scene.set_effect(
                    &key,
                    EffectState::Done {
                        result: EffectResult::Shown(vec![]),
                    },
                ),
                false => scene.succeed(&key),
            }
        }
    }
    scene.end_run(good_work());
    let tried = scene.settle();
    let own =
        tried.iter().find_map(
            |key| match &scene.world.effects[&EffectKey(key.clone())].kind {
                EffectKind::Show { own, .. } => Some(own.clone()),
                _ => None,
            },
        );
    assert_eq!(own, Some(vec![]));
}

#[test]
fn a_refusal_is_said_once_for_all_issues_and_work_goes_on() {
    let mut scene = scene();
    scene.mention(1, "alice", "developer", "do it");
    scene.mention(2, "alice", "reviewer", "and this");
    let mut refused = 0;
    for _ in 0..20 {
        for key in scene.step().start {
            let cause = scene.world.effects[&key].kind.refusal();
            let Some(cause) = cause else {
                scene.succeed(&key);
                continue;
            };
            refused += 1;
            let reason = "no right".to_owned();
            scene.set_effect(&key, EffectState::Parked { reason });
            let alert = Alert::raised(cause, "no right", scene.now);
            scene.apply(vec![Change::Alert(alert)]);
        }
    }
    // Those of both issues were under way together; after that nobody asks again.
    assert!(refused <= 4, "{refused}");
    assert!(scene.world.runs.values().any(Run::is_open), "work goes on");
    scene.pass(Duration::from_secs(3601));
    let tried = scene.settle();
    assert!(shown(&tried, &scene).contains(&"adf/in progress".to_owned()));
    let alerts: Vec<&Alert> = scene.world.alerts.values().collect();
    assert!(alerts.iter().all(|a| a.cleared_at.is_some()), "{alerts:?}");
}

#[test]
fn after_a_restore_all_labels_count_as_the_factorys() {
    let mut scene = scene();
    scene.mention(1, "alice", "developer", "do it");
    scene.settle();
    let changes = adf::decide::rejoin::rejoin(&scene.world, scene.now);
    scene.apply(changes);
    let tried = scene.settle();
    let kinds = tried
        .iter()
        .filter_map(|key| scene.world.effects.get(&EffectKey(key.clone())));
    let own = kinds.filter_map(|e| match &e.kind {
        EffectKind::Show { own, .. } => Some(own.len()),
        _ => None,
    });
    let own: Vec<usize> = own.collect();
    assert_eq!(own.first(), Some(&4), "{own:?}");
}

#[test]
fn the_pull_request_of_a_task_that_ended_after_the_backup_is_found_and_shown_until_it_closes() {
    let mut scene = scene();
    let mention = scene.mention(1, "alice", "developer", "do it");
    scene.settle();
    let changes = adf::decide::rejoin::rejoin(&scene.world, scene.now);
    scene.apply(changes);
    scene.synced = false;
    let tried = scene.settle();
    assert!(shown(&tried, &scene).is_empty(), "nothing is known yet");
    scene.synced = true;
    // The old factory went on: it opened #77 and wrote its result.
    let marks = [
        (MarkKind::Pull, 76, "bbbbbbbbbbbb", true),
        (MarkKind::Pull, 77, "aaaaaaaaaaaa", true),
        (MarkKind::Pull, 78, "aaaaaaaaaaaa", false),
        (MarkKind::Accept, 140, "aaaaaaaaaaaa", true),
        (MarkKind::Result, 141, "aaaaaaaaaaaa", true),
    ];
    let marks = marks.map(|(kind, comment, factory, verified)| {
        Change::Mark(Mark {
            comment,
            issue: 1,
            kind,
            factory: FactoryId::from(factory),
            key: EffectKey(format!("{kind:?}:{}", mention.task)),
            task: mention.task.clone(),
            origin: mention.id.clone(),
            agent: Some(AgentName::from("developer")),
            instruction: Some(adf::mention::digest("do it")),
            verified,
            written_at: scene.now,
        })
    });
    scene.apply(marks.into());
    let tried = scene.settle();
    let task = scene.task(&mention);
    assert_eq!((&task.state, task.pull), (&TaskState::Done, Some(77)));
    assert_eq!(shown(&tried, &scene), ["adf/in review", "free"]);
    let closed = Issue {
        number: 77,
        is_pull: true,
        title: String::new(),
        open: false,
        author: Person::default(),
        labels: vec![],
        milestone: None,
        updated_at: scene.now,
        changed_at: scene.now,
        outsider: false,
        reworded_at: Time::default(),
    };
    scene.apply(vec![Change::Issue(closed)]);
    assert_eq!(shown(&scene.settle(), &scene), [""]);
}
