//! What is taken, what is refused, and what is adopted.

use crate::scene::{Scene, repository};
use adf::mention::digest;
use adf::model::*;

fn replies(scene: &Scene) -> Vec<String> {
    let bodies = scene.world.effects.values().filter_map(|e| match &e.kind {
        EffectKind::Reply { body, .. } => Some(body.clone()),
        _ => None,
    });
    bodies.collect()
}

fn refused(change: impl FnOnce(&mut Mention)) -> (Scene, Refusal) {
    let mut scene = Scene::new();
    let mut mention = scene.make_mention(1, "alice", "developer", "fix it");
    change(&mut mention);
    scene.apply(vec![Change::Mention(mention.clone())]);
    scene.settle();
    scene.settle();
    assert!(scene.world.tasks.is_empty(), "no task");
    assert_eq!(replies(&scene).len(), 1, "one reply");
    let MentionState::Refused(why) = scene.world.mentions[&mention.id].state.clone() else {
        panic!("refused");
    };
    (scene, why)
}

#[test]
fn a_stranger_gets_one_reply_and_no_task() {
    let (scene, why) = refused(|m| m.author.login = "mallory".to_owned());
    assert_eq!(why, Refusal::NotAllowed);
    assert!(replies(&scene)[0].starts_with("@mallory:"));
}

#[test]
fn a_deleted_account_commands_nothing() {
    let (_, why) = refused(|m| m.author.id = -1);
    assert_eq!(why, Refusal::NotAllowed);
}

#[test]
fn an_unknown_agent_gets_the_roster() {
    let (scene, why) = refused(|m| {
        m.target = Target::Agent {
            project: None,
            agent: AgentName::from("developr"),
        };
    });
    assert_eq!(why, Refusal::UnknownAgent);
    assert!(replies(&scene)[0].contains("`developer`, `reviewer`"));
}

#[test]
fn a_malformed_mention_gets_an_example() {
    let (scene, why) = refused(|m| m.target = Target::Malformed("@adf:".to_owned()));
    assert_eq!(why, Refusal::Malformed);
    assert!(replies(&scene)[0].contains("@adf:developer please"));
}

#[test]
fn another_projects_agent_is_refused() {
    let (_, why) = refused(|m| {
        let project = Some("other".to_owned());
        m.target = Target::Agent {
            project,
            agent: AgentName::from("developer"),
        };
    });
    assert_eq!(why, Refusal::OtherProject);
}

#[test]
fn an_edit_starts_nothing() {
    assert_eq!(refused(|m| m.edited_in = true).1, Refusal::Edited);
}

#[test]
fn the_factorys_own_account_commands_nothing() {
    assert_eq!(refused(|m| m.own_account = true).1, Refusal::OwnAccount);
}

#[test]
fn an_empty_instruction_is_asked_back() {
    assert_eq!(
        refused(|m| m.instruction = " \n".to_owned()).1,
        Refusal::EmptyInstruction
    );
}

#[test]
fn an_instruction_edited_twice_gets_one_reply() {
    let mut scene = Scene::new();
    let first = scene.mention(1, "alice", "developer", "fix it");
    scene.settle();
    for version in 2..4 {
        let mut edit = first.clone();
        edit.id = MentionId(format!("{}@{version}", first.id));
        edit.version = version;
        edit.replaces = Some(first.id.clone());
        edit.edited_in = true;
        edit.state = MentionState::Pending;
        scene.apply(vec![Change::Mention(edit)]);
        scene.settle();
    }
    assert_eq!(scene.world.tasks.len(), 1);
    assert_eq!(replies(&scene).len(), 1);
}

#[test]
fn one_passage_full_of_faults_gets_one_reply() {
    let mut scene = Scene::new();
    let first = scene.make_mention(1, "mallory", "developer", "fix it");
    let mut second = first.clone();
    second.id = MentionId(format!("{}0", first.id));
    scene.apply(vec![Change::Mention(first), Change::Mention(second)]);
    scene.settle();
    assert_eq!(replies(&scene).len(), 1);
}

#[test]
fn nothing_is_taken_before_the_forge_was_read() {
    let mut scene = Scene::new();
    scene.synced = false;
    scene.mention(1, "alice", "developer", "fix it");
    let plan = scene.step();
    assert!(plan.changes.is_empty());
    assert_eq!(scene.reasons(), [&SkipReason::NotSynced]);
}

#[test]
fn nothing_is_taken_before_it_is_known_who_may_write() {
    let mut scene = Scene::new();
    scene.world.writers_at = None;
    scene.mention(1, "alice", "developer", "fix it");
    assert!(scene.step().changes.is_empty());
}

#[test]
fn an_older_mention_is_listed_and_never_run() {
    let mut scene = Scene::new();
    let mut old = scene.make_mention(1, "alice", "developer", "fix it");
    old.older = true;
    scene.apply(vec![Change::Mention(old)]);
    assert!(scene.settle().is_empty());
    assert_eq!(scene.reasons(), [&SkipReason::Older]);
}

fn mark(scene: &Scene, mention: &Mention, kind: MarkKind, comment: i64) -> Mark {
    Mark {
        comment,
        issue: mention.issue,
        kind,
        factory: scene.factory.clone(),
        key: EffectKey(format!("accept:{}", mention.task)),
        task: mention.task.clone(),
        origin: mention.id.clone(),
        agent: Some(AgentName::from("developer")),
        instruction: Some(digest(&mention.instruction)),
        verified: true,
        written_at: scene.now,
    }
}

/// A new ledger that sees a mention and marks of a former life.
fn lost(marks: impl FnOnce(&Scene, &Mention) -> Vec<Mark>) -> (Scene, Mention, Vec<String>) {
    let mut scene = Scene::new();
    let mut mention = scene.make_mention(1, "alice", "developer", "fix it");
    mention.older = true;
    let marks = marks(&scene, &mention);
    scene.apply(marks.into_iter().map(Change::Mark).collect());
    scene.apply(vec![Change::Mention(mention.clone())]);
    let tried = scene.settle();
    (scene, mention, tried)
}

#[test]
fn a_task_of_a_lost_ledger_goes_on_without_a_second_acceptance() {
    let (scene, mention, tried) = lost(|s, m| vec![mark(s, m, MarkKind::Accept, 40)]);
    assert_eq!(scene.task(&mention).state, TaskState::Running);
    assert!(scene.task(&mention).adopted);
    assert!(tried.iter().all(|k| !k.starts_with("accept")), "{tried:?}");
    assert_eq!(scene.world.acceptance(&mention.task), Some(40));
}

#[test]
fn a_task_of_a_lost_ledger_that_had_ended_stays_ended() {
    let (scene, mention, tried) = lost(|s, m| {
        vec![
            mark(s, m, MarkKind::Accept, 40),
            mark(s, m, MarkKind::Result, 41),
        ]
    });
    assert_eq!(scene.task(&mention).state, TaskState::Done);
    assert!(
        tried
            .iter()
            .all(|k| !k.starts_with("spawn") && !k.starts_with("result")),
        "{tried:?}"
    );
}

#[test]
fn a_task_that_ended_after_the_backup_is_not_called_cancelled() {
    let mut scene = Scene::new();
    let mention = scene.mention(1, "alice", "developer", "fix it");
    scene.settle();
    // The host is lost while the run is under way, and the task ended since the backup.
    let changes = adf::decide::rejoin::rejoin(&scene.world, scene.now);
    scene.apply(changes);
    let marks = [(MarkKind::Accept, 40), (MarkKind::Result, 41)];
    let marks = marks.map(|(kind, at)| Change::Mark(mark(&scene, &mention, kind, at)));
    scene.apply(marks.into());
    scene.apply(vec![Change::Mention(Mention {
        older: true,
        ..mention.clone()
    })]);
    scene.settle();
    assert_eq!(scene.task(&mention).state, TaskState::Done);
}

#[test]
fn a_refusal_of_a_lost_ledger_is_not_repeated() {
    let (scene, _, tried) = lost(|s, m| vec![mark(s, m, MarkKind::Reply, 40)]);
    assert!(
        scene.world.tasks.is_empty() && tried.is_empty(),
        "{tried:?}"
    );
}

#[test]
fn an_instruction_edited_while_the_ledger_was_lost_is_not_run() {
    let (scene, mention, tried) = lost(|s, m| {
        let instruction = Some(digest("something else"));
        vec![Mark {
            instruction,
            ..mark(s, m, MarkKind::Accept, 40)
        }]
    });
    assert_eq!(scene.task(&mention).state, TaskState::Cancelled);
    assert!(
        tried.iter().any(|k| k.starts_with("result")),
        "it is said: {tried:?}"
    );
    assert!(tried.iter().all(|k| !k.starts_with("spawn")), "{tried:?}");
}

#[test]
fn another_factorys_task_is_left_to_it_without_a_word() {
    let (scene, _, tried) = lost(|s, m| {
        vec![Mark {
            factory: FactoryId::from("bbbbbbbbbbbb"),
            ..mark(s, m, MarkKind::Accept, 40)
        }]
    });
    assert!(
        scene.world.tasks.is_empty() && tried.is_empty(),
        "{tried:?}"
    );
}

#[test]
fn a_claim_that_cannot_be_verified_stops_the_task_and_is_said() {
    let (scene, _, tried) = lost(|s, m| {
        vec![Mark {
            verified: false,
            ..mark(s, m, MarkKind::Accept, 40)
        }]
    });
    assert!(scene.world.tasks.is_empty());
    assert!(replies(&scene)[0].contains("signature"), "{tried:?}");
}

#[test]
fn a_slot_becomes_one_task_however_often_it_is_seen() {
    let mut scene = Scene::new();
    let name = AgentName::from("reviewer");
    scene.settings.agents.get_mut(&name).unwrap().cron = Some(settings::Cron {
        line: "0 1 * * *".to_owned(),
        issue: Some(9),
        instruction: "look around".to_owned(),
    });
    let fire = Change::Fire(Fire {
        agent: name,
        slot: scene.now,
    });
    scene.apply(vec![fire.clone()]);
    scene.settle();
    scene.apply(vec![fire]);
    scene.settle();
    let tasks: Vec<&Task> = scene.world.tasks.values().collect();
    assert_eq!(tasks.len(), 1);
    assert_eq!(
        (tasks[0].work.issue, tasks[0].instruction.as_str()),
        (9, "look around")
    );
}

#[test]
fn a_schedule_without_an_issue_has_one_opened_once_and_reports_there() {
    let mut scene = Scene::new();
    let name = AgentName::from("reviewer");
    scene.settings.agents.get_mut(&name).unwrap().cron = Some(settings::Cron {
        line: "0 1 * * *".to_owned(),
        issue: None,
        instruction: "look around".to_owned(),
    });
    let later = scene.now.plus(std::time::Duration::from_secs(3600));
    let fire = |slot| {
        Change::Fire(Fire {
            agent: name.clone(),
            slot,
        })
    };
    scene.apply(vec![fire(scene.now)]);
    let key = adf::model::notice::schedule_key(&name);
    let plan = scene.step();
    assert_eq!(plan.start, std::slice::from_ref(&key));
    assert!(scene.world.tasks.is_empty(), "it waits for its issue");
    scene.succeed(&key);
    scene.settle();
    scene.apply(vec![fire(later)]);
    let tried = scene.settle();
    assert!(!tried.contains(&key.to_string()), "{tried:?}");
    let issues: Vec<u64> = scene.world.tasks.values().map(|t| t.work.issue).collect();
    assert_eq!(issues, [78, 78]);
}

#[test]
fn an_archived_repository_starts_nothing_and_says_so_once() {
    let mut scene = Scene::new();
    scene.apply(vec![Change::Repository(Repository {
        archived: true,
        ..repository()
    })]);
    let mention = scene.mention(1, "alice", "developer", "fix it");
    let tried = scene.settle();
    assert!(tried.iter().all(|k| !k.starts_with("spawn")), "{tried:?}");
    assert_eq!(
        replies(&scene)
            .iter()
            .filter(|b| b.contains("archived"))
            .count(),
        1
    );
    scene.apply(vec![Change::Repository(repository())]);
    scene.settle();
    assert_eq!(
        scene.task(&mention).state,
        TaskState::Running,
        "it goes on by itself"
    );
}

#[test]
fn what_the_disk_remembers_of_a_task_is_authorised_though_its_passage_changed() {
    let (scene, mention, tried) = {
        let mut scene = Scene::new();
        let before = scene.mention(1, "alice", "developer", "fix it");
        scene.settle();
        let mut task = scene.task(&before).clone();
        task.state = TaskState::Blocked;
        task.not_before = Time::NEVER;
        task.adopted = true;
        // The ledger is lost; the disk remembers the task, the forge its mark.
        let mut scene = Scene::new();
        scene.apply(vec![Change::Task(task)]);
        assert!(scene.settle().is_empty(), "it waits for its mark");
        let mut edited = before.clone();
        edited.instruction = "something else".to_owned();
        edited.edited_in = true;
        edited.older = true;
        let mark = mark(&scene, &before, MarkKind::Accept, 40);
        scene.apply(vec![Change::Mark(mark), Change::Mention(edited)]);
        let tried = scene.settle();
        (scene, before, tried)
    };
    assert_eq!(scene.task(&mention).instruction, "fix it");
    assert_eq!(scene.task(&mention).state, TaskState::Running);
    assert!(tried.iter().all(|k| !k.starts_with("accept")), "{tried:?}");
}
