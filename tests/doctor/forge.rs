//! Worlds whose forge, token or repository is not as it should be.

use crate::world::{Row, World, judge, play};
use adf::clock::Clock;
use adf::sandbox::{Fault, FaultKind};
use secrecy::ExposeSecret;
use std::time::Duration;

fn scopes(world: &mut World, scopes: &[&str]) {
    let token = world.forge.add_token("adf", scopes).unwrap();
    world.token(token.expose_secret());
}

fn fault(world: &mut World, matches: &str, kind: FaultKind) {
    world.forge.push_fault(Fault::new(matches, kind));
}

const REFUSED: FaultKind = FaultKind::Status {
    status: 403,
    retry_after: None,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_world_that_is_well_has_no_error_and_leaves_nothing_on_the_forge() {
    let world = World::new().await;
    let before = world.forge.branches(&world.world.repo);
    let said = world.doctor(&["--format", "json"]).await;
    assert_eq!(said.code, Some(0), "{}", said.out);
    let report = said.json();
    let checks = report["checks"].as_array().unwrap();
    let errors: Vec<_> = checks.iter().filter(|c| c["severity"] == "error").collect();
    assert!(errors.is_empty(), "{errors:?}");
    for name in [
        "push",
        "token.owner",
        "token.scopes",
        "clock",
        "walls",
        "git",
        "forge",
    ] {
        let severity = &said.checks(name)[0]["severity"];
        assert!(severity == "ok" || severity == "note", "{name}: {severity}");
    }
    assert_eq!(world.forge.branches(&world.world.repo), before);
    let pushed = |line: &adf::sandbox::RequestLine| {
        line.method == "POST" && line.path.contains("git-receive-pack")
    };
    let pushes = world
        .forge
        .request_log()
        .iter()
        .filter(|line| pushed(line))
        .count();
    assert_eq!(pushes, 2, "a branch is pushed and deleted");
    assert!(!world.state().exists(), "looking made the state directory");
    let said = world.doctor(&[]).await;
    assert!(said.out.contains("0 errors"), "{}", said.out);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_probes_nothing_is_pushed_and_it_is_quick() {
    let world = World::new().await;
    let said = world.doctor(&["--no-probes", "--format", "json"]).await;
    assert_eq!(said.code, Some(0), "{}", said.out);
    assert_eq!(said.checks("push")[0]["severity"], "skipped");
    assert_eq!(said.checks("walls")[0]["severity"], "skipped");
    let log = world.forge.request_log();
    assert!(
        !log.iter().any(|line| line.path.contains("git-")),
        "{log:?}"
    );
    assert!(
        said.json()["took_ms"].as_i64().unwrap() < 3000,
        "{}",
        said.out
    );
}

const TOKENS: &[Row] = &[
    Row {
        name: "revoked",
        spoil: |w| w.forge.revoke_tokens("adf"),
        says: (
            "token.owner",
            "error",
            &["refuses the token", "make a new one"],
        ),
        exit: 69,
    },
    Row {
        name: "without write:issue",
        spoil: |w| scopes(w, &["write:repository", "read:user"]),
        says: ("token.scopes", "error", &["write:issue"]),
        exit: 69,
    },
    Row {
        name: "without write:repository",
        spoil: |w| scopes(w, &["write:issue", "read:repository", "read:user"]),
        says: ("token.scopes", "error", &["write:repository"]),
        exit: 69,
    },
    Row {
        name: "without read:user",
        spoil: |w| scopes(w, &["write:issue", "write:repository"]),
        says: ("token.owner", "error", &["read:user"]),
        exit: 69,
    },
    Row {
        name: "no file",
        spoil: |w| std::fs::remove_file(w.dir().join("token")).unwrap(),
        says: ("token", "error", &["token", "mode 0600"]),
        exit: 78,
    },
    Row {
        name: "empty",
        spoil: |w| w.token(""),
        says: ("token", "error", &["empty", "make a token"]),
        exit: 78,
    },
    Row {
        name: "a variable",
        spoil: |w| w.token("${GITEA_TOKEN}"),
        says: ("token", "error", &["literal", "write the value itself"]),
        exit: 78,
    },
    Row {
        name: "open to others",
        spoil: |w| {
            w.put("token", "x", 0o644);
        },
        says: ("token", "error", &["0644", "chmod 600"]),
        exit: 78,
    },
    Row {
        name: "no credential",
        spoil: |w| {
            w.edit(
                "token_file = \"token\"",
                "token_credential = \"gitea-token\"",
            )
        },
        says: ("token", "error", &["LoadCredential"]),
        exit: 78,
    },
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_fault_of_the_token_is_said_with_its_remedy() {
    play(TOKENS, &["--no-probes"]).await;
}

const SERVERS: &[Row] = &[
    Row {
        name: "nobody listens",
        spoil: |w| {
            let url = w.forge.url().to_owned();
            w.edit(&url, "http://127.0.0.1:9");
        },
        says: (
            "forge",
            "error",
            &["no answer", "check that the forge runs"],
        ),
        exit: 69,
    },
    Row {
        name: "a page that is no forge",
        spoil: |w| fault(w, "GET /api/v1/version*", FaultKind::Garbage),
        says: ("forge", "error", &["[gitea] url"]),
        exit: 69,
    },
    Row {
        name: "a server that fails",
        spoil: |w| {
            fault(
                w,
                "GET /api/v1/version*",
                FaultKind::Status {
                    status: 500,
                    retry_after: None,
                },
            )
        },
        says: ("forge", "error", &["status 500", "own log"]),
        exit: 69,
    },
    Row {
        name: "connections that break",
        spoil: |w| fault(w, "GET /api/v1/version*", FaultKind::Drop),
        says: ("forge", "error", &["no answer"]),
        exit: 69,
    },
    Row {
        name: "answers that are cut",
        spoil: |w| fault(w, "GET /api/v1/version*", FaultKind::CutBody),
        says: ("forge", "error", &["no answer"]),
        exit: 69,
    },
    Row {
        name: "a forge that moved",
        spoil: |w| {
            fault(
                w,
                "GET /api/v1/version*",
                FaultKind::Redirect {
                    status: 301,
                    location: "https://new.example.org/".to_owned(),
                },
            )
        },
        says: ("forge", "error", &["new.example.org", "[gitea]"]),
        exit: 69,
    },
    Row {
        name: "labels that cannot be read",
        spoil: |w| fault(w, "GET */labels*", REFUSED),
        says: ("labels", "error", &["write access"]),
        exit: 69,
    },
    Row {
        name: "slow, but there",
        spoil: |w| {
            fault(
                w,
                "GET /api/v1/version*",
                FaultKind::Latency(Duration::from_millis(300)),
            )
        },
        says: ("forge", "ok", &["gitea 1.25"]),
        exit: 0,
    },
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_fault_of_the_server_is_said_with_its_remedy() {
    play(SERVERS, &["--no-probes"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_too_old_or_whose_clock_is_wrong_is_said() {
    let old = Row {
        name: "old",
        spoil: |_| {},
        says: ("forge.version", "error", &["1.19.0", "upgrade"]),
        exit: 69,
    };
    let world = World::with(|options| "1.19.0".clone_into(&mut options.version)).await;
    judge(&old, &world, &["--no-probes"]).await;
    let now = Clock::System.now();
    for (seconds, severity, exit) in [
        (3600, "error", 69),
        (60, "warning", 0),
        (-3600, "error", 69),
    ] {
        let mut theirs = now;
        theirs.0 += seconds * 1000;
        let world = World::with(|options| options.clock = Clock::manual(theirs)).await;
        let row = Row {
            name: "clock",
            spoil: |_| {},
            says: ("clock", severity, &["timedatectl"]),
            exit,
        };
        judge(&row, &world, &["--no-probes"]).await;
    }
}
