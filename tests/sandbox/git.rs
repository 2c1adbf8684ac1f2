//! Real git against the forge: clone, push, refusals, a merge.

use crate::yard::{REPO, Yard, in_git, write};
use reqwest::{Method, StatusCode};
use serde_json::json;

#[tokio::test]
async fn a_pushed_branch_becomes_a_pull_request_and_a_merge_on_main() {
    let yard = Yard::new().await;
    let dir = yard.clone_as(&yard.bob, "clone").await;
    write(&dir, "README.md", "# box\n\nWith words.\n");
    in_git(&dir, &["commit", "-qam", "Say more"]).await.unwrap();
    in_git(&dir, &["push", "-q", "origin", "HEAD:refs/heads/adf/1-fix"])
        .await
        .unwrap();
    let head = in_git(&dir, &["rev-parse", "HEAD"]).await.unwrap();
    assert_eq!(
        yard.forge.branches(REPO)[0],
        ("adf/1-fix".to_owned(), head.clone())
    );

    let body =
        json!({"head": "adf/1-fix", "base": "main", "title": "Say more", "body": "Closes #1"});
    let path = "/api/v1/repos/alice/box/pulls";
    let answer = yard
        .request(Method::POST, path, &yard.bob)
        .json(&body)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::CREATED);
    let pulls = yard.forge.pulls(REPO);
    assert_eq!(
        (pulls[0].number, pulls[0].state, pulls[0].head_sha.as_str()),
        (2, "open", head.as_str())
    );

    write(&dir, "README.md", "# box\n\nWith more words.\n");
    in_git(&dir, &["commit", "-qam", "Say still more"])
        .await
        .unwrap();
    in_git(&dir, &["push", "-q", "origin", "HEAD:refs/heads/adf/1-fix"])
        .await
        .unwrap();
    let moved = yard.forge.pulls(REPO)[0].head_sha.clone();
    assert_ne!(moved, head);

    let merge = json!({"Do": "merge", "head_commit_id": moved});
    let answer = yard
        .request(Method::POST, &format!("{path}/2/merge"), &yard.alice)
        .json(&merge);
    assert_eq!(answer.send().await.unwrap().status(), StatusCode::OK);
    assert_eq!(yard.forge.pulls(REPO)[0].state, "merged");
    assert_eq!(yard.forge.commits(REPO, "main")[0].parents.len(), 2);
    let text = yard.forge.file_at(REPO, "main", "README.md");
    assert_eq!(text.as_deref(), Some("# box\n\nWith more words.\n"));
    assert!(
        !yard.forge.issue(REPO, 1).unwrap().open,
        "a merged keyword closes its issue"
    );
}

#[tokio::test]
async fn a_protected_branch_refuses_a_push_and_keeps_its_commit() {
    let yard = Yard::new().await;
    yard.forge.protect_branch(REPO, "main").unwrap();
    let before = yard.forge.branches(REPO);
    let dir = yard.clone_as(&yard.alice, "clone").await;
    write(&dir, "README.md", "changed\n");
    in_git(&dir, &["commit", "-qam", "Change"]).await.unwrap();
    let refused = in_git(&dir, &["push", "-q", "origin", "HEAD:main"])
        .await
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains("Not allowed to push to protected branch main"),
        "{refused}"
    );
    assert_eq!(yard.forge.branches(REPO), before);
}

#[tokio::test]
async fn a_lease_that_is_stale_is_refused_and_one_that_holds_moves_the_branch() {
    let yard = Yard::new().await;
    let sha = yard.forge.commit(REPO, "topic", &[("a", "1\n")]).unwrap();
    let dir = yard.clone_as(&yard.bob, "clone").await;
    write(&dir, "README.md", "other\n");
    in_git(&dir, &["commit", "-qam", "Other"]).await.unwrap();
    let stale = format!("--force-with-lease=topic:{}", "1".repeat(40));
    assert!(
        in_git(&dir, &["push", "-q", &stale, "origin", "HEAD:topic"])
            .await
            .is_err()
    );
    let held = format!("--force-with-lease=topic:{sha}");
    in_git(&dir, &["push", "-q", &held, "origin", "HEAD:topic"])
        .await
        .unwrap();
    assert_eq!(yard.forge.file_at(REPO, "topic", "a"), None);
}

#[tokio::test]
async fn a_stranger_cannot_clone_what_is_hidden() {
    let yard = Yard::new().await;
    yard.forge.hide(REPO, true).unwrap();
    let (home, url) = (yard.home.path(), yard.url_as(&yard.carol));
    let refused = in_git(home, &["clone", "-q", &url, "nope"])
        .await
        .unwrap_err()
        .to_string();
    assert!(refused.contains("not found"), "{refused}");
    yard.clone_as(&yard.bob, "yes").await;
}
