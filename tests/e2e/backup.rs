//! Backups: what a lost host does not take with it.
//!
//! `ADF_BACKUP_RUNS` says how many runs are in flight when the backup is made (50
//! by default).
//!
//! Invariant: after a restore each mention has one acceptance, one result, one
//! branch and one pull request, whatever the factory did after the backup.

use crate::factory::{Daemon, Factory, adf};
use crate::plant::{DELIVERED, MENTION, Plant, until_is, until_true};
use secrecy::ExposeSecret;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::io::Read;
use std::path::{Path, PathBuf};

/// Runs in flight where nothing else is asked for.
const RUNS: u64 = 50;

#[expect(
    clippy::disallowed_methods,
    reason = "a test is told from outside how many"
)]
fn runs() -> u64 {
    let asked = std::env::var("ADF_BACKUP_RUNS");
    asked.map_or(RUNS, |text| {
        text.parse().expect("ADF_BACKUP_RUNS is a number")
    })
}

/// A factory that has `runs` agents at their gates, which wait for `go`.
async fn busy(plant: &Plant, runs: u64) -> (Factory, Daemon, Vec<u64>) {
    let held = "touch GATE/$ADF_RUN; until [ -e GATE/go ]; do sleep 0.05; done; echo x > x.txt";
    let factory = Factory::shell(plant, held);
    let many = format!("concurrency = {runs}\nstarts_per_hour = 10000\nstarts_per_day = 10000\n");
    factory.edit("grace = \"2s\"\n", &format!("grace = \"2s\"\n{many}"));
    factory.edit(
        "provider = \"scripted\"\n",
        &format!("provider = \"scripted\"\n[agents.limits]\n{many}\n"),
    );
    let daemon = factory.run().await;
    let issues: Vec<u64> = (0..runs).map(|n| ask(plant, n)).collect();
    until_true("all agents are at their gates", || {
        std::fs::read_dir(factory.dir.join("gate")).unwrap().count() as u64 == runs
    })
    .await;
    (factory, daemon, issues)
}

fn ask(plant: &Plant, n: u64) -> u64 {
    let repo = &plant.world.repo;
    let title = format!("The sum is wrong ({n})");
    let issue = plant.forge.open_issue(repo, "alice", &title, "See there.");
    let issue = issue.unwrap();
    plant.say(issue, "alice", MENTION);
    issue
}

pub fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

/// A backup of a factory's state as it is.
pub async fn backed_up(plant: &Plant, factory: &Factory) -> PathBuf {
    let backup = plant.path("b.tar.gz");
    let said = factory.adf(&["backup", &text(&backup)]).await;
    assert_eq!(said.code, Some(0), "{said:?}");
    backup
}

/// Restores into a folder of its own and puts the token back.
async fn restored(plant: &Plant, backup: &Path, name: &str) -> Factory {
    let dir = plant.path(name);
    let config = dir.join("adf.toml");
    std::fs::create_dir_all(dir.join("gate")).unwrap();
    let factory = Factory { dir, config };
    let said = factory.adf(&["restore", &text(backup)]).await;
    assert_eq!(said.code, Some(0), "{said:?}");
    factory.token(plant.world.bot.token.expose_secret());
    factory
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_of_a_busy_factory_goes_on_elsewhere_and_repeats_nothing() {
    let plant = Plant::new().await;
    let (old, mut daemon, mut issues) = busy(&plant, runs()).await;
    let backup = plant.path("busy.tar.gz");
    let said = old
        .adf(&["backup", &text(&backup), "--format", "json"])
        .await;
    assert_eq!(said.code, Some(0), "{said:?}");
    // The factory lives on: it delivers what was in flight, and takes more.
    old.open("go");
    let (before, after) = issues.split_at(issues.len() / 2);
    for issue in before {
        until_is(DELIVERED, || plant.traces(*issue)).await;
    }
    let late = ask(&plant, 1000);
    until_true("the late mention is accepted", || {
        !plant.marked(late, "accept").is_empty()
    })
    .await;
    daemon.kill().await;
    assert!(!after.is_empty());
    issues.push(late);
    std::fs::remove_dir_all(old.state()).unwrap();

    let new = restored(&plant, &backup, "elsewhere").await;
    new.edit(&text(&old.dir.join("gate")), &text(&new.dir.join("gate")));
    new.open("go");
    let mut daemon = new.run().await;
    let lost = ask(&plant, 1001);
    issues.push(lost);
    for issue in &issues {
        // Of what ended after the backup the new factory knows by its marks alone.
        plant.status(*issue, "done").await;
        until_is(DELIVERED, || plant.traces(*issue)).await;
    }
    let status = new.adf(&["status", "--format", "json"]).await.json();
    for task in status["tasks"].as_array().unwrap() {
        assert!(task["pull"].is_u64(), "its pull request is known: {task}");
    }
    assert_eq!(daemon.stop().await, Some(0));
    for issue in &issues {
        assert_eq!(plant.traces(*issue), DELIVERED, "#{issue}");
        let said = plant.forge.comments(&plant.world.repo, *issue);
        let own = said.iter().filter(|c| c.author == plant.world.bot.login);
        assert_eq!(own.count(), 2, "#{issue}: {said:#?}");
    }
}

#[tokio::test]
async fn a_backup_holds_no_token_and_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let plant = Plant::new().await;
    let factory = Factory::scripted(&plant, "happy");
    factory.run().await.stop().await;
    let folder = plant.path("backups");
    std::fs::create_dir(&folder).unwrap();
    for stale in [
        "adf-demo-20200101T000000Z.tar.gz",
        "adf-demo-20200102T000000Z.tar.gz",
    ] {
        std::fs::write(folder.join(stale), "").unwrap();
    }
    let strange = [
        "adf-demo-notes.tar.gz",
        "adf-demo-two-20200101T000000Z.tar.gz",
    ];
    for name in strange {
        std::fs::write(folder.join(name), "").unwrap();
    }
    let said = factory
        .adf(&["backup", &text(&folder), "--keep", "2"])
        .await;
    assert_eq!(said.code, Some(0), "{said:?}");
    let mut names: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    names.retain(|path| !strange.contains(&path.file_name().unwrap().to_str().unwrap()));
    names.sort();
    assert_eq!(names.len(), 2, "{names:?}");
    let made = &names[1];
    assert_eq!(
        std::fs::metadata(made).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let mut all = Vec::new();
    let mut unzipped = flate2::read::GzDecoder::new(std::fs::File::open(made).unwrap());
    unzipped.read_to_end(&mut all).unwrap();
    let token = plant.world.bot.token.expose_secret().as_bytes();
    assert!(!all.windows(token.len()).any(|part| part == token));
    let key = std::fs::read(factory.state().join("marker.key")).unwrap();
    assert!(
        all.windows(key.len()).any(|part| part == key),
        "the marker key is in it"
    );
}

#[tokio::test]
async fn a_prompt_beyond_the_configs_folder_is_restored_before_it_is_asked_for() {
    let plant = Plant::new().await;
    let factory = Factory::scripted(&plant, "happy");
    let prompt = plant.path("prompts/developer.md");
    std::fs::create_dir_all(prompt.parent().unwrap()).unwrap();
    std::fs::write(&prompt, "Do what is asked for.\n").unwrap();
    let line = format!("provider = \"scripted\"\nprompt_file = {prompt:?}\n");
    factory.edit("provider = \"scripted\"\n", &line);
    factory.run().await.stop().await;
    let backup = backed_up(&plant, &factory).await;

    std::fs::write(&prompt, "Something else.\n").unwrap();
    let dir = plant.path("refused");
    let config = text(&dir.join("adf.toml"));
    let said = adf(&["restore", &text(&backup), "--config", &config]).await;
    assert_eq!(said.code, Some(1), "it is not overwritten: {said:?}");
    assert!(!dir.exists(), "the folder that was made for it goes too");

    std::fs::remove_dir_all(prompt.parent().unwrap()).unwrap();
    restored(&plant, &backup, "elsewhere").await;
    let text = std::fs::read_to_string(&prompt).unwrap();
    assert_eq!(text, "Do what is asked for.\n");
}

#[tokio::test]
async fn the_backup_that_a_ledger_was_restored_from_is_its_last() {
    let plant = Plant::new().await;
    let factory = Factory::scripted(&plant, "happy");
    factory.run().await.stop().await;
    let backup = backed_up(&plant, &factory).await;
    let new = restored(&plant, &backup, "elsewhere").await;
    let status = new.adf(&["status", "--format", "json"]).await.json();
    assert_eq!(status["backup"]["file"], text(&backup), "{status}");
    let doctor = new.adf(&["doctor", "--no-probes"]).await;
    assert!(!doctor.out.contains("was ever made"), "{doctor:?}");
}

#[tokio::test]
async fn what_is_no_whole_backup_is_refused_and_nothing_is_written() {
    let plant = Plant::new().await;
    let factory = Factory::scripted(&plant, "happy");
    factory.run().await.stop().await;
    let backup = backed_up(&plant, &factory).await;
    let again = factory.adf(&["backup", &text(&backup)]).await;
    assert_eq!(
        again.code,
        Some(1),
        "a backup is not overwritten: {again:?}"
    );
    assert!(again.err.contains("exists already"), "{again:?}");

    let here = factory.adf(&["restore", &text(&backup)]).await;
    assert_eq!(here.code, Some(1), "{here:?}");
    assert!(here.err.contains("ledger.db exists already"), "{here:?}");

    let whole = std::fs::read(&backup).unwrap();
    let mut flipped = whole.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 0x40;
    let later = rewritten(&whole, "\"form\": 1", "\"form\": 9");
    let keyless = rewritten(&whole, "\"marker_key\"", "\"factory\"   ");
    let changed = rewritten(&whole, "name = \"demo\"", "name = \"dema\"");
    let cases: [(&str, &[u8], &str); 7] = [
        ("cut", &whole[..whole.len() / 2], "is no whole backup"),
        ("empty", b"", "is no whole backup"),
        ("text", b"not a backup", "is no whole backup"),
        ("flipped", &flipped, "is no whole backup"),
        ("changed", &changed, "is not as it was backed up"),
        ("later", &later, "which this version cannot read"),
        (
            "keyless",
            &keyless,
            "there is no key of the factory's marks in it",
        ),
    ];
    for (name, bytes, why) in cases {
        let file = plant.path(name);
        std::fs::write(&file, bytes).unwrap();
        let dir = plant.path(&format!("new-{name}"));
        let config = text(&dir.join("adf.toml"));
        let said = adf(&["restore", &text(&file), "--config", &config]).await;
        assert_eq!(said.code, Some(1), "{name}: {said:?}");
        assert!(said.err.contains(why), "{name}: {said:?}");
        assert!(!dir.exists(), "{name}: something is left");
    }
}

#[tokio::test]
async fn files_are_restored_where_the_config_names_them_and_nowhere_else() {
    let plant = Plant::new().await;
    let factory = Factory::scripted(&plant, "happy");
    let beside = factory.dir.parent().unwrap().join("shared-prompts");
    std::fs::create_dir(&beside).unwrap();
    std::fs::write(beside.join("dev.md"), "Do what is asked for.\n").unwrap();
    let line = "provider = \"scripted\"\nprompt_file = \"../shared-prompts/dev.md\"\n";
    factory.edit("provider = \"scripted\"\n", line);
    factory.run().await.stop().await;
    let backup = backed_up(&plant, &factory).await;

    let whole = std::fs::read(&backup).unwrap();
    let other = remade(&whole, |manifest, _| {
        let text = manifest.to_string();
        let text = text.replace("../shared-prompts/dev.md", "../../../strange.md");
        *manifest = serde_json::from_str(&text).unwrap();
    });
    let file = plant.path("other.tar.gz");
    std::fs::write(&file, other).unwrap();
    let config = text(&plant.path("a/b/c/d/adf.toml"));
    let said = adf(&["restore", &text(&file), "--config", &config]).await;
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.err.contains("its config does not name"), "{said:?}");
    assert!(!plant.path("a").exists(), "something is left");

    let deep = plant.path("deep/er");
    std::fs::create_dir_all(&deep).unwrap();
    restored(&plant, &backup, "deep/er/project").await;
    let read = std::fs::read_to_string(deep.join("shared-prompts/dev.md")).unwrap();
    assert_eq!(read, "Do what is asked for.\n");
    let mut left: Vec<_> = std::fs::read_dir(&deep)
        .unwrap()
        .map(|file| file.unwrap().file_name())
        .collect();
    left.sort();
    assert_eq!(left, ["project", "shared-prompts"]);
    assert!(!deep.join("project/shared-prompts").exists());
}

#[tokio::test]
async fn a_damaged_ledger_in_a_backup_is_told_as_a_fault_of_the_backup() {
    let plant = Plant::new().await;
    let factory = Factory::scripted(&plant, "happy");
    factory.run().await.stop().await;
    let backup = backed_up(&plant, &factory).await;
    let whole = std::fs::read(&backup).unwrap();
    let damaged = remade(&whole, |manifest, files| {
        let entries = manifest["entries"].as_array_mut().unwrap();
        let at = entries.iter().position(|e| e["place"] == "ledger").unwrap();
        files[at] = b"no ledger".to_vec();
        entries[at]["bytes"] = files[at].len().into();
        entries[at]["sha256"] = hex::encode(Sha256::digest(&files[at])).into();
    });
    std::fs::write(&backup, damaged).unwrap();
    let config = text(&plant.path("new/adf.toml"));
    let said = adf(&["restore", &text(&backup), "--config", &config]).await;
    assert_eq!(said.code, Some(1), "{said:?}");
    let told = format!(
        "{} is no whole backup: its ledger is damaged",
        text(&backup)
    );
    assert!(said.err.contains(&told), "{said:?}");
    assert!(!plant.path("new").exists(), "something is left");
}

/// A backup with another manifest or other files.
pub fn remade(whole: &[u8], change: impl FnOnce(&mut Value, &mut Vec<Vec<u8>>)) -> Vec<u8> {
    use flate2::{Compression, read::GzDecoder, write::GzEncoder};
    let mut archive = tar::Archive::new(GzDecoder::new(whole));
    let parts = archive.entries().unwrap().map(|part| {
        let mut bytes = Vec::new();
        part.unwrap().read_to_end(&mut bytes).unwrap();
        bytes
    });
    let mut files: Vec<Vec<u8>> = parts.collect();
    let mut manifest: Value = serde_json::from_slice(&files.remove(0)).unwrap();
    change(&mut manifest, &mut files);
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    let mut add = |name: &str, bytes: &[u8]| {
        let mut head = tar::Header::new_gnu();
        head.set_size(bytes.len() as u64);
        archive.append_data(&mut head, name, bytes).unwrap();
    };
    add("manifest.json", manifest.to_string().as_bytes());
    for (entry, file) in manifest["entries"].as_array().unwrap().iter().zip(&files) {
        add(entry["name"].as_str().unwrap(), file);
    }
    archive.into_inner().unwrap().finish().unwrap()
}

/// A backup with some text in it replaced by one of the same length.
fn rewritten(whole: &[u8], from: &str, to: &str) -> Vec<u8> {
    use flate2::{Compression, read::GzDecoder, write::GzEncoder};
    let mut all = Vec::new();
    GzDecoder::new(whole).read_to_end(&mut all).unwrap();
    let at = all
        .windows(from.len())
        .position(|part| part == from.as_bytes())
        .expect(from);
    all[at..at + to.len()].copy_from_slice(to.as_bytes());
    let mut zipped = GzEncoder::new(Vec::new(), Compression::fast());
    std::io::Write::write_all(&mut zipped, &all).unwrap();
    zipped.finish().unwrap()
}
