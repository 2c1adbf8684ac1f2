//! Worlds whose agents, routing or executable are not as they should be.

use crate::world::{Row, World, adf, play};
use secrecy::ExposeSecret;
use std::os::unix::fs::PermissionsExt;

/// A provider that is a model's CLI.
fn claude(world: &World, program: &str, key: &str) {
    world.edit(
        "kind = \"script\"\ncommand = [\"/bin/sh\"]",
        &format!("kind = \"claude\"\ncommand = [\"{program}\"]\n{key}"),
    );
}

/// A CLI that says this of its version.
fn cli(world: &World, script: &str) -> String {
    let path = world.put("cli", &format!("#!/bin/sh\n{script}\n"), 0o755);
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
    path.to_str().unwrap().to_owned()
}

const AGENTS: &[Row] = &[
    Row {
        name: "no program",
        spoil: |w| w.edit("/bin/sh", "/opt/none/agent"),
        says: (
            "agent.program",
            "error",
            &["/opt/none/agent", "[providers.house] command"],
        ),
        exit: 1,
    },
    Row {
        name: "a CLI that does not start",
        spoil: |w| {
            let cli = cli(w, "echo broken >&2; exit 3");
            claude(w, &cli, "");
        },
        says: ("agent.program", "error", &["broken", "install it again"]),
        exit: 1,
    },
    Row {
        name: "a CLI that says its version",
        spoil: |w| {
            let cli = cli(w, "echo 2.1.7");
            claude(w, &cli, "");
        },
        says: ("agent.program", "ok", &["2.1.7"]),
        exit: 0,
    },
    Row {
        name: "no key",
        spoil: |w| {
            let cli = cli(w, "echo 2");
            claude(w, &cli, "");
        },
        says: ("agent.login", "warning", &["names no key", "key_file"]),
        exit: 0,
    },
    Row {
        name: "a key that is not there",
        spoil: |w| {
            let cli = cli(w, "echo 2");
            claude(w, &cli, "key_file = \"key\"");
        },
        says: (
            "agent.login",
            "error",
            &["etc/key", "write the key", "mode 0600"],
        ),
        exit: 78,
    },
    Row {
        name: "a key that others read",
        spoil: |w| {
            let cli = cli(w, "echo 2");
            w.put("key", "sk-1", 0o644);
            claude(w, &cli, "key_file = \"key\"");
        },
        says: ("agent.login", "error", &["0644", "\"chmod 600", "etc/key"]),
        exit: 78,
    },
    Row {
        name: "a key that is there",
        spoil: |w| {
            let cli = cli(w, "echo 2");
            w.put("key", "sk-1", 0o600);
            claude(w, &cli, "key_file = \"key\"");
        },
        says: ("agent.login", "ok", &["can be read"]),
        exit: 0,
    },
    Row {
        name: "what it requires",
        spoil: |w| {
            w.edit(
                "provider = \"house\"\n",
                "provider = \"house\"\nrequires = [\"no-such-tool\"]\n",
            )
        },
        says: ("agent.requires", "error", &["no-such-tool", "[walls]"]),
        exit: 1,
    },
    Row {
        name: "what its prompt tells it to run",
        spoil: |w| {
            w.edit(
                "provider = \"house\"\n",
                "provider = \"house\"\nprompt = \"Run `no-such-tool` and `cd x`, not `other-tool`.\"\n",
            )
        },
        says: (
            "agent.prompt",
            "warning",
            &["line 1", "`no-such-tool`", "`requires`"],
        ),
        exit: 0,
    },
    Row {
        name: "nobody",
        spoil: |w| {
            let text = std::fs::read_to_string(&w.config).unwrap();
            std::fs::write(&w.config, text.split("[[agents]]").next().unwrap()).unwrap();
        },
        says: ("config", "warning", &["no agent", "adf init"]),
        exit: 0,
    },
    Row {
        name: "routes that nobody goes",
        spoil: |w| w.add("[routing]\n"),
        says: ("routing", "warning", &["no provider", "[providers]"]),
        exit: 0,
    },
    Row {
        name: "a pinned model",
        spoil: |w| {
            w.edit(
                "provider = \"house\"\n",
                "provider = \"house\"\nmodel = \"claude-3-5-sonnet-20241022\"\n",
            )
        },
        says: ("config.warning", "warning", &["pinned", "alias"]),
        exit: 0,
    },
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_fault_of_an_agent_is_said_with_its_remedy() {
    play(AGENTS, &[]).await;
}

const EXECUTABLES: &[Row] = &[
    Row {
        name: "an older schema beside the config",
        spoil: |w| {
            w.put("config.schema.json", "{}", 0o644);
        },
        says: (
            "binary.schema",
            "warning",
            &["not the schema", "install the adf"],
        ),
        exit: 0,
    },
    Row {
        name: "newer source",
        spoil: |w| {
            let src = w.dir().join("source/src");
            std::fs::create_dir_all(&src).unwrap();
            std::fs::write(src.join("main.rs"), "").unwrap();
            w.args = vec![
                "--source".to_owned(),
                w.dir().join("source").to_str().unwrap().to_owned(),
            ];
        },
        says: (
            "binary.source",
            "warning",
            &["older than", "build and install again"],
        ),
        exit: 0,
    },
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_executable_older_than_its_source_or_of_another_schema_is_said() {
    play(EXECUTABLES, &["--no-probes"]).await;
    let world = World::new().await;
    let schema = adf(&["schema", "config"]).await;
    world.put("config.schema.json", &schema.out, 0o644);
    let said = world.doctor(&["--no-probes", "--format", "json"]).await;
    assert!(said.checks("binary.schema").is_empty(), "{}", said.out);
}

#[tokio::test]
async fn a_config_that_is_not_there_is_said_without_an_empty_key() {
    let args = ["doctor", "--format", "json", "--config", "nonex.toml"];
    let said = adf(&args).await;
    assert_eq!(said.code, Some(78));
    let found = said.checks("config")[0]["found"].to_string();
    assert!(found.contains("nonex.toml: cannot be read"), "{found}");
}

#[tokio::test]
async fn a_config_with_faults_is_refused_before_anything_is_tried() {
    let world = World::new().await;
    world.edit("[gitea]", "[gitee]");
    let said = world.doctor(&[]).await;
    assert_eq!(said.code, Some(78));
    assert!(said.err.contains("gitee"), "{}", said.err);
    assert_eq!(world.forge.requests(), 0);
    let said = world.doctor(&["--format", "json"]).await;
    assert_eq!(said.code, Some(78));
    let report = said.json();
    assert_eq!(
        (&report["exit"], &report["worst"]),
        (&78.into(), &"error".into())
    );
    let checks = report["checks"].as_array().unwrap();
    let found = |check: &serde_json::Value| check["found"].to_string().contains("gitee");
    let check = checks.iter().find(|check| found(check)).unwrap();
    assert_eq!(check["severity"], "error", "{report}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_source_that_is_none_is_said() {
    let world = World::new().await;
    for source in ["/nonexist", world.dir().to_str().unwrap()] {
        let said = world.doctor(&["--no-probes", "--source", source]).await;
        assert!(
            said.out
                .contains(&format!("{source} is no checkout of adf's source")),
            "{}",
            said.out
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_not_push_at_all_is_not_said_to_push_to_the_base_branch() {
    let world = World::new().await;
    world.put("token", world.world.bob.token.expose_secret(), 0o600);
    let said = world.doctor(&[]).await;
    assert!(!said.out.contains("can be pushed to by"), "{}", said.out);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn warnings_pass_unless_they_are_to_count() {
    let world = World::new().await;
    world.add("[delivery]\nlabels = [\"from-adf\"]\n");
    let said = world.doctor(&["--no-probes"]).await;
    assert_eq!(said.code, Some(0), "{}", said.out);
    let said = world.doctor(&["--no-probes", "--strict"]).await;
    assert_eq!(said.code, Some(1), "{}", said.out);
}
