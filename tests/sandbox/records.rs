//! The embedded forge is held to what a real Gitea was recorded to answer.
//!
//! Each story of `tests/data/gitea-1.25` (made by `scripts/record-forge`) is
//! walked again. Status, headers, the shape of the body (keys, types, null or
//! empty) and the values that mean something must agree; ids, times and hosts
//! may differ.

use crate::walk::walk;
use std::path::Path;

macro_rules! stories {
    ($($test:ident: $file:literal;)*) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $test() {
            walk($file).await;
        }
    )*

    #[test]
    fn every_recorded_story_is_walked() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/gitea-1.25");
        let mut recorded: Vec<String> = std::fs::read_dir(folder).unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        recorded.sort();
        let mut walked = vec![$($file),*];
        walked.sort_unstable();
        assert_eq!(recorded, walked);
    }};
}

stories! {
    an_archived_repository_answers_as_recorded: "archived.json";
    comments_answer_as_recorded: "comments.json";
    dependencies_answer_as_recorded: "dependencies.json";
    git_over_http_answers_as_recorded: "git.json";
    the_instance_answers_as_recorded: "instance.json";
    issues_answer_as_recorded: "issues.json";
    labels_answer_as_recorded: "labels.json";
    a_renamed_repository_answers_as_recorded: "moved.json";
    pull_requests_answer_as_recorded: "pulls.json";
    repositories_answer_as_recorded: "repository.json";
    reviews_answer_as_recorded: "reviews.json";
}
