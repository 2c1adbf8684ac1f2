//! Lists end, are whole, and say what they leave out.

use super::fake::{Answer, Fake, limits};
use adf::forge::{Client, ForgeError, Limits};
use adf::model::Time;
use serde_json::{Value, json};

fn comment(id: u64) -> Value {
    json!({"id": id, "body": "x", "issue_url": "http://x/maria/demo/issues/3"})
}

fn page(ids: std::ops::Range<u64>, total: u64) -> Answer {
    let list: Vec<Value> = ids.map(comment).collect();
    Answer::json(&json!(list)).header("x-total-count", total)
}

async fn ids(client: &Client) -> Vec<i64> {
    let listing = client.comments_since(Time(0)).await.expect("listed");
    listing.items.iter().map(|c| c.id).collect()
}

#[tokio::test]
async fn null_is_an_empty_list() {
    let fake = Fake::start([Answer::json(&Value::Null)]).await;
    let client = fake.client();
    assert_eq!(ids(&client).await, [0i64; 0]);
    assert_eq!(client.assignees().await.expect("listed"), []);
    assert_eq!(client.labels().await.expect("listed"), []);
    assert_eq!(client.comments_of(3).await.expect("listed"), []);
    assert_eq!(client.open_pulls().await.expect("listed"), []);
    assert_eq!(client.dependencies(3).await.expect("listed"), Some(vec![]));
    assert_eq!(fake.asked(), 6, "an empty page ends a list");
}

#[tokio::test]
async fn items_that_cannot_be_read_are_counted_and_do_not_hide_the_others() {
    let list = json!([null, comment(1), "text", {"id": "no number"}, {"id": 9}, comment(2)]);
    let fake = Fake::start([Answer::json(&list).header("x-total-count", 6)]).await;
    let listing = fake.client().comments_since(Time(0)).await.expect("listed");
    assert_eq!(listing.items.len(), 2);
    assert_eq!(listing.skipped, 4);
}

#[tokio::test]
async fn a_server_that_gives_less_than_asked_is_read_to_its_end() {
    let fake = Fake::start([page(1..21, 45), page(21..41, 45), page(41..46, 45)]).await;
    assert_eq!(ids(&fake.client()).await, (1..46).collect::<Vec<i64>>());
    assert_eq!(fake.asked(), 3, "the total ends it");
    assert!(
        fake.seen()[2].target.contains("page=3&limit=50"),
        "{:?}",
        fake.seen()[2]
    );
}

#[tokio::test]
async fn without_a_total_an_empty_page_ends_it() {
    let full = Answer::json(&json!([comment(1), comment(2)]));
    let fake = Fake::start([full, Answer::json(&json!([]))]).await;
    assert_eq!(ids(&fake.client()).await, [1, 2]);
    assert_eq!(fake.asked(), 2);
}

#[tokio::test]
async fn a_list_without_end_is_an_error() {
    let fake = Fake::start([Answer::json(&json!([comment(1)]))]).await;
    let error = fake
        .client()
        .comments_since(Time(0))
        .await
        .expect_err("endless");
    assert!(
        matches!(error, ForgeError::TooManyPages { pages: 6, .. }),
        "{error:?}"
    );
    assert_eq!(fake.asked(), 6);
}

#[tokio::test]
async fn an_item_seen_twice_is_kept_once_as_last_seen() {
    let newer = json!({"id": 1, "body": "newer", "issue_url": "http://x/maria/demo/issues/3"});
    let first = Answer::json(&json!([comment(1), comment(2)])).header("x-total-count", 3);
    let second = Answer::json(&json!([newer, comment(3)])).header("x-total-count", 4);
    let fake = Fake::start([first, second]).await;
    let listing = fake.client().comments_since(Time(0)).await.expect("listed");
    let seen: Vec<_> = listing
        .items
        .iter()
        .map(|c| (c.id, c.body.as_str()))
        .collect();
    assert_eq!(seen, [(1, "newer"), (2, "x"), (3, "x")]);
}

#[tokio::test]
async fn a_list_that_shrinks_while_it_is_read_is_read_again() {
    // Comment 1 is deleted between the pages: comment 3 slips to page 1.
    let fake = Fake::start([page(1..3, 4), page(4..5, 3), page(2..4, 3), page(4..5, 3)]).await;
    assert_eq!(ids(&fake.client()).await, [2, 3, 4]);
    assert_eq!(fake.asked(), 4);
}

#[tokio::test]
async fn a_list_that_never_holds_still_is_given_up_as_it_is() {
    let shrinking = (0..8u64).map(|n| page(1..3, 90 - n));
    let fake = Fake::start(shrinking.chain([page(3..4, 3)])).await;
    let client = fake.client();
    assert_eq!(ids(&client).await, [1, 2, 3]);
    assert!(fake.asked() <= 12, "{}", fake.asked());
}

#[tokio::test]
async fn one_giant_does_not_hide_the_others() {
    let giant = || Answer::new(200, vec![b' '; 20 * 1024]);
    let settings = Answer::json(&json!({"max_response_items": 3}));
    let one = |id| page(id..id + 1, 4);
    let answers = [giant(), settings, one(1), giant(), one(3), page(4..5, 4)];
    let fake = Fake::start(answers).await;
    let listing = fake.client().comments_since(Time(0)).await.expect("listed");
    let seen: Vec<i64> = listing.items.iter().map(|c| c.id).collect();
    assert_eq!(
        (seen, listing.skipped),
        (vec![1, 3, 4], 1),
        "and it is counted"
    );
    let targets: Vec<String> = fake.seen().into_iter().map(|seen| seen.target).collect();
    assert!(targets[3].ends_with("page=2&limit=1"), "{targets:?}");
    assert!(targets[5].ends_with("page=2&limit=50"), "{targets:?}");
}

#[tokio::test]
async fn the_time_of_a_list_is_the_servers_at_its_first_page() {
    let at = |answer: Answer, date: &str| answer.header("date", date);
    let first = at(page(1..2, 2), "Sat, 21 Nov 2026 14:56:23 GMT");
    let second = at(page(2..3, 2), "Sat, 21 Nov 2026 14:56:29 GMT");
    let fake = Fake::start([first, second]).await;
    let listing = fake.client().comments_since(Time(0)).await.expect("listed");
    assert_eq!(listing.server_time, Some(Time::from_seconds(1_795_272_983)));
}

#[tokio::test]
async fn since_is_sent_in_whole_seconds_of_utc() {
    let fake = Fake::start([Answer::json(&json!([]))]).await;
    let client = fake.client_with(Limits {
        pages: 1,
        ..limits()
    });
    client
        .comments_since(Time(1_795_272_983_999))
        .await
        .expect("listed");
    let target = &fake.seen()[0].target;
    assert!(
        target.contains("since=2026-11-21T14%3A56%3A23Z"),
        "{target}"
    );
    client.issues_since(None).await.expect("listed");
    let target = &fake.seen()[1].target;
    assert!(
        target.contains("state=all") && !target.contains("since"),
        "{target}"
    );
}
