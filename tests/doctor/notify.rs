//! Worlds whose operators could not be told anything.

use crate::world::{Row, World, play};
use std::net::TcpListener;

const SECRET: &str = "bot1234567-AAHsecretpartofanaddress";

/// A webhook in the config, with this address.
fn sink(world: &World, address: &str) {
    world.put("chat.url", address, 0o600);
    world.add("[notify.sinks.chat]\nkind = \"webhook\"\nurl_file = \"chat.url\"\n");
}

fn desk(world: &World, number: u64) {
    let number = format!("number = {number}");
    world.add(&format!(
        "[notify.sinks.desk]\nkind = \"issue\"\n{number}\n"
    ));
}

const SINKS: &[Row] = &[
    Row {
        name: "no file",
        spoil: |w| {
            sink(w, "");
            std::fs::remove_file(w.dir().join("chat.url")).unwrap();
        },
        says: (
            "notify.address",
            "error",
            &["sink `chat`", "chat.url", "mode 0600"],
        ),
        exit: 78,
    },
    Row {
        name: "open to others",
        spoil: |w| {
            sink(w, "");
            w.put("chat.url", "https://chat.example.org/hook", 0o644);
        },
        says: ("notify.address", "error", &["0644", "chmod 600"]),
        exit: 78,
    },
    Row {
        name: "no credential",
        spoil: |w| {
            w.add("[notify.sinks.chat]\nkind = \"webhook\"\nurl_credential = \"chat\"\n");
        },
        says: ("notify.address", "error", &["LoadCredential=chat"]),
        exit: 78,
    },
    Row {
        name: "no token",
        spoil: |w| {
            sink(w, "http://127.0.0.1:9/hook");
            w.add("token_file = \"chat.token\"\n");
        },
        says: ("notify.address", "error", &["chat.token", "mode 0600"]),
        exit: 78,
    },
    Row {
        name: "no address",
        spoil: |w| sink(w, "chat.example.org/hook"),
        says: (
            "notify.address",
            "error",
            &["not a URL", "https://chat.example.org/hook"],
        ),
        exit: 78,
    },
    Row {
        name: "nobody listens",
        spoil: |w| sink(w, &format!("http://127.0.0.1:9/{SECRET}")),
        says: (
            "notify.host",
            "error",
            &["takes no connection", "[notify.sinks.chat]"],
        ),
        exit: 1,
    },
    Row {
        name: "an issue that does not exist",
        spoil: |w| desk(w, 4711),
        says: ("notify.issue", "error", &["#4711", "take `number` out"]),
        exit: 78,
    },
    Row {
        name: "an issue that is closed",
        spoil: |w| {
            let number = w.world.issues[0];
            w.forge.close_issue(&w.world.repo, number).unwrap();
            desk(w, number);
        },
        says: ("notify.issue", "warning", &["is closed", "open it again"]),
        exit: 0,
    },
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_sink_that_cannot_work_is_said_with_its_remedy() {
    play(SINKS, &["--no-probes"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sinks_that_are_well_are_told_nothing_and_their_address_is_not_shown() {
    let world = World::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/{SECRET}", listener.local_addr().unwrap());
    sink(&world, &address);
    desk(&world, world.world.issues[0]);
    let said = world.doctor(&["--no-probes", "--format", "json"]).await;
    assert_eq!(said.code, Some(0), "{}", said.out);
    for name in ["notify.host", "notify.issue"] {
        assert_eq!(said.checks(name)[0]["severity"], "ok", "{}", said.out);
    }
    assert!(!said.out.contains(SECRET), "{}", said.out);
    let (mut stream, _) = listener.accept().unwrap();
    let mut sent = Vec::new();
    std::io::Read::read_to_end(&mut stream, &mut sent).unwrap();
    assert!(sent.is_empty(), "{}", String::from_utf8_lossy(&sent));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_that_others_may_read_is_mended() {
    let world = World::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    sink(&world, "");
    let address = format!("http://{}/{SECRET}", listener.local_addr().unwrap());
    world.put("chat.url", &address, 0o644);
    let said = world.doctor(&["--no-probes", "--fix"]).await;
    assert!(said.out.contains("chmod 600"), "{}", said.out);
    let said = world.doctor(&["--no-probes", "--format", "json"]).await;
    assert_eq!(
        said.checks("notify.host")[0]["severity"],
        "ok",
        "{}",
        said.out
    );
}
