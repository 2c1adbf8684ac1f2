//! What a config becomes: defaults, paths, secrets' places, schema, and output.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail by panicking, as tests do"
)]

use adf::cli::{schema, validate_config};
use adf::config::{self, Config, Fault, SecretSource};
use adf::model::settings::Provider;
use adf::model::{AgentName, Ports};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

const SHORTEST: &str = "[project]\nname = \"demo\"\n[gitea]\nurl = \"https://git.example.org\"\nrepo = \"acme/widgets\"\n";

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/configs")
        .join(name)
}

fn load_in(folder: &Path, text: &str) -> Result<Config, Vec<Fault>> {
    let path = folder.join("adf.toml");
    std::fs::write(&path, text).unwrap();
    config::load(&path)
}

fn load(text: &str) -> Result<Config, Vec<Fault>> {
    load_in(tempfile::tempdir().unwrap().path(), text)
}

fn validate(files: Vec<PathBuf>, json: bool, strict: bool) -> (u8, String) {
    let format = if json {
        validate_config::Format::Json
    } else {
        validate_config::Format::Human
    };
    let args = validate_config::ValidateConfig {
        files,
        format,
        strict,
    };
    let mut out = Vec::new();
    let code = validate_config::run(&args, &mut out, false);
    (code, String::from_utf8(out).unwrap())
}

#[test]
fn the_checked_in_schema_is_what_the_types_generate() {
    let mut out = Vec::new();
    schema::run(
        &schema::Schema {
            of: schema::Subject::Config,
        },
        &mut out,
    );
    let generated = String::from_utf8(out).unwrap();
    let checked_in = include_str!("../config.schema.json");
    assert!(
        generated == checked_in,
        "config.schema.json has drifted; run: adf schema config > config.schema.json"
    );
    let schema = serde_json::from_str(checked_in).unwrap();
    assert!(jsonschema::meta::is_valid(&schema));
}

#[test]
fn every_key_of_the_schema_is_described() {
    fn walk(at: &str, schema: &serde_json::Value, bare: &mut Vec<String>) {
        if let Some(properties) = schema.get("properties").and_then(|p| p.as_object()) {
            for (key, property) in properties {
                if property.get("description").is_none() {
                    bare.push(format!("{at}.{key}"));
                }
            }
            if schema.get("additionalProperties") != Some(&false.into()) {
                bare.push(format!("{at} takes unknown keys"));
            }
        }
        for (name, def) in schema
            .get("$defs")
            .and_then(|d| d.as_object())
            .into_iter()
            .flatten()
        {
            walk(name, def, bare);
        }
    }
    let mut bare = Vec::new();
    walk("adf.toml", &config::schema(), &mut bare);
    assert!(bare.is_empty(), "{bare:?}");
}

#[test]
fn the_shortest_file_gets_limits_that_burn_no_budget_over_a_weekend() {
    let folder = tempfile::tempdir().unwrap();
    let config = load_in(folder.path(), SHORTEST).unwrap();
    let settings = config.settings;
    assert_eq!(config.warnings, []);
    assert_eq!(settings.state_dir, folder.path().join("adf-state/demo"));
    assert_eq!(settings.forge.url, "https://git.example.org");
    assert_eq!(
        (settings.forge.owner.as_str(), settings.forge.repo.as_str()),
        ("acme", "widgets")
    );
    assert_eq!(settings.forge.settle, Duration::from_secs(3));
    assert_eq!(settings.schedule.tick, Duration::from_secs(60));
    assert_eq!(settings.schedule.mentions_every, 2);
    assert_eq!(settings.schedule.time_zone, "UTC");
    assert_eq!(settings.limits.concurrency, 2);
    assert_eq!(settings.limits.starts_per_day, 60);
    assert_eq!(settings.limits.disk_free_bytes, 1 << 30);
    assert_eq!(settings.limits.state_bytes, 64 << 30);
    assert_eq!(
        settings.limits.keep_runs,
        Duration::from_secs(14 * 24 * 3600)
    );
    assert!(settings.walls.required && settings.walls.accept.is_empty());
    assert_eq!(settings.walls.connect, [80, 443].map(Ports::one));
    assert!(settings.walls.listen.is_empty() && settings.walls.seal_git);
    assert_eq!(settings.walls.processes, 4096);
    assert_eq!(settings.delivery.labels, ["adf"]);
    assert_eq!(config.secrets.token, SecretSource::Standard);
    let key = SecretSource::File {
        path: settings.state_dir.join("marker.key"),
    };
    assert_eq!(config.secrets.marker_key, key);
}

#[test]
fn an_agent_with_only_a_name_gets_the_only_provider_a_template_and_limits() {
    let config = config::load(&sample("valid/agent-with-the-only-provider.toml")).unwrap();
    let agent = &config.settings.agents[&AgentName::from("developer")];
    assert_eq!(agent.provider, "house");
    assert_eq!(agent.limits.steps, 100);
    assert_eq!(agent.limits.wall_time, Duration::from_secs(1800));
    assert_eq!(agent.limits.attempts, 3);
    assert!(agent.prompt.contains("{{ issue }}"));
    assert!(adf::prompt::check_template(&agent.prompt).is_ok());
    assert!(agent.cron.is_none());
}

#[test]
fn a_role_is_that_of_the_name_until_one_is_written_and_the_table_changes_what_it_means() {
    let settings = config::load(&sample("valid/roles-and-ports.toml"))
        .unwrap()
        .settings;
    let role = |name: &str| settings.agents[&AgentName::from(name)].role.clone();
    let architect = role("architect");
    assert!(!architect.may_run && architect.edits("docs/x.md") && !architect.edits("src/x.rs"));
    let coder = role("coder");
    assert_eq!(coder.role, "developer");
    assert!(coder.may_run && coder.edits("src/x.rs") && !coder.edits("docs/x.md"));
    assert!(coder.outputs.contains(&"target/".to_owned()));
    assert!(role("scribe").edits("docs/x.md") && !role("scribe").may_run);
    let reviewer = role("reviewer");
    assert!(!reviewer.may_edit() && !reviewer.may_run);
    let ports = |ports: &[Ports]| ports.iter().map(Ports::to_string).collect::<Vec<_>>();
    assert_eq!(ports(&settings.walls.connect), ["443", "8000-8080"]);
    let coder = &settings.agents[&AgentName::from("coder")];
    assert_eq!(ports(&coder.connect), ["5432", "32768-60999"]);
}

#[test]
fn paths_start_at_the_folder_of_the_file_and_bare_programs_do_not() {
    let config = config::load(&sample("valid/everything.toml")).unwrap();
    let folder = sample("valid");
    let settings = config.settings;
    assert_eq!(settings.state_dir, folder.join("state"));
    assert_eq!(settings.walls.write, [folder.join("cache")]);
    assert_eq!(
        config.secrets.token,
        SecretSource::File {
            path: folder.join("token")
        }
    );
    let program = |name: &str| match &settings.providers[name] {
        Provider::Script { command } => command.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        program("house"),
        [folder.join("bin/agent").to_str().unwrap(), "--fast"]
    );
    assert_eq!(program("path"), ["agent"]);
    assert_eq!(settings.mentions.allow, ["alice", "bob"]);
    assert_eq!(settings.delivery.labels, ["adf", "bot"]);
    assert_eq!(settings.schedule.tick, Duration::from_secs(90));
    assert_eq!(settings.limits.output_bytes, 1 << 20);
    let prompt = config::load(&sample("valid/agent-with-prompt-file.toml"))
        .unwrap()
        .settings;
    let prompt = &prompt.agents[&AgentName::from("developer")].prompt;
    assert_eq!(prompt, "Work on issue #{{ issue }} of {{ repository }}.\n");
}

#[test]
fn a_models_provider_has_its_name_for_a_command_and_names_the_place_of_its_key() {
    let config = config::load(&sample("valid/provider-codex.toml")).unwrap();
    let Provider::Codex(cli) = &config.settings.providers["house"] else {
        panic!("a codex");
    };
    assert_eq!(
        (cli.command.as_slice(), cli.has_key),
        (&["codex".to_owned()][..], false)
    );
    assert!(config.secrets.keys.is_empty());
    let path = sample("valid/provider-with-key-and-address.toml");
    let config = config::load(&path).unwrap();
    let key = SecretSource::File {
        path: sample("valid").join("anthropic.key"),
    };
    assert_eq!(config.secrets.keys["house"], key);
    let shown = format!("{:?}", config.settings);
    assert!(!shown.contains("anthropic.key"), "{shown}");
}

#[test]
fn a_url_keeps_its_sub_path_and_loses_its_slash() {
    let config = config::load(&sample("valid/url-with-sub-path-and-slash.toml")).unwrap();
    assert_eq!(config.settings.forge.url, "https://example.org/gitea");
}

#[test]
fn an_unknown_key_offers_the_nearest() {
    let faults = config::load(&sample("invalid/agents-unknown-key.toml")).unwrap_err();
    assert!(
        faults[0].help.starts_with("did you mean `prompt`?"),
        "{}",
        faults[0].help
    );
    let faults = config::load(&sample("invalid/key-in-the-wrong-section.toml")).unwrap_err();
    assert_eq!(faults[0].help, "`protected_paths` belongs in [delivery]");
    let faults = config::load(&sample("invalid/agents-provider-unknown.toml")).unwrap_err();
    assert!(
        faults[0].help.starts_with("did you mean `house`?"),
        "{}",
        faults[0].help
    );
}

#[test]
fn a_variable_is_refused_with_the_way_that_works() {
    for file in [
        "invalid/gitea-token-env-in-braces.toml",
        "invalid/gitea-url-with-variable.toml",
    ] {
        let faults = config::load(&sample(file)).unwrap_err();
        assert_eq!(faults.len(), 1);
        for word in [
            "LoadCredential=",
            "EnvironmentFile=",
            "neither adf nor systemd expands",
        ] {
            assert!(faults[0].help.contains(word), "{}", faults[0].help);
        }
    }
}

#[test]
fn no_output_repeats_a_secret() {
    let secret = "0123456789abcdef0123456789abcdef01234567";
    let texts = [
        SHORTEST.to_owned() + &format!("token = \"{secret}\"\n"),
        SHORTEST.to_owned() + &format!("token = \"{secret}\nname = 1\n"),
        SHORTEST.to_owned() + &format!("token_env = \"{secret}\"\nfoo = 1\n"),
        SHORTEST.replace("https://", &format!("https://bot:{secret}@")),
        SHORTEST.replace("https://", &format!("bot:{secret}@")),
        SHORTEST.to_owned()
            + &format!("[providers.a]\nkind = \"x\"\ncommand = [\"a\", \"--key={secret}\"]\n"),
    ];
    for text in texts {
        let faults = load(&text).unwrap_err();
        let shown = format!(
            "{}{}{faults:?}",
            config::render(&faults, true),
            config::to_json(&faults)
        );
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[test]
fn a_secret_in_a_file_that_others_may_read_is_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("adf.toml");
    let text = SHORTEST.to_owned()
        + "[[agents]]\nname = \"a\"\n[providers.a]\nkind = \"script\"\ncommand = [\"a\", \"--api-key=0123456789abcdef0123\"]\n";
    std::fs::write(&path, text).unwrap();
    for (mode, warnings) in [(0o644, 1), (0o640, 1), (0o600, 0)] {
        std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
        let config = config::load(&path).unwrap();
        assert_eq!(config.warnings.len(), warnings, "{mode:o}");
    }
}

#[test]
fn what_cannot_be_read_is_a_fault_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let missing = config::load(&folder.path().join("none.toml")).unwrap_err();
    assert!(missing[0].message.starts_with("cannot be read"));
    let directory = config::load(folder.path()).unwrap_err();
    assert_eq!(directory[0].message, "is not a regular file");
    let path = folder.path().join("latin1.toml");
    std::fs::write(&path, b"name = \"\xe9\"").unwrap();
    assert_eq!(
        config::load(&path).unwrap_err()[0].message,
        "is not UTF-8 text"
    );
    std::fs::write(&path, "#".repeat(2 << 20)).unwrap();
    assert_eq!(
        config::load(&path).unwrap_err()[0].message,
        "is longer than 1 MiB"
    );
    assert!(config::render(&missing, false).contains("none.toml"));
}

#[test]
fn walls_see_through_links_to_the_state_directory() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("real")).unwrap();
    std::os::unix::fs::symlink("real", folder.path().join("link")).unwrap();
    let text = SHORTEST.replace("[gitea]", "state_dir = \"real/state\"\n[gitea]")
        + "[walls]\nread = [\"link\"]\n";
    let faults = load_in(folder.path(), &text).unwrap_err();
    assert_eq!(faults[0].key, "walls.read[0]");
}

#[test]
fn validate_config_says_ok_or_exits_78() {
    let good = sample("valid/shortest.toml");
    let (code, out) = validate(vec![good.clone()], false, true);
    assert_eq!((code, out), (0, format!("{}: ok\n", good.display())));
    let bad = sample("invalid/agents-limits-steps-below-floor.toml");
    let (code, out) = validate(vec![good, bad.clone()], false, false);
    assert_eq!(code, 78);
    for part in [
        "error: agents[0].limits.steps: 5 is below the floor of 10".to_owned(),
        format!("--> {}:16:16", bad.display()),
        "limits.steps = 5".to_owned(),
        "help: write 10 or more".to_owned(),
        format!("{}: 1 error\n", bad.display()),
    ] {
        assert!(out.contains(&part), "{part:?} is not in\n{out}");
    }
}

#[test]
fn warnings_fail_only_when_strict() {
    let warned = sample("valid/warned-model-pinned-by-date.toml");
    let (code, out) = validate(vec![warned.clone()], false, false);
    assert_eq!(code, 0);
    assert!(out.ends_with(": ok, 1 warning\n"), "{out}");
    assert_eq!(validate(vec![warned], false, true).0, 78);
}

#[test]
fn json_is_an_array_with_the_seven_fields() {
    let (code, out) = validate(vec![sample("valid/shortest.toml")], true, false);
    assert_eq!((code, out.as_str()), (0, "[]\n"));
    let (code, out) = validate(
        vec![sample("invalid/agents-name-reserved.toml")],
        true,
        false,
    );
    assert_eq!(code, 78);
    let found: serde_json::Value = serde_json::from_str(&out).unwrap();
    let fields: Vec<&String> = found[0].as_object().unwrap().keys().collect();
    assert_eq!(
        fields,
        [
            "file", "line", "column", "key", "severity", "message", "help"
        ]
    );
    assert_eq!(found[0]["severity"], "error");
    assert_eq!(found[0]["key"], "agents[0].name");
}

#[test]
fn each_subject_has_a_schema() {
    for of in [
        schema::Subject::Config,
        schema::Subject::Mention,
        schema::Subject::Report,
    ] {
        let mut out = Vec::new();
        assert_eq!(schema::run(&schema::Schema { of }, &mut out), 0);
        let schema: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert!(schema.is_object());
    }
}
