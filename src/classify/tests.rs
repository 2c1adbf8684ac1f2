//! The shipped rules by table.

use super::{Evidence, Rules, Said, Untaken, classify, is_shipped, rules};
use crate::model::{
    Denial, DenialKind, Exit,
    FailureClass::{self, *},
    Report, ReportStatus,
    settings::FailureRule,
};
use proptest::prelude::*;

fn class(exit: &Exit, has_work: bool, tail: &str) -> Option<FailureClass> {
    let evidence = Evidence {
        has_work,
        ..Evidence::of(exit)
    };
    judge(&evidence, tail)
}

fn judge(evidence: &Evidence<'_>, tail: &str) -> Option<FailureClass> {
    let said = Rules::new(&[]).read(tail);
    classify(evidence, &said).map(|verdict| verdict.class)
}

fn report(status: ReportStatus) -> Report {
    Report {
        status,
        summary: "x".into(),
        evidence: Vec::new(),
    }
}

fn reported(exit: &Exit, has_work: bool, status: ReportStatus) -> Option<FailureClass> {
    let report = report(status);
    let evidence = Evidence {
        has_work,
        report: Some(&report),
        ..Evidence::of(exit)
    };
    judge(&evidence, "")
}

#[test]
fn work_that_the_factory_could_not_look_at_is_no_fault_of_the_agents() {
    let unseen = |exit: &Exit| {
        let evidence = Evidence {
            untaken: Some(Untaken::Ours),
            ..Evidence::of(exit)
        };
        judge(&evidence, "")
    };
    assert_eq!(unseen(&Exit::Code(0)), Some(Unknown));
    assert_eq!(unseen(&Exit::WallTime), Some(Timeout));
    assert_eq!(class(&Exit::Code(0), false, ""), Some(Logic));
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
        has_work,
        denial: Some(&denial),
        ..Evidence::of(exit)
    };
    judge(&evidence, "")
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

#[test]
fn who_edits_nothing_has_done_its_work_by_reporting_it() {
    use ReportStatus::Done;
    let read = |exit: &Exit, status: Option<ReportStatus>| {
        let report = status.map(report);
        let evidence = Evidence {
            reads: true,
            report: report.as_ref(),
            ..Evidence::of(exit)
        };
        classify(&evidence, &Said::default()).map(|v| (v.class, v.rule))
    };
    assert_eq!(read(&Exit::Code(0), Some(Done)), None);
    let silent = read(&Exit::Code(0), None);
    assert_eq!(silent, Some((Logic, "no report".to_owned())));
    assert!(read(&Exit::Code(1), Some(Done)).is_some());
    assert!(read(&Exit::WallTime, Some(Done)).is_some());
}

#[test]
fn a_run_that_asked_and_ended_is_not_failed() {
    let asked = |exit: &Exit, status: Option<ReportStatus>| {
        let report = status.map(report);
        let evidence = Evidence {
            asked: true,
            report: report.as_ref(),
            ..Evidence::of(exit)
        };
        judge(&evidence, "")
    };
    assert_eq!(asked(&Exit::Code(0), None), None);
    assert_eq!(asked(&Exit::Code(0), Some(ReportStatus::Done)), None);
    assert_eq!(asked(&Exit::Code(3), None), Some(Unknown));
    assert_eq!(asked(&Exit::WallTime, None), Some(Timeout));
}

#[test]
fn what_a_run_talks_of_that_ended_well_and_reported_says_nothing_of_a_failure() {
    let tail = "test login: 401 Unauthorized is returned ... ok\nconnection reset by peer";
    let done = report(ReportStatus::Done);
    let exit = Exit::Code(0);
    let reported = Evidence {
        report: Some(&done),
        ..Evidence::of(&exit)
    };
    assert_eq!(judge(&reported, tail), Some(Logic));
    let unseen = Evidence {
        untaken: Some(Untaken::Ours),
        ..reported
    };
    assert_eq!(judge(&unseen, "no space left on device"), Some(Resource));
    let bad = Exit::Code(1);
    let failed = Evidence {
        report: Some(&done),
        ..Evidence::of(&bad)
    };
    assert_eq!(judge(&failed, "401 Unauthorized"), Some(Auth));
}

#[test]
fn work_that_is_too_large_is_a_matter_of_room_whatever_was_reported() {
    let done = report(ReportStatus::Done);
    for exit in [Exit::Code(0), Exit::Code(1)] {
        let evidence = Evidence {
            untaken: Some(Untaken::TooLarge),
            report: Some(&done),
            ..Evidence::of(&exit)
        };
        assert_eq!(judge(&evidence, "rate limit"), Some(Resource));
    }
}

#[test]
fn the_whole_output_counts_and_its_end_counts_more() {
    let long_ago = format!("rate limit\n{}", "working\n".repeat(100_000));
    assert_eq!(class(&Exit::Code(1), false, &long_ago), Some(Transient));
    let then_worse = format!("{long_ago}401 unauthorized\n");
    assert_eq!(class(&Exit::Code(1), false, &then_worse), Some(Auth));
    let both_at_the_end = "401 unauthorized\nrate limit\n";
    assert_eq!(
        class(&Exit::Code(1), false, both_at_the_end),
        Some(Transient)
    );
}

#[test]
fn the_operators_rules_come_before_the_shipped_ones_and_after_facts() {
    let own = |class, phrase: &str| FailureRule {
        class,
        name: "ours".to_owned(),
        phrases: vec![phrase.to_owned()],
    };
    let rules = Rules::new(&[
        own(Auth, "Too MANY-requests"),
        own(Logic, "too many requests"),
    ]);
    let said = rules.read("HTTP 429: too many requests!");
    let judged = |exit: &Exit| {
        let evidence = Evidence::of(exit);
        classify(&evidence, &said).map(|verdict| (verdict.class, verdict.line))
    };
    let line = "HTTP 429: too many requests!".to_owned();
    assert_eq!(judged(&Exit::Code(1)), Some((Auth, line)));
    assert_eq!(judged(&Exit::WallTime), Some((Timeout, String::new())));
}

#[test]
fn every_rule_over_facts_is_in_a_list_that_operators_see() {
    let kinds = [DenialKind::Quota, DenialKind::Auth, DenialKind::Overloaded];
    let denials = kinds.map(|kind| Denial {
        kind,
        text: String::new(),
        resets_at: None,
    });
    let mut exits = vec![
        Exit::WallTime,
        Exit::Steps,
        Exit::Interrupted,
        Exit::NotStarted { waits: true },
        Exit::NotStarted { waits: false },
    ];
    exits.extend((0..256).map(Exit::Code));
    exits.extend((1..65).map(Exit::Signal));
    for exit in &exits {
        for denial in denials.iter().map(Some).chain([None]) {
            for untaken in [
                None,
                Some(Untaken::Ours),
                Some(Untaken::Its),
                Some(Untaken::TooLarge),
            ] {
                for reads in [false, true] {
                    let evidence = Evidence {
                        untaken,
                        reads,
                        denial,
                        ..Evidence::of(exit)
                    };
                    let verdict = classify(&evidence, &Said::default()).unwrap();
                    assert!(is_shipped(&verdict.rule), "{verdict:?}");
                }
            }
        }
    }
    let lists = [&rules::DENIALS[..], &rules::FACTS, &rules::EXITS].concat();
    assert!(lists.iter().all(|(_, name)| is_shipped(name)));
}

proptest! {
    #[test]
    fn any_tail_is_classed_without_panic(tail in any::<String>(), code in any::<i32>()) {
        let exit = Exit::Code(code);
        prop_assert_eq!(class(&exit, true, &tail).is_none(), code == 0);
    }
}
