//! The installed service, imitated: `adf run` is given what the unit gives it, and operators'
//! commands, in a shell, nothing of it.
//!
//! Invariant: files are those that `adf init` writes for /etc/adf, moved below a folder of the test.

use crate::support::{Daemon, Plant};
use adf::setup::files::{self, File};
use adf::setup::{Kind, Wishes};
use secrecy::ExposeSecret;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// What is set up as `adf init` for /etc/adf does it.
struct Service {
    plant: Plant,
    config: PathBuf,
    state: PathBuf,
    credentials: PathBuf,
}

fn put(path: &Path, text: &str, mode: u32) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
}

fn wishes(plant: &Plant) -> Wishes {
    let dir = plant.dir.join("etc/adf");
    Wishes {
        project: "shop".to_owned(),
        repo: plant.world.repo.clone(),
        url: plant.forge.url().to_owned(),
        kind: Kind::Claude,
        command: None,
        key_file: None,
        coordinator_model: None,
        agents: vec!["developer".to_owned()],
        gate: None,
        coordinates: false,
        cron: ("0 1-9 * * *".to_owned(), None),
        vision: None,
        unit: plant.dir.join("units/adf@.service"),
        state_dir: plant.dir.join("var/lib/adf/shop"),
        user: "adf".to_owned(),
        adf: PathBuf::from(env!("CARGO_BIN_EXE_adf")),
        dir,
    }
}

impl Service {
    async fn new() -> Service {
        let mut plant = Plant::new("true", "1s", "").await;
        let wishes = wishes(&plant);
        for File {
            path, text, mode, ..
        } in files::all(&wishes)
        {
            put(&path, &text, mode);
        }
        let config = files::config_path(&wishes);
        let text = std::fs::read_to_string(&config).unwrap();
        // What this machine need not have.
        let more = "\n[limits]\ndisk_free_bytes = 1048576\n[walls]\nrequired = false\n";
        put(&config, &format!("{text}{more}"), 0o644);
        let token = plant.world.bot.token.expose_secret();
        put(&files::token_path(&wishes), token, 0o600);
        // LoadCredential= copies it.
        let credentials = plant.dir.join("run/credentials/adf@shop.service");
        put(&credentials.join("gitea-token"), token, 0o440);
        std::fs::create_dir_all(&wishes.state_dir).unwrap();
        plant.config.clone_from(&config);
        Service {
            plant,
            config,
            state: wishes.state_dir,
            credentials,
        }
    }

    async fn start(&self) -> Daemon {
        let variables = [
            ("STATE_DIRECTORY", self.state.to_str().unwrap()),
            ("CREDENTIALS_DIRECTORY", self.credentials.to_str().unwrap()),
        ];
        self.plant.run(&variables).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_in_a_shell_find_the_state_and_the_token_of_the_service() {
    let service = Service::new().await;
    let plant = &service.plant;
    let mut daemon = service.start().await;
    let status = plant.adf(&["status", "--format", "json"]).await.json();
    assert_eq!(status["running"], true, "{status}");
    for command in [&["plan"][..], &["rank"], &["failures"]] {
        let said = plant.adf(command).await;
        assert_eq!(said.code, Some(0), "{command:?}: {said:?}");
    }
    let doctor = plant.adf(&["doctor", "--no-probes", "--format", "json"]);
    let doctor = doctor.await.json();
    let found = |name: &str| {
        let checks = doctor["checks"].as_array().unwrap();
        checks.iter().find(|c| c["name"] == name).cloned()
    };
    assert!(
        found("ledger").unwrap()["found"]
            .as_str()
            .unwrap()
            .contains("sound")
    );
    assert_eq!(found("token").unwrap()["severity"], "ok");
    for (command, word) in [
        (&["pause"][..], "pause"),
        (&["resume"], ""),
        (&["stop", "--all"], "stopped: 0 processes"),
    ] {
        let said = plant.adf(command).await;
        assert_eq!(said.code, Some(0), "{command:?}: {said:?}");
        assert!(said.out.contains(word), "{said:?}");
    }
    let backup = plant.dir.join("b.tar.gz").to_str().unwrap().to_owned();
    let said = plant.adf(&["backup", &backup]).await;
    assert_eq!(said.code, Some(0), "{said:?}");
    assert_eq!(daemon.stop().await, Some(0));

    // The host is gone.
    let factory = std::fs::read(service.state.join("factory.id")).unwrap();
    let token = std::fs::read_to_string(service.config.with_extension("token")).unwrap();
    for gone in ["etc", "var"] {
        std::fs::remove_dir_all(plant.dir.join(gone)).unwrap();
    }
    let said = plant.adf(&["restore", &backup]).await;
    assert_eq!(said.code, Some(0), "{said:?}");
    let read = |name: &str| std::fs::read(service.state.join(name)).unwrap();
    assert_eq!(read("factory.id"), factory, "where the unit reads");
    put(&service.config.with_extension("token"), &token, 0o600);
    // The service's user, who is not who restores, reads what it could read before.
    for (file, wanted) in [("shop.toml", 0o644), ("shop/prompts/developer.md", 0o644)] {
        let path = service.config.with_file_name(file);
        let mode = std::fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, wanted, "{file}");
    }
    let mut daemon = service.start().await;
    let status = plant.adf(&["status"]).await;
    assert!(status.out.contains("stopped"), "{}", status.out);
    assert_eq!(daemon.stop().await, Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_no_state_is_found_it_is_said_where_it_was_looked_for_and_what_to_set() {
    let service = Service::new().await;
    let plant = &service.plant;
    let line = format!("state_dir = {:?}\n", service.state);
    plant.edit(&line, "");
    let _daemon = service.start().await;
    for command in [
        &["status"][..],
        &["explain", "1"],
        &["pause"],
        &["stop", "--all"],
        &["backup", "b.tar.gz"],
    ] {
        let said = plant.adf(command).await;
        assert_eq!(said.code, Some(1), "{command:?}: {said:?}");
        for word in [
            "etc/adf/adf-state/shop",
            "$STATE_DIRECTORY",
            "[project] state_dir",
        ] {
            assert!(said.err.contains(word), "{command:?}: {word}: {said:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_faulty_config_keeps_no_operator_from_a_factory_that_runs() {
    let plant = Plant::new(crate::support::ENDLESS, "1s", "").await;
    let mut daemon = plant.run(&[]).await;
    let task = plant.working().await;
    let good = std::fs::read_to_string(&plant.config).unwrap();
    let routing = plant.dir.join("routing");
    std::fs::create_dir_all(&routing).unwrap();
    std::fs::write(routing.join("bad.md"), "+++\nbroken\n+++\n").unwrap();
    let routed = format!("{good}\n[routing]\ndir = \"routing\"\n");
    for (what, text, named) in [
        ("an unknown section", format!("{good}\n[bogus]\n"), "bogus"),
        ("no TOML", format!("{good}\nthis is no = = toml\n"), "TOML"),
        ("a routing file", routed, "bad.md"),
    ] {
        std::fs::write(&plant.config, text).unwrap();
        let said = plant.adf(&["status"]).await;
        assert_eq!(said.code, Some(0), "{what}: {said:?}");
        assert!(said.err.contains(named), "{what}: {said:?}");
        assert!(said.out.contains("developer"), "{what}: {said:?}");
        assert!(
            said.out.contains("the last good one is in force") && said.out.contains(named),
            "{what}: {said:?}"
        );
        let issue = plant.world.bug.to_string();
        for command in [&["explain", &issue][..], &["pause"], &["resume"]] {
            let said = plant.adf(command).await;
            assert_eq!(said.code, Some(0), "{what}: {command:?}: {said:?}");
            assert!(said.err.contains(named), "{what}: {command:?}: {said:?}");
        }
        let said = plant.adf(&["status", "--format", "json"]).await.json();
        assert_eq!(said["running"], true, "{what}");
        let fault = said["config_faults"][0].as_str().unwrap();
        assert!(fault.contains(named), "{what}: {fault}");
    }
    let said = plant.adf(&["cancel", &task]).await;
    assert_eq!(said.code, Some(0), "{said:?}");
    let said = plant.adf(&["stop", "--all"]).await;
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.out.contains("stopped: 0 processes"), "{said:?}");
    assert_eq!(daemon.stop().await, Some(0));
    // Where no factory runs it says so, and that none would start.
    let said = plant.adf(&["status"]).await;
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.out.contains("no factory would start"), "{said:?}");
}
