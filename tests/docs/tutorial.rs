//! The tutorial, run word for word: its own shell blocks, in one shell with a fresh home.
//!
//! The embedded forge stands where the reader's Gitea would, and the scripted agent where the
//! model's command line would: by the values that the tutorial has its reader set, and by nothing
//! else. What it shows as output must come, line by line in this order; `…` is anything.

use crate::blocks::{Block, blocks, sources};
use crate::shell::Shell;
use adf::sandbox::demo_world::{self, DemoWorld};
use adf::sandbox::{Forge, ForgeOptions};
use regex::Regex;
use secrecy::ExposeSecret;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// The model's command line.
fn agent(folder: &Path) -> PathBuf {
    let path = folder.join("claude");
    let adf = env!("CARGO_BIN_EXE_adf");
    let text = format!("#!/bin/sh\nexec '{adf}' __scripted-agent happy \"$@\"\n");
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
    path
}

/// The names that a block of values sets, set to what is here.
fn bound(block: &Block, values: &[(&str, String)]) -> String {
    let names: Vec<&str> = block
        .text
        .lines()
        .filter_map(|line| line.split_once('=').map(|(name, _)| name))
        .collect();
    let here: Vec<&str> = values.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, here, "the values that the reader sets have changed");
    let line = |(name, value): &(&str, String)| format!("{name}='{value}'\n");
    values.iter().map(line).collect()
}

/// The first shown line that did not come.
fn missing<'a>(shown: &'a str, said: &str) -> Option<&'a str> {
    let mut said = said.lines();
    shown
        .lines()
        .filter(|line| !line.trim().is_empty())
        .find(|line| {
            let parts = line.split('…').map(|part| {
                let words = part.split_whitespace().map(regex::escape);
                let words = words.collect::<Vec<_>>().join(r"\s+");
                let space =
                    |at: Option<char>| at.is_some_and(char::is_whitespace).then_some(r"\s*");
                let (before, after) = (space(part.chars().next()), space(part.chars().last()));
                format!("{}{words}{}", before.unwrap_or(""), after.unwrap_or(""))
            });
            let pattern = parts.collect::<Vec<_>>().join(".*");
            let pattern = Regex::new(&format!(r"^\s*{pattern}\s*$")).unwrap();
            !said.any(|line| pattern.is_match(line))
        })
}

/// Plays the tutorial; gives how many blocks were run, and those that were not, with the reason.
fn play(home: &Path, values: &[(&str, String)]) -> (usize, Vec<String>) {
    let text = std::fs::read_to_string(sources().join("docs/tutorial.md")).unwrap();
    let adf = Path::new(env!("CARGO_BIN_EXE_adf"));
    let mut shell = Shell::new(home, adf.parent().unwrap());
    let (mut ran, mut skipped, mut said) = (0, Vec::new(), String::new());
    for block in blocks(&text) {
        let name = block.name();
        match (block.kind.as_str(), block.note.as_str()) {
            ("sh", note) => {
                if let Some(why) = note.strip_prefix("not run: ") {
                    skipped.push(format!("{name}: {why}"));
                    continue;
                }
                let text = match note {
                    "" => block.text,
                    "values" => bound(&block, values),
                    other => panic!("{name}: what is `{other}`?"),
                };
                let done = shell.run(&text);
                said = done.unwrap_or_else(|said| panic!("{name} failed:\n{said}"));
                ran += 1;
            }
            ("text", "") => {
                let absent = missing(&block.text, &said);
                assert_eq!(absent, None, "below {name}: it said\n{said}");
            }
            other => panic!("{name}: neither run nor compared: {other:?}"),
        }
    }
    (ran, skipped)
}

/// What there is on the forge for people at the end.
fn left(forge: &Forge, world: &DemoWorld) {
    let issues = forge.issues(&world.repo);
    let asked = issues.iter().find(|i| i.title == "Say what this is for");
    let asked = asked.unwrap();
    let named = format!("#{}", asked.number);
    let pulls = forge.pulls(&world.repo);
    let mut open = pulls.iter().filter(|pull| pull.state == "open");
    let pull = open.next().unwrap();
    assert!(pull.body.contains(&named), "{pull:?}");
    assert!(open.next().is_none(), "{pulls:?}");
    let branches = forge.branches(&world.repo).into_iter();
    let own = branches.filter(|(name, _)| name.starts_with("adf/"));
    assert_eq!(own.count(), 1, "smoke and doctor have left branches");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_tutorial_leads_to_a_working_factory_word_for_word() {
    let home = tempfile::tempdir().unwrap();
    let root = home.path().canonicalize().unwrap();
    let programs = root.join("programs");
    std::fs::create_dir(&programs).unwrap();
    let forge = Forge::start(ForgeOptions::new(root.join("forge")))
        .await
        .unwrap();
    let world = demo_world::build(&forge).unwrap();
    let values = [
        ("GITEA", forge.url().to_owned()),
        ("REPO", world.repo.clone()),
        ("FACTORY_TOKEN", world.bot.token.expose_secret().to_owned()),
        ("MY_TOKEN", world.alice.token.expose_secret().to_owned()),
        ("AGENT", agent(&programs).display().to_string()),
        ("MODEL_KEY", "sk-of-nobody".to_owned()),
    ];
    let reader = root.join("reader");
    std::fs::create_dir(&reader).unwrap();
    let played = tokio::task::spawn_blocking(move || play(&reader, &values));
    let (ran, skipped) = played.await.unwrap();
    for block in &skipped {
        println!("not run: {block}");
    }
    assert!(ran >= 12, "{ran} blocks");
    assert_eq!(skipped.len(), 2, "{skipped:?}");
    left(&forge, &world);
}

#[test]
fn what_is_shown_must_come_in_its_order() {
    let said = "ok   0.1 s  opens #6\nmore\n done   #7 now\n";
    for shown in ["ok … s  opens #…\n…\n done …", "…\nmore", "done #7 …"] {
        assert_eq!(missing(shown, said), None, "{shown}");
    }
    for (shown, absent) in [
        ("more\nok … s opens #6", "ok … s opens #6"),
        ("done", "done"),
        ("ok 0.2 s …", "ok 0.2 s …"),
    ] {
        assert_eq!(missing(shown, said), Some(absent), "{shown}");
    }
}
