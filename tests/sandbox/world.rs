//! The forge's time, its life, and what an edit does.

use crate::yard::{ISSUES, REPO, Yard, client};
use adf::{
    model::Time,
    sandbox::{Forge, ForgeOptions, serve_until},
};
use reqwest::Method;
use serde_json::Value;

#[tokio::test]
async fn an_edited_old_comment_is_found_by_since_at_its_old_place() {
    let yard = Yard::in_zone(120).await;
    let old = yard.forge.comment(REPO, 1, "carol", "first").unwrap();
    yard.clock.set(Time::from_seconds(1_790_000_100));
    let new = yard.forge.comment(REPO, 1, "carol", "second").unwrap();
    yard.clock.set(Time::from_seconds(1_790_000_200));
    yard.forge
        .edit_comment(REPO, old, "bob", "first, edited by another")
        .unwrap();
    assert!(yard.forge.edit_comment(REPO, new, "stranger", "x").is_err());

    let since = |seconds: i64| {
        let time = chrono::DateTime::from_timestamp(seconds, 0)
            .unwrap()
            .format("%Y-%m-%dT%H:%M:%SZ");
        format!("{ISSUES}/comments?since={time}")
    };
    let ids = |rows: Value| -> Vec<i64> {
        rows.as_array()
            .unwrap()
            .iter()
            .map(|row| row["id"].as_i64().unwrap())
            .collect()
    };
    assert_eq!(ids(yard.get(&since(1_790_000_100)).await), vec![old, new]);
    assert_eq!(ids(yard.get(&since(1_790_000_200)).await), vec![old]);
    assert_eq!(
        ids(yard.get(&since(1_790_000_201)).await),
        Vec::<i64>::new()
    );
    let row = yard.get(&format!("{ISSUES}/comments/{old}")).await;
    assert_eq!(row["user"]["login"], "carol");
    assert!(
        row["updated_at"].as_str().unwrap().ends_with("+02:00"),
        "{row}"
    );
}

#[tokio::test]
async fn the_date_header_is_the_servers_clock() {
    let yard = Yard::new().await;
    let answer = yard
        .request(Method::GET, "/api/v1/version", &yard.alice)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.headers()["date"], "Mon, 21 Sep 2026 14:13:20 GMT");
}

#[tokio::test]
async fn it_refuses_to_listen_beyond_loopback_and_stops_with_its_last_handle() {
    let home = tempfile::tempdir().unwrap();
    let mut options = ForgeOptions::new(home.path());
    options.bind = Some("0.0.0.0:0".parse().unwrap());
    assert!(Forge::start(options.clone()).await.is_err());
    options.bind = None;
    let mut url = String::new();
    serve_until(options, |forge| url = forge.url().to_owned(), async {})
        .await
        .unwrap();
    let version = format!("{url}/api/v1/version");
    for _ in 0..1000 {
        if client().get(&version).send().await.is_err() {
            return;
        }
    }
    panic!("it still answers");
}
