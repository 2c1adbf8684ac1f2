//! Providers as an operator sees them: whether they can work, what they said, and
//! that a gone program is told and passed over.

use crate::support::Plant;
use serde_json::Value;
use std::path::Path;

/// A second agent whose model's program is not there.
const GONE: &str = "
[[agents]]
name = \"reviewer\"
prompt = \"Look.\"
provider = \"away\"
model = \"haiku\"

[providers.away]
kind = \"claude\"
command = [\"/nowhere/claude\"]
";

/// Writes the routing file by which these serve every fix, in this order.
pub fn route(dir: &Path, tier: &str, chain: &[&str]) {
    let links: Vec<String> = chain
        .iter()
        .map(|name| format!("{{ provider = \"{name}\", model = \"any\" }}"))
        .collect();
    let text = format!(
        "+++\ntier = \"{tier}\"\npriority = 50\nchain = [{}]\n+++\n\n## Keywords\n\n- mend\n\n## Examples\n\n- mend it → this tier\n",
        links.join(", ")
    );
    std::fs::create_dir_all(dir).unwrap();
    std::fs::write(dir.join("tier.md"), text).unwrap();
}

fn pair<'a>(object: &'a Value, provider: &str) -> &'a Value {
    let pairs = object["pairs"].as_array().unwrap();
    let found = pairs.iter().find(|p| p["provider"] == provider);
    found.unwrap_or_else(|| panic!("{provider} in {object}"))
}

async fn providers(plant: &Plant) -> Value {
    plant.adf(&["providers", "--format", "json"]).await.json()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn before_the_first_start_it_says_who_is_there_and_who_is_not() {
    let plant = Plant::new("true", "1s", "").await;
    let said = plant.adf(&["providers", "--format", "json"]).await;
    assert_eq!(said.code, Some(0), "{said:?}");
    let object = said.json();
    let house = pair(&object, "house");
    assert_eq!(house["kind"], "script");
    assert!(
        house["binary"].as_str().unwrap().ends_with("/sh"),
        "{house}"
    );
    assert_eq!(house["login"]["by"], "not_needed");
    assert_eq!(house["breaker"]["is"], "closed");
    assert_eq!(
        (&house["runs"], &house["version"]),
        (&0.into(), &Value::Null)
    );
    assert_eq!(house["agents"][0], "developer");

    let plant = Plant::new("true", "1s", GONE).await;
    let said = plant.adf(&["providers"]).await;
    assert_eq!(said.code, Some(1), "{said:?}");
    for part in [
        "away/haiku",
        "not found",
        "no key in the config",
        "cannot work",
        "[providers.away]",
        "not tried yet",
    ] {
        assert!(said.out.contains(part), "{part}: {}", said.out);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_models_program_tells_its_version() {
    let plant = Plant::new("true", "1s", GONE).await;
    let program = plant.dir.join("claude");
    std::fs::write(
        &program,
        "#!/bin/sh\n[ \"$1\" = --version ] && echo 2.1.0 \\(stand-in\\)\n",
    )
    .unwrap();
    let start = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&program, start).unwrap();
    plant.edit("/nowhere/claude", program.to_str().unwrap());
    let said = plant.adf(&["providers", "--format", "json"]).await;
    assert_eq!(said.code, Some(0), "{said:?}");
    let object = said.json();
    let away = pair(&object, "away");
    assert_eq!(away["version"], "2.1.0 (stand-in)");
    assert_eq!(away["login"]["by"], "missing");
    assert_eq!(away["trouble"], Value::Null);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gone_program_is_an_alert_and_its_work_goes_to_the_next() {
    let more = format!("{GONE}\n[routing]\ndir = \"routing\"\n");
    let work = "echo more >> README.md; git commit -qam more";
    let plant = Plant::new(work, "1s", &more).await;
    route(
        &plant.dir.join("routing"),
        "implementation",
        &["away", "house"],
    );
    let daemon = plant.run(&[]).await;
    daemon.until_said("provider:away").await;
    let (repo, bug) = (&plant.world.repo, plant.world.bug);
    plant
        .forge
        .comment(repo, bug, "alice", "@adf:developer please mend it")
        .unwrap();
    plant.until_told(bug, "has delivered").await;
    let number = bug.to_string();
    let story = plant.adf(&["explain", &number, "--format", "json"]).await;
    let wanted = "house/any, tier implementation by \\\"mend\\\", house/any by the scenario, passing over away/any: provider `away` cannot work";
    assert!(
        story.out.contains("provider chosen") && story.out.contains(wanted),
        "{}",
        story.out
    );
    let status = plant.adf(&["status"]).await;
    assert!(status.out.contains("alert provider:away"), "{}", status.out);
    // The same is said to whoever asks what a text comes to.
    let route = plant.adf(&["route", "mend it"]).await;
    assert!(
        route.out.contains("unwell: provider `away` cannot work"),
        "{}",
        route.out
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_opens_the_breaker_and_a_restart_forgets_nothing() {
    let quota = "echo 'API error 429: too many requests'; exit 0";
    let plant = Plant::new(quota, "1s", "[routing]\nprovider = \"house\"\n").await;
    let mut daemon = plant.run(&[]).await;
    let (repo, bug) = (&plant.world.repo, plant.world.bug);
    let text = "@adf:developer hello";
    plant.forge.comment(repo, bug, "alice", text).unwrap();
    daemon.until_said("\"wait\"").await;
    assert_eq!(daemon.stop().await, Some(0));
    let _daemon = plant.run(&[]).await;
    let other = bug + 1;
    plant.forge.comment(repo, other, "alice", text).unwrap();
    plant
        .until_told(other, "no provider can be used: house: api error")
        .await;
    let object = providers(&plant).await;
    let house = pair(&object, "house");
    assert_eq!(house["breaker"]["is"], "open", "{house}");
    assert_eq!((&house["refusals"], &house["runs"]), (&1.into(), &1.into()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_probe_asks_each_the_way_of_a_run_and_only_when_told_to() {
    let script =
        "cat > asked; grep -q 'single word: ok' asked && pwd > $HOME/seen && exit 0; exit 9";
    let plant = Plant::new(script, "1s", "").await;
    let free = providers(&plant).await;
    assert_eq!(pair(&free, "house")["probe"], Value::Null);
    let said = plant
        .adf(&["providers", "--probe", "--format", "json"])
        .await;
    assert_eq!(said.code, Some(0), "{said:?}");
    assert_eq!(pair(&said.json(), "house")["probe"]["ok"], true);
    assert!(said.err.contains("asking house (1 of 1)"), "{said:?}");
    plant.edit("exit 0; exit 9", "echo out of paper; exit 7");
    let said = plant.adf(&["providers", "--probe"]).await;
    assert_eq!(said.code, Some(1), "{said:?}");
    let wanted = ["does not answer", "exit code 7: out of paper"];
    assert!(
        wanted.iter().all(|part| said.out.contains(part)),
        "{}",
        said.out
    );
    assert!(!plant.dir.join("state").exists(), "nothing is written");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_model_that_refuses_a_probe_with_exit_0_is_not_taken_for_well() {
    let plant = Plant::new("true", "1s", GONE).await;
    let program = plant.dir.join("claude");
    let refuses = r#"{"type":"result","subtype":"success","is_error":true,"api_error_status":429,"result":"You have hit your limit"}"#;
    let script = format!(
        "#!/bin/sh\n[ \"$1\" = --version ] && echo 2 && exit\ncase \"$*\" in *'--model haiku'*) echo '{refuses}';; esac\n"
    );
    std::fs::write(&program, script).unwrap();
    let start = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&program, start).unwrap();
    plant.edit("/nowhere/claude", program.to_str().unwrap());
    let said = plant
        .adf(&["providers", "--probe", "--format", "json"])
        .await;
    assert_eq!(said.code, Some(1), "{said:?}");
    let object = said.json();
    let answer = &pair(&object, "away")["probe"];
    assert_eq!(answer["ok"], false, "{answer}");
    assert_eq!(answer["said"], "You have hit your limit");
    assert_eq!(pair(&object, "house")["probe"]["ok"], true);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_script_that_refuses_with_exit_0_is_not_taken_for_well() {
    let refuses = "echo 'API Error: 429 rate_limit_error: you exceeded your quota'";
    let plant = Plant::new(refuses, "1s", "").await;
    let asked = ["providers", "--probe", "--format", "json"];
    let said = plant.adf(&asked).await;
    assert_eq!(said.code, Some(1), "{said:?}");
    let answer = pair(&said.json(), "house")["probe"].clone();
    assert_eq!(answer["ok"], false, "{answer}");
    assert!(
        answer["said"].as_str().unwrap().contains("rate_limit"),
        "{answer}"
    );
    plant.edit(refuses, "echo 'Invalid API key; please run /login'");
    let said = plant.adf(&asked).await;
    assert_eq!(said.code, Some(1), "{said:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_script_is_asked_once_whatever_models_it_is_called_with() {
    let plant = Plant::new("true", "1s", "[routing]\ndir = \"routing\"\n").await;
    route(&plant.dir.join("routing"), "first", &["house"]);
    let said = plant
        .adf(&["providers", "--probe", "--format", "json"])
        .await;
    assert_eq!(said.err.matches("asking house").count(), 1, "{said:?}");
    let object = said.json();
    let asked = object["pairs"].as_array().unwrap();
    assert!(asked.len() > 1, "{object}");
    let same = |pair: &Value| pair["probe"] == asked[0]["probe"] && pair["probe"]["ok"] == true;
    assert!(asked.iter().all(same), "{object}");
}
