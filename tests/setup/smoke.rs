//! `adf smoke`: every step seen, nothing left; and what is said when a step is not.

use crate::site::{Said, adf};
use adf::sandbox::demo_world::{self, DemoWorld};
use adf::sandbox::{Forge, ForgeOptions};
use secrecy::ExposeSecret;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

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
        "nothing of it is left open: the closed issue #",
    ] {
        assert!(said.out.contains(step), "{step}: {}", said.out);
    }
    let steps = said
        .out
        .lines()
        .filter(|line| line.starts_with("ok ") && line.contains(" s  "));
    assert!(steps.count() >= 9, "{}", said.out);
}

#[test]
fn without_anything_it_says_what_it_needs_and_what_needs_nothing() {
    let said = adf(&["smoke"]);
    assert_eq!(said.code, Some(2), "{said:?}");
    assert!(said.err.contains("adf smoke --embedded"), "{said:?}");
}

/// A config of a real factory, on a forge in this process.
pub fn config(dir: &Path, forge: &Forge, world: &DemoWorld, behaviour: &str, more: &str) -> String {
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
         {more}\n[[agents]]\nname = \"developer\"\n[agents.limits]\nattempts = 1\n\
         [providers.house]\nkind = \"script\"\ncommand = {command:?}\n",
        forge.url(),
        world.repo
    );
    put("adf.toml", &text);
    dir.join("adf.toml").to_str().unwrap().to_owned()
}

/// A home, a forge and a config in it.
async fn site(behaviour: &str, more: &str) -> (tempfile::TempDir, Forge, DemoWorld, String) {
    let home = tempfile::tempdir().unwrap();
    let forge = Forge::start(ForgeOptions::new(home.path().join("forge")))
        .await
        .unwrap();
    let world = demo_world::build(&forge).unwrap();
    let config = config(home.path(), &forge, &world, behaviour, more);
    (home, forge, world, config)
}

pub async fn smoke_with(home: &Path, config: &str, who: &str) -> Said {
    let token = home.join(who).to_str().unwrap().to_owned();
    let config = config.to_owned();
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
    run.await.unwrap()
}

async fn smoke(behaviour: &str, who: &str) -> (Said, Forge, DemoWorld) {
    let (home, forge, world, config) = site(behaviour, "").await;
    let said = smoke_with(home.path(), &config, who).await;
    (said, forge, world)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_that_edits_nothing_is_asked_to_read_and_held_to_a_result() {
    for (behaviour, well) in [("able", true), ("silent", false)] {
        let more = "[[agents]]\nname = \"reviewer\"\nrole = \"reviewer\"\n";
        let (home, _forge, _world, config) = site(behaviour, more).await;
        let token = home.path().join("alice").to_str().unwrap().to_owned();
        let run = tokio::task::spawn_blocking(move || {
            let words = ["smoke", "--agent", "reviewer", "--timeout", "60s"];
            let more = ["--config", &config, "--as-token-file", &token];
            adf(&[&words[..], &more].concat())
        });
        let said = run.await.unwrap();
        assert_eq!(said.code, Some(u8::from(!well).into()), "{said:?}");
        assert_eq!(said.out.contains("tells the result"), well, "{said:?}");
        assert_eq!(
            said.err.contains("did not come to a result"),
            !well,
            "{said:?}"
        );
    }
}

/// A factory that runs until it is dropped.
struct Daemon(Child);

impl Daemon {
    /// Comes back when it is ready.
    #[expect(
        clippy::disallowed_methods,
        reason = "the shipped executable is what is tested"
    )]
    fn start(config: &str) -> Daemon {
        let mut child = Command::new(env!("CARGO_BIN_EXE_adf"))
            .args(["run", "--log", "json", "--config", config])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = BufReader::new(child.stderr.take().unwrap());
        let (ready, is_ready) = mpsc::channel();
        std::thread::spawn(move || {
            // Read to its end, so that the daemon never waits for its reader.
            for line in log.lines().map_while(Result::ok) {
                if line.contains("\"ready\"") {
                    let _ = ready.send(());
                }
            }
        });
        is_ready.recv_timeout(Duration::from_secs(60)).unwrap();
        Daemon(child)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Issue and pull requests of the trial that are open, and its branches.
pub fn left(forge: &Forge, world: &DemoWorld) -> (usize, usize) {
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

/// What the closed items of the trial still wear.
fn worn(forge: &Forge, world: &DemoWorld) -> Vec<String> {
    let issues = forge.issues(&world.repo).into_iter();
    let tried = issues.filter(|issue| issue.title.starts_with("adf smoke"));
    tried
        .flat_map(|issue| [issue.labels, issue.assignees].concat())
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_the_forge_does_not_take_is_said_to_be_the_persons() {
    let (home, forge, world, config) = site("happy", "").await;
    let path = home.path().join("alice");
    std::fs::write(path, "0123456789abcdef0123456789abcdef01234567").unwrap();
    let said = smoke_with(home.path(), &config, "alice").await;
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.err.contains("--as-token-file"), "{said:?}");
    assert!(!said.err.contains("[gitea]"), "{said:?}");
    assert_eq!(forge.issues(&world.repo).len(), world.issues.len());
}

#[test]
fn of_an_embedded_trial_that_took_too_long_nobody_is_sent_to_explain() {
    let said = adf(&["smoke", "--embedded", "--timeout", "0s"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(!said.err.contains("adf explain"), "{said:?}");
    assert!(said.err.contains("--timeout"), "{said:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_configured_project_nothing_is_left_open_and_no_branch() {
    let (said, forge, world) = smoke("happy", "alice").await;
    assert_eq!(said.code, Some(0), "{said:?}");
    let report: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(report["ok"], true);
    assert!(report["steps"].as_array().unwrap().len() >= 9, "{report}");
    assert_eq!(left(&forge, &world), (0, 0));
    assert_eq!(worn(&forge, &world), [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_factory_that_runs_is_used_and_its_coordinator_must_choose() {
    let more = "[coordinator]\nmode = \"builtin\"\nlabel = \"go\"\n";
    let (home, forge, world, config) = site("happy", more).await;
    let mut daemon = Daemon::start(&config);
    for trial in 1..=2 {
        let said = smoke_with(home.path(), &config, "alice").await;
        assert_eq!(said.code, Some(0), "trial {trial}: {said:?}");
        for step in [
            "a factory runs already",
            "labels it `go`",
            "records the mention: `@adf:developer`",
            "tells the result",
        ] {
            assert!(said.out.contains(step), "trial {trial}: {step}: {said:?}");
        }
        assert_eq!(left(&forge, &world), (0, 0), "trial {trial}");
    }
    let said = smoke_with(home.path(), &config, "bob").await;
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.err.contains("give `bob` write access"), "{said:?}");
    assert!(!said.err.contains("the factory's account"), "{said:?}");
    assert_eq!(left(&forge, &world), (0, 0));
    let ended = daemon.0.try_wait().unwrap();
    assert!(ended.is_none(), "smoke has ended the factory: {ended:?}");
    let issues = forge.issues(&world.repo).into_iter();
    let wanted = issues.filter(|issue| issue.labels.iter().any(|label| label == "go"));
    assert_eq!(wanted.count(), 0, "a trial would be taken up again");
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_that_no_provider_can_begin_is_told_at_once() {
    let (home, forge, world, config) = site("happy", "[routing]\n").await;
    let text = std::fs::read_to_string(&config).unwrap();
    let (rest, _) = text.split_once("kind = \"script\"").unwrap();
    let absent = "kind = \"claude\"\ncommand = [\"/nowhere/claude\"]\n";
    std::fs::write(&config, format!("{rest}{absent}")).unwrap();
    let said = smoke_with(home.path(), &config, "alice").await;
    assert_eq!(said.code, Some(1), "{said:?}");
    for part in ["the work cannot begin", "/nowhere/claude"] {
        assert!(said.err.contains(part), "{part}: {said:?}");
    }
    assert!(!said.err.contains("was not seen within"), "{said:?}");
    assert_eq!(left(&forge, &world), (0, 0));
    let made = forge.issues(&world.repo).len() - world.issues.len();
    assert_eq!(made, 0, "it was known before anything was made");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_interrupted_trial_is_cleaned_up_too() {
    let (home, forge, world, config) = site("hang", "").await;
    let mut child = trial(home.path(), &config);
    // The mention, and the comment that accepts it.
    let begun = |number| forge.comments(&world.repo, number).len() >= 2;
    let waits = || {
        let mut issues = forge.issues(&world.repo).into_iter();
        issues.any(|issue| issue.title.starts_with("adf smoke") && begun(issue.number))
    };
    let mut pace = tokio::time::interval(Duration::from_millis(50));
    while !waits() {
        pace.tick().await;
        assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
    }
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let ended = tokio::task::spawn_blocking(move || child.wait_with_output());
    let ended = ended.await.unwrap().unwrap();
    let err = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(1), "{err}");
    assert!(err.contains("interrupted"), "{err}");
    assert_eq!(left(&forge, &world), (0, 0));
    assert_eq!(worn(&forge, &world), [""; 0]);
}

/// A trial that goes on.
#[expect(
    clippy::disallowed_methods,
    reason = "the shipped executable is what is tested"
)]
fn trial(home: &Path, config: &str) -> Child {
    let token = home.join("alice");
    Command::new(env!("CARGO_BIN_EXE_adf"))
        .args(["smoke", "--config", config, "--as-token-file"])
        .arg(token)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}
