//! What a push would give away: settings of agents and secrets in commits are held back.

use super::support::{BUNDLE_MAX, World, commit_all, run};
use adf::{
    act::deliver::Protected,
    model::{RunId, Work},
    redact::Redactor,
};
use std::{fs, path::Path};

const KNOWN: &str = "the-factory's-own-token-1";
const TOKEN: &str = "ghp_AbCdEfGhIjKlMnOpQrStUv0123456789";

fn write(dir: &Path, name: &str, text: &str) {
    let path = dir.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

async fn taken(world: &World, dir: &Path, allowed: &[&str]) -> Work {
    let allowed: Vec<String> = allowed.iter().map(|path| (*path).to_owned()).collect();
    let protected = Protected::new(&[], &allowed, Redactor::new(&[KNOWN.into()]));
    let (bundle, run) = (world.bundle(dir), RunId::from("abc123-1"));
    let take = world
        .deliver
        .take(&bundle, &run, &world.base, BUNDLE_MAX, &protected);
    take.await.unwrap().unwrap()
}

#[tokio::test]
async fn settings_that_guide_agents_are_held_back_unless_the_config_allows_them() {
    let world = World::new().await;
    let dir = world.workspace().await.dir;
    let settings = [
        ".claude/settings.json",
        ".codex/config.toml",
        ".mcp.json",
        "opencode.json",
    ];
    for name in settings {
        write(&dir, name, "{\"disableAllHooks\": true}\n");
    }
    commit_all(&dir, "Set up");
    assert_eq!(taken(&world, &dir, &[]).await.protected, settings);
    let allowed = taken(&world, &dir, &[".claude/settings.json", ".codex/"]).await;
    assert_eq!(allowed.protected, [".mcp.json", "opencode.json"]);
}

#[tokio::test]
async fn secrets_in_lines_names_and_messages_are_held_back_and_named_without_their_value() {
    let world = World::new().await;
    let dir = world.workspace().await.dir;
    write(
        &dir,
        "src/ask.rs",
        "let password = ask_for_it();\nlet token = config.token;\n",
    );
    commit_all(&dir, "Ask for the password: no secret");
    assert_eq!(
        taken(&world, &dir, &[]).await.protected,
        Vec::<String>::new()
    );
    write(&dir, "notes.txt", &format!("it is {KNOWN}\n"));
    commit_all(&dir, "Note");
    // A push would publish it although it is gone again.
    fs::remove_file(dir.join("notes.txt")).unwrap();
    commit_all(&dir, "Unnote");
    write(&dir, &format!("f-{TOKEN}.txt"), "x\n");
    write(&dir, "tests/redact/a.txt", &format!("{TOKEN}\n"));
    commit_all(&dir, &format!("Use {TOKEN}"));
    let commit = run(&dir, &["rev-parse", "--short=10", "HEAD"]);
    let work = taken(&world, &dir, &["tests/redact/"]).await;
    let message = format!(
        "the message of {} (what looks like a secret)",
        commit.trim()
    );
    let wanted = [
        "f-[redacted].txt (what looks like a secret)",
        "notes.txt (a secret of the factory)",
        &message,
    ];
    assert_eq!(work.protected, wanted);
    let said = format!("{work:?}");
    assert!(!said.contains("ghp_") && !said.contains(KNOWN), "{said}");
}

#[tokio::test]
async fn secrets_in_files_that_git_takes_for_binary_are_held_back() {
    let world = World::new().await;
    let dir = world.workspace().await.dir;
    write(&dir, "a.bin", "\0\u{1}\u{2}nothing of note\n");
    // What an attribute calls binary is as public as the rest.
    write(&dir, ".gitattributes", "*.txt binary\n");
    commit_all(&dir, "Add data");
    assert_eq!(
        taken(&world, &dir, &[]).await.protected,
        Vec::<String>::new()
    );
    write(&dir, "b.bin", &format!("\0\u{1}{TOKEN}\0more\n"));
    write(&dir, "c.txt", &format!("it is {KNOWN}\n"));
    commit_all(&dir, "Add more");
    let wanted = [
        "b.bin (what looks like a secret)",
        "c.txt (a secret of the factory)",
    ];
    assert_eq!(taken(&world, &dir, &[]).await.protected, wanted);
}
