//! The two bugs of the field report that only showed when something was dispatched: the CLI that
//! was decided on was not the one that was started, and a coordinator's mentions started nobody.

use crate::site::adf;
use crate::smoke::{config, left, smoke_with};
use adf::sandbox::child::Daemon;
use adf::sandbox::demo_world::{self, DemoWorld};
use adf::sandbox::{Forge, ForgeOptions};
use secrecy::ExposeSecret;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

fn put(path: &Path, text: &str, mode: u32) {
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
}

async fn site() -> (tempfile::TempDir, Forge, DemoWorld) {
    let home = tempfile::tempdir().unwrap();
    let forge = Forge::start(ForgeOptions::new(home.path().join("forge")));
    let forge = forge.await.unwrap();
    let world = demo_world::build(&forge).unwrap();
    (home, forge, world)
}

/// A model's CLI that writes down how it was started, and does nothing.
fn cli(home: &Path, name: &str) -> String {
    let (path, log) = (home.join(name), home.join("argv").join(name));
    let text = format!(
        "#!/bin/sh\ncase \"$1\" in --version) echo '9.9.9 ({name})'; exit 0 ;; esac\nprintf '%s\\n' \"$@\" > '{}'\n",
        log.display()
    );
    put(&path, &text, 0o755);
    path.to_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bug_2_the_cli_that_was_decided_on_is_the_one_that_is_started() {
    let (home, forge, world) = site().await;
    let dir = home.path().canonicalize().unwrap();
    std::fs::create_dir(dir.join("argv")).unwrap();
    let (claude, opencode) = (cli(&dir, "claude"), cli(&dir, "opencode"));
    put(&dir.join("token"), world.bot.token.expose_secret(), 0o600);
    let text = format!(
        "[project]\nname = \"demo\"\nstate_dir = \"state\"\n\
         [gitea]\nurl = \"{}\"\nrepo = \"{}\"\ntoken_file = \"token\"\n\
         [schedule]\ntick = \"1s\"\nmentions_every = 1\n\
         [walls]\nrequired = false\nread = [{claude:?}, {opencode:?}]\nwrite = [\"argv\"]\n\
         [routing]\n[[agents]]\nname = \"developer\"\nprovider = \"open\"\nmodel = \"zai/glm-5\"\n\
         [agents.limits]\nattempts = 1\n\
         [[agents]]\nname = \"planner\"\nprovider = \"house\"\ntier = \"planning\"\n\
         [providers.open]\nkind = \"opencode\"\ncommand = [{opencode:?}]\n\
         [providers.house]\nkind = \"claude\"\ncommand = [{claude:?}]\n",
        forge.url(),
        world.repo
    );
    let (config, log) = (dir.join("adf.toml"), dir.join("log"));
    put(&config, &text, 0o644);
    let said = adf(
        &["route", "fix the bug", "--agent", "developer", "--config"]
            .into_iter()
            .chain([config.to_str().unwrap(), "--format", "json"])
            .collect::<Vec<_>>(),
    );
    let route: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(route["choice"]["provider"], "house", "{route}");

    let _factory = Daemon::start(Path::new(env!("CARGO_BIN_EXE_adf")), &config, &log).unwrap();
    let mut pace = tokio::time::interval(Duration::from_millis(50));
    let own = || {
        let all = forge.comments(&world.repo, world.bug).into_iter();
        all.filter(|c| c.author == world.bot.login)
            .collect::<Vec<_>>()
    };
    let ended = async {
        while !std::fs::read_to_string(&log)
            .unwrap_or_default()
            .contains("\"ready\"")
        {
            pace.tick().await;
        }
        let asked = "@adf:developer fix the bug";
        forge
            .comment(&world.repo, world.bug, "alice", asked)
            .unwrap();
        while own().len() < 2 {
            pace.tick().await;
        }
    };
    let ended = tokio::time::timeout(Duration::from_secs(90), ended).await;
    let log = std::fs::read_to_string(&log).unwrap_or_default();
    assert!(ended.is_ok(), "{:#?}\n{log}", own());
    let argv = std::fs::read_to_string(dir.join("argv/claude"));
    let argv = argv.unwrap_or_else(|e| panic!("claude was not started: {e}: {:#?}\n{log}", own()));
    let model = route["choice"]["model"].as_str().unwrap();
    let words: Vec<&str> = argv.lines().collect();
    assert!(
        words.windows(2).any(|pair| pair == ["--model", model]),
        "{argv}"
    );
    assert!(!dir.join("argv/opencode").exists(), "another CLI too");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bug_10_a_coordinators_own_mention_starts_the_developer_whom_it_names() {
    let (home, forge, world) = site().await;
    let more = "[coordinator]\nmode = \"agent\"\nagent = \"coordinator\"\n\
        [[agents]]\nname = \"coordinator\"\nrole = \"reviewer\"\n";
    let config = config(home.path(), &forge, &world, "able", more);
    let said = smoke_with(home.path(), &config, "alice").await;
    assert_eq!(said.code, Some(0), "{said:?}");
    for step in [
        "mentions @adf:coordinator",
        "the coordinator `coordinator` calls `developer`",
        "branch adf/",
        "-developer-",
        "tells the result",
    ] {
        assert!(said.out.contains(step), "{step}: {said:?}");
    }
    assert_eq!(left(&forge, &world), (0, 0));
    // One that calls nobody is found out.
    let lazy = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, lazy.replace("\"able\"", "\"reject\"")).unwrap();
    let said = smoke_with(home.path(), &config, "alice").await;
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.err.contains("without calling `developer`"), "{said:?}");
    assert_eq!(left(&forge, &world), (0, 0));
}
