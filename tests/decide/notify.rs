//! Who is told what and when: soon and together, once, never in a storm, and
//! never with words that could call, link or break anything.

use crate::scene::{Scene, good_work};
use adf::model::notice::{SINK, issue_key};
use adf::model::notify::{BodyFormat, Sink, Way, Webhook};
use adf::model::*;
use std::collections::BTreeMap;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

fn webhook() -> Sink {
    Sink {
        digest: true,
        by: Way::Webhook(Webhook {
            method: "POST",
            format: BodyFormat::Json,
            headers: BTreeMap::new(),
            body: "{\"text\": {{ text }}, \"count\": {{ count }}, \"id\": {{ id }}}".to_owned(),
            timeout: Duration::from_secs(10),
            auth_header: "Authorization".to_owned(),
        }),
    }
}

/// A scene whose sinks are these, rested.
fn scene(sinks: &[(&str, Sink)]) -> Scene {
    let mut scene = Scene::new();
    let sinks = sinks
        .iter()
        .map(|(name, sink)| ((*name).to_owned(), sink.clone()));
    scene.settings.notify.sinks = sinks.collect();
    let now = scene.now;
    scene.apply(vec![Change::Cursor {
        name: LISTEN_FROM.to_owned(),
        at: now,
    }]);
    scene
}

fn chat() -> Scene {
    scene(&[("chat", webhook())])
}

fn raise(scene: &mut Scene, cause: &str, text: &str) {
    let alert = Alert::raised(cause, text, scene.now);
    scene.apply(vec![Change::Alert(alert)]);
}

/// Plans once; the notices that were intended.
fn told(scene: &mut Scene) -> Vec<Effect> {
    let plan = scene.step();
    let intended = plan.changes.into_iter().filter_map(|change| match change {
        Change::Effect(effect) if matches!(effect.kind, EffectKind::Notify { .. }) => Some(effect),
        _ => None,
    });
    intended.collect()
}

fn body(effect: &Effect) -> serde_json::Value {
    let EffectKind::Notify { body, .. } = &effect.kind else {
        panic!("{effect:?}");
    };
    serde_json::from_str(body).unwrap_or_else(|e| panic!("{e}: {body}"))
}

#[test]
fn a_burst_becomes_one_notice_with_a_count_and_a_thing_is_told_once() {
    let mut scene = chat();
    for n in 0..25 {
        raise(&mut scene, &format!("stalled:run-{n:02}"), "no progress");
        scene.pass(Duration::from_millis(200));
    }
    assert!(told(&mut scene).is_empty(), "it gathers");
    let wake = scene.plan.wake_at.expect("it comes back");
    scene.now = wake;
    let notices = told(&mut scene);
    assert_eq!(notices.len(), 1);
    let body = body(&notices[0]);
    assert_eq!(body["count"], 25);
    let text = body["text"].as_str().unwrap();
    assert!(text.starts_with("app: 25 things need a person"), "{text}");
    assert!(text.contains("and 15 more"), "{text}");
    assert_eq!(text.lines().count(), 12, "{text}");
    scene.succeed(&notices[0].key);
    scene.pass(Duration::from_secs(3600));
    assert!(told(&mut scene).is_empty(), "nothing changed");
    // Over and back: that is a change.
    let alert = scene.world.alerts["stalled:run-03"].clone();
    scene.apply(vec![Change::Alert(alert.cleared(scene.now))]);
    assert!(told(&mut scene).is_empty());
    raise(&mut scene, "stalled:run-03", "no progress");
    scene.pass(MINUTE);
    assert_eq!(told(&mut scene).len(), 1);
}

#[test]
fn a_sink_hears_nothing_more_within_its_time_and_then_all_of_it() {
    let mut scene = chat();
    raise(&mut scene, "disk", "full");
    scene.pass(MINUTE);
    let first = told(&mut scene).remove(0);
    scene.succeed(&first.key);
    for n in 0..5 {
        raise(&mut scene, &format!("other-{n}"), "x");
        scene.pass(MINUTE);
        assert!(told(&mut scene).is_empty(), "minute {n}");
    }
    assert_eq!(
        scene.plan.wake_at,
        Some(first.created_at.plus(scene.settings.notify.every))
    );
    scene.pass(5 * MINUTE);
    let second = told(&mut scene);
    assert_eq!(body(&second[0])["count"], 5);
}

#[test]
fn a_notice_that_hangs_holds_up_its_own_sink_alone() {
    let mut scene = scene(&[("chat", webhook()), ("pager", webhook())]);
    raise(&mut scene, "disk", "full");
    scene.pass(MINUTE);
    let notices = told(&mut scene);
    assert_eq!(notices.len(), 2);
    scene.succeed(&notices[1].key);
    let tried = EffectState::Tried { at: scene.now };
    scene.set_effect(&notices[0].key, tried);
    scene.in_flight.insert(notices[0].key.clone());
    raise(&mut scene, "forge", "away");
    let mention = scene.mention(1, "alice", "developer", "mend it");
    scene.pass(15 * MINUTE);
    let more = told(&mut scene);
    assert_eq!(more.len(), 1, "{more:?}");
    assert!(more[0].key.as_str().starts_with("blockers:pager:"));
    scene.in_flight.insert(more[0].key.clone());
    scene.settle();
    assert_eq!(scene.task(&mention).state, TaskState::Running);
}

#[test]
fn what_was_given_up_is_told_again_after_a_pause_and_never_about_itself() {
    let mut scene = scene(&[("chat", webhook()), ("pager", webhook())]);
    raise(&mut scene, "disk", "full");
    scene.pass(MINUTE);
    let notices = told(&mut scene);
    scene.succeed(&notices[1].key);
    let reason = "given up after 6 tries: 500".to_owned();
    scene.set_effect(&notices[0].key, EffectState::Parked { reason });
    let changes = adf::sense::nightwatch::sinks(&scene.world, &scene.settings, scene.now);
    let [Change::Alert(alert)] = &changes[..] else {
        panic!("{changes:?}");
    };
    assert_eq!(alert.cause, format!("{SINK}chat"));
    assert!(alert.text.contains("given up after 6 tries"), "{alert:?}");
    scene.apply(changes);
    scene.pass(11 * MINUTE);
    let more = told(&mut scene);
    assert_eq!(more.len(), 1, "the other sink hears of it: {more:?}");
    assert!(more[0].key.as_str().contains(":pager:"));
    scene.succeed(&more[0].key);
    scene.pass(60 * MINUTE);
    let again = told(&mut scene);
    assert_eq!(again.len(), 1);
    assert!(again[0].key.as_str().contains(":chat:"));
    assert_eq!(body(&again[0])["count"], 1, "of the disk, not of itself");
    // As long as it is being tried, the alert stays; once told, it is over.
    let sinks =
        |scene: &Scene| adf::sense::nightwatch::sinks(&scene.world, &scene.settings, scene.now);
    assert!(sinks(&scene).is_empty());
    scene.succeed(&again[0].key);
    assert!(matches!(&sinks(&scene)[..], [Change::Alert(a)] if a.cleared_at.is_some()));
}

#[test]
fn blocked_tasks_and_failures_that_call_a_person_are_told() {
    let mut scene = chat();
    let mention = scene.mention(4, "alice", "developer", "mend it");
    scene.settle();
    scene.end_run(crate::scene::bad(Exit::Code(0), FailureClass::Auth));
    scene.settle();
    assert!(matches!(scene.task(&mention).state, TaskState::Failed(_)));
    scene.pass(MINUTE);
    let text = body(&told(&mut scene)[0])["text"].to_string();
    for word in ["#4 `developer`: failed", "http://forge/acme/app/issues/4"] {
        assert!(text.contains(word), "{word}: {text}");
    }
}

#[test]
fn words_of_others_call_nobody_link_nowhere_and_break_nothing() {
    let mut scene = chat();
    raise(
        &mut scene,
        "stalled:r",
        "@alice @channel <!here> <@U1> <https://evil|text> [x](https://evil) \" }, {{ title }} {% raw %} \u{7} \n- line\u{2028}",
    );
    scene.pass(MINUTE);
    let body = body(&told(&mut scene)[0]);
    let text = body["text"].as_str().unwrap();
    for word in [
        "@alice", "@channel", "<!here", "<@U1", "<https", "](", "\u{7}",
    ] {
        assert!(!text.contains(word), "{word}: {text}");
    }
    assert!(
        text.contains("{{ title }} {% raw %}"),
        "kept as it is: {text}"
    );
    assert_eq!(text.lines().count(), 2, "{text}");
    assert_eq!(body.as_object().unwrap().len(), 3);
}

#[test]
fn an_issue_is_opened_once_and_comments_wait_for_it() {
    let issue = Sink {
        digest: false,
        by: Way::Issue { number: None },
    };
    let mut scene = scene(&[("desk", issue)]);
    raise(&mut scene, "disk", "full");
    scene.pass(MINUTE);
    let plan = scene.step();
    assert_eq!(plan.start, [issue_key("desk")]);
    assert!(told(&mut scene).is_empty());
    scene.succeed(&issue_key("desk"));
    let notices = told(&mut scene);
    assert_eq!((notices.len(), notices[0].issue), (1, 78));
}

#[test]
fn a_digest_comes_at_its_slots_by_the_clock_and_successes_never_by_themselves() {
    let mut scene = chat();
    scene.settings.notify.digest = Some("0 8 * * *".to_owned());
    scene.pass(SECOND);
    let mention = scene.mention(3, "alice", "developer", "mend it");
    scene.settle();
    scene.end_run(good_work());
    scene.settle();
    assert_eq!(scene.task(&mention).state, TaskState::Done);
    scene.pass(MINUTE);
    assert!(told(&mut scene).is_empty(), "a success is told by nobody");
    // The scene starts at 22:13 UTC.
    let eight = Time(1_700_035_200_000);
    assert_eq!(scene.plan.wake_at, Some(eight));
    scene.now = eight.minus(SECOND);
    assert!(told(&mut scene).is_empty());
    scene.now = eight;
    let digest = told(&mut scene).remove(0);
    assert!(digest.key.as_str().starts_with("digest:chat:"));
    let text = body(&digest)["text"].to_string();
    assert!(
        text.contains("1 delivered, 0 ended otherwise, 0 need a person"),
        "{text}"
    );
    assert!(text.contains("http://forge/acme/app/pulls/77"), "{text}");
    scene.succeed(&digest.key);
    scene.pass(MINUTE);
    assert!(told(&mut scene).is_empty());
    // Down for three days in which nothing happened: there is nothing to tell.
    scene.pass(72 * 60 * MINUTE);
    assert!(told(&mut scene).is_empty());
    scene.mention(4, "alice", "developer", "mend it too");
    scene.settle();
    scene.end_run(good_work());
    scene.settle();
    assert!(told(&mut scene).is_empty(), "its slot is the next one");
    scene.pass(Duration::from_secs(24 * 3600));
    let digest = told(&mut scene);
    assert_eq!(digest.len(), 1);
    assert!(body(&digest[0])["text"].to_string().contains("1 delivered"));
}

#[test]
fn what_stands_open_and_was_told_makes_no_digest_of_its_own() {
    let mut scene = chat();
    scene.settings.notify.digest = Some("0 8 * * *".to_owned());
    raise(&mut scene, "disk", "full");
    scene.pass(MINUTE);
    let blockers = told(&mut scene).remove(0);
    assert!(blockers.key.as_str().starts_with("blockers:"));
    scene.succeed(&blockers.key);
    for _slot in 0..3 {
        scene.pass(Duration::from_hours(24));
        assert!(told(&mut scene).is_empty(), "nothing was done");
    }
}

#[test]
fn a_stopped_factory_tells_nothing_new_and_a_paused_one_does() {
    for (order, notices) in [(Order::Stop, 0), (Order::Pause, 1)] {
        let mut scene = chat();
        raise(&mut scene, "disk", "full");
        scene.apply(vec![Change::Operator(Ordered {
            order,
            by: "olga".to_owned(),
            at: scene.now,
        })]);
        scene.pass(MINUTE);
        assert_eq!(told(&mut scene).len(), notices);
    }
}

#[test]
fn a_world_loaded_row_by_row_knows_what_was_told() {
    let mut scene = chat();
    raise(&mut scene, "disk", "full");
    scene.pass(MINUTE);
    let first = told(&mut scene).remove(0);
    scene.set_effect(
        &first.key,
        EffectState::Parked {
            reason: "x".to_owned(),
        },
    );
    scene.pass(61 * MINUTE);
    let second = told(&mut scene).remove(0);
    scene.succeed(&second.key);
    // As a start reads it: effects as they are now, in the order of their intents.
    let mut loaded = World::default();
    for key in [&first.key, &second.key] {
        loaded.apply(&Change::Effect(scene.world.effects[key].clone()));
    }
    assert_eq!(loaded.told, scene.world.told);
    assert_eq!(loaded.told.len(), 1);
}

#[test]
fn a_forge_that_is_away_is_told_by_webhooks_and_not_on_itself() {
    let issue = Way::Issue { number: Some(7) };
    let desk = Sink {
        digest: true,
        by: issue,
    };
    let mut scene = scene(&[("chat", webhook()), ("desk", desk)]);
    let trouble = Some((scene.now, "connection refused"));
    scene.pass(9 * MINUTE);
    let look = |scene: &Scene, trouble| {
        let after = scene.settings.nightwatch.forge_away_after;
        adf::sense::nightwatch::forge(&scene.world.alerts, trouble, after, scene.now)
    };
    assert_eq!(look(&scene, trouble), None, "not for long yet");
    scene.pass(MINUTE);
    let raised = look(&scene, trouble).expect("an alert");
    let Change::Alert(alert) = &raised else {
        panic!("{raised:?}");
    };
    assert!(
        alert.text.contains("for 600 s: connection refused"),
        "{alert:?}"
    );
    scene.apply(vec![raised]);
    assert_eq!(look(&scene, trouble), None, "raised once");
    scene.pass(MINUTE);
    let notices = told(&mut scene);
    assert_eq!(notices.len(), 1, "{notices:?}");
    assert!(notices[0].key.as_str().starts_with("blockers:chat:"));
    let over = look(&scene, None);
    assert!(matches!(over, Some(Change::Alert(a)) if a.cleared_at.is_some()));
}
