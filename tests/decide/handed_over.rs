//! What an agent cannot get past: its task ends, a person is called, and the issue can be
//! taken up again.

use crate::backlog::{LABEL, people, picks, scene};
use crate::scene::Scene;
use adf::model::*;

/// A run whose agent says that something stands in its way.
fn blocked() -> Outcome {
    Outcome {
        report: Some(Report {
            status: ReportStatus::Blocked,
            summary: "the schema is locked".to_owned(),
            evidence: Vec::new(),
        }),
        ..Outcome::without_work(Exit::Code(0), "exit 0, no commit".to_owned())
    }
}

fn has(scene: &Scene, word: &str, mention: &Mention) -> bool {
    let key = EffectKey(format!("{word}:{}", mention.task));
    scene.world.effects.contains_key(&key)
}

/// The only result.
fn result(scene: &Scene) -> String {
    let mut effects = scene.world.effects.values();
    let result = effects.find_map(|effect| match &effect.kind {
        EffectKind::Result { body } => Some(body.clone()),
        _ => None,
    });
    result.expect("a result")
}

#[test]
fn an_agent_that_says_it_is_blocked_ends_its_task_and_calls_a_person() {
    let mut scene = Scene::new();
    let mention = scene.mention(1, "alice", "developer", "fix it");
    scene.settle();
    scene.end_run(blocked());
    scene.settle();
    let task = scene.task(&mention);
    assert_eq!(task.state, TaskState::NeedsPerson);
    assert!(task.state.is_final());
    assert!(has(&scene, "call", &mention));
    assert!(!has(&scene, "escalate", &mention));
    let result = result(&scene);
    for words in [
        "> the schema is locked",
        "@alice: this needs a person",
        "write a new mention",
    ] {
        assert!(result.contains(words), "{words}: {result}");
    }
    let again = scene.mention(1, "alice", "developer", "it is unlocked now");
    scene.settle();
    assert_eq!(scene.task(&again).state, TaskState::Running);
}

#[test]
fn an_issue_whose_agent_is_blocked_is_taken_again_when_a_person_has_seen_to_it() {
    let mut scene = scene(1);
    people(&mut scene, 1, true, &[LABEL], &[]);
    scene.settle();
    scene.end_run(blocked());
    scene.settle();
    assert_eq!(picks(&scene, &TaskState::NeedsPerson), [1]);
    let told = result(&scene);
    assert!(
        told.contains("take the label `adf:needs-human` off"),
        "{told}"
    );
    // The factory's own label is on it now.
    people(&mut scene, 1, true, &[LABEL, "adf:needs-human"], &[]);
    scene.settle();
    assert_eq!(picks(&scene, &TaskState::Running), [0; 0]);
    people(&mut scene, 1, true, &[LABEL], &[]);
    scene.settle();
    assert_eq!(picks(&scene, &TaskState::Running), [1]);
}
