//! An agent's call: one mention, of this project, of a known agent, not too deep;
//! and its words where people read them.

use adf::mention::{caller, find, is_passage, neutral, said_origin};
use adf::model::{MentionId, RunId, TaskId};
use proptest::prelude::*;

#[test]
fn an_origin_tells_the_run_it_was_said_in() {
    let run = RunId::of(&TaskId::from("00c0ffee0000"), 12);
    let origin = said_origin(&run, 3);
    assert_eq!(caller(&origin), Some(run.clone()));
    assert_eq!(run.task(), Some(TaskId::from("00c0ffee0000")));
    assert!(!is_passage(&origin));
    for other in ["comment-9/developer/1", "slot-developer-17", "run-x"] {
        assert_eq!(caller(&MentionId::from(other)), None);
    }
    assert!(is_passage(&MentionId::from("comment-9/developer/1")));
}

proptest! {
    #[test]
    fn a_neutral_text_calls_nobody_and_only_gains_unseen_characters(text in any::<String>()) {
        let out = neutral(&text);
        prop_assert!(find(&out).is_empty(), "{out:?}");
        prop_assert_eq!(neutral(&out), out.clone(), "once is enough");
        prop_assert_eq!(out.replace('\u{200b}', ""), text.replace('\u{200b}', ""));
    }

    #[test]
    fn no_mention_survives_whatever_stands_around_it(
        before in "[ (*>`#@a-z\n-]{0,8}",
        name in "[A-Za-z/-]{0,8}",
        after in "[ ,`@a-z\n]{0,8}",
    ) {
        let text = format!("{before}@adf:{name}{after}@alice");
        let out = neutral(&text);
        prop_assert!(find(&out).is_empty(), "{out:?}");
        prop_assert!(!out.contains("@alice") && !out.contains("@adf"));
    }
}
