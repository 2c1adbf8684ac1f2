//! Faults do what they say, to the caller they meet, as often as they say.

use crate::yard::{REPO, Yard};
use adf::sandbox::{Fault, FaultKind};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use std::time::Duration;

#[tokio::test]
async fn a_status_fault_is_not_handled_and_passes_after_its_times() {
    let yard = Yard::new().await;
    let kind = FaultKind::Status {
        status: 429,
        retry_after: Some(7),
    };
    yard.forge
        .push_fault(Fault::new("POST *comments*", kind).times(1));
    let answer = yard.say("hello").await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["retry-after"]),
        (429, &"7".parse().unwrap())
    );
    assert!(yard.forge.comments(REPO, 1).is_empty());
    assert_eq!(
        yard.say("hello").await.unwrap().status(),
        StatusCode::CREATED
    );
    let log = yard.forge.request_log();
    assert_eq!(
        log.iter().map(|line| line.status).collect::<Vec<_>>(),
        vec![429, 201]
    );
    assert_eq!((log[0].method.as_str(), yard.forge.requests()), ("POST", 2));
}

#[tokio::test]
async fn a_dropped_request_leaves_nothing_and_a_lost_answer_leaves_the_comment() {
    let yard = Yard::new().await;
    yard.forge
        .push_fault(Fault::new("POST *", FaultKind::Drop).times(1));
    assert!(yard.say("lost").await.is_err());
    assert!(yard.forge.comments(REPO, 1).is_empty());
    yard.forge
        .push_fault(Fault::new("POST *", FaultKind::DropAfter).times(1));
    assert!(yard.say("kept").await.is_err());
    let bodies: Vec<String> = yard
        .forge
        .comments(REPO, 1)
        .into_iter()
        .map(|it| it.body)
        .collect();
    assert_eq!(bodies, vec!["kept"]);
    assert_eq!(yard.forge.request_log()[1].status, 0);
}

#[tokio::test]
async fn a_cut_body_has_its_status_and_no_end() {
    let yard = Yard::new().await;
    yard.forge
        .push_fault(Fault::new("GET *", FaultKind::CutBody).times(1));
    let path = "/api/v1/repos/alice/box";
    let answer = yard
        .request(Method::GET, path, &yard.alice)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert!(answer.bytes().await.is_err());
    assert_eq!(yard.get(path).await["full_name"], REPO);
}

#[tokio::test]
async fn a_redirect_and_a_page_of_html_come_in_place_of_the_answer() {
    let yard = Yard::new().await;
    let kind = FaultKind::Redirect {
        status: 301,
        location: "/elsewhere".into(),
    };
    yard.forge.push_fault(Fault::new("POST *", kind));
    let answer = yard.say("hello").await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["location"]),
        (301, &"/elsewhere".parse().unwrap())
    );
    yard.forge.clear_faults();
    yard.forge
        .push_fault(Fault::new("GET *", FaultKind::Garbage).after(1));
    let path = "/api/v1/version";
    assert_eq!(yard.get(path).await["version"], "1.25.4");
    let answer = yard
        .request(Method::GET, path, &yard.alice)
        .send()
        .await
        .unwrap();
    assert!(answer.text().await.unwrap().contains("<html>"));
}

#[tokio::test]
async fn a_late_answer_is_late_for_its_caller_only() {
    let yard = Yard::new().await;
    let hour = FaultKind::Latency(Duration::from_secs(3600));
    yard.forge
        .push_fault(Fault::new("POST *comments", hour).times(1));
    let patient = yard.say("slow");
    let quick = async {
        // The slow one is handled before it waits.
        for _ in 0..1000 {
            if !yard.forge.comments(REPO, 1).is_empty() {
                return yard.get("/api/v1/version").await;
            }
            tokio::task::yield_now().await;
            let _ = yard.get("/api/v1/version").await;
        }
        Value::Null
    };
    tokio::select! {
        _ = patient => panic!("the slow answer came first"),
        version = quick => assert_eq!(version["version"], "1.25.4"),
    }
}
