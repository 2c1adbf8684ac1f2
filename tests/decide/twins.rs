//! Comments that stand twice: one sweep each, whoever wrote them and however late.

use crate::scene::{START, Scene};
use adf::model::*;

fn mark(scene: &Scene, comment: i64, change: impl FnOnce(&mut Mark)) -> Change {
    let mut mark = Mark {
        comment,
        issue: 1,
        kind: MarkKind::Reply,
        factory: scene.factory.clone(),
        key: EffectKey("reply:comment-5/developer/1".to_owned()),
        task: TaskId::from("0123456789ab"),
        origin: MentionId("comment-5/developer/1".to_owned()),
        agent: None,
        instruction: None,
        verified: true,
        written_at: START,
    };
    change(&mut mark);
    Change::Mark(mark)
}

/// The sweeps that come of a second mark beside the first one in comment 106.
fn sweeps(comment: i64, change: impl FnOnce(&mut Mark)) -> Vec<String> {
    let mut scene = Scene::new();
    let marks = vec![mark(&scene, 106, |_| {}), mark(&scene, comment, change)];
    scene.apply(marks);
    let mut tried = scene.settle();
    tried.extend(scene.settle());
    tried
}

#[test]
fn a_reply_that_came_twice_is_swept_once_by_its_later_comment() {
    assert_eq!(sweeps(107, |_| {}), ["twin:107"]);
    assert_eq!(sweeps(105, |_| {}), ["twin:106"]);
}

#[test]
fn what_is_no_twin_is_left_alone() {
    let none: [String; 0] = [];
    assert_eq!(sweeps(106, |_| {}), none, "the same comment, read again");
    assert_eq!(sweeps(107, |m| m.verified = false), none, "forged");
    assert_eq!(sweeps(107, |m| m.issue = 2), none, "elsewhere");
    let other = |m: &mut Mark| m.factory = FactoryId::from("bbbbbbbbbbbb");
    assert_eq!(sweeps(107, other), none, "another factory's");
    let key = |m: &mut Mark| m.key = EffectKey("reply:comment-6/developer/1".to_owned());
    assert_eq!(sweeps(107, key), none, "another effect's");
    assert_eq!(
        sweeps(107, |m| m.kind = MarkKind::Pull),
        none,
        "the number of a pull request"
    );
}
