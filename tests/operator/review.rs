//! A mention in an inline comment of a review becomes work on its pull request.

use crate::support::Plant;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mention_in_a_review_is_answered_on_the_pull_request_and_briefed_with_it() {
    // What the agent was told is what it commits.
    let plant = Plant::new("cat > told.txt", "1s", "").await;
    let _daemon = plant.run(&[]).await;
    let (repo, bug) = (&plant.world.repo, plant.world.bug);
    let text = "@adf:developer please begin";
    plant.forge.comment(repo, bug, "alice", text).unwrap();
    plant.until_told(bug, "has delivered").await;
    let pull = plant.forge.pulls(repo).pop().expect("a pull request");
    let inline = [("told.txt", 1, "@adf:developer say it louder, please")];
    let body = "Good, but quiet.";
    plant
        .forge
        .review(repo, pull.number, "alice", body, &inline)
        .unwrap();
    plant.until_told(pull.number, "has delivered").await;
    let mut told = plant
        .forge
        .pulls(repo)
        .into_iter()
        .filter(|p| p.number != pull.number);
    let second = told.next_back().expect("another pull request");
    let told = plant.forge.file_at(repo, &second.head, "told.txt");
    let told = told.expect("what the agent was told");
    for words in [body, "say it louder, please", "on told.txt:1, by `alice`"] {
        assert!(told.contains(words), "{words} is not in:\n{told}");
    }
    assert_eq!(
        plant.told(pull.number).len(),
        2,
        "an acceptance and a result"
    );
}
