//! The nine bugs of a field report from the first 48 hours of another factory
//! (its eighth, a log sink, has no counterpart here): each cannot happen, or is
//! caught before a start with what to do.

use crate::site::{Site, adf};
use adf::mention;
use adf::model::Target;
use adf::sandbox::{Forge, ForgeOptions, child::Daemon, demo_world};
use secrecy::ExposeSecret;
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

/// A config beside the site's own, for `validate-config` or `route`.
fn put(site: &Site, name: &str, text: &str) -> String {
    let path = site.work().join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

const SHORTEST: &str = "[project]\nname = \"shop\"\nstate_dir = \"state\"\n\n[gitea]\nurl = \"https://git.example.org\"\nrepo = \"acme/shop\"\n";

/// The checks of this name that `adf doctor` gives without asking the forge.
fn doctor(config: &str, more: &[&str], name: &str) -> Vec<Value> {
    let args = [
        "doctor",
        "--no-probes",
        "--format",
        "json",
        "--config",
        config,
    ];
    let said = adf(&[&args[..], more].concat());
    let report: Value = serde_json::from_str(&said.out).unwrap_or_else(|e| panic!("{e}: {said:?}"));
    let checks = report["checks"].as_array().unwrap().iter();
    checks.filter(|c| c["name"] == name).cloned().collect()
}

#[test]
fn bug_1_a_stale_binary_is_caught_by_doctor_against_its_source_and_against_the_unit() {
    let site = Site::with_commit();
    assert_eq!(site.init(&["--apply"]).code, Some(0));
    let config = site.config();
    let config = config.to_str().unwrap();
    let source = site.work();
    std::fs::write(source.join("src/lib.rs"), "// fixed ten days ago\n").unwrap();
    let found = doctor(
        config,
        &["--source", source.to_str().unwrap()],
        "binary.source",
    );
    assert_eq!(found[0]["severity"], "warning", "{found:?}");
    assert!(
        found[0]["remedy"]
            .as_str()
            .unwrap()
            .contains("build and install again")
    );

    let old = site.dir().join("adf-of-april");
    std::fs::write(&old, "#!/bin/sh\necho 'adf 0.0.1 (0000000 2026-04-07)'\n").unwrap();
    std::fs::set_permissions(&old, PermissionsExt::from_mode(0o755)).unwrap();
    let unit = site
        .read("adf@.service")
        .replace(env!("CARGO_BIN_EXE_adf"), old.to_str().unwrap());
    let unit = put(&site, "old.service", &unit);
    let said = adf(&[
        "doctor", "--format", "json", "--config", config, "--unit", &unit,
    ]);
    assert!(
        said.out.contains("2026-04-07") && said.out.contains("restart the service"),
        "{}",
        said.out
    );
}

#[test]
fn bug_2_the_cli_of_a_scenario_is_used_and_the_override_is_said_with_both_sides() {
    let site = Site::new();
    let text = format!(
        "{SHORTEST}[routing]\n[[agents]]\nname = \"developer\"\nprovider = \"open\"\nmodel = \"zai/glm-5\"\n\
         [[agents]]\nname = \"planner\"\nprovider = \"house\"\ntier = \"planning\"\n\
         [providers.open]\nkind = \"opencode\"\n[providers.house]\nkind = \"claude\"\n"
    );
    let config = put(&site, "two.toml", &text);
    let said = adf(&[
        "route",
        "fix the bug",
        "--config",
        &config,
        "--agent",
        "developer",
        "--format",
        "json",
    ]);
    let route: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(
        route["choice"]["provider"], "house",
        "the agent's default won: {route}"
    );
    assert_eq!(route["choice"]["model"], "sonnet");
    let lost = &route["overrides"][0];
    assert_eq!(
        (&lost["kept"]["provider"], &lost["lost"]["provider"]),
        (&"house".into(), &"open".into())
    );
    assert!(lost["why"].as_str().is_some_and(|why| !why.is_empty()));
}

#[test]
fn bug_3_a_pinned_model_is_warned_of_by_the_config_and_never_made_by_init() {
    let site = Site::with_commit();
    let text = format!(
        "{SHORTEST}[[agents]]\nname = \"developer\"\nmodel = \"claude-3-5-sonnet-20241022\"\n[providers.house]\nkind = \"claude\"\n"
    );
    let config = put(&site, "pinned.toml", &text);
    let said = adf(&["validate-config", "--strict", &config]);
    assert_eq!(said.code, Some(78), "{said:?}");
    assert!(
        said.out.contains("pinned to a version") && said.out.contains("alias"),
        "{}",
        said.out
    );
    let found = doctor(&config, &[], "config.warning");
    assert!(
        found[0]["found"].as_str().unwrap().contains("pinned"),
        "{found:?}"
    );
    assert_eq!(
        site.init(&["--coordinator-model", "claude-3-5-sonnet-20241022"])
            .code,
        Some(1)
    );
}

#[test]
fn bug_4_a_developer_that_reviews_its_changes_is_not_sent_to_the_review_tier() {
    let site = Site::with_commit();
    assert_eq!(site.init(&["--apply"]).code, Some(0));
    let config = site.config();
    let text = "review code changes before committing and implement the fix";
    let said = adf(&[
        "route",
        text,
        "--config",
        config.to_str().unwrap(),
        "--agent",
        "developer",
        "--format",
        "json",
    ]);
    let route: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(route["tier"], "implementation", "{route}");
    // And whoever changes the priorities back is told by the examples of the files.
    let review = site.dir().join("shop/routing/review.md");
    let raised = std::fs::read_to_string(&review)
        .unwrap()
        .replace("priority = 40", "priority = 60");
    std::fs::write(&review, raised).unwrap();
    let said = adf(&["validate-config", config.to_str().unwrap()]);
    assert_eq!(said.code, Some(78), "{said:?}");
    assert!(said.out.contains("review.md"), "{}", said.out);
}

#[test]
fn bug_5_a_config_without_a_compound_review_section_is_whole() {
    section("compound_review");
}

#[test]
fn bug_6_a_config_without_a_nightwatch_section_is_whole() {
    let site = Site::with_commit();
    assert_eq!(site.init(&["--apply"]).code, Some(0));
    assert!(!site.read("shop.toml").contains("nightwatch"));
    let config = site.config();
    let said = adf(&["validate-config", "--strict", config.to_str().unwrap()]);
    assert_eq!(said.code, Some(0), "{said:?}");
}

/// A section that the schema does not know is refused with its place, never a panic;
/// one that is missing is not missed.
fn section(name: &str) {
    let site = Site::new();
    let config = put(&site, "none.toml", SHORTEST);
    assert_eq!(adf(&["validate-config", "--strict", &config]).code, Some(0));
    let config = put(
        &site,
        "with.toml",
        &format!("{SHORTEST}[{name}]\nenabled = true\n"),
    );
    let said = adf(&["validate-config", &config]);
    assert_eq!(said.code, Some(78), "{said:?}");
    assert!(
        said.out.contains(name) && !said.out.contains("panicked"),
        "{}",
        said.out
    );
}

#[test]
fn bug_7_an_unexpanded_variable_is_caught_in_the_unit_the_config_and_the_token() {
    let site = Site::with_commit();
    assert_eq!(site.init(&["--apply"]).code, Some(0));
    let config = site.config();
    let config = config.to_str().unwrap();
    let unit = site.read("adf@.service");
    assert!(
        unit.contains("LoadCredential=") && !unit.contains("${"),
        "{unit}"
    );
    let unit = put(
        &site,
        "bad.service",
        &unit.replace(
            "[Service]",
            "[Service]\nEnvironment=GITEA_TOKEN=${GITEA_TOKEN}",
        ),
    );
    let found = doctor(config, &["--unit", &unit], "unit.variables");
    assert_eq!(found[0]["severity"], "error", "{found:?}");
    assert!(
        found[0]["remedy"]
            .as_str()
            .unwrap()
            .contains("LoadCredential")
    );

    std::fs::write(site.dir().join("shop.token"), "${GITEA_TOKEN}").unwrap();
    let found = doctor(config, &[], "token");
    assert!(
        found[0]["found"].as_str().unwrap().contains("literal"),
        "{found:?}"
    );

    let text = SHORTEST.replace("repo =", "token_env = \"${GITEA_TOKEN}\"\nrepo =");
    let said = adf(&["validate-config", &put(&site, "variable.toml", &text)]);
    assert_eq!(said.code, Some(78), "{said:?}");
    assert!(said.out.contains("EnvironmentFile"), "{}", said.out);
}

#[test]
fn bug_9_a_review_gate_that_is_not_named_is_the_reviewer_or_nobody_and_never_none() {
    let site = Site::with_commit();
    assert_eq!(site.init(&["--apply"]).code, Some(0));
    assert!(
        site.read("shop/prompts/developer.md")
            .contains("call `@adf:reviewer` to read it")
    );
    let alone = Site::with_commit();
    assert_eq!(
        alone.init(&["--agents", "developer", "--apply"]).code,
        Some(0)
    );
    let prompt = alone.read("shop/prompts/developer.md");
    assert!(
        !prompt.contains("@adf:") && !prompt.contains("None"),
        "{prompt}"
    );
}

#[test]
fn bug_10_a_coordinator_is_told_the_names_of_those_it_may_call() {
    let site = Site::with_commit();
    let more = [
        "--coordinator-model",
        "opus",
        "--cron-schedule",
        "0 1-9 * * *",
        "--cron-issue",
        "1",
        "--apply",
    ];
    assert_eq!(site.init(&more).code, Some(0));
    let prompt = site.read("shop/prompts/coordinator.md");
    for name in [
        "`@adf:developer`",
        "`@adf:reviewer`",
        "`@adf:qa`",
        "`@adf:` alone calls nobody",
    ] {
        assert!(prompt.contains(name), "{name}: {prompt}");
    }
}

#[test]
fn bug_10_a_prompt_that_shows_a_mention_without_a_name_is_warned_of() {
    let site = Site::with_commit();
    assert_eq!(site.init(&["--apply"]).code, Some(0));
    let config = site.config();
    let path = site.dir().join("shop/prompts/developer.md");
    let good = std::fs::read_to_string(&path).unwrap();
    let strictly = |line: &str| {
        std::fs::write(&path, format!("{good}\n{line}\n")).unwrap();
        adf(&["validate-config", "--strict", config.to_str().unwrap()])
    };
    for line in [
        "When it is done, call @adf: please",
        "* Ask @adf:QA to try it.",
    ] {
        let said = strictly(line);
        assert_eq!(said.code, Some(78), "{line}: {said:?}");
        for word in ["developer.md:", "calls nobody", "`@adf:developer`"] {
            assert!(said.out.contains(word), "{word}: {said:?}");
        }
    }
    for line in [
        "Call @adf:qa, please.",
        "`@adf:` alone calls nobody.",
        "Call @adf:{{ agent }} yourself.",
        "Write @adf:<name>, with a name of these.",
    ] {
        let said = strictly(line);
        assert_eq!(said.code, Some(0), "{line}: {said:?}");
    }
}

/// A config with one agent, on a forge.
fn factory(dir: &Path, url: &str, repo: &str, token: &str) {
    let secret = dir.join("token");
    std::fs::write(&secret, token).unwrap();
    std::fs::set_permissions(&secret, PermissionsExt::from_mode(0o600)).unwrap();
    let text = format!(
        "[project]\nname = \"demo\"\nstate_dir = \"state\"\n[gitea]\nurl = \"{url}\"\nrepo = \"{repo}\"\ntoken_file = \"token\"\n\
         [schedule]\ntick = \"1s\"\nmentions_every = 1\n[[agents]]\nname = \"developer\"\n[providers.house]\nkind = \"script\"\ncommand = [\"/bin/true\"]\n"
    );
    std::fs::write(dir.join("adf.toml"), text).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bug_10_a_mention_without_a_name_is_answered_never_ignored() {
    let text = "@adf: please handle this task.";
    let found = mention::find(text);
    assert!(
        matches!(&found[0].target, Target::Malformed(_)),
        "{found:?}"
    );

    let home = tempfile::tempdir().unwrap();
    let forge = Forge::start(ForgeOptions::new(home.path().join("forge")))
        .await
        .unwrap();
    let world = demo_world::build(&forge).unwrap();
    factory(
        home.path(),
        forge.url(),
        &world.repo,
        world.bot.token.expose_secret(),
    );
    let (config, log) = (home.path().join("adf.toml"), home.path().join("log"));
    let _factory = Daemon::start(Path::new(env!("CARGO_BIN_EXE_adf")), &config, &log).unwrap();
    let mut pace = tokio::time::interval(Duration::from_millis(50));
    let answered = async {
        let said = || std::fs::read_to_string(&log).unwrap_or_default();
        while !said().contains("\"ready\"") {
            pace.tick().await;
        }
        forge
            .comment(&world.repo, world.bug, "alice", text)
            .unwrap();
        loop {
            pace.tick().await;
            let comments = forge.comments(&world.repo, world.bug);
            if let Some(reply) = comments.into_iter().find(|c| c.author == world.bot.login) {
                return reply.body;
            }
        }
    };
    let reply = tokio::time::timeout(Duration::from_secs(90), answered).await;
    let reply = reply.expect("the factory answers");
    assert!(
        reply.contains("developer"),
        "the reply names who can be called: {reply}"
    );
}
