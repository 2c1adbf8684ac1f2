//! Worlds whose state directory or ledger is not as it should be.

use crate::world::{Row, World, play};
use adf::clock::Clock;
use adf::store::BackupTrace;
use std::time::Duration;
use std::{fs, os::unix::fs::PermissionsExt};

fn mode(path: &std::path::Path, mode: u32) {
    fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
}

/// Another project beside this one.
fn sibling(world: &mut World, from: &str, to: &str) {
    let text = fs::read_to_string(&world.config).unwrap();
    assert!(text.contains(from), "{from}");
    world.put("other.toml", &text.replace(from, to), 0o600);
}

/// A ledger that somebody's hand was in.
fn altered(world: &mut World, sql: &str) {
    world.ledger();
    let ledger = world.state().join("ledger.db");
    let conn = rusqlite::Connection::open(ledger).unwrap();
    conn.pragma_update(None, "foreign_keys", false).unwrap();
    conn.execute_batch(sql).unwrap();
}

const STATES: &[Row] = &[
    Row {
        name: "a file in its place",
        spoil: |w| fs::write(w.state(), "").unwrap(),
        says: ("state.folder", "error", &["no folder", "state_dir"]),
        exit: 1,
    },
    Row {
        name: "where no file can be made",
        spoil: |w| w.edit("\"../state\"", "\"/proc/adf\""),
        says: (
            "state.folder",
            "error",
            &["no file can be made", "read-only"],
        ),
        exit: 1,
    },
    Row {
        name: "open to all",
        spoil: |w| {
            w.ledger();
            mode(&w.state(), 0o777);
        },
        says: ("state.folder", "error", &["0777", "chmod 700"]),
        exit: 1,
    },
    Row {
        name: "seen by all",
        spoil: |w| {
            w.ledger();
            mode(&w.state(), 0o755);
        },
        says: ("state.folder", "warning", &["0755", "chmod 700"]),
        exit: 0,
    },
    Row {
        name: "a ledger without one of its tables",
        spoil: |w| altered(w, "DROP TABLE run"),
        says: ("ledger", "error", &["no table `run`", "restore a backup"]),
        exit: 1,
    },
    Row {
        name: "a ledger without one of its columns",
        spoil: |w| altered(w, "ALTER TABLE task RENAME COLUMN note TO notes"),
        says: ("ledger", "error", &["`task` has no column `note`"]),
        exit: 1,
    },
    Row {
        name: "a key that others read",
        spoil: |w| {
            w.ledger();
            mode(&w.state().join("marker.key"), 0o644);
        },
        says: ("state.modes", "error", &["marker.key", "chmod 600"]),
        exit: 1,
    },
    Row {
        name: "a key that is gone",
        spoil: |w| {
            w.ledger();
            fs::remove_file(w.state().join("marker.key")).unwrap();
        },
        says: ("state.marker-key", "error", &["marker.key", "backup"]),
        exit: 1,
    },
    Row {
        name: "a ledger that is none",
        spoil: |w| {
            w.ledger();
            fs::write(
                w.state().join("ledger.db"),
                "no ledger at all, but long enough to be read as a header of one ".repeat(80),
            )
            .unwrap();
        },
        says: ("ledger", "error", &["damaged", "backup"]),
        exit: 1,
    },
    Row {
        name: "a page of noise",
        spoil: |w| {
            w.ledger();
            noise(w);
        },
        says: ("ledger", "error", &["damaged", "restore"]),
        exit: 1,
    },
    Row {
        name: "a state directory of another project",
        spoil: |w| {
            w.ledger();
            fs::write(w.state().join("project.name"), "blog\n").unwrap();
        },
        says: ("ledger", "error", &["project `blog`", "`shop`"]),
        exit: 1,
    },
    Row {
        name: "a ledger of a newer adf",
        spoil: |w| {
            w.ledger();
            let conn = rusqlite::Connection::open(w.state().join("ledger.db")).unwrap();
            conn.pragma_update(None, "user_version", 999).unwrap();
        },
        says: (
            "ledger",
            "error",
            &["schema 999", "newer adf", "restore a backup"],
        ),
        exit: 1,
    },
    Row {
        name: "never backed up",
        spoil: |w| w.ledger(),
        says: ("backup", "warning", &["no backup", "adf-backup@shop.timer"]),
        exit: 0,
    },
    Row {
        name: "backed up long ago",
        spoil: |w| {
            w.ledger();
            let made_at = Clock::System.now().minus(Duration::from_hours(49));
            let (file, bytes) = ("/var/backups/old.tar.gz".into(), 7);
            let trace = BackupTrace {
                made_at,
                file,
                bytes,
            };
            trace.leave(&w.state()).unwrap();
        },
        says: ("backup", "warning", &["49 h old", "old.tar.gz", "timer"]),
        exit: 0,
    },
    Row {
        name: "no room",
        spoil: |w| {
            w.edit(
                "disk_free_bytes = 67108864",
                "disk_free_bytes = 1125899906842624",
            )
        },
        says: ("disk", "error", &["free some"]),
        exit: 1,
    },
    Row {
        name: "two projects in one folder",
        spoil: |w| sibling(w, "\"shop\"", "\"other\""),
        says: ("state.alone", "error", &["other.toml", "of its own"]),
        exit: 78,
    },
    Row {
        name: "two projects in one folder by a link",
        spoil: |w| {
            fs::create_dir(w.state()).unwrap();
            mode(&w.state(), 0o700);
            std::os::unix::fs::symlink(w.state(), w.state().with_file_name("link")).unwrap();
            sibling(w, "\"../state\"", "\"../link\"");
        },
        says: ("state.alone", "error", &["other.toml", "of its own"]),
        exit: 78,
    },
    Row {
        name: "a link to what is not there",
        spoil: |w| std::os::unix::fs::symlink("/nowhere/at/all", w.state()).unwrap(),
        says: ("state.folder", "error", &["a link", "rm "]),
        exit: 1,
    },
    Row {
        name: "an id that is none",
        spoil: |w| {
            w.ledger();
            fs::write(w.state().join("factory.id"), "zzz").unwrap();
        },
        says: ("state.identity", "error", &["factory.id", "12 hex digits"]),
        exit: 1,
    },
    Row {
        name: "a ledger that is empty",
        spoil: |w| {
            w.ledger();
            fs::write(w.state().join("ledger.db"), "").unwrap();
        },
        says: ("ledger", "error", &["has lived here", "adf restore"]),
        exit: 1,
    },
    Row {
        name: "a ledger that is gone",
        spoil: |w| {
            w.ledger();
            fs::remove_file(w.state().join("ledger.db")).unwrap();
        },
        says: ("ledger", "error", &["has lived here", "adf restore"]),
        exit: 1,
    },
    Row {
        name: "two projects on one repository",
        spoil: |w| sibling(w, "\"../state\"", "\"../elsewhere\""),
        says: ("state.alone", "warning", &["other.toml", "answered twice"]),
        exit: 0,
    },
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_fault_of_the_state_is_said_with_its_remedy() {
    play(STATES, &["--no-probes"]).await;
}

/// Writes noise over all pages but the first.
fn noise(world: &mut World) {
    let path = world.state().join("ledger.db");
    let mut bytes = fs::read(&path).unwrap();
    assert!(bytes.len() > 8192, "{}", bytes.len());
    for byte in &mut bytes[4096..] {
        *byte ^= 0x5a;
    }
    fs::write(&path, bytes).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ledger_that_is_sound_is_said_and_not_touched() {
    let world = World::new().await;
    world.ledger();
    let before = fs::read(world.state().join("ledger.db")).unwrap();
    let said = world.doctor(&["--no-probes", "--format", "json"]).await;
    assert_eq!(said.code, Some(0), "{}", said.out);
    assert!(
        said.checks("ledger")[0]["found"]
            .to_string()
            .contains("sound")
    );
    assert_eq!(fs::read(world.state().join("ledger.db")).unwrap(), before);
}
