//! What `--fix` mends: shown first, done once, and well afterwards.

use crate::world::World;
use adf::sandbox::Permission;
use std::{fs, os::unix::fs::PermissionsExt};

fn mode(path: &std::path::Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn labels_modes_and_the_webhook_are_mended_and_nothing_else() {
    let world = World::new().await;
    world.right(Permission::Admin);
    world.webhook();
    world.add("[delivery]\nlabels = [\"from-adf\"]\n");
    world.ledger();
    let token = world.dir().join("token");
    let open = |path: &std::path::Path| {
        fs::set_permissions(path, PermissionsExt::from_mode(0o644)).unwrap();
    };
    open(&world.state().join("marker.key"));
    fs::set_permissions(world.state(), PermissionsExt::from_mode(0o777)).unwrap();

    let before = world.doctor(&["--no-probes", "--format", "json"]).await;
    assert_eq!(before.code, Some(1), "{}", before.out);
    assert!(
        world.forge.hooks(&world.world.repo).is_empty(),
        "looking mended"
    );

    let said = world.doctor(&["--no-probes", "--fix"]).await;
    assert_eq!(said.code, Some(0), "{} {}", said.out, said.err);
    for shown in [
        "fix: create the label `from-adf`",
        "fix: chmod 600",
        "fix: chmod 700",
        "fix: create a webhook",
    ] {
        assert!(said.out.contains(shown), "{shown}: {}", said.out);
    }
    assert_eq!(mode(&world.state().join("marker.key")), 0o600);
    assert_eq!(mode(&world.state()), 0o700);
    assert_eq!(
        world.forge.hooks(&world.world.repo),
        ["http://127.0.0.1:8137/"]
    );

    let requests = world.forge.requests();
    let again = world
        .doctor(&["--no-probes", "--fix", "--format", "json"])
        .await;
    assert_eq!(
        again.json()["mended"],
        serde_json::json!([]),
        "{}",
        again.out
    );
    assert_eq!(world.forge.hooks(&world.world.repo).len(), 1);
    let log = world.forge.request_log();
    let new = &log[usize::try_from(requests).unwrap()..];
    assert!(
        !new.iter()
            .any(|l| l.method == "POST"
                && (l.path.ends_with("/labels") || l.path.ends_with("/hooks"))),
        "{new:?}"
    );
    assert_eq!(mode(&token), 0o600);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_others_read_is_closed_and_then_used() {
    let world = World::new().await;
    let token = world.dir().join("token");
    fs::set_permissions(&token, PermissionsExt::from_mode(0o644)).unwrap();
    let said = world.doctor(&["--no-probes"]).await;
    assert_eq!(said.code, Some(78), "{}", said.out);
    assert_eq!(
        world.forge.requests(),
        0,
        "a token that others read was used"
    );
    let said = world.doctor(&["--no-probes", "--fix"]).await;
    assert_eq!(said.code, Some(0), "{} {}", said.out, said.err);
    assert_eq!(mode(&token), 0o600);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_of_a_model_that_others_read_is_closed() {
    let world = World::new().await;
    let key = world.put("key", "sk-1", 0o644);
    world.add("[providers.anthropic]\nkind = \"claude\"\nkey_file = \"key\"\n");
    let said = world.doctor(&["--no-probes", "--fix"]).await;
    assert!(said.out.contains("fix: chmod 600"), "{said:?}");
    assert_eq!(mode(&key), 0o600);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mend_that_the_forge_refuses_is_said_and_the_rest_is_done() {
    let world = World::new().await;
    world.add("[delivery]\nlabels = [\"from-adf\"]\n");
    let refused = adf::sandbox::FaultKind::Status {
        status: 403,
        retry_after: None,
    };
    world
        .forge
        .push_fault(adf::sandbox::Fault::new("POST */labels*", refused));
    let said = world.doctor(&["--no-probes", "--fix", "--strict"]).await;
    assert_eq!(said.code, Some(1), "{}", said.out);
    assert!(
        said.err.contains("from-adf") && said.err.contains("write access"),
        "{}",
        said.err
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_logs_what_the_cheap_half_found() {
    let world = World::new().await;
    world.ledger();
    fs::set_permissions(world.state(), PermissionsExt::from_mode(0o755)).unwrap();
    world.forge.revoke_tokens("adf");
    let config = world.config.to_str().unwrap();
    let said = crate::world::adf(&["run", "--config", config]).await;
    assert_eq!(said.code, Some(69), "{said:?}");
    let lines: Vec<&str> = said
        .err
        .lines()
        .filter(|l| l.contains("adf::doctor"))
        .collect();
    assert!(
        lines
            .iter()
            .any(|l| l.contains("0755") && l.contains("chmod 700")),
        "{lines:?}"
    );
    assert!(
        lines.iter().any(|l| l.contains("\"worst\":\"warning\"")),
        "{lines:?}"
    );
}
