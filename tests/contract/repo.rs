//! What a forge must do about the repository, its people, tokens and time.

use super::world::{Ground, Who};
use adf::forge::{ForgeError, Verdict};
use adf::model::Time;

pub async fn the_version_is_supported(ground: Ground) {
    let version = ground.bot().version().await.expect("read");
    version.supported().expect("supported");
    assert!(version.number > (0, 0, 0), "{version:?}");
}

pub async fn the_repository_tells_what_delivery_needs(ground: Ground) {
    let bot = ground.bot();
    let repository = bot.repository().await.expect("read");
    let name = format!("{}/{}", ground.login(Who::Owner), ground.repo);
    assert_eq!(
        (repository.full_name, repository.default_branch),
        (name, "main".to_owned())
    );
    assert!(repository.may_push && repository.has_issues && repository.has_pulls);
    assert!(!repository.archived && !repository.empty && !repository.mirror);
    assert_eq!(bot.pinned(), Some(repository.id));
}

pub async fn a_branch_with_a_slash_is_found(ground: Ground) {
    ground.host.new_branch(&ground.repo, "adf/2-a-b").await;
    let bot = ground.bot();
    let branch = bot.branch("adf/2-a-b").await.expect("read").expect("there");
    assert_eq!(branch.name, "adf/2-a-b");
    let main = bot.branch("main").await.expect("read").expect("there");
    assert!(main.user_can_push && !main.protected);
    assert_eq!(main.sha.as_str().len(), 40);
    assert_ne!(main.sha, branch.sha);
}

pub async fn a_missing_branch_is_none(ground: Ground) {
    assert_eq!(
        ground.bot().branch("not/there").await.expect("no error"),
        None
    );
}

pub async fn a_protected_branch_says_so(ground: Ground) {
    ground.host.protect(&ground.repo, "main").await;
    let main = ground
        .bot()
        .branch("main")
        .await
        .expect("read")
        .expect("there");
    assert!(main.protected && !main.user_can_push);
}

pub async fn assignable_people_are_those_who_may_write(ground: Ground) {
    let mut people: Vec<String> = ground
        .bot()
        .assignees()
        .await
        .expect("listed")
        .into_iter()
        .map(|p| p.login)
        .collect();
    people.sort();
    let mut writers = [Who::Bot, Who::Owner, Who::Writer].map(|w| ground.login(w).to_lowercase());
    writers.sort();
    assert_eq!(people, writers);
}

pub async fn a_bot_may_ask_about_itself_only(ground: Ground) {
    let bot = ground.bot();
    let own = ground.login(Who::Bot);
    assert_eq!(bot.me().await.expect("read").login, own.to_lowercase());
    assert_eq!(
        bot.permission(&own).await.expect("read").as_deref(),
        Some("write")
    );
    let other = ground.login(Who::Stranger);
    assert_eq!(bot.permission(&other).await.expect("no error"), None);
    let owner = ground.client(Who::Owner);
    assert_eq!(
        owner.permission(&other).await.expect("read").as_deref(),
        Some("read")
    );
    assert_eq!(
        owner
            .permission("nobody-of-that-name")
            .await
            .expect("no error"),
        None
    );
}

pub async fn a_stranger_may_not_push(ground: Ground) {
    let stranger = ground.client(Who::Stranger);
    assert!(!stranger.repository().await.expect("read").may_push);
    let main = stranger.branch("main").await.expect("read").expect("there");
    assert!(!main.user_can_push);
}

pub async fn archived_refuses_comments_with_423(ground: Ground) {
    let (bot, issue) = (ground.bot(), ground.issue("one").await);
    let comment = bot.post_comment(issue, "before").await.expect("posted");
    ground.host.archive(&ground.repo).await;
    assert!(bot.repository().await.expect("read").archived);
    let posted = bot.post_comment(issue, "hello").await.expect_err("refused");
    let edited = bot
        .edit_comment(comment.id, "hello")
        .await
        .expect_err("refused");
    let pulled = bot
        .create_pull("main", "main", "x", "")
        .await
        .expect_err("refused");
    for error in [posted, edited, pulled] {
        assert!(matches!(error, ForgeError::Archived { .. }), "{error:?}");
        assert!(
            matches!(error.verdict(), Verdict::Passing { .. }),
            "it can be unarchived"
        );
        assert!(error.needs_operator());
    }
}

pub async fn an_archived_repository_lets_comments_be_deleted(ground: Ground) {
    let (bot, issue) = (ground.bot(), ground.issue("one").await);
    let comment = bot.post_comment(issue, "before").await.expect("posted");
    ground.host.archive(&ground.repo).await;
    bot.delete_comment(comment.id).await.expect("deleted");
}

pub async fn a_renamed_repository_answers_moved(ground: Ground) {
    let (bot, issue) = (ground.bot(), ground.issue("one").await);
    let id = bot.repository().await.expect("read").id;
    let new = format!("{}-2", ground.repo);
    ground.host.rename(&ground.repo, &new).await;
    let read = bot.repository().await.expect_err("moved");
    let listed = bot.issues_since(None).await.expect_err("moved");
    let wrote = bot.post_comment(issue, "hello").await.expect_err("moved");
    let expected = format!("{}/{new}", ground.login(Who::Owner)).to_lowercase();
    for error in [read, listed, wrote] {
        match &error {
            ForgeError::Moved { to, .. } => assert_eq!(to.to_lowercase(), expected),
            other => panic!("{other:?}"),
        }
    }
    let there = ground.client_of(&new, &ground.host.account(Who::Bot).token);
    there.pin(id);
    assert_eq!(
        there.repository().await.expect("read").id,
        id,
        "the number stays"
    );
    assert_eq!(
        there.comments_of(issue).await.expect("listed"),
        [],
        "and nothing was written"
    );
}

pub async fn a_reused_name_is_another_repository(ground: Ground) {
    let (bot, issue) = (ground.bot(), ground.issue("one").await);
    bot.repository().await.expect("read");
    ground
        .host
        .rename(&ground.repo, &format!("{}-2", ground.repo))
        .await;
    ground.host.new_repo(&ground.repo).await;
    assert_eq!(ground.issue("one").await, issue);
    let read = bot.repository().await.expect_err("another");
    let one = bot.issue(issue).await.expect_err("another");
    let list = bot.issues_since(None).await.expect_err("another");
    for error in [read, one, list] {
        assert!(
            matches!(error, ForgeError::OtherRepository { .. }),
            "{error:?}"
        );
    }
}

pub async fn a_dead_token_is_unauthorized(ground: Ground) {
    let dead = "0123456789abcdef0123456789abcdef01234567";
    let client = ground.client_of(&ground.repo, dead);
    let error = client.repository().await.expect_err("refused");
    assert!(
        matches!(error, ForgeError::Unauthorized { .. }),
        "{error:?}"
    );
    assert!(!error.to_string().contains(dead));
}

pub async fn a_missing_repository_is_not_found(ground: Ground) {
    let token = ground.host.account(Who::Bot).token;
    let error = ground
        .client_of("not-there", &token)
        .repository()
        .await
        .expect_err("missing");
    assert!(matches!(error, ForgeError::NotFound { .. }), "{error:?}");
}

pub async fn the_scopes_of_a_good_token_are_enough(ground: Ground) {
    let (bot, issue) = (ground.bot(), ground.issue("one").await);
    let scopes = bot.scopes().await.expect("probed");
    assert!(scopes.is_enough(), "{scopes:?}");
    assert_eq!(
        bot.comments_of(issue).await.expect("listed"),
        [],
        "a probe leaves nothing"
    );
    assert_eq!(bot.open_pulls().await.expect("listed"), []);
}

pub async fn a_reading_token_lacks_the_writing_scopes(ground: Ground) {
    let scopes = ground
        .client(Who::BotReading)
        .scopes()
        .await
        .expect("probed");
    assert_eq!(scopes.missing, ["write:repository", "write:issue"]);
    let remedy = scopes.remedy().expect("a remedy");
    assert!(remedy.contains("write:issue"), "{remedy}");
}

pub async fn a_write_without_scope_names_the_scope(ground: Ground) {
    let issue = ground.issue("one").await;
    let error = ground
        .client(Who::BotReading)
        .post_comment(issue, "hello")
        .await;
    match error.expect_err("refused") {
        ForgeError::Forbidden { missing, .. } => {
            assert_eq!(missing.as_deref(), Some("write:issue"))
        }
        other => panic!("{other:?}"),
    }
}

pub async fn the_server_tells_its_time(ground: Ground) {
    let listing = ground.bot().comments_since(Time(0)).await.expect("listed");
    let time = listing.server_time.expect("a Date header");
    let issue = ground.issue("one").await;
    let item = ground
        .bot()
        .issue(issue)
        .await
        .expect("read")
        .expect("there");
    assert!(time <= item.created_at.plus(std::time::Duration::from_secs(1)));
    assert!(
        item.created_at.since(time) < std::time::Duration::from_secs(60),
        "the same clock"
    );
}
