//! What operators see of the walls: at a start, in the status, and of a run that
//! needs more than the machine has.

use crate::factory::Factory;
use crate::plant::{MENTION, Plant, until};
use rustix::process::Signal;
use secrecy::ExposeSecret;
use std::{os::unix::fs::PermissionsExt, path::Path};

/// Whether this machine lacks bubblewrap, which is all that a test can take for a missing wall.
#[expect(clippy::print_stderr, reason = "what is not tried is said")]
fn lacks_bubblewrap() -> bool {
    let places = [
        "/usr/local/sbin",
        "/usr/local/bin",
        "/usr/sbin",
        "/usr/bin",
        "/sbin",
        "/bin",
    ];
    let found = places
        .iter()
        .any(|dir| Path::new(dir).join("bwrap").exists());
    if found {
        eprintln!("skipped: bubblewrap is installed here, and nothing else can be missed");
    }
    !found
}

const REQUIRED: &str = "[walls]\nbubblewrap = \"require\"\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_that_needs_a_wall_which_is_not_here_is_refused_with_the_remedy() {
    if !lacks_bubblewrap() {
        return;
    }
    let plant = Plant::new().await;
    let factory = Factory::scripted(&plant, "happy");
    factory.edit("[walls]\n", REQUIRED);
    let said = factory.adf(&["run"]).await;
    assert_eq!(said.code, Some(78), "{said:?}");
    assert!(
        said.err.contains("agents cannot be confined here"),
        "{}",
        said.err
    );
    assert!(
        said.err.contains("install bubblewrap, or write"),
        "{}",
        said.err
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_needs_a_wall_which_is_not_here_does_not_start_and_says_why() {
    if !lacks_bubblewrap() {
        return;
    }
    let plant = Plant::new().await;
    let factory = Factory::scripted(&plant, "happy");
    let mut daemon = factory.run().await;
    factory.edit("[walls]\n", REQUIRED);
    daemon.signal(Signal::HUP);
    daemon.until_said("is in force").await;
    plant.say(plant.world.bug, "alice", MENTION);
    plant.status(plant.world.bug, "install bubblewrap").await;
    let text = factory.adf(&["status"]).await.out;
    assert!(text.contains("no agent is started:"), "{text}");
    let traces = plant.traces(plant.world.bug);
    assert_eq!((traces.replies, traces.results), (1, 0), "{traces:?}");
    assert_eq!(daemon.stop().await, Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_start_and_the_status_say_which_walls_stand() {
    let plant = Plant::new().await;
    let factory = Factory::scripted(&plant, "happy");
    let daemon = factory.run().await;
    let started = daemon.until_said("\"walls\"").await;
    assert!(started.contains("Landlock ABI"), "{started}");
    let status = factory.adf(&["status", "--format", "json"]).await.json();
    let walls = &status["walls"];
    assert!(walls["landlock_abi"].as_i64().unwrap() >= 3, "{walls}");
    assert!(
        walls["missing"].is_array() && walls["refusal"].is_null(),
        "{walls}"
    );
    let text = factory.adf(&["status"]).await.out;
    let line = text.lines().find(|line| line.starts_with("walls: "));
    assert!(line.unwrap().contains("Landlock ABI"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_gets_the_key_of_its_own_provider_and_no_other_secret() {
    let plant = Plant::new().await;
    // A look at its version is no run.
    let script = "[ \"$0\" = --version ] && exit; env | sort > GATE/environment.new; mv GATE/environment.new GATE/environment";
    let factory = Factory::shell(&plant, script);
    let own = "sk-own-0123456789abcdef";
    let other = "sk-other-0123456789abcdef";
    for (name, key) in [("own", own), ("other", other)] {
        let path = factory.dir.join(name);
        std::fs::write(&path, key).unwrap();
        std::fs::set_permissions(path, PermissionsExt::from_mode(0o600)).unwrap();
    }
    // The CLI's own options are arguments of a script that takes none.
    factory.edit("kind = \"script\"", "kind = \"claude\"\nkey_file = \"own\"");
    let others = "[[agents]]\nname = \"writer\"\nprovider = \"spare\"\n\n\
        [providers.spare]\nkind = \"codex\"\nkey_file = \"other\"\n\n[[agents]]\nname = \"developer\"";
    factory.edit("[[agents]]\nname = \"developer\"", others);
    let daemon = factory.start_with(&[("ADF_GITEA_TOKEN", "unused"), ("MY_SECRET", "hidden")]);
    daemon.until_said("\"ready\"").await;
    plant.say(plant.world.bug, "alice", MENTION);
    let path = factory.gate("environment");
    let found = until("its environment", || std::fs::read_to_string(&path).ok()).await;
    assert!(
        found.contains(&format!("ANTHROPIC_API_KEY={own}\n")),
        "{found}"
    );
    let token = plant.world.bot.token.expose_secret();
    for secret in [
        other,
        token,
        "unused",
        "hidden",
        "ADF_GITEA_TOKEN",
        "MY_SECRET",
    ] {
        assert!(!found.contains(secret), "{secret}: {found}");
    }
}
