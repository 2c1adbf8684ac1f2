//! What a forge must do about labels.

use super::world::Ground;
use adf::forge::ForgeError;

pub async fn labels_are_added_by_id(ground: Ground) {
    let (bot, issue) = (ground.bot(), ground.issue("one").await);
    let a = bot
        .create_label("adf/working", "1d76db")
        .await
        .expect("created");
    let b = bot
        .create_label("adf/done", "#00ff00")
        .await
        .expect("created");
    assert_eq!(a.name, "adf/working");
    let mut listed = bot.labels().await.expect("listed");
    listed.sort_by_key(|label| label.id);
    assert_eq!(listed, [a.clone(), b.clone()]);
    assert_eq!(
        bot.add_labels(issue, &[a.id]).await.expect("added"),
        std::slice::from_ref(&a)
    );
    let mut both = bot.add_labels(issue, &[b.id]).await.expect("added");
    both.sort_by_key(|label| label.id);
    assert_eq!(both, [a, b], "the first one stays");
}

pub async fn adding_a_label_twice_changes_nothing(ground: Ground) {
    let (bot, issue) = (ground.bot(), ground.issue("one").await);
    let label = bot.create_label("adf", "1d76db").await.expect("created");
    bot.add_labels(issue, &[label.id]).await.expect("added");
    assert_eq!(
        bot.add_labels(issue, &[label.id]).await.expect("again"),
        [label]
    );
}

pub async fn an_unknown_label_is_noticed(ground: Ground) {
    let (bot, issue) = (ground.bot(), ground.issue("one").await);
    let error = bot
        .add_labels(issue, &[987_654])
        .await
        .expect_err("left out");
    assert!(matches!(error, ForgeError::LeftOut { .. }), "{error:?}");
}

pub async fn labels_show_on_the_issue(ground: Ground) {
    let (bot, issue) = (ground.bot(), ground.issue("one").await);
    let label = bot
        .create_label("needs help", "1d76db")
        .await
        .expect("created");
    bot.add_labels(issue, &[label.id]).await.expect("added");
    let item = bot.issue(issue).await.expect("read").expect("there");
    assert_eq!(item.issue.labels, ["needs help"]);
}

pub async fn labels_of_the_same_name_are_accepted(ground: Ground) {
    let bot = ground.bot();
    let first = bot.create_label("twin", "1d76db").await.expect("created");
    let second = bot
        .create_label("twin", "1d76db")
        .await
        .expect("created as well");
    assert_ne!(first.id, second.id, "so list before creating");
}

pub async fn a_label_is_taken_off_by_its_id_and_others_stay(ground: Ground) {
    let (bot, issue) = (ground.bot(), ground.issue("one").await);
    let a = bot.create_label("a", "1d76db").await.expect("created");
    let b = bot.create_label("b", "1d76db").await.expect("created");
    bot.add_labels(issue, &[a.id, b.id]).await.expect("added");
    bot.remove_label(issue, a.id).await.expect("taken off");
    bot.remove_label(issue, a.id)
        .await
        .expect("it is off already");
    bot.remove_label(issue, 987_654)
        .await
        .expect("there is no such label");
    let worn = bot.worn(issue).await.expect("read").expect("there");
    assert_eq!(worn, (vec![b], vec![]));
}
