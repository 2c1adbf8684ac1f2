//! What a forge must do about comments.

use super::world::{Ground, Who, next_second};
use adf::forge::{ForgeError, Verdict};
use adf::model::Time;

const EPOCH: Time = Time(0);
const MISSING: u64 = 4711;

pub async fn a_comment_comes_back_as_it_was_written(ground: Ground) {
    let (bot, issue) = (ground.bot(), ground.issue("one").await);
    let text = "two lines,\r\nand *märkdown* <!-- adf:x --> 🏭";
    let posted = bot.post_comment(issue, text).await.expect("posted");
    assert_eq!(posted.body, text.replace("\r\n", "\n"));
    assert_eq!(posted.author.login, ground.login(Who::Bot).to_lowercase());
    assert_eq!((posted.issue, posted.is_pull), (issue, false));
    assert_eq!(posted.created_at, posted.updated_at);
    let read = bot.comment(posted.id).await.expect("read");
    assert_eq!(read.as_ref(), Some(&posted));
    assert_eq!(bot.comments_of(issue).await.expect("listed"), [posted]);
}

pub async fn a_comment_on_a_missing_issue_is_an_error_that_does_not_last_for_ever(ground: Ground) {
    let error = ground
        .bot()
        .post_comment(MISSING, "hello")
        .await
        .expect_err("refused");
    assert!(matches!(error, ForgeError::NotFound { .. }), "{error:?}");
    assert_eq!(error.verdict(), Verdict::Final);
}

pub async fn the_comments_of_a_missing_issue_are_not_found(ground: Ground) {
    let error = ground
        .bot()
        .comments_of(MISSING)
        .await
        .expect_err("refused");
    assert!(matches!(error, ForgeError::NotFound { .. }), "{error:?}");
}

pub async fn since_is_inclusive_and_counts_whole_seconds(ground: Ground) {
    let (bot, issue) = (ground.bot(), ground.issue("one").await);
    let comment = bot.post_comment(issue, "hello").await.expect("posted");
    assert_eq!(comment.updated_at.0 % 1000, 0, "times are whole seconds");
    let at = bot
        .comments_since(comment.updated_at)
        .await
        .expect("listed");
    assert_eq!(at.items, std::slice::from_ref(&comment));
    let inside = Time(comment.updated_at.0 + 999);
    let inside = bot.comments_since(inside).await.expect("listed");
    assert_eq!(inside.items.len(), 1, "a part of a second is dropped");
    let after = bot
        .comments_since(next_second(comment.updated_at))
        .await
        .expect("listed");
    assert_eq!(after.items, []);
}

pub async fn an_edited_comment_reappears_by_its_update_time(ground: Ground) {
    let (bot, issue) = (ground.bot(), ground.issue("one").await);
    let comment = bot.post_comment(issue, "before").await.expect("posted");
    ground.later_than(comment.updated_at).await;
    let edited = bot.edit_comment(comment.id, "after").await.expect("edited");
    assert_eq!(
        (edited.id, edited.created_at),
        (comment.id, comment.created_at)
    );
    assert!(edited.updated_at > comment.updated_at);
    let since = bot.comments_since(edited.updated_at).await.expect("listed");
    assert_eq!(since.items, [edited]);
}

pub async fn an_edited_comment_keeps_its_place_in_the_order(ground: Ground) {
    let (bot, issue) = (ground.bot(), ground.issue("one").await);
    let first = bot.post_comment(issue, "first").await.expect("posted");
    let second = bot.post_comment(issue, "second").await.expect("posted");
    ground.later_than(second.updated_at).await;
    bot.edit_comment(first.id, "first, edited")
        .await
        .expect("edited");
    let list = bot.comments_since(EPOCH).await.expect("listed").items;
    let ids: Vec<i64> = list.iter().map(|c| c.id).collect();
    assert_eq!(ids, [first.id, second.id]);
}

pub async fn a_deleted_comment_is_gone_and_deleting_it_again_is_no_error(ground: Ground) {
    let (bot, issue) = (ground.bot(), ground.issue("one").await);
    let comment = bot.post_comment(issue, "hello").await.expect("posted");
    bot.delete_comment(comment.id).await.expect("deleted");
    assert_eq!(bot.comment(comment.id).await.expect("read"), None);
    assert_eq!(bot.comments_since(EPOCH).await.expect("listed").items, []);
    bot.delete_comment(comment.id).await.expect("gone already");
}

pub async fn editing_a_deleted_comment_finds_nothing(ground: Ground) {
    let (bot, issue) = (ground.bot(), ground.issue("one").await);
    let comment = bot.post_comment(issue, "hello").await.expect("posted");
    bot.delete_comment(comment.id).await.expect("deleted");
    let error = bot
        .edit_comment(comment.id, "again")
        .await
        .expect_err("gone");
    assert!(matches!(error, ForgeError::NotFound { .. }), "{error:?}");
}

pub async fn a_stranger_may_comment_but_not_edit_others(ground: Ground) {
    let issue = ground.issue("one").await;
    let stranger = ground.client(Who::Stranger);
    let own = stranger
        .post_comment(issue, "@adf:developer do it")
        .await
        .expect("posted");
    assert_eq!(own.author.login, ground.login(Who::Stranger).to_lowercase());
    let others = ground
        .bot()
        .post_comment(issue, "hello")
        .await
        .expect("posted");
    let error = stranger
        .edit_comment(others.id, "mine now")
        .await
        .expect_err("refused");
    assert!(
        matches!(error, ForgeError::Forbidden { missing: None, .. }),
        "{error:?}"
    );
    let error = stranger
        .delete_comment(others.id)
        .await
        .expect_err("refused");
    assert!(
        matches!(error, ForgeError::Forbidden { missing: None, .. }),
        "{error:?}"
    );
}

pub async fn an_editor_is_not_told(ground: Ground) {
    let issue = ground.issue("one").await;
    let stranger = ground.client(Who::Stranger);
    let comment = stranger.post_comment(issue, "hello").await.expect("posted");
    ground.later_than(comment.created_at).await;
    let owner = ground.client(Who::Owner);
    owner
        .edit_comment(comment.id, "@adf:developer do it")
        .await
        .expect("edited");
    let read = ground
        .bot()
        .comment(comment.id)
        .await
        .expect("read")
        .expect("there");
    assert_eq!(read.author, comment.author, "the first writer is shown");
    assert!(
        read.updated_at > read.created_at,
        "only the time gives the edit away"
    );
}

pub async fn a_list_of_more_than_one_page_is_read_to_its_end_once(ground: Ground) {
    const MANY: usize = 61;
    let (bot, issue) = (ground.bot(), ground.issue("one").await);
    let mut posted = Vec::new();
    for n in 0..MANY {
        posted.push(
            bot.post_comment(issue, &format!("number {n}"))
                .await
                .expect("posted")
                .id,
        );
    }
    let before = bot.requests();
    let listing = bot.comments_since(EPOCH).await.expect("listed");
    let ids: Vec<i64> = listing.items.iter().map(|c| c.id).collect();
    assert_eq!(ids, posted, "each once, in the order they were written");
    assert_eq!(bot.requests() - before, 2, "the total ends the list");
    assert_eq!(listing.skipped, 0);
}

pub async fn the_comments_of_an_issue_come_in_one_answer(ground: Ground) {
    const MANY: usize = 55;
    let (bot, issue) = (ground.bot(), ground.issue("one").await);
    for n in 0..MANY {
        bot.post_comment(issue, &format!("number {n}"))
            .await
            .expect("posted");
    }
    let before = bot.requests();
    assert_eq!(bot.comments_of(issue).await.expect("listed").len(), MANY);
    assert_eq!(bot.requests() - before, 1);
}

pub async fn a_comment_on_a_pull_request_says_so(ground: Ground) {
    ground.host.new_branch(&ground.repo, "topic").await;
    let bot = ground.bot();
    let pull = bot
        .create_pull("topic", "main", "Hello", "")
        .await
        .expect("opened");
    let comment = bot
        .post_comment(pull.number, "hello")
        .await
        .expect("posted");
    assert_eq!((comment.issue, comment.is_pull), (pull.number, true));
    let listed = bot.comments_since(EPOCH).await.expect("listed").items;
    assert_eq!(listed, std::slice::from_ref(&comment));
    assert_eq!(
        bot.comments_of(pull.number).await.expect("listed"),
        [comment]
    );
}

pub async fn an_event_is_no_comment(ground: Ground) {
    let (bot, issue) = (ground.bot(), ground.issue("one").await);
    let before = bot.post_comment(issue, "before").await.expect("posted");
    ground.host.close(&ground.repo, issue).await;
    let after = bot.post_comment(issue, "after").await.expect("posted");
    for id in before.id + 1..after.id {
        assert_eq!(bot.comment(id).await.expect("no error"), None);
    }
    let listed = bot.comments_since(EPOCH).await.expect("listed").items;
    assert_eq!(listed.len(), 2, "the closing is not among them");
}

pub async fn a_locked_conversation_refuses_strangers_and_takes_the_bot(ground: Ground) {
    let issue = ground.issue("one").await;
    ground.host.lock(&ground.repo, issue).await;
    let error = ground
        .client(Who::Stranger)
        .post_comment(issue, "hello")
        .await;
    let error = error.expect_err("refused");
    assert!(
        matches!(error, ForgeError::Forbidden { missing: None, .. }),
        "{error:?}"
    );
    ground
        .bot()
        .post_comment(issue, "hello")
        .await
        .expect("the bot may write");
}

pub async fn later_comments_have_higher_ids(ground: Ground) {
    let issue = ground.issue("one").await;
    let (bot, writer) = (ground.bot(), ground.client(Who::Writer));
    let first = bot.post_comment(issue, "first").await.expect("posted").id;
    let second = writer
        .post_comment(issue, "second")
        .await
        .expect("posted")
        .id;
    bot.delete_comment(first).await.expect("deleted");
    let third = bot.post_comment(issue, "third").await.expect("posted").id;
    assert!(first < second && second < third, "{first} {second} {third}");
}
