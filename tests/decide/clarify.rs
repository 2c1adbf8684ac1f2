//! A question to people: asked once, waited for, answered or decided.

use crate::scene::{Scene, good_work};
use adf::model::*;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

/// The factory's own account.
const BOT: &str = "factory";

fn question(scene: &mut Scene) {
    let run = scene.open_run().id.clone();
    scene.apply(vec![Change::Message {
        run,
        sequence: 1,
        at: scene.now,
        message: Message::Ask(Question {
            question: "A or B?".to_owned(),
            default: "I take A".to_owned(),
            deadline_minutes: 240,
        }),
    }]);
}

fn nothing() -> Outcome {
    Outcome {
        class: Some(FailureClass::Logic),
        ..Outcome::without_work(Exit::Code(0), "exit 0, no commit".to_owned())
    }
}

/// What a run comes to that asked and ended.
fn asked_only() -> Outcome {
    Outcome::without_work(Exit::Code(0), "exit 0, no commit".to_owned())
}

fn done(outcome: Outcome) -> Outcome {
    let report = Some(Report {
        status: ReportStatus::Done,
        summary: "I took A".to_owned(),
        evidence: Vec::new(),
    });
    Outcome { report, ..outcome }
}

fn unclear() -> Outcome {
    Outcome {
        report: Some(Report {
            status: ReportStatus::NeedsClarification,
            summary: "which of the two?".to_owned(),
            evidence: Vec::new(),
        }),
        ..Outcome::without_work(Exit::Code(0), "exit 0, no commit".to_owned())
    }
}

/// The id of the question's comment, read back from the forge.
fn asked(scene: &mut Scene, mention: &Mention) -> i64 {
    let effect = &scene.world.effects[&EffectKey(format!("ask:{}", mention.task))];
    let EffectState::Done {
        result: EffectResult::Comment(id),
    } = effect.state
    else {
        panic!("posted: {effect:?}");
    };
    comment(scene, id, mention.issue, BOT, 99);
    id
}

fn comment(scene: &mut Scene, id: i64, issue: u64, who: &str, number: i64) {
    comment_of(scene, id, (issue, "B"), who, number);
}

fn comment_of(scene: &mut Scene, id: i64, (issue, body): (u64, &str), who: &str, number: i64) {
    let passage = Passage {
        key: PassageKey {
            kind: PassageKind::Comment,
            id,
        },
        issue,
        version: 1,
        author: Person {
            id: number,
            login: who.to_owned(),
        },
        body: body.to_owned(),
        created_at: scene.now,
        updated_at: scene.now,
        seen_at: scene.now,
    };
    scene.apply(vec![Change::Passage(passage)]);
}

/// A task that has asked and whose run is over.
fn waiting() -> (Scene, Mention, i64) {
    let mut scene = Scene::new();
    let mention = scene.mention(1, "alice", "developer", "fix it");
    scene.settle();
    question(&mut scene);
    assert_eq!(scene.settle(), [format!("ask:{}", mention.task)]);
    scene.end_run(nothing());
    let tried = scene.settle();
    assert_eq!(tried, [format!("progress:{}:ask", mention.task)]);
    assert_eq!(scene.task(&mention).state, TaskState::NeedsClarification);
    let id = asked(&mut scene, &mention);
    (scene, mention, id)
}

#[test]
fn the_question_says_what_happens_without_an_answer() {
    let (scene, mention, _) = waiting();
    let effect = &scene.world.effects[&EffectKey(format!("ask:{}", mention.task))];
    let EffectKind::Ask { body } = &effect.kind else {
        panic!("a question")
    };
    for words in [
        "@alice: `developer` asks",
        "> A or B?",
        "within 4h",
        "> I take A",
    ] {
        assert!(body.contains(words), "{words} in {body}");
    }
}

#[test]
fn the_first_new_comment_of_somebody_who_may_command_is_the_answer() {
    let (mut scene, mention, id) = waiting();
    scene.world.writers.insert(BOT.to_owned());
    comment(&mut scene, id - 500, 1, "alice", 5);
    comment(&mut scene, id + 1, 1, "mallory", 6);
    comment(&mut scene, id + 2, 2, "alice", 5);
    comment(&mut scene, id + 3, 1, BOT, 99);
    assert!(scene.settle().is_empty(), "none of these");
    comment(&mut scene, id + 4, 1, "alice", 5);
    comment(&mut scene, id + 5, 1, "alice", 5);
    let tried = scene.settle();
    assert_eq!(tried.first(), Some(&format!("spawn:{}-2", mention.task)));
    let answer = Answer::Comment(PassageKey {
        kind: PassageKind::Comment,
        id: id + 4,
    });
    let task = scene.task(&mention);
    assert_eq!((task.answer, task.strikes), (Some(answer), 0));
    assert!(task.state == TaskState::Running);
}

#[test]
fn a_call_of_an_agent_and_talk_with_others_are_no_answers() {
    let (mut scene, mention, id) = waiting();
    comment_of(
        &mut scene,
        id + 1,
        (1, "@adf:reviewer have a look"),
        "alice",
        5,
    );
    let mut call = scene.make_mention(1, "alice", "reviewer", "have a look");
    call.passage.id = id + 1;
    scene.apply(vec![Change::Mention(call)]);
    comment_of(&mut scene, id + 2, (1, "@Carol, are you in?"), "alice", 5);
    scene.settle();
    assert_eq!(scene.task(&mention).answer, None);
    assert_eq!(scene.task(&mention).state, TaskState::NeedsClarification);
    comment_of(
        &mut scene,
        id + 3,
        (1, "@factory B, as @carol says"),
        "alice",
        5,
    );
    scene.settle();
    let answer = scene.task(&mention).answer;
    assert!(
        matches!(answer, Some(Answer::Comment(key)) if key.id == id + 3),
        "{answer:?}"
    );
}

#[test]
fn without_an_answer_the_default_holds_at_the_deadline() {
    let (mut scene, mention, _) = waiting();
    scene.pass(HOUR * 3);
    assert!(scene.settle().is_empty());
    let deadline = crate::scene::START.plus(HOUR * 4);
    assert_eq!(scene.plan.wake_at, Some(deadline));
    scene.pass(HOUR);
    scene.settle();
    let task = scene.task(&mention);
    assert_eq!(task.answer, Some(Answer::Default));
    assert_eq!(task.state, TaskState::Running);
}

#[test]
fn a_report_that_needs_clarification_is_a_question_too_but_only_once() {
    let mut scene = Scene::new();
    let mention = scene.mention(1, "alice", "developer", "fix it");
    scene.settle();
    scene.end_run(unclear());
    let tried = scene.settle();
    assert_eq!(tried.first(), Some(&format!("ask:{}", mention.task)));
    assert_eq!(scene.task(&mention).state, TaskState::NeedsClarification);
    let id = asked(&mut scene, &mention);
    comment(&mut scene, id + 1, 1, "alice", 5);
    scene.settle();
    scene.end_run(unclear());
    let tried = scene.settle();
    assert!(
        tried.contains(&format!("result:{}", mention.task)),
        "{tried:?}"
    );
    assert_eq!(
        scene.task(&mention).state,
        TaskState::NeedsPerson,
        "for a person"
    );
}

#[test]
fn a_run_that_asks_and_then_decides_is_delivered() {
    let mut scene = Scene::new();
    let mention = scene.mention(1, "alice", "developer", "fix it");
    scene.settle();
    question(&mut scene);
    scene.settle();
    scene.end_run(done(good_work()));
    scene.settle();
    assert_eq!(scene.task(&mention).state, TaskState::Done);
}

#[test]
fn a_run_that_asks_and_says_done_without_a_commit_waits_for_the_answer() {
    let mut scene = Scene::new();
    let mention = scene.mention(1, "alice", "developer", "fix it");
    scene.settle();
    question(&mut scene);
    scene.settle();
    scene.end_run(done(asked_only()));
    scene.settle();
    assert_eq!(scene.task(&mention).state, TaskState::NeedsClarification);
    let id = asked(&mut scene, &mention);
    comment(&mut scene, id + 1, 1, "alice", 5);
    scene.settle();
    assert_eq!(scene.task(&mention).state, TaskState::Running);
    // The question is answered, so without a commit there is nothing to wait for.
    scene.end_run(Outcome {
        class: Some(FailureClass::Logic),
        ..done(asked_only())
    });
    scene.settle();
    let state = &scene.task(&mention).state;
    assert_eq!(*state, TaskState::Failed(FailureClass::Logic));
}

#[test]
fn questions_on_three_issues_are_no_row_of_failures() {
    let mut scene = Scene::new();
    for issue in 1..=3 {
        scene.mention(issue, "alice", "developer", "fix it");
        scene.settle();
        question(&mut scene);
        scene.settle();
        scene.end_run(asked_only());
        scene.settle();
    }
    let agent = AgentName::from("developer");
    assert!(scene.world.row_of_agent(&agent).is_empty());
    let called = |key: &EffectKey| {
        let key = key.as_str();
        key.starts_with("call:") || key.starts_with("escalate:")
    };
    assert!(!scene.world.effects.keys().any(called));
}

#[test]
fn a_run_that_fails_after_asking_is_tried_again_and_knows_the_answer_by_then() {
    let mut scene = Scene::new();
    let mention = scene.mention(1, "alice", "developer", "fix it");
    scene.settle();
    question(&mut scene);
    scene.settle();
    let outcome = Outcome::without_work(Exit::Interrupted, "killed".to_owned());
    let id = asked(&mut scene, &mention);
    comment(&mut scene, id + 1, 1, "alice", 5);
    scene.end_run(outcome);
    scene.settle();
    let task = scene.task(&mention);
    assert_eq!(task.state, TaskState::Running);
    assert!(matches!(task.answer, Some(Answer::Comment(_))), "{task:?}");
}

#[test]
fn a_run_that_fails_until_the_deadline_goes_on_with_the_default() {
    let mut scene = Scene::new();
    let mention = scene.mention(1, "alice", "developer", "fix it");
    scene.settle();
    question(&mut scene);
    scene.settle();
    scene.end_run(crate::scene::bad(Exit::Code(1), FailureClass::Transient));
    scene.settle();
    assert_eq!(scene.task(&mention).answer, None);
    scene.pass(HOUR * 4);
    scene.settle();
    let task = scene.task(&mention);
    assert_eq!(
        (&task.state, task.answer),
        (&TaskState::Running, Some(Answer::Default))
    );
}

#[test]
fn a_question_that_cannot_be_posted_holds_nothing_up() {
    let mut scene = Scene::new();
    let mention = scene.mention(1, "alice", "developer", "fix it");
    scene.settle();
    question(&mut scene);
    let plan = scene.step();
    let reason = "the issue is locked".to_owned();
    scene.set_effect(&plan.start[0], EffectState::Parked { reason });
    scene.end_run(nothing());
    scene.settle();
    let task = scene.task(&mention);
    assert_eq!(
        (&task.state, task.answer),
        (&TaskState::Running, Some(Answer::Default))
    );
}

#[test]
fn where_the_config_narrows_who_may_call_an_edited_comment_is_no_answer() {
    let (mut scene, mention, id) = waiting();
    scene.settings.mentions.allow = vec!["alice".to_owned()];
    scene.world.writers.insert("bob".to_owned());
    comment(&mut scene, id + 1, 1, "bob", 6);
    comment(&mut scene, id + 2, 1, "alice", 5);
    scene.world.voices.get_mut(&(id + 2)).unwrap().edited = true;
    scene.settle();
    assert_eq!(scene.task(&mention).answer, None);
}

#[test]
fn a_question_found_by_its_mark_after_the_ledger_was_lost_is_not_asked_again() {
    let (before, mention, id) = waiting();
    let task = Task {
        state: TaskState::Blocked,
        not_before: Time::NEVER,
        adopted: true,
        ..before.task(&mention).clone()
    };
    let run = before.world.runs_of(&mention.task).last().unwrap().clone();
    let mark = |kind, comment| Mark {
        comment,
        issue: 1,
        kind,
        factory: before.factory.clone(),
        key: EffectKey(String::new()),
        task: mention.task.clone(),
        origin: mention.id.clone(),
        agent: None,
        instruction: Some(adf::mention::digest("fix it")),
        verified: true,
        written_at: before.now,
    };
    let mut scene = Scene::new();
    scene.apply(vec![
        Change::Run(run),
        Change::Task(task),
        Change::Mark(mark(MarkKind::Accept, id - 1)),
        Change::Mark(mark(MarkKind::Ask, id)),
        Change::Mention(Mention {
            older: true,
            ..mention.clone()
        }),
    ]);
    let tried = scene.settle();
    assert!(tried.iter().all(|k| !k.starts_with("ask")), "{tried:?}");
    assert_eq!(scene.task(&mention).state, TaskState::NeedsClarification);
}

#[test]
fn a_question_open_for_an_hour_is_an_alert_until_the_task_goes_on() {
    use adf::sense::nightwatch::{mended, unanswered};
    let (mut scene, mention, id) = waiting();
    assert!(unanswered(&scene.world, scene.now).is_empty());
    scene.pass(HOUR);
    let raised = unanswered(&scene.world, scene.now);
    let [Change::Alert(alert)] = raised.as_slice() else {
        panic!("one alert: {raised:?}");
    };
    assert_eq!(alert.cause, format!("unanswered:{}", mention.task));
    assert!(alert.text.contains("`developer` has waited for 60 min"));
    scene.apply(raised.clone());
    assert!(mended(&scene.world.alerts, &raised, scene.now).is_empty());
    comment(&mut scene, id + 1, 1, "alice", 5);
    scene.settle();
    let after = unanswered(&scene.world, scene.now);
    let over = mended(&scene.world.alerts, &after, scene.now);
    assert!(matches!(over.as_slice(), [Change::Alert(a)] if a.cleared_at.is_some()));
}
