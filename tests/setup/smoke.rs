//! `adf smoke`: every step seen, nothing left; and what is said when a step is not.

use crate::site::adf;
use adf::sandbox::demo_world::{self, DemoWorld};
use adf::sandbox::{Forge, ForgeOptions};
use secrecy::ExposeSecret;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

#[test]
fn embedded_it_needs_nothing_and_shows_each_step_with_its_time() {
    let said = adf(&["smoke", "--embedded"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    for step in [
        "opens issue #",
        "labels it `adf:ready`",
        "the coordinator chooses, and records the mention: `@adf:developer`",
        "taken this up",
        "branch adf/",
        "pull request #",
        "tells the result",
        "is closed",
        "is deleted",
        "nothing of it is left",
    ] {
        assert!(said.out.contains(step), "{step}: {}", said.out);
    }
    let steps = said
        .out
        .lines()
        .filter(|line| line.starts_with("ok ") && line.contains(" s  "));
    assert!(steps.count() >= 9, "{}", said.out);
}

/// A config of a real factory, on a forge in this process.
fn config(dir: &Path, forge: &Forge, world: &DemoWorld, behaviour: &str) -> String {
    let put = |name: &str, text: &str| {
        let path = dir.join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
    };
    put("token", world.bot.token.expose_secret());
    put("alice", world.alice.token.expose_secret());
    put("bob", world.bob.token.expose_secret());
    let command = [env!("CARGO_BIN_EXE_adf"), "__scripted-agent", behaviour];
    let text = format!(
        "[project]\nname = \"demo\"\nstate_dir = \"state\"\n\
         [gitea]\nurl = \"{}\"\nrepo = \"{}\"\ntoken_file = \"token\"\nsettle = \"1s\"\n\
         [schedule]\ntick = \"1s\"\nmentions_every = 1\n\
         [[agents]]\nname = \"developer\"\n[agents.limits]\nattempts = 1\n\
         [providers.house]\nkind = \"script\"\ncommand = {command:?}\n",
        forge.url(),
        world.repo
    );
    put("adf.toml", &text);
    dir.join("adf.toml").to_str().unwrap().to_owned()
}

async fn smoke(behaviour: &str, who: &str) -> (crate::site::Said, Forge, DemoWorld) {
    let home = tempfile::tempdir().unwrap();
    let forge = Forge::start(ForgeOptions::new(home.path().join("forge")))
        .await
        .unwrap();
    let world = demo_world::build(&forge).unwrap();
    let config = config(home.path(), &forge, &world, behaviour);
    let token = home.path().join(who).to_str().unwrap().to_owned();
    let run = tokio::task::spawn_blocking(move || {
        adf(&[
            "smoke",
            "--config",
            &config,
            "--as-token-file",
            &token,
            "--timeout",
            "60s",
            "--format",
            "json",
        ])
    });
    (run.await.unwrap(), forge, world)
}

/// Issue and pull requests of the trial that are open, and its branches.
fn left(forge: &Forge, world: &DemoWorld) -> (usize, usize) {
    let known = world.issues.len();
    let open = forge
        .issues(&world.repo)
        .into_iter()
        .filter(|issue| issue.open);
    let branches = forge.branches(&world.repo).into_iter();
    (
        open.count().saturating_sub(known),
        branches
            .filter(|(name, _)| name.starts_with("adf/"))
            .count(),
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_configured_project_nothing_is_left_open_and_no_branch() {
    let (said, forge, world) = smoke("happy", "alice").await;
    assert_eq!(said.code, Some(0), "{said:?}");
    let report: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(report["ok"], true);
    assert!(report["steps"].as_array().unwrap().len() >= 9, "{report}");
    assert_eq!(left(&forge, &world), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_not_command_and_an_agent_that_does_nothing_are_told_and_cleaned_up() {
    for (behaviour, who, word) in [
        ("happy", "bob", "the factory replied"),
        ("happy", "token", "does not obey"),
        ("reject", "alice", "without a pull request"),
    ] {
        let (said, forge, world) = smoke(behaviour, who).await;
        assert_eq!(said.code, Some(1), "{said:?}");
        assert!(said.err.contains(word), "{word}: {said:?}");
        assert_eq!(left(&forge, &world), (0, 0), "{word}");
    }
}
