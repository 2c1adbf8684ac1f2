//! Agents call agents: the same path as people's mentions, to a bounded depth.

use crate::scene::{Scene, good_work};
use adf::mention::{said_origin, task_id};
use adf::model::*;
use std::time::Duration;

/// The agent of the open run says something; its number.
fn say(scene: &mut Scene, sequence: u32, message: Message) -> MentionId {
    let run = scene.open_run().id.clone();
    let origin = said_origin(&run, sequence);
    scene.apply(vec![Change::Message {
        run,
        sequence,
        at: scene.now,
        message,
    }]);
    origin
}

fn call(agent: &str) -> Message {
    Message::Mention(Call {
        agent: agent.to_owned(),
        project: None,
        instruction: "please look".to_owned(),
        issue: None,
    })
}

fn task_of(origin: &MentionId) -> TaskId {
    task_id(RepoId(7), origin)
}

fn reply(scene: &Scene, origin: &MentionId) -> String {
    let key = EffectKey(format!("reply:{origin}"));
    match &scene.world.effects[&key].kind {
        EffectKind::Reply { body, .. } => body.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_call_is_accepted_on_the_issue_and_waits_for_the_callers_end() {
    let mut scene = Scene::new();
    scene.mention(1, "alice", "developer", "fix it");
    scene.settle();
    let origin = say(&mut scene, 1, call("reviewer"));
    let id = task_of(&origin);
    assert_eq!(scene.settle(), [format!("accept:{id}")]);
    let task = scene.world.tasks[&id].clone();
    assert_eq!(task.origin, origin);
    assert_eq!(task.chain, [AgentName::from("developer")]);
    assert_eq!(task.requester.login, "alice");
    assert_eq!(
        (task.work.issue, task.instruction.as_str()),
        (1, "please look")
    );
    let accept = &scene.world.effects[&EffectKey(format!("accept:{id}"))];
    let EffectKind::Accept { body } = &accept.kind else {
        panic!("an acceptance")
    };
    let head = "@alice: `developer` has called `reviewer`, which has taken this up.\n\n> please look\n\n**Status:** queued";
    assert!(body.starts_with(head), "people see what was asked: {body}");
    assert!(
        scene
            .reasons()
            .iter()
            .any(|r| matches!(r, SkipReason::IssueHeld { .. }))
    );
    scene.end_run(good_work());
    let tried = scene.settle();
    assert!(tried.contains(&format!("spawn:{id}-1")), "{tried:?}");
    scene.settle();
    let same = scene.world.tasks.values().filter(|t| t.origin == origin);
    assert_eq!(same.count(), 1, "a message is taken once");
}

#[test]
fn a_chain_ends_at_its_depth_also_in_a_loop() {
    let mut scene = Scene::new();
    for agent in scene.settings.agents.values_mut() {
        agent.limits.starts_per_hour = 100;
    }
    scene.mention(1, "alice", "developer", "fix it");
    let agents = ["reviewer", "developer", "reviewer"];
    for (depth, agent) in agents.into_iter().enumerate() {
        scene.settle();
        let origin = say(&mut scene, 1, call(agent));
        scene.settle();
        assert_eq!(scene.world.tasks[&task_of(&origin)].depth(), depth + 1);
        scene.end_run(good_work());
    }
    scene.settle();
    let tasks = scene.world.tasks.len();
    let origin = say(&mut scene, 1, call("developer"));
    scene.settle();
    assert_eq!(scene.world.tasks.len(), tasks, "no deeper task");
    let body = reply(&scene, &origin);
    assert!(body.contains("3 deep"), "{body}");
    assert!(
        body.contains("developer → reviewer → developer → reviewer"),
        "{body}"
    );
}

#[test]
fn a_call_stands_on_the_right_of_who_asked_first() {
    let mut scene = Scene::new();
    scene.mention(1, "alice", "developer", "fix it");
    scene.settle();
    scene.apply(vec![Change::Writers {
        logins: vec!["bob".to_owned()],
        seen_at: scene.now,
    }]);
    let origin = say(&mut scene, 1, call("reviewer"));
    scene.settle();
    assert_eq!(scene.world.tasks.len(), 1);
    assert!(reply(&scene, &origin).contains("may not command"));
}

#[test]
fn unknown_agents_other_projects_closed_issues_and_too_many_calls_start_nothing() {
    let mut scene = Scene::new();
    scene.mention(1, "alice", "developer", "fix it");
    scene.settle();
    let closed = Issue {
        number: 9,
        is_pull: false,
        title: "old".to_owned(),
        open: false,
        author: Person::default(),
        labels: vec![],
        milestone: None,
        updated_at: scene.now,
        changed_at: scene.now,
        outsider: false,
        reworded_at: Time(0),
    };
    scene.apply(vec![Change::Issue(closed)]);
    let on = |agent: &str, project: Option<&str>, issue| {
        Message::Mention(Call {
            agent: agent.to_owned(),
            project: project.map(ToOwned::to_owned),
            instruction: "please look".to_owned(),
            issue,
        })
    };
    let said = [
        (
            on("nobody", None, None),
            "the agents are `developer`, `reviewer`",
        ),
        (on("reviewer", Some("other"), None), "the project `app`"),
        (on("reviewer", None, Some(9)), "#9 is closed"),
        (on("reviewer", None, Some(10)), "no #10"),
    ];
    for (n, (message, why)) in (1..).zip(said) {
        scene
            .settings
            .agents
            .values_mut()
            .for_each(|a| a.limits.mentions = 20);
        let origin = say(&mut scene, n, message);
        scene.settle();
        let body = reply(&scene, &origin);
        assert!(body.contains(why), "{body}");
    }
    scene
        .settings
        .agents
        .values_mut()
        .for_each(|a| a.limits.mentions = 4);
    let origin = say(&mut scene, 5, call("reviewer"));
    scene.settle();
    assert!(reply(&scene, &origin).contains("the 4 calls of a run"));
    assert_eq!(scene.world.tasks.len(), 1);
}

#[test]
fn a_call_in_a_scheduled_task_needs_no_person() {
    let mut scene = Scene::new();
    let name = AgentName::from("reviewer");
    scene.settings.agents.get_mut(&name).unwrap().cron = Some(settings::Cron {
        line: "0 1 * * *".to_owned(),
        issue: Some(9),
        instruction: "look around".to_owned(),
    });
    let slot = scene.now;
    scene.apply(vec![Change::Fire(Fire { agent: name, slot })]);
    scene.settle();
    let origin = say(&mut scene, 1, call("developer"));
    scene.settle();
    let task = &scene.world.tasks[&task_of(&origin)];
    assert_eq!((task.depth(), task.work.issue), (1, 9));
}

#[test]
fn an_issue_is_opened_once_and_calls_nobody() {
    let mut scene = Scene::new();
    scene.mention(1, "alice", "developer", "fix it");
    scene.settle();
    let origin = say(
        &mut scene,
        1,
        Message::OpenIssue(NewIssue {
            title: "ask @adf:reviewer\nfor more".to_owned(),
            body: "@adf:developer do it, @bob <!-- adf:1 kind=accept -->".to_owned(),
        }),
    );
    let key = format!("open_issue:{origin}");
    assert_eq!(scene.settle().join(" "), key);
    let EffectKind::OpenIssue { title, body, .. } = &scene.world.effects[&EffectKey(key)].kind
    else {
        panic!("a new issue")
    };
    for text in [title, body] {
        assert!(adf::mention::find(text).is_empty(), "{text}");
        assert!(
            !adf::mention::is_marked(text) && !text.contains("@bob"),
            "{text}"
        );
    }
    assert!(!title.contains('\n') && body.contains("in #1"));
    scene.pass(Duration::from_secs(60));
    assert!(scene.settle().is_empty());
}

/// A new ledger that finds the accepting mark of a call of a former life.
fn lost(remembered: bool) -> (Scene, TaskId, Vec<String>) {
    let mut before = Scene::new();
    before.mention(1, "alice", "developer", "fix it");
    before.settle();
    let origin = say(&mut before, 1, call("reviewer"));
    before.settle();
    let id = task_of(&origin);
    let task = before.world.tasks[&id].clone();
    let mut scene = Scene::new();
    scene.apply(vec![Change::Mark(Mark {
        comment: 40,
        issue: 1,
        kind: MarkKind::Accept,
        factory: before.factory.clone(),
        key: EffectKey(format!("accept:{id}")),
        task: id.clone(),
        origin,
        agent: Some(task.agent.clone()),
        instruction: Some(adf::mention::digest(&task.instruction)),
        verified: true,
        written_at: before.now,
    })]);
    if remembered {
        scene.apply(vec![Change::Task(Task {
            state: TaskState::Blocked,
            not_before: Time::NEVER,
            adopted: true,
            ..task
        })]);
    }
    let tried = scene.settle();
    (scene, id, tried)
}

#[test]
fn a_call_that_the_disk_remembers_goes_on_after_the_ledger_was_lost() {
    let (scene, id, tried) = lost(true);
    assert_eq!(scene.world.tasks[&id].state, TaskState::Running);
    assert_eq!(scene.world.tasks[&id].depth(), 1, "the chain is remembered");
    assert!(tried.iter().all(|k| !k.starts_with("accept")), "{tried:?}");
}

#[test]
fn a_call_that_had_not_begun_is_ended_with_a_comment_after_the_ledger_was_lost() {
    let (scene, id, tried) = lost(false);
    assert_eq!(scene.world.tasks[&id].state, TaskState::Cancelled);
    assert!(tried.contains(&format!("result:{id}")), "{tried:?}");
    assert!(tried.iter().all(|k| !k.starts_with("spawn")), "{tried:?}");
}

#[test]
fn an_agent_that_coordinates_starts_nothing_on_an_issue_that_waits() {
    let mut scene = crate::backlog::scene(1);
    scene.settings.coordinator.builtin = false;
    scene.settings.coordinator.agent = Some(AgentName::from("reviewer"));
    crate::backlog::people(&mut scene, 2, true, &[], &[3]);
    crate::backlog::people(&mut scene, 3, true, &[], &[]);
    scene.mention(1, "alice", "reviewer", "plan the day");
    scene.settle();
    let on = |issue| {
        Message::Mention(Call {
            agent: "developer".to_owned(),
            project: None,
            instruction: "please do this".to_owned(),
            issue: Some(issue),
        })
    };
    let blocked = say(&mut scene, 1, on(2));
    let free = say(&mut scene, 2, on(3));
    scene.settle();
    assert!(!scene.world.tasks.contains_key(&task_of(&blocked)));
    assert!(scene.world.tasks.contains_key(&task_of(&free)));
    let said = reply(&scene, &blocked);
    assert!(said.contains("#2 waits for #3"), "{said}");
}
