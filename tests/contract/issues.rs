//! What a forge must do about issues, their dependencies and assignees.

use super::world::{Ground, Who, next_second};
use adf::forge::{Dependency, ForgeError, Verdict};

const MISSING: u64 = 4711;

pub async fn an_issue_comes_back_as_it_was_opened(ground: Ground) {
    let owner = ground.client(Who::Owner);
    let opened = owner
        .create_issue("Ünïcode title", "one\r\ntwo")
        .await
        .expect("opened");
    let item = ground
        .bot()
        .issue(opened.number)
        .await
        .expect("read")
        .expect("there");
    assert_eq!(item.issue, opened);
    assert_eq!(item.body, "one\ntwo");
    assert_eq!(opened.title, "Ünïcode title");
    assert!(opened.open && !opened.is_pull && opened.labels.is_empty());
    assert_eq!(opened.author.login, ground.login(Who::Owner).to_lowercase());
    assert_eq!(item.created_at, opened.updated_at);
}

pub async fn a_missing_issue_is_none(ground: Ground) {
    assert_eq!(ground.bot().issue(MISSING).await.expect("no error"), None);
    assert_eq!(ground.bot().issue(0).await.expect("no error"), None);
}

pub async fn issues_changed_since_are_found_and_others_are_not(ground: Ground) {
    let (bot, old) = (ground.bot(), ground.issue("old").await);
    let old = bot.issue(old).await.expect("read").expect("there").issue;
    ground.later_than(old.updated_at).await;
    let new = ground.issue("new").await;
    let since = bot
        .issues_since(Some(next_second(old.updated_at)))
        .await
        .expect("listed");
    let numbers: Vec<u64> = since.items.iter().map(|item| item.issue.number).collect();
    assert_eq!(numbers, [new]);
    let all = bot.issues_since(None).await.expect("listed");
    let numbers: Vec<u64> = all.items.iter().map(|item| item.issue.number).collect();
    assert_eq!(numbers, [new, old.number], "newest first");
}

pub async fn a_comment_moves_the_issue(ground: Ground) {
    let (bot, number) = (ground.bot(), ground.issue("one").await);
    let before = bot.issue(number).await.expect("read").expect("there").issue;
    ground.later_than(before.updated_at).await;
    bot.post_comment(number, "hello").await.expect("posted");
    let after = bot.issue(number).await.expect("read").expect("there").issue;
    assert!(after.updated_at > before.updated_at);
}

pub async fn closed_issues_and_pull_requests_are_listed_too(ground: Ground) {
    let (bot, issue) = (ground.bot(), ground.issue("one").await);
    ground.host.close(&ground.repo, issue).await;
    ground.host.new_branch(&ground.repo, "topic").await;
    let pull = bot
        .create_pull("topic", "main", "Hello", "text")
        .await
        .expect("opened");
    let all = bot.issues_since(None).await.expect("listed").items;
    let seen: Vec<_> = all
        .iter()
        .map(|i| (i.issue.number, i.issue.is_pull, i.issue.open))
        .collect();
    assert_eq!(seen, [(pull.number, true, true), (issue, false, false)]);
}

pub async fn issues_of_more_than_one_page_are_read_to_their_end(ground: Ground) {
    const MANY: u64 = 53;
    for n in 0..MANY {
        ground.issue(&format!("number {n}")).await;
    }
    let listing = ground.bot().issues_since(None).await.expect("listed");
    let numbers: Vec<u64> = listing.items.iter().map(|item| item.issue.number).collect();
    assert_eq!(numbers, (1..=MANY).rev().collect::<Vec<u64>>());
}

pub async fn dependencies_list_what_blocks(ground: Ground) {
    let (bot, blocked) = (ground.bot(), ground.issue("blocked").await);
    assert_eq!(
        bot.dependencies(blocked).await.expect("listed"),
        Some(vec![])
    );
    let (a, b) = (ground.issue("a").await, ground.issue("b").await);
    ground.host.depend(&ground.repo, blocked, a).await;
    ground.host.depend(&ground.repo, blocked, b).await;
    let mut list = bot
        .dependencies(blocked)
        .await
        .expect("listed")
        .expect("switched on");
    list.sort_by_key(|d| d.number);
    let repo = format!("{}/{}", ground.login(Who::Owner), ground.repo);
    let expected = [a, b].map(|number| Dependency {
        number,
        open: true,
        repo: repo.clone(),
    });
    assert_eq!(list, expected);
    assert_eq!(
        bot.dependencies(a).await.expect("listed"),
        Some(vec![]),
        "not the other way"
    );
}

pub async fn a_closed_blocker_stays_listed_as_closed(ground: Ground) {
    let (blocked, blocker) = (ground.issue("blocked").await, ground.issue("blocker").await);
    ground.host.depend(&ground.repo, blocked, blocker).await;
    ground.host.close(&ground.repo, blocker).await;
    let list = ground
        .bot()
        .dependencies(blocked)
        .await
        .expect("listed")
        .expect("switched on");
    let seen: Vec<_> = list.iter().map(|d| (d.number, d.open)).collect();
    assert_eq!(seen, [(blocker, false)]);
}

pub async fn switched_off_dependencies_are_none(ground: Ground) {
    let (bot, issue) = (ground.bot(), ground.issue("one").await);
    bot.repository().await.expect("read");
    assert!(bot.features().expect("seen").dependencies);
    ground.host.no_dependencies(&ground.repo).await;
    assert_eq!(bot.dependencies(issue).await.expect("no error"), None);
    bot.repository().await.expect("read");
    assert!(!bot.features().expect("seen").dependencies);
}

pub async fn adding_a_dependency_moves_both_issues(ground: Ground) {
    let bot = ground.bot();
    let (blocked, blocker) = (ground.issue("blocked").await, ground.issue("blocker").await);
    let before = bot
        .issue(blocker)
        .await
        .expect("read")
        .expect("there")
        .issue
        .updated_at;
    ground.later_than(before).await;
    ground.host.depend(&ground.repo, blocked, blocker).await;
    let since = bot
        .issues_since(Some(next_second(before)))
        .await
        .expect("listed");
    let numbers: Vec<u64> = since.items.iter().map(|item| item.issue.number).collect();
    assert_eq!(numbers, [blocker, blocked]);
}

pub async fn assignees_are_replaced_as_a_whole(ground: Ground) {
    let (bot, issue) = (ground.bot(), ground.issue("one").await);
    let (owner, writer) = (ground.login(Who::Owner), ground.login(Who::Writer));
    bot.set_assignees(issue, &[&owner, &writer])
        .await
        .expect("both");
    bot.set_assignees(issue, &[&writer]).await.expect("one");
    bot.set_assignees(issue, &[]).await.expect("nobody");
}

pub async fn an_unknown_assignee_is_an_error(ground: Ground) {
    let (bot, issue) = (ground.bot(), ground.issue("one").await);
    let error = bot
        .set_assignees(issue, &["nobody-of-that-name"])
        .await
        .expect_err("refused");
    assert_ne!(
        error.verdict(),
        Verdict::Ambiguous,
        "trying again is harmless: {error:?}"
    );
    assert!(
        !matches!(error, ForgeError::Unauthorized { .. }),
        "{error:?}"
    );
}
