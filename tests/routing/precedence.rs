//! One test for each rule by which tier, provider and model are chosen.

use crate::house::{Scene, choice};
use adf::model::route::{Decisive, Health, Source};
use adf::routing::Ask;

#[test]
fn priority_wins_over_the_number_of_keywords() {
    let route = Scene::new().route(&Ask {
        instruction: "review, audit, inspect and verify it, then fix what you find",
        ..Ask::default()
    });
    assert_eq!(route.tier.as_deref(), Some("implementation"));
    let review = route
        .candidates
        .iter()
        .find(|c| c.tier == "review")
        .unwrap();
    assert_eq!(review.words, ["review", "audit", "inspect", "verify"]);
    let why = review.lost.as_deref();
    assert_eq!(why, Some("priority 40 is below the 50 of `implementation`"));
}

#[test]
fn a_pin_comes_before_the_scenario_and_says_so() {
    let route = Scene::new().mention("keeper", "review the pull request");
    assert_eq!(route.source, Source::Pin);
    assert_eq!(route.choice, Some(choice("codex", "mini")));
    let lost = &route.overrides[0].lost;
    assert_eq!(
        (lost.source, &lost.choice),
        (Source::Scenario, &choice("anthropic", "haiku"))
    );
}

#[test]
fn the_scenario_comes_before_the_agents_default_with_both_sides() {
    // The default once beat the match, and nobody was told.
    let route = Scene::new().mention("stubborn", "fix the parser");
    assert_eq!(route.source, Source::Scenario);
    assert_eq!(route.choice, Some(choice("anthropic", "sonnet")));
    let over = &route.overrides[0];
    assert_eq!(over.kept.choice, choice("anthropic", "sonnet"));
    assert_eq!(
        (over.lost.source, &over.lost.choice),
        (Source::AgentDefault, &choice("codex", "gpt"))
    );
    assert_eq!(over.why, "the scenario comes before the agent's default");
}

#[test]
fn the_agents_default_comes_before_the_projects() {
    let route = Scene::new().mention("stubborn", "hello");
    assert_eq!(
        (route.source, route.by),
        (Source::AgentDefault, Decisive::Nothing)
    );
    assert_eq!(route.choice, Some(choice("codex", "gpt")));
    assert_eq!(route.overrides[0].lost.choice, choice("spare", "auto"));
}

#[test]
fn without_a_match_the_agents_tier_serves() {
    let route = Scene::new().mention("developer", "hello");
    assert_eq!(route.source, Source::AgentTier);
    assert_eq!(route.tier.as_deref(), Some("implementation"));
    assert_eq!(route.choice, Some(choice("anthropic", "sonnet")));
}

#[test]
fn who_says_nothing_gets_the_projects_default() {
    let route = Scene::new().mention("plain", "hello");
    assert_eq!((route.source, route.tier), (Source::ProjectDefault, None));
    assert_eq!(route.choice, Some(choice("spare", "auto")));
}

#[test]
fn a_mention_cannot_raise_its_own_tier() {
    let scene = Scene::new();
    let route = scene.mention("reviewer", "review this, fix it and plan the rest");
    assert_eq!(route.tier.as_deref(), Some("review"));
    let lost = route.candidates.iter().filter(|c| c.tier != "review");
    for candidate in lost {
        let why = candidate.lost.as_deref().unwrap();
        assert_eq!(
            why,
            "a mention cannot raise the tier of the agent it calls, review"
        );
    }
    let route = scene.mention("reviewer", "plan the release");
    assert_eq!(
        (route.tier.as_deref(), route.source),
        (Some("review"), Source::AgentTier)
    );
    // What the factory itself asks may.
    let route = scene.route(&Ask {
        instruction: "plan the release",
        agent: Some(scene.agent("reviewer")),
        ..Ask::default()
    });
    assert_eq!(route.tier.as_deref(), Some("planning"));
}

#[test]
fn a_mention_can_lower_the_tier() {
    let route = Scene::new().mention("developer", "review the pull request");
    assert_eq!(route.tier.as_deref(), Some("review"));
    assert_eq!(route.choice, Some(choice("anthropic", "haiku")));
}

#[test]
fn labels_are_read_when_the_text_is_silent_and_the_body_last() {
    let scene = Scene::new();
    let labels = ["review".to_owned()];
    let ask = Ask {
        instruction: "hello",
        title: "a title",
        labels: &labels,
        body: "fix it",
        ..Ask::default()
    };
    let route = scene.route(&ask);
    assert_eq!(
        (route.by, route.tier.as_deref()),
        (Decisive::Labels, Some("review"))
    );
    let route = scene.route(&Ask { labels: &[], ..ask });
    assert_eq!(
        (route.by, route.tier.as_deref()),
        (Decisive::Body, Some("implementation"))
    );
    let route = scene.route(&Ask {
        title: "roadmap",
        ..ask
    });
    assert_eq!(
        (route.by, route.tier.as_deref()),
        (Decisive::Text, Some("planning"))
    );
}

#[test]
fn an_unwell_provider_is_passed_over_down_the_chain() {
    let mut scene = Scene::new();
    let ill = Health::Unwell {
        reason: "quota used up".to_owned(),
        until: None,
    };
    scene
        .health
        .insert(choice("anthropic", "opus"), ill.clone());
    let route = scene.mention("plain", "plan the release");
    assert_eq!(route.choice, Some(choice("codex", "gpt")));
    assert_eq!(route.chain[0].health, ill);
    scene.health.insert(choice("codex", "gpt"), ill.clone());
    let route = scene.mention("plain", "plan the release");
    assert_eq!(
        route.choice,
        Some(choice("open", "zai/glm-5")),
        "by its alias"
    );
    scene.health.insert(choice("open", "zai/glm-5"), ill);
    let route = scene.mention("plain", "plan the release");
    assert_eq!(
        route.choice, None,
        "it waits, and falls through to no default"
    );
    assert_eq!(route.source, Source::Scenario);
}

#[test]
fn a_model_that_opencode_could_not_start_is_not_chosen() {
    let scene = Scene::new();
    let route = scene.mention("developer", "fix it");
    let kimi = &route.chain[1];
    assert!(
        matches!(&kimi.health, Health::Unwell { reason, .. } if reason.contains("[providers.open.models]")),
        "{kimi:?}"
    );
}

#[test]
fn a_scenario_that_no_provider_serves_gives_way_and_that_is_said() {
    let scene = Scene::of(
        "[project]\nname = \"house\"\n[gitea]\nurl = \"https://git.example.org\"\nrepo = \"acme/widgets\"\n\
         [routing]\n[[agents]]\nname = \"developer\"\n[providers.house]\nkind = \"script\"\ncommand = [\"true\"]\n",
    );
    let route = scene.mention("developer", "fix it");
    assert_eq!(route.source, Source::ProjectDefault);
    assert_eq!(route.choice.unwrap().provider, "house");
    assert_eq!(route.overrides[0].lost.source, Source::Scenario);
    assert_eq!(
        route.overrides[0].why,
        "none of its providers is in the config"
    );
}

#[test]
fn equal_priorities_fall_to_more_keywords_then_to_the_name() {
    let file = |name: &str, words: &str| {
        let text = format!(
            "+++\ntier = \"{name}\"\npriority = 10\nchain = [{{ provider = \"p\", model = \"m\" }}]\n+++\n# Keywords\n{words}"
        );
        adf::routing::file::read(name, &text).unwrap().scenario
    };
    let both = vec![
        file("beta", "- one\n- two\n- three\n"),
        file("alpha", "- one\n- four\n"),
    ];
    let router = adf::routing::Router::new(both).unwrap();
    let tier = |text: &str| router.by_text(text).tier.unwrap();
    assert_eq!(tier("one two"), "beta");
    assert_eq!(tier("one"), "alpha");
    assert_eq!(tier("one one one four two"), "alpha", "words count once");
    let lost = router
        .by_text("one")
        .candidates
        .pop()
        .unwrap()
        .lost
        .unwrap();
    assert_eq!(
        lost,
        "equal in priority and keywords to `alpha`, which comes first by name"
    );
}
