//! Starts that the forge or the config refuses: one line, a remedy, an exit code.

use crate::factory::{Factory, Said};
use crate::plant::Plant;
use adf::sandbox::{Fault, FaultKind, Permission};
use secrecy::ExposeSecret;

/// A start that must fail with this code and these words.
async fn refused(factory: &Factory, code: i32, words: &[&str]) -> Said {
    let said = factory.adf(&["run"]).await;
    assert_eq!(said.code, Some(code), "{said:?}");
    assert!(!said.err.contains("panicked"), "{}", said.err);
    // The log of the start may come before it, one event a line.
    let logged = |line: &&str| serde_json::from_str::<serde_json::Value>(line).is_ok();
    let errors: Vec<&str> = said.err.lines().filter(|line| !logged(line)).collect();
    assert_eq!(errors.len(), 1, "one line: {}", said.err);
    assert!(errors[0].starts_with("error: "), "{}", said.err);
    for word in words {
        assert!(said.err.contains(word), "{word}: {}", said.err);
    }
    said
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_the_forge_does_not_know_is_said_with_where_to_put_a_new_one() {
    let plant = Plant::new().await;
    let factory = Factory::scripted(&plant, "happy");
    factory.token("0123456789012345678901234567890123456789");
    let said = refused(&factory, 69, &["refuses the token", "[gitea]"]).await;
    assert!(!said.err.contains("01234567890"), "the token is shown");
    let said = factory.adf(&["plan"]).await;
    assert_eq!(said.code, Some(69), "{said:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_lacks_a_scope_is_said_with_the_scope() {
    let plant = Plant::new().await;
    let factory = Factory::scripted(&plant, "happy");
    let full = ["write:issue", "write:repository", "read:user"];
    for missing in full {
        let scopes: Vec<&str> = full.into_iter().filter(|s| *s != missing).collect();
        let token = plant.forge.add_token("adf", &scopes).unwrap();
        factory.token(token.expose_secret());
        refused(&factory, 69, &[missing]).await;
    }
    let reads = ["read:issue", "write:repository", "read:user"];
    let token = plant.forge.add_token("adf", &reads).unwrap();
    factory.token(token.expose_secret());
    refused(&factory, 69, &["write:issue"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repository_that_is_not_there_is_said_with_its_name() {
    let plant = Plant::new().await;
    let factory = Factory::scripted(&plant, "happy");
    factory.edit("alice/tally", "alice/tale");
    refused(&factory, 69, &["alice/tale", "check the name"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repository_that_moved_is_said_with_its_new_name() {
    let plant = Plant::new().await;
    let factory = Factory::scripted(&plant, "happy");
    plant.forge.rename(&plant.world.repo, "abacus").unwrap();
    refused(&factory, 69, &["alice/abacus", "[gitea]"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_is_no_forge_is_said() {
    let plant = Plant::new().await;
    let factory = Factory::scripted(&plant, "happy");
    let page = Fault::new("GET /api/v1/version*", FaultKind::Garbage);
    plant.forge.push_fault(page);
    refused(&factory, 69, &["[gitea] url"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_is_a_variable_written_out_is_refused_with_the_reason() {
    let plant = Plant::new().await;
    let factory = Factory::scripted(&plant, "happy");
    for literal in ["${GITEA_TOKEN}", "$GITEA_TOKEN"] {
        factory.token(literal);
        refused(&factory, 78, &["literal `$…`", "write the value itself"]).await;
    }
    let before = plant.forge.requests();
    factory.edit("token_file = \"token\"", "token_env = \"${GITEA_TOKEN}\"");
    let said = factory.adf(&["run"]).await;
    assert_eq!(said.code, Some(78), "{said:?}");
    assert!(said.err.contains("token_env"), "{}", said.err);
    assert_eq!(plant.forge.requests(), before, "the literal was sent");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_is_missing_empty_or_open_to_others_is_refused_with_the_remedy() {
    let plant = Plant::new().await;
    let factory = Factory::scripted(&plant, "happy");
    let path = factory.dir.join("token");
    factory.token("");
    refused(&factory, 78, &["token", "empty"]).await;
    factory.token(plant.world.bot.token.expose_secret());
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    std::fs::set_permissions(&path, open).unwrap();
    refused(&factory, 78, &["chmod 600"]).await;
    std::fs::remove_file(&path).unwrap();
    refused(&factory, 78, &[path.to_str().unwrap()]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_prompt_that_names_what_there_is_not_is_refused_before_anything_starts() {
    let plant = Plant::new().await;
    let factory = Factory::scripted(&plant, "happy");
    factory.edit(
        "name = \"developer\"\n",
        "name = \"developer\"\nprompt = \"Fix {{ isue }}.\"\n",
    );
    for command in [&["run"][..], &["plan"], &["status"]] {
        let said = factory.adf(command).await;
        assert_eq!(said.code, Some(78), "{said:?}");
        assert!(said.err.contains("isue"), "{}", said.err);
        assert!(said.err.contains("issue"), "the nearest: {}", said.err);
    }
    assert!(!factory.state().exists());
    assert_eq!(plant.forge.requests(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_that_may_only_read_is_told_to_people_and_nothing_starts() {
    let plant = Plant::new().await;
    let factory = Factory::scripted(&plant, "happy");
    let repo = &plant.world.repo;
    plant
        .forge
        .add_collaborator(repo, "adf", Permission::Read)
        .unwrap();
    let _daemon = factory.run().await;
    plant.say(plant.world.bug, "alice", crate::plant::MENTION);
    let waiting = plant.status(plant.world.bug, "waiting: ").await.body;
    assert!(waiting.contains("write"), "{waiting}");
    assert!(plant.branches(plant.world.bug).is_empty());
    let told = plant.reply(plant.world.bug).await;
    assert!(told.contains("cannot go on"), "{told}");
}
