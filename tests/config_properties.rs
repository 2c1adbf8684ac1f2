//! Documents that are nearly configs: nothing panics, and every fault is told
//! in our own words.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail by panicking, as tests do"
)]

use adf::config;
use proptest::prelude::*;
use std::path::Path;

fn load(text: &str) -> Result<config::Config, Vec<config::Fault>> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("adf.toml");
    std::fs::write(&path, text).unwrap();
    config::load(&path)
}

/// Every sample's lines, to be mixed into documents that are nearly configs.
fn sample_lines() -> Vec<String> {
    let texts = [
        "valid/everything.toml",
        "invalid/many-faults-of-all-kinds-at-once.toml",
    ];
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/configs");
    let lines = texts.iter().flat_map(|name| {
        let text = std::fs::read_to_string(folder.join(name)).unwrap();
        text.lines().map(str::to_owned).collect::<Vec<_>>()
    });
    lines.collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_mixture_of_lines_is_taken_or_refused_with_places_that_exist(
        lines in prop::collection::vec(prop::sample::select(sample_lines()), 0..40),
        odd in "\\PC{0,20}",
    ) {
        let text = lines.join("\n") + "\n# é" + &odd + "\n" + &odd;
        if let Err(faults) = load(&text) {
            prop_assert!(!faults.is_empty());
            let rendered = config::render(&faults, false);
            prop_assert!(!rendered.is_empty());
            let count = text.split('\n').count();
            for fault in faults {
                prop_assert!((1..=count).contains(&fault.line), "{:?}", fault);
                prop_assert!(!fault.message.starts_with("invalid type"), "{:?}", fault);
                prop_assert!(!fault.message.starts_with("missing field"), "{:?}", fault);
            }
        }
    }

    #[test]
    fn no_value_in_any_place_panics_or_reaches_serde(
        (key, value) in (
            prop::sample::select(vec![
                "project", "project.name", "gitea.url", "gitea.repo", "gitea.token_env", "gitea.settle",
                "schedule", "schedule.tick", "mentions.allow", "agents", "providers", "providers.a",
                "limits.grace", "limits.output_bytes", "walls.read", "delivery.base", "nightwatch.enabled",
            ]),
            prop_oneof![
                Just("true".to_owned()), Just("[]".to_owned()), Just("{}".to_owned()), Just("[{}]".to_owned()),
                Just("1.0".to_owned()), Just("nan".to_owned()), Just("1979-05-27".to_owned()),
                Just("[[1], 'x']".to_owned()), Just("{ kind = 'script' }".to_owned()),
                any::<i64>().prop_map(|n| n.to_string()),
                "[^'\\p{C}]{0,30}".prop_map(|s| format!("'{s}'")),
            ],
        )
    ) {
        let mut text = format!("{key} = {value}\n");
        for (dotted, usual) in [("project.name", "'demo'"), ("gitea.url", "'http://a'"), ("gitea.repo", "'a/b'")] {
            if key != dotted && key != dotted.split('.').next().unwrap() {
                text.push_str(&format!("{dotted} = {usual}\n"));
            }
        }
        if let Err(faults) = load(&text) {
            let rendered = config::render(&faults, false);
            prop_assert!(!rendered.contains("invalid type") && !rendered.contains("missing field"), "{}", rendered);
        }
    }
}
