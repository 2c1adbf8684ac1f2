//! The breaker opens, lets one try, closes again, and can be seen.

use super::fake::{Answer, Fake, limits};
use adf::forge::{Breaker, BreakerState, Client, ForgeError, Health, Limits};
use adf::model::Time;
use std::time::Duration;

const PAUSE: Duration = Duration::from_secs(30);

fn three() -> Limits {
    Limits {
        breaker_failures: 3,
        breaker_pause: PAUSE,
        read_tries: 1,
        ..limits()
    }
}

async fn fail(client: &Client, times: usize) {
    for _ in 0..times {
        client.comment(7).await.expect_err("an error");
    }
}

#[tokio::test]
async fn failures_in_a_row_open_it_for_everybody() {
    let fake = Fake::start([Answer::new(502, "")]).await;
    let client = fake.client_with(three());
    fail(&client, 2).await;
    assert_eq!(client.breaker(), BreakerState::Closed { failures: 2 });
    fail(&client, 1).await;
    let until = fake.clock.now().plus(PAUSE);
    assert_eq!(client.breaker(), BreakerState::Open { until });
    let error = client
        .clone()
        .create_issue("t", "")
        .await
        .expect_err("open");
    match &error {
        ForgeError::BreakerOpen {
            until: told,
            after,
            asked,
            ..
        } => {
            assert_eq!((*told, *after, *asked), (until, PAUSE, false));
        }
        other => panic!("{other:?}"),
    }
    assert!(error.to_string().contains("next try is in 30 s"), "{error}");
    assert_eq!(fake.asked(), 3, "nothing is sent while it is open");
    assert_eq!(client.requests(), 3);
}

#[tokio::test]
async fn a_good_answer_in_between_starts_the_count_anew() {
    let (bad, missing) = (Answer::new(502, ""), Answer::new(404, ""));
    let answers = [bad.clone(), bad.clone(), missing, bad.clone(), bad];
    let fake = Fake::start(answers).await;
    let client = fake.client_with(three());
    fail(&client, 2).await;
    client.comment(7).await.expect("none");
    fail(&client, 2).await;
    assert_eq!(client.breaker(), BreakerState::Closed { failures: 2 });
}

#[tokio::test]
async fn after_the_pause_one_request_decides() {
    let bad = Answer::new(503, "");
    let answers = [
        bad.clone(),
        bad.clone(),
        bad.clone(),
        bad,
        Answer::new(404, ""),
    ];
    let fake = Fake::start(answers).await;
    let client = fake.client_with(three());
    fail(&client, 3).await;
    fake.pass(PAUSE);
    assert_eq!(client.breaker(), BreakerState::HalfOpen);
    fail(&client, 1).await;
    assert!(
        matches!(client.breaker(), BreakerState::Open { .. }),
        "one failure is enough"
    );
    fake.pass(PAUSE);
    client.comment(7).await.expect("none");
    assert_eq!(client.breaker(), BreakerState::Closed { failures: 0 });
    assert_eq!(fake.asked(), 5);
}

#[tokio::test]
async fn a_status_that_speaks_of_one_issue_does_not_open_it() {
    let fake = Fake::start([Answer::new(500, "")]).await;
    let client = fake.client_with(three());
    for _ in 0..10 {
        client
            .set_assignees(1, &["nobody"])
            .await
            .expect_err("unknown login");
    }
    assert_eq!(client.breaker(), BreakerState::Closed { failures: 0 });
}

#[tokio::test]
async fn a_dead_server_opens_it() {
    let fake = Fake::start([Answer::new(200, "").cut()]).await;
    let client = fake.client_with(three());
    fail(&client, 3).await;
    assert!(matches!(client.breaker(), BreakerState::Open { .. }));
}

#[test]
fn while_one_tries_the_others_wait_and_a_vanished_try_frees_the_place() {
    let breaker = Breaker::new(&three());
    let now = Time::from_seconds(1000);
    for _ in 0..3 {
        breaker.admit(now).expect("closed").settle(Health::Bad, now);
    }
    let later = now.plus(PAUSE);
    let trial = breaker.admit(later).expect("the one");
    breaker.admit(later).expect_err("another");
    drop(trial);
    let trial = breaker.admit(later).expect("the place is free");
    trial.settle(Health::Good, later);
    assert_eq!(breaker.state(later), BreakerState::Closed { failures: 0 });
}

#[test]
fn a_late_good_answer_from_before_does_not_close_it() {
    let breaker = Breaker::new(&three());
    let now = Time::from_seconds(1000);
    let early = breaker.admit(now).expect("closed");
    for _ in 0..3 {
        breaker.admit(now).expect("closed").settle(Health::Bad, now);
    }
    early.settle(Health::Good, now);
    assert!(matches!(breaker.state(now), BreakerState::Open { .. }));
}

#[test]
fn a_clock_set_back_does_not_keep_it_open() {
    let breaker = Breaker::new(&three());
    let now = Time::from_seconds(1_000_000);
    for _ in 0..3 {
        breaker.admit(now).expect("closed").settle(Health::Bad, now);
    }
    let back = now.minus(Duration::from_secs(3600));
    breaker.admit(back).expect("a try is allowed");
}

#[test]
fn a_shorter_pause_does_not_end_a_longer_one() {
    let breaker = Breaker::new(&three());
    let now = Time::from_seconds(1000);
    breaker.hold(now, Duration::from_secs(60));
    breaker.hold(now, Duration::from_secs(5));
    let until = now.plus(Duration::from_secs(60));
    assert_eq!(breaker.state(now), BreakerState::Held { until });
    breaker
        .admit(now.plus(Duration::from_secs(59)))
        .expect_err("held");
    breaker.admit(until).expect("free");
}

#[tokio::test]
async fn no_more_requests_run_at_once_than_allowed() {
    let fake = Fake::start([Answer::never()]).await;
    let client = fake.client_with(Limits {
        total_timeout: Duration::from_millis(300),
        ..three()
    });
    let calls = (0..6).map(|n| {
        let client = client.clone();
        tokio::spawn(async move { client.comment(n).await })
    });
    let calls: Vec<_> = calls.collect();
    // The first two hang; by the time they give up, nobody else may have been let in.
    for call in calls.into_iter().take(1) {
        call.await.expect("ran").expect_err("timed out");
    }
    assert!(
        fake.asked() <= 4,
        "two, and at most two more after them: {}",
        fake.asked()
    );
}
