//! What operators hand over by mistake: refused, said clearly, nothing half-written.

use crate::factory::{Factory, Said};
use crate::plant::{DELIVERED, MENTION, Plant, until_is};
use secrecy::ExposeSecret;
use std::path::{Path, PathBuf};

/// A start that ends so, with these words and without a panic.
async fn refused(factory: &Factory, command: &[&str], code: i32, words: &[&str]) -> Said {
    let said = factory.adf(command).await;
    assert_eq!(said.code, Some(code), "{command:?}: {said:?}");
    for word in words {
        assert!(said.err.contains(word), "{word}: {}", said.err);
    }
    assert!(!said.err.contains("panicked"), "{}", said.err);
    said
}

/// All files below a folder, by name.
fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_of_another_user_is_refused_and_the_first_one_goes_on() {
    let plant = Plant::new().await;
    let factory = Factory::scripted(&plant, "happy");
    let mut daemon = factory.run().await;
    plant.say(plant.world.bug, "alice", MENTION);
    plant.result(plant.world.bug).await;
    assert_eq!(daemon.stop().await, Some(0));

    let scopes = ["write:repository", "write:issue", "read:user"];
    let other = plant.forge.add_token("alice", &scopes).unwrap();
    factory.token(other.expose_secret());
    let said = plant
        .forge
        .comments(&plant.world.repo, plant.world.bug)
        .len();
    refused(
        &factory,
        &["run"],
        78,
        &["`alice`'s", "`adf`", "account.id"],
    )
    .await;
    let doctor = factory.adf(&["doctor", "--no-probes"]).await;
    assert!(doctor.out.contains("`alice`'s"), "{}", doctor.out);
    assert_ne!(doctor.code, Some(0), "{doctor:?}");
    let now = plant
        .forge
        .comments(&plant.world.repo, plant.world.bug)
        .len();
    assert_eq!(said, now, "nothing was said with the wrong account");

    factory.token(plant.world.bot.token.expose_secret());
    factory.run().await.stop().await;
    until_is(DELIVERED, || plant.traces(plant.world.bug)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_project_on_the_state_of_a_first_is_refused_also_when_that_is_stopped() {
    let plant = Plant::new().await;
    let factory = Factory::scripted(&plant, "happy");
    assert_eq!(factory.run().await.stop().await, Some(0));
    let ledger = std::fs::read(factory.state().join("ledger.db")).unwrap();
    factory.edit("name = \"demo\"", "name = \"other\"");
    let words = ["`demo`", "`other`", "state_dir"];
    refused(&factory, &["run"], 78, &words).await;
    let backup = plant.path("other.tar.gz");
    let others: [&[&str]; 12] = [
        &["backup", backup.to_str().unwrap()],
        &["cancel", "run-1"],
        &["explain", "1"],
        &["failures"],
        &["guard", "stats"],
        &["pause"],
        &["providers"],
        &["rank"],
        &["resume"],
        &["route", "plan the release"],
        &["status"],
        &["stop", "--all"],
    ];
    for command in others {
        refused(&factory, command, 1, &words).await;
    }
    assert!(!backup.exists(), "another project's ledger was backed up");
    let after = std::fs::read(factory.state().join("ledger.db")).unwrap();
    assert!(ledger == after, "the first project's ledger was written");
    factory.edit("name = \"other\"", "name = \"demo\"");
    assert_eq!(factory.run().await.stop().await, Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_nothing_can_be_written_every_command_says_so_and_leaves_nothing() {
    let plant = Plant::new().await;
    let factory = Factory::scripted(&plant, "happy");
    assert_eq!(factory.run().await.stop().await, Some(0));
    let backup = plant.path("b.tar.gz");
    let backup = backup.to_str().unwrap();
    assert_eq!(factory.adf(&["backup", backup]).await.code, Some(0));
    let before = files(&plant.path("factory"));

    let to = "/proc/adf/b.tar.gz";
    refused(&factory, &["backup", to], 1, &["/proc/adf"]).await;
    let there = Factory {
        dir: "/proc/adf".into(),
        config: "/proc/adf/adf.toml".into(),
    };
    refused(&there, &["restore", backup], 1, &["/proc/adf"]).await;
    factory.edit("state_dir = \"state\"", "state_dir = \"/proc/adf\"");
    refused(&factory, &["run"], 1, &["/proc/adf"]).await;
    refused(&factory, &["status"], 1, &["/proc/adf"]).await;
    assert_eq!(files(&plant.path("factory")), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_state_that_is_a_file_is_said() {
    let plant = Plant::new().await;
    let factory = Factory::scripted(&plant, "happy");
    std::fs::write(factory.state(), "not a folder").unwrap();
    refused(&factory, &["run"], 1, &["state"]).await;
    assert_eq!(std::fs::read(factory.state()).unwrap(), b"not a folder");
}

/// A mebibyte of other people's scripts, marks and mentions in quotes.
fn mebibyte(end: &str) -> String {
    let line = "إصلاح\u{200b} 世界 \u{202e}please `@adf:reviewer` <!-- adf:1 -->\n";
    let mut text = line.repeat((1 << 20) / line.len());
    text.push_str(&" ".repeat((1 << 20) - text.len()));
    text.replace_range(text.floor_char_boundary(text.len() - end.len()).., end);
    text
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mebibyte_of_talk_is_left_out_of_a_prompt_and_one_of_issue_is_said_to_be_too_long() {
    let plant = Plant::new().await;
    let factory = Factory::scripted(&plant, "happy");
    let mut daemon = factory.run().await;
    plant.say(plant.world.bug, "alice", &mebibyte(""));
    plant.say(plant.world.bug, "alice", MENTION);
    plant.result(plant.world.bug).await;
    until_is(DELIVERED, || plant.traces(plant.world.bug)).await;
    let prompts = files(&factory.state().join("runs"));
    let prompts = prompts.iter().filter(|path| path.ends_with("prompt.md"));
    let prompts: Vec<String> = prompts
        .map(|p| std::fs::read_to_string(p).unwrap())
        .collect();
    let [prompt] = &prompts[..] else {
        panic!("{} prompts", prompts.len());
    };
    assert!(prompt.len() < 1 << 18, "{}", prompt.len());
    assert!(prompt.contains(MENTION) && prompt.contains("Left out: the 1 oldest comment(s)"));

    let body = mebibyte(&format!("\n{MENTION}"));
    let issue = plant
        .forge
        .open_issue(&plant.world.repo, "alice", "A long story", &body);
    let issue = issue.unwrap();
    let said = plant.result(issue).await;
    assert!(said.contains("shorten the issue"), "{said}");
    let traces = plant.traces(issue);
    assert_eq!((traces.accepts, traces.results, traces.pulls), (1, 1, 0));
    assert_eq!(daemon.stop().await, Some(0));
}
