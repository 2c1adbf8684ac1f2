//! Reads are tried again, within bounds; writes never are.

use super::fake::{Answer, Fake, limits};
use adf::forge::{BreakerState, Endpoint, ForgeError, Limits, Verdict, retry};
use adf::model::Time;
use serde_json::json;
use std::time::Duration;

fn comment() -> Answer {
    Answer::json(&json!({"id": 7, "body": "hello", "issue_url": "http://x/maria/demo/issues/3"}))
}

#[tokio::test]
async fn a_read_is_tried_again_after_what_passes() {
    for status in [429, 500, 502, 503, 504] {
        let fake = Fake::start([Answer::new(status, "<html>"), comment()]).await;
        let read = fake
            .client()
            .comment(7)
            .await
            .expect("read")
            .expect("there");
        assert_eq!((read.id, read.issue), (7, 3));
        assert_eq!(fake.asked(), 2, "{status}");
    }
}

#[tokio::test]
async fn a_cut_answer_is_read_again() {
    let fake = Fake::start([Answer::new(200, "{\"id\":").cut(), comment()]).await;
    fake.client()
        .comment(7)
        .await
        .expect("read")
        .expect("there");
    assert_eq!(fake.asked(), 2);
}

#[tokio::test]
async fn a_read_gives_up_after_its_tries() {
    for (status, tries) in [
        (502, 4),
        (429, 4),
        (500, 2),
        (501, 1),
        (403, 1),
        (422, 1),
        (301, 1),
    ] {
        let fake = Fake::start([Answer::new(status, "")]).await;
        fake.client().comment(7).await.expect_err("an error");
        assert_eq!(fake.asked(), tries, "{status}");
    }
}

#[tokio::test]
async fn a_write_is_sent_once_whatever_happens() {
    let answers = [
        Answer::new(429, "").header("retry-after", 0),
        Answer::new(500, ""),
        Answer::new(502, ""),
        Answer::new(503, "").header("retry-after", 0),
        Answer::new(504, ""),
        Answer::new(201, "{\"id\":").cut(),
        Answer::new(201, "no json"),
    ];
    for answer in answers {
        let fake = Fake::start([answer.clone()]).await;
        let client = fake.client();
        client.edit_comment(7, "hello").await.expect_err("an error");
        client
            .create_pull("a", "b", "t", "")
            .await
            .expect_err("an error");
        client.create_issue("t", "").await.expect_err("an error");
        client.add_labels(7, &[1]).await.expect_err("an error");
        assert_eq!(fake.asked(), 4, "{answer:?}");
    }
}

#[tokio::test]
async fn a_lost_answer_to_a_write_is_ambiguous() {
    let lost = [
        Answer::new(201, "{\"id\":").cut(),
        Answer::new(201, "{}"),
        Answer::new(201, "<html>"),
        Answer::new(201, vec![b'x'; 20_000]),
        Answer::new(502, ""),
    ];
    for answer in lost {
        let fake = Fake::start([answer.clone()]).await;
        let client = fake.client();
        let pull = client
            .create_pull("a", "b", "t", "")
            .await
            .expect_err("an error");
        assert_eq!(pull.verdict(), Verdict::Ambiguous, "{answer:?} {pull:?}");
        let comment = client.post_comment(3, "hello").await.expect_err("an error");
        assert_eq!(
            comment.verdict(),
            Verdict::Ambiguous,
            "{answer:?} {comment:?}"
        );
    }
}

#[tokio::test]
async fn a_comment_that_failed_on_an_issue_that_is_there_is_ambiguous() {
    let issue = Answer::json(&json!({"number": 3}));
    let fake = Fake::start([Answer::new(500, ""), issue]).await;
    let error = fake
        .client()
        .post_comment(3, "hello")
        .await
        .expect_err("an error");
    assert_eq!(error.verdict(), Verdict::Ambiguous);
    let fake = Fake::start([Answer::new(500, ""), Answer::new(404, "")]).await;
    let error = fake
        .client()
        .post_comment(3, "hello")
        .await
        .expect_err("an error");
    assert_eq!(error.verdict(), Verdict::Final, "{error}");
    let fake = Fake::start([Answer::new(500, ""), Answer::new(502, "")]).await;
    let error = fake
        .client()
        .post_comment(3, "hello")
        .await
        .expect_err("an error");
    assert_eq!(
        error.verdict(),
        Verdict::Ambiguous,
        "the look failed: {error}"
    );
}

#[tokio::test]
async fn a_hung_server_is_asked_once_and_given_up() {
    let fake = Fake::start([Answer::never()]).await;
    let client = fake.client_with(Limits {
        total_timeout: Duration::from_millis(200),
        ..limits()
    });
    let error = client.comment(7).await.expect_err("an error");
    assert!(
        matches!(
            error,
            ForgeError::Transport {
                sent: true,
                timeout: true,
                ..
            }
        ),
        "{error:?}"
    );
    assert_eq!(fake.asked(), 1);
    let error = client.create_issue("t", "").await.expect_err("an error");
    assert_eq!(error.verdict(), Verdict::Ambiguous);
}

#[tokio::test]
async fn a_long_pause_is_not_sat_out_and_holds_everybody() {
    let limited = Answer::new(429, "").header("retry-after", 120);
    let fake = Fake::start([limited, comment()]).await;
    let (client, other) = (fake.client(), fake.client());
    let clone = client.clone();
    let error = client.comment(7).await.expect_err("limited");
    let after = Some(Duration::from_secs(120));
    assert_eq!(
        error,
        ForgeError::RateLimited {
            at: Endpoint::Comment,
            after
        }
    );
    assert_eq!(error.verdict(), Verdict::Passing { after });
    assert!(matches!(clone.breaker(), BreakerState::Held { .. }));
    let error = clone.create_issue("t", "").await.expect_err("held");
    assert!(
        matches!(error, ForgeError::BreakerOpen { asked: true, .. }),
        "{error:?}"
    );
    assert_eq!(error.verdict(), Verdict::Passing { after });
    assert_eq!(fake.asked(), 1, "nothing was sent meanwhile");
    fake.pass(Duration::from_secs(120));
    clone.comment(7).await.expect("read");
    assert_eq!(clone.breaker(), BreakerState::Closed { failures: 0 });
    other
        .comment(7)
        .await
        .expect("a client of its own is not held");
}

#[test]
fn a_pause_is_read_as_seconds_or_as_a_date() {
    let now = retry::http_date("Sat, 21 Nov 2026 14:56:23 GMT").expect("a date");
    assert_eq!(now, Time::from_seconds(1_795_272_983));
    let wait = |text| retry::retry_after(text, now);
    assert_eq!(wait("30"), Some(Duration::from_secs(30)));
    assert_eq!(
        wait(" Sat, 21 Nov 2026 14:57:23 GMT "),
        Some(Duration::from_secs(60))
    );
    assert_eq!(wait("Sat, 21 Nov 2026 14:00:00 GMT"), Some(Duration::ZERO));
    assert_eq!(wait("99999999999"), Some(retry::MAX_RETRY_AFTER));
    assert_eq!(wait("soon"), None);
    assert_eq!(wait("-1"), None);
}

#[test]
fn waits_grow_stay_bounded_and_never_undercut_the_server() {
    let limits = Limits::default();
    let server = |after| ForgeError::Server {
        at: Endpoint::Issue,
        status: 503,
        after,
        message: String::new(),
    };
    let wait = |tried, dice| limits.wait(&server(None), tried, dice).expect("a wait");
    assert!(wait(1, 0.0) < wait(2, 0.0) && wait(2, 0.0) < wait(3, 0.0));
    for tried in 1..4 {
        assert!(wait(tried, 0.999) <= limits.backoff_most.mul_f64(1.5));
    }
    assert_eq!(limits.wait(&server(None), 4, 0.0), None);
    let asked = Duration::from_secs(20);
    for dice in [0.0, 0.5, 0.999] {
        assert!(limits.wait(&server(Some(asked)), 1, dice).expect("a wait") >= asked);
    }
    assert_eq!(
        limits.wait(&server(Some(Duration::from_secs(31))), 1, 0.0),
        None
    );
}
