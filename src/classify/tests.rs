//! The shipped rules by table.

use super::{Evidence, classify};
use crate::model::{
    Denial, DenialKind, Exit,
    FailureClass::{self, *},
    Report, ReportStatus,
};
use proptest::prelude::*;

fn class(exit: &Exit, has_work: bool, tail: &str) -> Option<FailureClass> {
    let evidence = Evidence {
        exit,
        has_work,
        report: None,
        denial: None,
        tail,
    };
    classify(&evidence).map(|(class, _)| class)
}

fn reported(exit: &Exit, has_work: bool, status: ReportStatus) -> Option<FailureClass> {
    let report = Report {
        status,
        summary: "x".into(),
        evidence: Vec::new(),
    };
    let evidence = Evidence {
        exit,
        has_work,
        report: Some(&report),
        denial: None,
        tail: "",
    };
    classify(&evidence).map(|(class, _)| class)
}

#[test]
fn an_agent_that_merely_discusses_trouble_and_delivers_is_not_failed() {
    for tail in [
        "fixed the out of memory bug",
        "HTTP 429 too many requests",
        "401 unauthorized",
        "timed out",
    ] {
        assert_eq!(class(&Exit::Code(0), true, tail), None, "{tail}");
    }
}

fn denied(exit: &Exit, has_work: bool, kind: DenialKind) -> Option<FailureClass> {
    let denial = Denial {
        kind,
        text: "no".into(),
        resets_at: None,
    };
    let evidence = Evidence {
        exit,
        has_work,
        report: None,
        denial: Some(&denial),
        tail: "",
    };
    classify(&evidence).map(|(class, _)| class)
}

#[test]
fn a_denial_at_the_end_fails_a_run_whatever_its_exit_and_its_commits() {
    for (kind, expected) in [
        (DenialKind::Quota, Transient),
        (DenialKind::Overloaded, Transient),
        (DenialKind::Auth, Auth),
    ] {
        for exit in [
            Exit::Code(0),
            Exit::Code(1),
            Exit::Code(137),
            Exit::WallTime,
        ] {
            assert_eq!(denied(&exit, true, kind), Some(expected), "{exit:?}");
        }
        assert_eq!(denied(&Exit::Steps, true, kind), Some(Resource));
    }
    assert_eq!(denied(&Exit::Code(0), true, DenialKind::Other), None);
    assert_eq!(
        denied(&Exit::Code(0), false, DenialKind::Other),
        Some(Logic)
    );
}

#[test]
fn facts_are_judged_before_words() {
    let tail = "HTTP 429 too many requests";
    for (exit, expected) in [
        (Exit::WallTime, Timeout),
        (Exit::Steps, Resource),
        (Exit::Interrupted, Transient),
        (Exit::Signal(9), Resource),
        (Exit::Code(137), Resource),
        (Exit::Signal(15), Transient),
        (Exit::Code(143), Transient),
    ] {
        assert_eq!(class(&exit, true, tail), Some(expected), "{exit:?}");
    }
}

#[test]
fn words_class_a_bad_exit_and_an_exit_of_zero_without_work() {
    for (tail, expected) in [
        ("Error: 429 Too Many Requests", Transient),
        (
            "{\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\"}}",
            Transient,
        ),
        ("{\"type\":\"overloaded_error\"}", Transient),
        ("You exceeded your current quota", Transient),
        ("fatal: Could not resolve host: git.example.org", Transient),
        ("connect ETIMEDOUT: connection timed out", Transient),
        ("The requested URL returned error: 403", Auth),
        ("{\"status\":401}", Auth),
        ("HTTP 401 Unauthorised", Auth),
        ("the token has expired", Auth),
        ("write: No space left on device (os error 28)", Resource),
        ("Disk quota exceeded", Resource),
        ("memory allocation of 1024 bytes failed", Resource),
        ("(process killed by signal: 9, SIGKILL)", Resource),
        ("the test timed out", Timeout),
        ("TimeoutError: x", Timeout),
    ] {
        for exit in [
            Exit::Code(1),
            Exit::Code(0),
            Exit::Signal(6),
            Exit::NotStarted { waits: true },
        ] {
            assert_eq!(class(&exit, false, tail), Some(expected), "{exit:?} {tail}");
        }
    }
}

#[test]
fn words_that_only_look_alike_class_nothing() {
    for tail in [
        "line 429",
        "issue 401 is fixed",
        "deliberate limit",
        "overloadedness",
        "rate\nlimit",
        "",
    ] {
        assert_eq!(class(&Exit::Code(1), false, tail), Some(Unknown), "{tail}");
    }
    let long_ago = format!("rate limit\n{}", "working\n".repeat(100));
    assert_eq!(class(&Exit::Code(1), false, &long_ago), Some(Unknown));
}

#[test]
fn what_is_left_is_classed_by_the_exit() {
    for (exit, expected) in [
        (Exit::Code(0), Logic),
        (Exit::Code(1), Unknown),
        (Exit::Code(124), Timeout),
        (Exit::Code(127), Logic),
        (Exit::Code(-1), Unknown),
        (Exit::Code(i32::MIN), Unknown),
        (Exit::Signal(11), Unknown),
        (Exit::NotStarted { waits: true }, Transient),
        (Exit::NotStarted { waits: false }, Logic),
    ] {
        assert_eq!(class(&exit, false, ""), Some(expected), "{exit:?}");
    }
    assert_eq!(
        class(&Exit::Code(1), true, ""),
        Some(Unknown),
        "commits do not mend a bad exit"
    );
}

#[test]
fn the_agent_may_say_that_there_is_nothing_to_deliver_but_not_that_it_is_done() {
    use ReportStatus::{Blocked, Done, NeedsClarification, Rejected};
    for status in [Rejected, NeedsClarification, Blocked] {
        assert_eq!(reported(&Exit::Code(0), false, status), None);
        assert_eq!(reported(&Exit::Code(3), false, status), None);
        assert_eq!(reported(&Exit::WallTime, false, status), Some(Timeout));
    }
    assert_eq!(reported(&Exit::Code(0), false, Done), Some(Logic));
    assert_eq!(reported(&Exit::Code(1), true, Done), Some(Unknown));
    assert_eq!(reported(&Exit::Code(0), true, Done), None);
}

proptest! {
    #[test]
    fn any_tail_is_classed_without_panic(tail in any::<String>(), code in any::<i32>()) {
        let exit = Exit::Code(code);
        prop_assert_eq!(class(&exit, true, &tail).is_none(), code == 0);
    }
}
