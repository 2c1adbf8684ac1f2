//! The status table keeps its promise for every endpoint and every status.

use adf::forge::{Class, Endpoint, Nature, status};
use std::collections::HashSet;

#[test]
fn an_answer_that_leaves_a_write_open_is_never_called_passing_or_final() {
    for &at in Endpoint::ALL {
        if at.nature() == Nature::Once {
            for status in (500..600).chain(200..300) {
                assert_eq!(status::class(at, status), Class::Ambiguous, "{at} {status}");
            }
            assert_eq!(status::unanswered(at), Class::Ambiguous, "{at}");
        }
    }
}

#[test]
fn what_can_be_repeated_is_never_ambiguous() {
    for &at in Endpoint::ALL {
        if at.nature() != Nature::Once {
            for status in 200..600 {
                assert_ne!(status::class(at, status), Class::Ambiguous, "{at} {status}");
            }
        }
    }
}

#[test]
fn what_the_operator_can_mend_passes_and_a_bad_request_does_not() {
    for &at in Endpoint::ALL {
        for status in [301, 307, 401, 423, 429] {
            assert_eq!(status::class(at, status), Class::Passing, "{at} {status}");
        }
        assert_eq!(status::class(at, 422), Class::Final, "{at}");
        assert_eq!(status::class(at, 413), Class::Final, "{at}");
    }
    assert_eq!(status::class(Endpoint::PostComment, 404), Class::Final);
    assert_eq!(status::class(Endpoint::CreatePull, 404), Class::Passing);
    assert_eq!(status::class(Endpoint::CreatePull, 409), Class::Ambiguous);
}

#[test]
fn only_get_is_a_read_and_names_are_unique() {
    let mut names = HashSet::new();
    for &at in Endpoint::ALL {
        assert_eq!(at.nature() == Nature::Read, at.method() == "GET", "{at}");
        assert!(names.insert(at.name()), "{at} twice");
    }
}

#[test]
fn a_500_that_speaks_of_one_issue_is_not_the_servers() {
    assert!(!status::is_the_servers(Endpoint::PostComment, 500));
    assert!(!status::is_the_servers(Endpoint::IssueComments, 500));
    assert!(status::is_the_servers(Endpoint::PostComment, 502));
    assert!(status::is_the_servers(Endpoint::Issue, 500));
    assert!(!status::is_the_servers(Endpoint::Issue, 404));
}
