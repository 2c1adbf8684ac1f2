//! The tiers that come with the executable.

use adf::routing::{Router, SHIPPED, check, file, shipped};
use std::time::Instant;

#[test]
fn shipped_files_have_no_flaw_and_every_example_goes_where_it_says() {
    let files = SHIPPED
        .iter()
        .map(|(name, text)| file::read(name, text).unwrap());
    let files: Vec<file::File> = files.collect();
    assert_eq!(check::check(&files), []);
    assert!(
        files
            .iter()
            .all(|file| file.examples.iter().any(|e| e.here))
    );
    assert!(
        files
            .iter()
            .all(|file| file.examples.iter().any(|e| !e.here))
    );
}

#[test]
fn the_tiers_are_those_of_the_field_report() {
    let tiers: Vec<(String, u32, Vec<String>)> = shipped()
        .into_iter()
        .map(|s| {
            (
                s.tier,
                s.priority,
                s.chain.into_iter().filter_map(|c| c.model).collect(),
            )
        })
        .collect();
    let row = |tier: &str, priority, models: &[&str]| {
        let models = models.iter().map(|m| (*m).to_owned()).collect();
        (tier.to_owned(), priority, models)
    };
    let wanted = [
        row("planning", 80, &["opus", "gpt", "glm"]),
        row("implementation", 50, &["sonnet", "kimi", "glm"]),
        row("review", 40, &["haiku", "mini"]),
    ];
    assert_eq!(tiers, wanted);
}

#[test]
fn the_developer_whose_description_says_review_stays_a_developer() {
    let router = Router::new(shipped()).unwrap();
    let route = router.by_text("review code changes before committing and implement the fix");
    assert_eq!(route.tier.as_deref(), Some("implementation"));
    assert_eq!(route.candidates[1].words, ["review"]);
}

#[test]
fn a_text_of_one_mebibyte_is_read_to_its_end_in_no_time() {
    let router = Router::new(shipped()).unwrap();
    let mut text = "lorem ipsum dolor 世界 ".repeat((1 << 20) / 30);
    text.push_str(" roadmap");
    assert!(text.len() <= 1 << 20);
    #[expect(clippy::disallowed_methods, reason = "a stopwatch with a wide bound")]
    let began = Instant::now();
    let route = router.by_text(&text);
    assert_eq!(
        (route.tier.as_deref(), route.cut),
        (Some("planning"), false)
    );
    text.push_str(&"x".repeat(1 << 20));
    assert!(router.by_text(&text).cut);
    // Unoptimised and on a machine that is not idle; a release build takes milliseconds.
    assert!(began.elapsed().as_secs() < 10);
}
