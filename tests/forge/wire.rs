//! What the servers write, oddities included, becomes the nouns of the model.

use super::fake::{Answer, Fake};
use adf::forge::{Comment, ForgeError, IssueItem, Pull, Software, Version};
use adf::model::{Person, RepoId, Time};
use proptest::prelude::*;
use serde_json::{Value, json};

async fn comment(value: Value) -> Option<Comment> {
    let fake = Fake::start([Answer::json(&value)]).await;
    fake.client().comment(7).await.expect("read")
}

async fn issue(value: Value) -> Option<IssueItem> {
    let fake = Fake::start([Answer::json(&value)]).await;
    fake.client().issue(7).await.expect("read")
}

async fn pull(value: Value) -> Option<Pull> {
    let fake = Fake::start([Answer::json(&value)]).await;
    fake.client().pull(7).await.expect("read")
}

fn nobody() -> Person {
    Person {
        id: -1,
        login: "ghost".to_owned(),
    }
}

#[tokio::test]
async fn a_comment_has_its_number_from_the_end_of_its_address() {
    let of =
        |issue: &str, pull: &str| json!({"id": 7, "issue_url": issue, "pull_request_url": pull});
    let read = comment(of("https://h/git/maria/demo/issues/12", ""))
        .await
        .expect("there");
    assert_eq!((read.issue, read.is_pull), (12, false));
    let read = comment(of("", "https://h/maria/demo/pulls/13/?q=1#x"))
        .await
        .expect("there");
    assert_eq!((read.issue, read.is_pull), (13, true));
    assert_eq!(comment(of("", "")).await, None);
    assert_eq!(comment(of("https://h/maria/demo/issues/", "")).await, None);
    assert_eq!(comment(of("https://h/maria/demo/issues/0", "")).await, None);
}

#[tokio::test]
async fn times_of_any_zone_are_utc_and_never_is_zero() {
    let with = |created: &str, updated: Value| json!({"id": 7, "issue_url": "x/1", "created_at": created, "updated_at": updated});
    let read = comment(with("2026-11-21T16:56:23+02:00", json!(null)))
        .await
        .expect("there");
    assert_eq!(
        (read.created_at, read.updated_at),
        (Time::from_seconds(1_795_272_983), Time(0))
    );
    let read = comment(with("0001-01-01T00:00:00Z", json!("soon")))
        .await
        .expect("there");
    assert_eq!((read.created_at, read.updated_at), (Time(0), Time(0)));
}

#[tokio::test]
async fn the_deleted_and_the_migrated_are_nobody() {
    let with = |user: Value, original: &str| json!({"id": 7, "issue_url": "x/1", "user": user, "original_author": original});
    let author = async |value| comment(value).await.expect("there").author;
    assert_eq!(
        author(with(json!({"id": -1, "login": "Ghost"}), "")).await,
        nobody()
    );
    assert_eq!(author(with(Value::Null, "")).await, nobody());
    let person = json!({"id": 3, "login": "MaRia"});
    let maria = Person {
        id: 3,
        login: "maria".to_owned(),
    };
    assert_eq!(author(with(person.clone(), "")).await, maria);
    assert_eq!(
        author(with(person, "somebody-elsewhere")).await,
        nobody(),
        "maria only imported it"
    );
}

#[tokio::test]
async fn an_issue_of_nulls_is_an_issue() {
    let read = issue(json!({
        "number": 7, "title": null, "body": null, "user": null, "labels": null, "assignees": null,
        "state": "open", "pull_request": null, "repository": null, "milestone": null,
    }));
    let read = read.await.expect("there");
    assert!(read.issue.open && !read.issue.is_pull && read.issue.labels.is_empty());
    assert_eq!(read.issue.author, nobody());
    let read = issue(json!({
        "number": 7, "body": "a\r\nb\rc\n", "state": "closed", "pull_request": {"merged": false},
        "labels": [null, {"id": 1, "name": "bug"}, 7],
    }));
    let read = read.await.expect("there");
    assert!(!read.issue.open && read.issue.is_pull);
    assert_eq!(
        (read.body.as_str(), read.issue.labels),
        ("a\nb\rc\n", vec!["bug".to_owned()])
    );
    assert_eq!(issue(json!({"number": 0, "title": "HIDDEN"})).await, None);
}

#[tokio::test]
async fn a_hidden_blocker_blocks() {
    let list = json!([
        {"id": 0, "number": 0, "title": "HIDDEN"},
        {"number": 5, "state": "closed", "repository": {"id": 9, "full_name": "maria/other"}},
        null,
    ]);
    let fake = Fake::start([Answer::json(&list), Answer::json(&json!([]))]).await;
    let list = fake
        .client()
        .dependencies(7)
        .await
        .expect("listed")
        .expect("switched on");
    let seen: Vec<_> = list
        .iter()
        .map(|d| (d.number, d.open, d.is_hidden()))
        .collect();
    assert_eq!(seen, [(0, true, true), (5, false, false), (0, true, true)]);
    assert_eq!(list[1].repo, "maria/other");
}

#[tokio::test]
async fn a_pull_request_without_its_fork_has_no_head_repository() {
    let with = |repo: Value, id: i64| {
        json!({"number": 7, "state": "open", "merged": false, "labels": null, "assignees": null,
            "head": {"ref": "topic", "sha": "abc", "repo_id": id, "repo": repo},
            "base": {"ref": "main", "sha": "def", "repo_id": 4, "repo": {"id": 4}}})
    };
    let read = pull(with(json!({"id": 4}), 4)).await.expect("there");
    assert_eq!(
        (read.head_repo, read.base_repo),
        (Some(RepoId(4)), RepoId(4))
    );
    assert_eq!(
        pull(with(Value::Null, -1)).await.expect("there").head_repo,
        None
    );
    assert_eq!(
        pull(with(Value::Null, 4)).await.expect("there").head_repo,
        None,
        "a stale number"
    );
    assert_eq!(pull(json!({})).await, None);
}

#[tokio::test]
async fn a_forks_branch_of_the_same_name_is_not_ours() {
    let of = |number: u64, head: i64| {
        json!({"number": number, "state": "open",
            "head": {"ref": "topic", "repo_id": head, "repo": {}}, "base": {"ref": "main", "repo_id": 4}})
    };
    let list = json!([of(1, 9), of(3, 4), of(2, 4)]);
    let fake = Fake::start([Answer::json(&list).header("x-total-count", 3)]).await;
    let found = fake.client().find_open_pull("topic").await.expect("listed");
    assert_eq!(found.expect("found").number, 2, "the oldest of ours");
}

#[tokio::test]
async fn a_repository_that_says_nothing_may_do_nothing() {
    let fake = Fake::start([Answer::json(
        &json!({"id": 4, "permissions": null, "has_issues": true}),
    )])
    .await;
    let read = fake.client().repository().await.expect("read");
    assert!(!read.may_push && !read.has_pulls);
    assert!(
        !read.has_issues,
        "without an internal tracker the issues are elsewhere"
    );
    let fake = Fake::start([Answer::json(&json!({}))]).await;
    let error = fake.client().repository().await.expect_err("nothing");
    assert!(matches!(error, ForgeError::Decode { .. }), "{error:?}");
}

#[tokio::test]
async fn once_pinned_another_repository_is_an_error() {
    let fake = Fake::start([
        Answer::json(&json!({"id": 4})),
        Answer::json(&json!({"id": 5})),
    ])
    .await;
    let client = fake.client();
    client.repository().await.expect("read");
    let error = client.repository().await.expect_err("another");
    assert!(
        matches!(error, ForgeError::OtherRepository { .. }),
        "{error:?}"
    );
    assert_eq!(client.pinned(), Some(RepoId(4)));
}

#[test]
fn versions_are_read_by_their_own_number() {
    let read = |text| {
        let version = Version::parse(text);
        (
            version.software,
            version.number,
            version.supported().is_ok(),
        )
    };
    assert_eq!(read("1.25.4"), (Software::Gitea, (1, 25, 4), true));
    assert_eq!(read("1.20.0"), (Software::Gitea, (1, 20, 0), true));
    assert_eq!(read("1.19.4"), (Software::Gitea, (1, 19, 4), false));
    assert_eq!(
        read("1.26.0+dev-123-gabc"),
        (Software::Gitea, (1, 26, 0), true)
    );
    assert_eq!(read("v1.24.0-rc0"), (Software::Gitea, (1, 24, 0), true));
    assert_eq!(
        read("15.0.3+gitea-1.22.0"),
        (Software::Forgejo, (15, 0, 3), true)
    );
    assert_eq!(
        read("7.0.0+gitea-1.21.11"),
        (Software::Forgejo, (7, 0, 0), true)
    );
    assert_eq!(
        read("1.21.11-1+gitea-1.21.11"),
        (Software::Forgejo, (1, 21, 11), false)
    );
    assert_eq!(read("development"), (Software::Gitea, (0, 0, 0), false));
    let remedy = Version::parse("1.19.4").supported().expect_err("too old");
    assert!(
        remedy.contains("gitea 1.20") && remedy.contains("1.19.4"),
        "{remedy}"
    );
}

proptest! {
    #[test]
    fn no_version_text_makes_it_panic(text in "\\PC{0,60}") {
        let version = Version::parse(&text);
        let _either = version.supported();
    }

    #[test]
    fn no_pause_text_makes_it_panic(text in "\\PC{0,60}", now in any::<i64>()) {
        let _any = adf::forge::retry::retry_after(&text, Time(now));
    }
}
