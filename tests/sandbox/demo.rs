//! The demo's world and the scripted agent that works in it.

use crate::yard::in_git;
use adf::sandbox::{Forge, ForgeOptions, agent, demo_world};
use secrecy::ExposeSecret as _;
use serde_json::Value;

#[tokio::test]
async fn the_demo_world_has_a_real_bug_that_the_scripted_agent_mends() {
    let home = tempfile::tempdir().unwrap();
    let forge = Forge::start(ForgeOptions::new(home.path().join("forge")))
        .await
        .unwrap();
    let world = demo_world::build(&forge).unwrap();
    assert_eq!(
        forge
            .issue(&world.repo, world.issues[1])
            .unwrap()
            .depends_on,
        vec![world.bug, world.issues[2]]
    );
    let lib = forge.file_at(&world.repo, "main", "src/lib.rs").unwrap();
    assert!(lib.contains(demo_world::WRONG));

    let url = forge.url().replace(
        "http://",
        &format!("http://x:{}@", world.bot.token.expose_secret()),
    );
    let url = format!("{url}/{}.git", world.repo);
    in_git(home.path(), &["clone", "-q", &url, "work"])
        .await
        .unwrap();
    let dir = home.path().join("work");
    let mut said = Vec::new();
    let code = agent::run("happy", &dir, "please fix it", None, &[], &mut said);
    let said = String::from_utf8(said).unwrap();
    assert_eq!(code, 0, "{said}");
    assert!(
        said.lines()
            .all(|line| serde_json::from_str::<Value>(line).unwrap()["type"] == "step")
    );
    let text = std::fs::read_to_string(dir.join("src/lib.rs")).unwrap();
    assert!(text.contains(demo_world::RIGHT) && !text.contains(demo_world::WRONG));
    assert_eq!(
        in_git(&dir, &["rev-list", "--count", "HEAD"])
            .await
            .unwrap(),
        "2"
    );
    assert_eq!(in_git(&dir, &["status", "--porcelain"]).await.unwrap(), "");
}

#[test]
fn the_scripted_agent_can_be_silent_and_can_fail() {
    let home = tempfile::tempdir().unwrap();
    let play = |behaviour: &str| agent::run(behaviour, home.path(), "", None, &[], &mut Vec::new());
    assert_eq!(
        (play("silent"), play("fail"), play("unheard-of")),
        (0, 3, 70)
    );
    assert!(agent::behaviours().starts_with(&["happy"]));
}

#[tokio::test]
async fn the_scripted_agent_reports_through_the_factorys_executable() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = tempfile::tempdir().unwrap();
    let forge = Forge::start(ForgeOptions::new(home.path().join("forge")))
        .await
        .unwrap();
    let world = demo_world::build(&forge).unwrap();
    let url = format!("{}/{}.git", forge.url(), world.repo);
    in_git(home.path(), &["clone", "-q", &url, "work"])
        .await
        .unwrap();
    let program = home.path().join("adf");
    let script = "#!/bin/sh\nprintf '%s\\n' \"$@\" >> ../told\n";
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let dir = home.path().join("work");
    let code = agent::run(
        "happy",
        &dir,
        "fix it",
        Some(program.into_os_string()),
        &[],
        &mut Vec::new(),
    );
    assert_eq!(code, 0);
    let told = std::fs::read_to_string(home.path().join("told")).unwrap();
    let words: Vec<&str> = told.lines().collect();
    assert_eq!(words[..4], ["agent", "report", "--status", "done"]);
    assert_eq!((words[4], words[6]), ("--summary", "--evidence"));
}
