//! What a forge must do about reviews.

use super::world::{Ground, Who, next_second};
use adf::forge::Reviews;
use adf::model::Time;

const FILE: &str = "topic.txt";

/// A pull request of the bot, and the time of its last change.
async fn pull(ground: &Ground) -> (u64, Time) {
    ground.host.new_branch(&ground.repo, "topic").await;
    let bot = ground.bot();
    let pull = bot.create_pull("topic", "main", "Hello", "").await;
    let number = pull.expect("opened").number;
    (number, moved(ground, number).await)
}

async fn moved(ground: &Ground, number: u64) -> Time {
    let item = ground.bot().issue(number).await.expect("read");
    item.expect("there").issue.updated_at
}

async fn said(ground: &Ground, number: u64) -> Reviews {
    ground.bot().reviews(number).await.expect("read")
}

pub async fn a_review_says_its_body_and_its_inline_comments(ground: Ground) {
    let (number, _) = pull(&ground).await;
    let inline = [(FILE, 1, "@adf:developer shout\r\nit")];
    let who = Who::Writer;
    ground
        .host
        .review(&ground.repo, number, who, "Nearly.", &inline)
        .await;
    let said = said(&ground, number).await;
    let [review] = said.reviews.as_slice() else {
        panic!("not one review: {said:?}");
    };
    let writer = ground.login(Who::Writer).to_lowercase();
    assert_eq!(
        (review.body.as_str(), review.inline, &review.author.login),
        ("Nearly.", 1, &writer)
    );
    let [comment] = said.inline.as_slice() else {
        panic!("not one inline comment: {said:?}");
    };
    assert_eq!(
        (comment.body.as_str(), &comment.author.login),
        ("@adf:developer shout\nit", &writer)
    );
    assert_eq!((comment.path.as_str(), comment.line), (FILE, 1));
    assert_eq!(comment.created_at, comment.updated_at);
    assert_eq!(said.skipped, 0);
}

pub async fn a_review_moves_its_pull_request(ground: Ground) {
    let (number, before) = pull(&ground).await;
    for inline in [&[][..], &[(FILE, 1, "here")]] {
        ground.later_than(before).await;
        let (who, body) = (Who::Writer, "Look again.");
        ground
            .host
            .review(&ground.repo, number, who, body, inline)
            .await;
        let now = moved(&ground, number).await;
        assert!(now > before, "{now:?} is not after {before:?}");
        let listed = ground.bot().issues_since(Some(next_second(before))).await;
        let listed = listed.expect("listed").items;
        assert!(listed.iter().any(|item| item.issue.number == number));
    }
}

pub async fn what_reviews_say_is_not_among_the_comments(ground: Ground) {
    let (number, _) = pull(&ground).await;
    let inline = [(FILE, 1, "inline")];
    let who = Who::Writer;
    ground
        .host
        .review(&ground.repo, number, who, "body", &inline)
        .await;
    let bot = ground.bot();
    assert_eq!(bot.comments_of(number).await.expect("listed"), []);
    assert_eq!(bot.comments_since(Time(0)).await.expect("listed").items, []);
    let id = said(&ground, number).await.inline[0].id;
    assert_eq!(bot.comment(id).await.expect("read"), None);
}

pub async fn an_edited_inline_comment_shows_only_by_its_time(ground: Ground) {
    let (number, _) = pull(&ground).await;
    let inline = [(FILE, 1, "before")];
    let who = Who::Writer;
    ground
        .host
        .review(&ground.repo, number, who, "body", &inline)
        .await;
    let first = said(&ground, number).await.inline[0].clone();
    let before = moved(&ground, number).await;
    ground.later_than(before).await;
    let owner = ground.client(Who::Owner);
    owner.edit_comment(first.id, "after").await.expect("edited");
    let edited = said(&ground, number).await.inline[0].clone();
    assert_eq!((edited.id, &edited.author), (first.id, &first.author));
    assert_eq!(edited.body, "after");
    assert!(edited.updated_at > edited.created_at);
    assert_eq!(
        moved(&ground, number).await,
        before,
        "the pull request stays"
    );
}

pub async fn what_is_no_pull_request_has_no_reviews(ground: Ground) {
    let issue = ground.issue("one").await;
    for number in [issue, 4711] {
        let none = ground.bot().reviews(number).await.expect("no error");
        assert_eq!(none, Reviews::default());
    }
}

pub async fn reviews_of_more_than_one_page_are_read_to_their_end(ground: Ground) {
    const MANY: usize = 52;
    let (number, _) = pull(&ground).await;
    for n in 0..MANY {
        let (who, body) = (Who::Writer, format!("number {n}"));
        ground
            .host
            .review(&ground.repo, number, who, &body, &[])
            .await;
    }
    let said = said(&ground, number).await;
    let bodies: Vec<String> = said.reviews.into_iter().map(|r| r.body).collect();
    let wanted: Vec<String> = (0..MANY).map(|n| format!("number {n}")).collect();
    assert_eq!(bodies, wanted);
}
