//! What a backup keeps: each file that a config names but secrets, and what agents
//! remember.

use crate::factory::{Factory, adf};
use crate::plant::Plant;
use adf::clock::Clock;
use adf::model::{AgentName, Change, Note};
use secrecy::ExposeSecret;
use serde_json::Value;
use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Keys of a config that name files which a backup keeps.
const KEPT: [&str; 4] = ["prompt_file", "vision", "dir", "marker_key_file"];
/// Keys that name files with secrets, which no backup holds.
const SECRETS: [&str; 4] = ["token_file", "url_file", "secret_file", "key_file"];
/// Keys that name folders of the machine.
const PLACES: [&str; 1] = ["state_dir"];

/// The files of this config that a backup keeps, and what they hold.
const FILES: [(&str, &str); 5] = [
    ("prompts/developer.md", "Do what is asked for.\n"),
    ("docs/vision.md", "Sums that are right.\n"),
    (
        "routes/code.md",
        "+++\ntier = \"code\"\npriority = 10\nchain = [{ provider = \"scripted\", model = \"any\" }]\n+++\n\n## Keywords\n\n- sum\n",
    ),
    (
        "routes/talk.md",
        "+++\ntier = \"talk\"\npriority = 20\nchain = [{ provider = \"scripted\", model = \"any\" }]\n+++\n\n## Keywords\n\n- explain\n",
    ),
    (
        "keys/marks.key",
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    ),
];

/// A secret that the config names besides the token.
const ADDRESS: &str = "http://127.0.0.1:9/bot1234567-AAHsecretpart";

fn put(dir: &Path, name: &str, text: &str) {
    let path = dir.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(path, PermissionsExt::from_mode(0o600)).unwrap();
}

/// A factory whose config names a file wherever it can.
fn factory(plant: &Plant) -> Factory {
    let factory = Factory::scripted(plant, "happy");
    for (name, text) in FILES {
        put(&factory.dir, name, text);
    }
    put(&factory.dir, "chat.url", ADDRESS);
    factory.edit(
        "token_file = \"token\"\n",
        "token_file = \"token\"\nmarker_key_file = \"keys/marks.key\"\n",
    );
    factory.edit(
        "provider = \"scripted\"\n",
        "provider = \"scripted\"\nprompt_file = \"prompts/developer.md\"\n",
    );
    let text = std::fs::read_to_string(&factory.config).unwrap();
    let more = "\n[coordinator]\nmode = \"agent\"\nagent = \"developer\"\nvision = \"docs/vision.md\"\n\
                cron = \"0 1-9 * * *\"\ncron_issue = 1\n\n[routing]\ndir = \"routes\"\nprovider = \"scripted\"\n\n\
                [notify.sinks.chat]\nkind = \"webhook\"\nurl_file = \"chat.url\"\n";
    std::fs::write(&factory.config, format!("{text}{more}")).unwrap();
    factory
}

/// Writes down what an agent remembers, as its socket does.
async fn remember(factory: &Factory, text: &str) -> Note {
    let opened = adf::store::open(&factory.state(), Clock::System).unwrap();
    let at = Clock::System.now();
    let note = Note {
        agent: AgentName::from("developer"),
        day: at.seconds() / 86_400,
        key: "build".to_owned(),
        text: text.to_owned(),
        at,
    };
    let note_again = note.clone();
    opened
        .ledger
        .commit(vec![Change::Note(note)])
        .await
        .unwrap();
    opened.ledger.close().await.unwrap();
    note_again
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_file_that_the_config_names_and_each_note_comes_back_and_no_secret_does() {
    let plant = Plant::new().await;
    let old = factory(&plant);
    assert_eq!(old.run().await.stop().await, Some(0));
    let note = remember(&old, "it takes `make all`").await;
    let backup = plant.path("b.tar.gz");
    let backup = backup.to_str().unwrap();
    let said = old.adf(&["backup", backup]).await;
    assert_eq!(said.code, Some(0), "{said:?}");
    std::fs::rename(&old.dir, plant.path("gone")).unwrap();

    let dir = plant.path("elsewhere");
    let config = dir.join("shop.toml");
    let text = config.to_str().unwrap();
    let said = adf(&["restore", backup, "--config", text]).await;
    assert_eq!(said.code, Some(0), "{said:?}");
    for (name, text) in FILES {
        let found = std::fs::read_to_string(dir.join(name));
        assert_eq!(found.unwrap_or_default(), text, "{name}");
    }
    assert!(!dir.join("chat.url").exists() && !dir.join("token").exists());
    let reader = adf::store::open_read_only(&dir.join("state")).unwrap();
    let notes = reader.notes_of(&note.agent, note.day).unwrap();
    assert_eq!(notes, [note]);

    put(&dir, "token", plant.world.bot.token.expose_secret());
    put(&dir, "chat.url", ADDRESS);
    std::fs::create_dir(dir.join("gate")).unwrap();
    // What it says is to be done next is taken at its word.
    let (_, next) = said.out.split_once("then: adf ").expect("what comes next");
    let (next, _) = next.split_once(',').expect("and what comes after it");
    let next: Vec<&str> = next.split_whitespace().collect();
    assert_eq!(next, ["doctor", "--config", text]);
    // Nobody listens at the address of the notices; all else is as it should be.
    let well = adf(&next).await;
    let wrong = well.out.lines().filter(|line| line.starts_with(" error"));
    let wrong: Vec<&str> = wrong
        .filter_map(|line| line.split_whitespace().nth(1))
        .collect();
    assert_eq!(wrong, ["notify.host"], "{well:?}");
    let again = Factory { dir, config };
    assert_eq!(again.run().await.stop().await, Some(0));
}

/// The keys of a schema that name files or folders.
fn paths(schema: &Value, found: &mut BTreeSet<String>) {
    match schema {
        Value::Object(map) => {
            let properties = map.get("properties").and_then(Value::as_object);
            for name in properties.into_iter().flat_map(|all| all.keys()) {
                let is_path = name.ends_with("_file") || name.ends_with("dir") || name == "vision";
                if is_path {
                    found.insert(name.clone());
                }
            }
            map.values().for_each(|value| paths(value, found));
        }
        Value::Array(all) => all.iter().for_each(|value| paths(value, found)),
        _ => {}
    }
}

#[test]
fn a_new_key_that_names_a_file_must_say_whether_a_backup_keeps_it() {
    let schema = include_str!("../../config.schema.json");
    let mut found = BTreeSet::new();
    paths(&serde_json::from_str(schema).unwrap(), &mut found);
    let known = KEPT.iter().chain(&SECRETS).chain(&PLACES);
    let known: BTreeSet<String> = known.map(|name| (*name).to_owned()).collect();
    assert_eq!(
        found, known,
        "add it to `backup::references`, or to the secrets, and here"
    );
}
