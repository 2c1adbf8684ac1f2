//! What operators ask reads back as it was written, and nothing else is read.

use adf::ipc::question::{Question, is_word, parse};
use adf::model::Wish;
use proptest::prelude::*;

fn question() -> impl Strategy<Value = Question> {
    let word = "[A-Za-z0-9._@-]{1,64}";
    let wish = prop_oneof![
        Just(Wish::Pause),
        Just(Wish::Stop),
        Just(Wish::Resume),
        word.prop_map(Wish::Cancel),
    ];
    let order = (wish, word).prop_map(|(wish, by)| Question::Order { wish, by });
    prop_oneof![Just(Question::Status), order]
}

proptest! {
    #[test]
    fn a_question_reads_back_as_it_was_written(question in question()) {
        prop_assert_eq!(parse(&question.to_string()), Ok(question));
    }

    #[test]
    fn what_reads_as_a_question_is_written_so(text in "(cancel|pause|stop|status|resume|by|root| |\\PC){0,8}") {
        if let Ok(question) = parse(&text) {
            prop_assert_eq!(question.to_string(), text);
        }
    }

    #[test]
    fn a_word_can_stand_in_a_comment_as_it_is(text in "\\PC{0,70}") {
        if is_word(&text) {
            prop_assert!(text.len() <= 64 && !text.contains(['`', '<', '\n', ' ']));
        }
    }
}

#[test]
fn an_unknown_question_is_answered_with_those_that_there_are() {
    for text in [
        "",
        "status ",
        "pause",
        "cancel by root",
        "stop by two words",
        "pause by a`b",
    ] {
        let error = parse(text).expect_err("refused");
        assert!(
            error.contains("status") || error.contains("login"),
            "{text}: {error}"
        );
    }
}
