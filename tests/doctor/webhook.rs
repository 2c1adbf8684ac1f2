//! Worlds of whose webhook `adf run` would die: doctor must say so first.

use crate::world::{Row, World, adf, play};

const WEBHOOKS: &[Row] = &[
    Row {
        name: "well",
        spoil: |w| hook(w, 0),
        says: ("webhook.secret", "ok", &["can be read"]),
        exit: 0,
    },
    Row {
        name: "an address that is free",
        spoil: |w| hook(w, 0),
        says: ("webhook.listen", "ok", &["is free"]),
        exit: 0,
    },
    Row {
        name: "a secret that is not there",
        spoil: |w| {
            hook(w, 0);
            std::fs::remove_file(w.dir().join("secret")).unwrap();
        },
        says: (
            "webhook.secret",
            "error",
            &["secret", "openssl rand", "0600"],
        ),
        exit: 78,
    },
    Row {
        name: "a secret that is a variable",
        spoil: |w| {
            hook(w, 0);
            w.put("secret", "${WEBHOOK_SECRET}", 0o600);
        },
        says: ("webhook.secret", "error", &["literal"]),
        exit: 78,
    },
    Row {
        name: "a secret that others read",
        spoil: |w| {
            hook(w, 0);
            w.put("secret", "0123456789abcdef0123456789abcdef", 0o644);
        },
        says: ("webhook.secret", "error", &["0644", "chmod 600"]),
        exit: 78,
    },
    Row {
        name: "a secret that anybody could guess",
        spoil: |w| {
            hook(w, 0);
            w.put("secret", "short", 0o600);
        },
        says: (
            "webhook.secret",
            "error",
            &["fewer than 16 bytes", "openssl"],
        ),
        exit: 78,
    },
];

/// A webhook on a port; 0 is any that is free.
fn hook(world: &mut World, port: u16) {
    world.webhook();
    world.edit("127.0.0.1:8137", &format!("127.0.0.1:{port}"));
    // Whether the forge has the hook is another matter.
    world.args = vec![
        "--webhook-url".to_owned(),
        "https://example.org/hook".to_owned(),
    ];
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_run_would_die_of_is_said_of_the_webhook() {
    play(WEBHOOKS, &["--no-probes"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_port_that_somebody_else_holds_is_an_error() {
    let holder = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut world = World::new().await;
    hook(&mut world, holder.local_addr().unwrap().port());
    let said = world.doctor(&["--no-probes", "--format", "json"]).await;
    let check = &said.checks("webhook.listen")[0];
    assert_eq!((said.code, &check["severity"]), (Some(1), &"error".into()));
    assert!(
        check["remedy"].to_string().contains("[webhook] listen"),
        "{check}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_that_others_read_is_closed_by_fix() {
    let mut world = World::new().await;
    hook(&mut world, 0);
    world.put("secret", "0123456789abcdef0123456789abcdef", 0o644);
    let said = world
        .doctor(&["--no-probes", "--fix", "--format", "json"])
        .await;
    assert_eq!(
        said.checks("webhook.secret")[0]["severity"],
        "ok",
        "{said:?}"
    );
}

#[tokio::test]
async fn an_address_of_the_hook_that_is_none_is_refused() {
    for url in ["not a url", "ftp://example.org/x", "/hook"] {
        let said = adf(&["doctor", "--webhook-url", url]).await;
        assert_eq!(said.code, Some(2), "{url}: {said:?}");
        assert!(said.err.contains("https://"), "{said:?}");
    }
}
