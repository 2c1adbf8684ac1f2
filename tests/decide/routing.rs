//! The words of a task choose the provider and model of its run, where the
//! config asks for it, and whoever gives way is named.

use crate::scene::{Scene, agent};
use adf::model::route::{Choice, Scenario};
use adf::model::settings::{Agent, Cli, Provider, Routing};
use adf::model::{AgentName, Run, SkipReason};
use std::collections::BTreeMap;

fn cli() -> Cli {
    Cli {
        command: vec!["true".to_owned()],
        base_url: None,
        has_key: false,
        models: BTreeMap::new(),
    }
}

fn scenario(tier: &str, priority: u32, provider: &str, model: &str, keyword: &str) -> Scenario {
    Scenario {
        name: tier.to_owned(),
        tier: tier.to_owned(),
        priority,
        chain: vec![Choice {
            provider: provider.to_owned(),
            model: Some(model.to_owned()),
        }],
        keywords: vec![keyword.to_owned()],
    }
}

/// A developer with a default of its own, in a house where words decide.
fn scene(change: impl FnOnce(&mut Agent)) -> Scene {
    let mut scene = Scene::new();
    scene.settings.routing = Routing {
        decides: true,
        dir: None,
        scenarios: vec![
            scenario("implementation", 50, "anthropic", "sonnet", "fix"),
            scenario("planning", 80, "anthropic", "opus", "roadmap"),
            scenario("glossary", 60, "open", "glm", "translate"),
        ],
        default: None,
    };
    scene.settings.providers = BTreeMap::from([
        ("anthropic".to_owned(), Provider::Claude(cli())),
        ("open".to_owned(), Provider::Opencode(cli())),
    ]);
    let mut developer = Agent {
        provider: "open".to_owned(),
        model: Some("zai/glm".to_owned()),
        ..agent("developer")
    };
    change(&mut developer);
    let name = AgentName::from("developer");
    scene.settings.agents.insert(name, developer);
    scene
}

fn started(scene: &Scene) -> Option<(&str, Option<&str>)> {
    let run: &Run = scene.world.runs.values().next()?;
    Some((run.provider.as_str(), run.model.as_deref()))
}

/// Plays until the run is planned, and returns what was said of its start.
fn play(scene: &mut Scene, text: &str) -> (String, Option<String>) {
    scene.mention(1, "alice", "developer", text);
    for _ in 0..20 {
        let plan = scene.step();
        if let Some(start) = plan.decisions.iter().find(|d| d.what == "start") {
            return (start.reason.clone(), start.overrode.clone());
        }
        for key in plan.start {
            scene.succeed(&key);
        }
    }
    (String::new(), None)
}

#[test]
fn a_match_beats_the_agents_default_and_the_log_has_both_sides() {
    let mut scene = scene(|_| {});
    let (reason, overrode) = play(&mut scene, "fix the parser");
    assert_eq!(started(&scene), Some(("anthropic", Some("sonnet"))));
    assert!(
        reason.ends_with("tier implementation by \"fix\", anthropic/sonnet by the scenario"),
        "{reason}"
    );
    let wanted = "the agent's default open/zai/glm gave way to the scenario anthropic/sonnet: \
                  the scenario comes before the agent's default";
    assert_eq!(overrode.as_deref(), Some(wanted));
}

#[test]
fn without_a_match_the_agent_keeps_its_own() {
    let mut scene = scene(|_| {});
    play(&mut scene, "hello");
    assert_eq!(started(&scene), Some(("open", Some("zai/glm"))));
}

#[test]
fn a_pinned_agent_keeps_its_own_whatever_matches() {
    let mut scene = scene(|agent| agent.pinned = true);
    let (_, overrode) = play(&mut scene, "fix the parser");
    assert_eq!(started(&scene), Some(("open", Some("zai/glm"))));
    assert!(overrode.is_some_and(|o| o.starts_with("the scenario anthropic/sonnet gave way")));
}

#[test]
fn without_the_section_nothing_is_routed() {
    let mut scene = scene(|_| {});
    scene.settings.routing.decides = false;
    let (reason, overrode) = play(&mut scene, "fix the parser");
    assert_eq!(started(&scene), Some(("open", Some("zai/glm"))));
    assert_eq!((reason.contains("tier"), overrode), (false, None));
}

#[test]
fn a_mention_cannot_make_its_agent_dearer() {
    let mut scene = scene(|agent| agent.tier = Some("implementation".to_owned()));
    play(&mut scene, "write the roadmap");
    assert_eq!(started(&scene), Some(("open", Some("zai/glm"))));
}

#[test]
fn a_task_whose_providers_are_all_unwell_waits_and_says_why() {
    let mut scene = scene(|_| {});
    play(&mut scene, "translate the manual");
    assert_eq!(started(&scene), None);
    let skip = scene.plan.skips.iter().find(|s| s.issue == Some(1));
    let skip = skip.map(|s| s.reason.clone());
    assert!(
        matches!(&skip, Some(SkipReason::NoProvider { text }) if text.contains("open/glm: opencode needs")),
        "{skip:?}"
    );
}
