//! Killed at any moment, the ledger holds all that was acknowledged, and each
//! batch whole or not at all.

use crate::support::{self, cursor, second_process};
use adf::store;
use std::io::{BufRead, BufReader, Write};

#[test]
fn every_acknowledged_commit_survives_sigkill() {
    let state = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let mut acknowledged = Vec::new();
    for lines in [1, 3, 17, 40, 111] {
        let mut child = second_process("crash::second_process_commits", state.path())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut read = || output.next().and_then(Result::ok);
        let mut seen = 0;
        while seen < lines {
            let line = read().expect("the child goes on until it is killed");
            if let Some((_, n)) = line.split_once("acknowledged ") {
                acknowledged.push(n.to_owned());
                seen += 1;
            }
        }
        child.kill().unwrap();
        child.wait().unwrap();
        while let Some(line) = read() {
            acknowledged.extend(line.split_once("acknowledged ").map(|(_, n)| n.to_owned()));
        }
        // A reader recovers the log as well as the next factory does.
        let world = store::open_read_only(state.path())
            .unwrap()
            .world()
            .unwrap();
        let opened = support::open(state.path());
        assert_eq!(opened.world, world);
        runtime.block_on(opened.ledger.close()).unwrap();
        for n in &acknowledged {
            assert!(world.cursors.contains_key(&format!("a{n}")), "{n} is lost");
        }
        for name in world.cursors.keys() {
            let twin = match name.strip_prefix('a') {
                Some(n) => format!("b{n}"),
                None => name.replace('b', "a"),
            };
            assert!(world.cursors.contains_key(&twin), "{name} came alone");
        }
    }
    assert!(acknowledged.len() >= 172);
}

#[tokio::test]
#[ignore = "the second process of another test"]
async fn second_process_commits() {
    let Some(state) = support::second_state() else {
        return;
    };
    let mut opened = support::open(&state);
    let first = opened.world.cursors.len() / 2;
    for n in first.. {
        let batch = vec![cursor(&format!("a{n}"), 1), cursor(&format!("b{n}"), 1)];
        opened.ledger.commit(batch).await.unwrap();
        opened.committed.try_recv().unwrap();
        println!("acknowledged {n}");
        std::io::stdout().flush().unwrap();
    }
}
