//! What a forge must do about pull requests.

use super::world::{Ground, Who};
use adf::forge::{ForgeError, Verdict};

const BRANCH: &str = "adf/1-developer-abc";

pub async fn a_pull_request_is_opened_and_found_by_its_branch(ground: Ground) {
    ground.host.new_branch(&ground.repo, BRANCH).await;
    ground.host.new_branch(&ground.repo, "other").await;
    let bot = ground.bot();
    let repository = bot.repository().await.expect("read");
    bot.create_pull("other", "main", "Other", "")
        .await
        .expect("opened");
    let pull = bot
        .create_pull(BRANCH, "main", "Fix it", "For #1\r\n")
        .await
        .expect("opened");
    assert_eq!(
        (pull.title.as_str(), pull.body.as_str()),
        ("Fix it", "For #1\n")
    );
    assert_eq!(
        (pull.head_ref.as_str(), pull.base_ref.as_str()),
        (BRANCH, "main")
    );
    assert_eq!(pull.head_repo, Some(repository.id));
    assert_eq!(pull.base_repo, repository.id);
    assert_eq!(pull.author.login, ground.login(Who::Bot).to_lowercase());
    assert!(pull.open && !pull.merged);
    let branch = bot.branch(BRANCH).await.expect("read").expect("there");
    assert_eq!(pull.head_sha, branch.sha);
    let found = bot
        .find_open_pull(BRANCH)
        .await
        .expect("listed")
        .expect("found");
    assert_eq!(found, pull);
    assert_eq!(bot.pull(pull.number).await.expect("read"), Some(pull));
    assert_eq!(
        bot.find_open_pull("adf/1-developer").await.expect("listed"),
        None
    );
}

pub async fn a_second_pull_for_the_same_head_is_a_conflict(ground: Ground) {
    ground.host.new_branch(&ground.repo, BRANCH).await;
    let bot = ground.bot();
    bot.create_pull(BRANCH, "main", "Fix it", "")
        .await
        .expect("opened");
    let error = bot
        .create_pull(BRANCH, "main", "Again", "")
        .await
        .expect_err("refused");
    assert!(matches!(error, ForgeError::Conflict { .. }), "{error:?}");
    assert_eq!(
        error.verdict(),
        Verdict::Ambiguous,
        "look for the one that is there"
    );
    assert_eq!(bot.open_pulls().await.expect("listed").len(), 1);
}

pub async fn a_pull_request_from_a_missing_branch_is_refused_for_now(ground: Ground) {
    let error = ground
        .bot()
        .create_pull("not-pushed-yet", "main", "Fix it", "")
        .await;
    let error = error.expect_err("refused");
    assert!(matches!(error, ForgeError::NotFound { .. }), "{error:?}");
    assert_eq!(error.verdict(), Verdict::Passing { after: None });
}

pub async fn a_closed_pull_request_is_not_found_by_its_branch(ground: Ground) {
    ground.host.new_branch(&ground.repo, BRANCH).await;
    let bot = ground.bot();
    let pull = bot
        .create_pull(BRANCH, "main", "Fix it", "")
        .await
        .expect("opened");
    ground.host.close(&ground.repo, pull.number).await;
    assert_eq!(bot.find_open_pull(BRANCH).await.expect("listed"), None);
    let read = bot.pull(pull.number).await.expect("read").expect("there");
    assert!(!read.open && !read.merged);
}

pub async fn a_closed_pull_request_makes_room_for_a_new_one(ground: Ground) {
    ground.host.new_branch(&ground.repo, BRANCH).await;
    let bot = ground.bot();
    let first = bot
        .create_pull(BRANCH, "main", "Fix it", "")
        .await
        .expect("opened");
    ground.host.close(&ground.repo, first.number).await;
    let second = bot
        .create_pull(BRANCH, "main", "Fix it", "")
        .await
        .expect("opened");
    let found = bot
        .find_open_pull(BRANCH)
        .await
        .expect("listed")
        .expect("found");
    assert_eq!(found.number, second.number);
}

pub async fn a_pull_request_takes_a_new_text(ground: Ground) {
    ground.host.new_branch(&ground.repo, BRANCH).await;
    let bot = ground.bot();
    let pull = bot
        .create_pull(BRANCH, "main", "Fix it", "old")
        .await
        .expect("opened");
    let edited = bot
        .edit_pull(pull.number, "Fixed", "new")
        .await
        .expect("edited");
    assert_eq!(
        (edited.title.as_str(), edited.body.as_str()),
        ("Fixed", "new")
    );
    assert!(edited.open);
    let error = bot
        .edit_pull(4711, "Fixed", "new")
        .await
        .expect_err("missing");
    assert!(matches!(error, ForgeError::NotFound { .. }), "{error:?}");
}

pub async fn an_issue_is_no_pull_request(ground: Ground) {
    let issue = ground.issue("one").await;
    assert_eq!(ground.bot().pull(issue).await.expect("no error"), None);
    assert_eq!(ground.bot().pull(4711).await.expect("no error"), None);
}

pub async fn a_pull_request_can_be_labelled_and_assigned(ground: Ground) {
    ground.host.new_branch(&ground.repo, BRANCH).await;
    let bot = ground.bot();
    let pull = bot
        .create_pull(BRANCH, "main", "Fix it", "")
        .await
        .expect("opened");
    let label = bot.create_label("adf", "1d76db").await.expect("created");
    bot.add_labels(pull.number, &[label.id])
        .await
        .expect("labelled");
    let writer = ground.login(Who::Writer);
    bot.set_assignees(pull.number, &[&writer])
        .await
        .expect("assigned");
    let read = bot.pull(pull.number).await.expect("read").expect("there");
    assert_eq!(
        (read.labels, read.assignees),
        (vec!["adf".to_owned()], vec![writer])
    );
}

pub async fn a_pull_request_of_a_deleted_branch_is_still_read(ground: Ground) {
    ground.host.new_branch(&ground.repo, BRANCH).await;
    let bot = ground.bot();
    let pull = bot
        .create_pull(BRANCH, "main", "Fix it", "")
        .await
        .expect("opened");
    ground.host.close(&ground.repo, pull.number).await;
    ground.host.delete_branch(&ground.repo, BRANCH).await;
    let read = bot.pull(pull.number).await.expect("read").expect("there");
    assert!(!read.open);
    assert_eq!(bot.branch(BRANCH).await.expect("read"), None);
}
