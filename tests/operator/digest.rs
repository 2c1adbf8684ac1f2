//! What was done is told in one digest, never one by one; what needs a person is not
//! kept waiting for it.

use crate::receiver::{Answer, Receiver};
use crate::support::{Daemon, Plant};
use adf::clock::Clock;
use rustix::process::Signal;
use std::time::Duration;

/// Works, unless it is asked for nothing.
const WORKER: &str = "grep -q 'do nothing' \"$ADF_PROMPT\" && exit 0; echo more >> README.md";

/// A factory that listens since long ago has gone without a backup for as long.
const NO_BACKUP: &str = "\n[backup]\nwatched = false\n";

/// Every day at a minute that is half a day away: none comes while a test lasts.
fn far_slot() -> String {
    let far = Clock::System.now().plus(Duration::from_secs(12 * 3600));
    let minutes = far.seconds() / 60;
    format!("{} {} * * *", minutes % 60, minutes / 60 % 24)
}

/// Asks on an issue and waits for the delivery.
async fn delivered(plant: &Plant, nth: usize) -> u64 {
    let issue = ask(plant, nth, "mend it");
    plant.until_told(issue, "done, see #").await;
    issue
}

fn ask(plant: &Plant, nth: usize, what: &str) -> u64 {
    let issue = plant.world.issues[nth];
    let (repo, forge) = (&plant.world.repo, &plant.forge);
    let text = format!("@adf:developer please {what}");
    forge.comment(repo, issue, "alice", &text).unwrap();
    issue
}

/// A task that needs a person, told: what was there to tell before it was told too.
async fn fence(plant: &Plant, receiver: &Receiver, nth: usize) {
    let issue = ask(plant, nth, "do nothing");
    receiver
        .until_told(&format!("#{issue} `developer`: failed"))
        .await;
}

async fn reloaded(plant: &Plant, daemon: &Daemon, from: &str, to: &str) {
    plant.edit(from, to);
    daemon.signal(Signal::HUP);
    daemon.until_said("was read again and is in force").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn successes_come_in_one_digest_and_blockers_do_not_wait_for_it() {
    let receiver = Receiver::new(&[]).await;
    let plant = Plant::new(WORKER, "1s", "").await;
    let config = plant.dir.join("adf.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    let sink = receiver.sink(&plant.dir);
    std::fs::write(config, format!("{text}{sink}{NO_BACKUP}")).unwrap();
    let daemon = plant.run_with(&["--since", "2026-01-01T00:00:00Z"]).await;
    let first = delivered(&plant, 0).await;
    let second = delivered(&plant, 1).await;
    fence(&plant, &receiver, 2).await;
    assert_eq!(receiver.taken().len(), 1, "{:#?}", receiver.taken());
    for issue in [first, second] {
        assert_eq!(receiver.count(&format!("#{issue} ")), 0, "told by itself");
    }

    // A sink that refuses the digest is seen, and holds nothing up.
    receiver.answer(&[Answer::Status(403)]);
    let digest = format!("every = \"1s\"\ndigest = \"{}\"", far_slot());
    reloaded(&plant, &daemon, "every = \"1s\"", &digest).await;
    let told = receiver.until_told("2 delivered").await;
    let text = told["text"].as_str().unwrap();
    for issue in [first, second] {
        assert!(
            text.contains(&format!("- #{issue} `developer`: ")),
            "{text}"
        );
    }
    assert_eq!(told["count"], 2, "{told}");
    daemon.until_said("`chat` could not be told").await;
    let status = plant.adf(&["status"]).await;
    for words in ["alert notify:chat:", "notify chat (webhook): FAILED"] {
        assert!(status.out.contains(words), "{words}: {}", status.out);
    }
    let third = delivered(&plant, 3).await;
    assert_eq!(receiver.count(&format!("#{third} ")), 0, "told by itself");
    assert_eq!(receiver.count(" delivered, "), 1, "{:#?}", receiver.taken());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slot_that_had_nothing_to_tell_is_over_until_the_next() {
    let receiver = Receiver::new(&[]).await;
    let plant = Plant::new(WORKER, "1s", "").await;
    let config = plant.dir.join("adf.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    let sink = receiver.sink(&plant.dir);
    let (every, digest) = ("every = \"1s\"", far_slot());
    let sink = sink.replace(every, &format!("{every}\ndigest = \"{digest}\""));
    std::fs::write(config, format!("{text}{sink}{NO_BACKUP}")).unwrap();
    let since = ["--since", "2026-01-01T00:00:00Z"];
    // The slots that were missed had nothing to list.
    let mut daemon = plant.run_with(&since).await;
    let first = delivered(&plant, 0).await;
    fence(&plant, &receiver, 1).await;
    daemon.kill().await;
    let _daemon = plant.run_with(&since).await;
    let second = delivered(&plant, 2).await;
    fence(&plant, &receiver, 3).await;
    assert_eq!(receiver.count(" delivered, "), 0, "{:#?}", receiver.taken());
    for issue in [first, second] {
        assert_eq!(receiver.count(&format!("#{issue} ")), 0, "told by itself");
    }
}
