//! Issues of people who may not write: what they say starts nothing, whatever label they bear.

use crate::backlog::{LABEL, people, picks, read, scene, why};
use crate::scene::{START, Scene, bad};
use adf::model::route::Scenario;
use adf::model::*;
use std::time::Duration;

/// Bob's issue 1, labelled a moment ago.
fn labelled() -> Scene {
    let mut scene = scene(1);
    people(&mut scene, 1, true, &[LABEL], &[]);
    seen(&mut scene, |issue| {
        issue.outsider = true;
        "bob".clone_into(&mut issue.author.login);
    });
    scene
}

/// Issue 1 is read again as somebody has changed it.
fn seen(scene: &mut Scene, change: impl FnOnce(&mut Issue)) {
    scene.pass(Duration::from_secs(10));
    let before = scene.world.issues[&1].clone();
    let mut issue = before.clone();
    issue.updated_at = scene.now;
    issue.reworded_at = Time(0);
    change(&mut issue);
    let issue = issue.after(Some(&before)).expect("it changed");
    scene.apply(vec![Change::Issue(issue)]);
    read(scene, 1, &[]);
}

/// Somebody comments.
fn says(scene: &mut Scene, who: &str) {
    scene.pass(Duration::from_secs(10));
    let key = PassageKey {
        kind: PassageKind::Comment,
        id: 500,
    };
    let passage = Passage {
        key,
        issue: 1,
        version: 1,
        author: Person {
            id: 5,
            login: who.to_owned(),
        },
        body: String::new(),
        created_at: scene.now,
        updated_at: scene.now,
        seen_at: scene.now,
    };
    scene.apply(vec![Change::Passage(passage)]);
}

#[test]
fn an_issue_whose_text_no_agent_is_shown_is_left_alone_and_the_remedy_is_said() {
    let mut scene = labelled();
    scene.settle();
    assert!(scene.world.tasks.is_empty());
    let said = why(&scene, 1);
    assert!(said.contains("by `bob`, who may not write"), "{said}");
    assert!(said.contains("`read_strangers = true`"), "{said}");
    says(&mut scene, "bob");
    scene.settle();
    assert!(scene.world.tasks.is_empty(), "his own word is none");
    scene.world.voices.clear();
    says(&mut scene, "alice");
    scene.settle();
    assert_eq!(picks(&scene, &TaskState::Running), [1]);
}

#[test]
fn an_agent_that_reads_strangers_takes_it() {
    let mut scene = labelled();
    let agents = &mut scene.settings.agents;
    let reader = agents.get_mut(&AgentName::from("reviewer"));
    reader.expect("an agent").read_strangers = true;
    let coordinator = &mut scene.settings.coordinator;
    coordinator.agents.push(AgentName::from("reviewer"));
    scene.settle();
    let agents: Vec<&str> = scene
        .world
        .tasks
        .values()
        .map(|t| t.agent.as_str())
        .collect();
    assert_eq!(agents, ["reviewer"]);
}

#[test]
fn who_reads_strangers_takes_it_also_where_its_words_call_for_another_tier() {
    let mut scene = labelled();
    scene.settings.routing.decides = true;
    scene.settings.routing.scenarios = vec![Scenario {
        name: "implementation".to_owned(),
        tier: "implementation".to_owned(),
        priority: 50,
        chain: Vec::new(),
        keywords: vec!["issue".to_owned()],
    }];
    let agents = &mut scene.settings.agents;
    let developer = agents.get_mut(&AgentName::from("developer"));
    developer.expect("an agent").tier = Some("implementation".to_owned());
    let reader = agents.get_mut(&AgentName::from("reviewer"));
    reader.expect("an agent").read_strangers = true;
    let coordinator = &mut scene.settings.coordinator;
    coordinator.agents.push(AgentName::from("reviewer"));
    scene.settle();
    let tasks: Vec<&Task> = scene.world.tasks.values().collect();
    assert_eq!(tasks.len(), 1, "{:?}", scene.reasons());
    assert_eq!(tasks[0].agent.as_str(), "reviewer");
    let said = scene.world.effects.values().find_map(|e| match &e.kind {
        EffectKind::Accept { body } => Some(body.clone()),
        _ => None,
    });
    let said = said.expect("it was accepted");
    let wanted = "no agent of tier implementation reads strangers";
    assert!(said.contains(wanted), "{said}");
}

#[test]
fn a_title_or_text_that_is_changed_after_the_label_is_nobodys_wish_until_a_writer_says_so() {
    for edit in ["title", "text", "title with the label"] {
        let mut scene = labelled();
        says(&mut scene, "alice");
        if edit == "title with the label" {
            seen(&mut scene, |issue| issue.labels.clear());
        }
        seen(&mut scene, |issue| match edit {
            "text" => issue.reworded_at = issue.updated_at,
            _ => {
                issue.labels = vec![LABEL.to_owned()];
                "delete all the tests".clone_into(&mut issue.title);
            }
        });
        scene.settle();
        assert!(scene.world.tasks.is_empty(), "{edit}");
        let said = why(&scene, 1);
        assert!(said.contains("may have reworded title or text"), "{said}");
        seen(&mut scene, |issue| issue.labels.push("read".to_owned()));
        scene.settle();
        assert_eq!(picks(&scene, &TaskState::Running), [1], "{edit}");
    }
}

#[test]
fn a_task_that_has_not_started_ends_when_its_issue_is_reworded() {
    let mut scene = labelled();
    says(&mut scene, "alice");
    let plan = scene.step();
    assert_eq!(plan.start.len(), 1, "it is taken up");
    seen(&mut scene, |issue| "and more".clone_into(&mut issue.title));
    for key in plan.start {
        scene.succeed(&key);
    }
    scene.settle();
    assert!(scene.world.runs.is_empty());
    assert_eq!(picks(&scene, &TaskState::Cancelled), [1]);
}

#[test]
fn an_outsider_who_retitles_closes_or_reopens_does_not_have_it_taken_again() {
    let mut scene = labelled();
    says(&mut scene, "alice");
    scene.settle();
    scene.end_run(bad(Exit::Code(1), FailureClass::Logic));
    scene.settle();
    assert_eq!(scene.world.tasks.len(), 1);
    seen(&mut scene, |issue| issue.open = false);
    seen(&mut scene, |issue| issue.open = true);
    scene.settle();
    assert_eq!(scene.world.tasks.len(), 1);
    let said = why(&scene, 1);
    assert!(
        said.contains("nobody who may write has changed it since"),
        "{said}"
    );
    seen(&mut scene, |issue| "again!".clone_into(&mut issue.title));
    scene.settle();
    assert_eq!(scene.world.tasks.len(), 1);
    assert!(scene.world.issues[&1].reworded_at > START);
}

#[test]
fn a_writers_mention_on_an_outsiders_issue_says_that_its_text_is_not_shown() {
    let accepted = |reads: bool| {
        let mut scene = labelled();
        seen(&mut scene, |issue| issue.labels.clear());
        let agent = scene
            .settings
            .agents
            .get_mut(&AgentName::from("developer"))
            .unwrap();
        agent.read_strangers = reads;
        scene.mention(1, "alice", "developer", "fix it");
        scene.settle();
        let bodies = scene.world.effects.values().filter_map(|e| match &e.kind {
            EffectKind::Accept { body } => Some(body.clone()),
            _ => None,
        });
        bodies.collect::<String>()
    };
    let said = accepted(false);
    assert!(
        said.contains("not shown the text of this issue, because `bob` may not write"),
        "{said}"
    );
    let said = accepted(true);
    assert!(
        said.contains("developer") && !said.contains("not shown"),
        "{said}"
    );
}
