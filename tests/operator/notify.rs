//! Operators are told what needs a person: at a webhook and on an issue of the
//! factory's own, once, whatever the receiver does and whenever the factory dies.

use crate::receiver::{Answer, Receiver, SECRET, TOKEN};
use crate::support::{Daemon, Plant, until};
use adf::clock::Clock;
use adf::store::BackupTrace;
use std::path::Path;
use std::time::Duration;
use tokio::time::timeout;

/// Does nothing and says nothing: a person is called.
const IDLE: &str = "exit 0";
/// The factory's own issue.
const STANDING: &str = "What the factory `tally` has to say";

async fn plant(script: &str, receiver: &Receiver, more: &str) -> Plant {
    let plant = Plant::new(script, "1s", "").await;
    let config = plant.dir.join("adf.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    let sink = receiver.sink(&plant.dir);
    std::fs::write(config, format!("{text}{sink}{more}")).unwrap();
    plant
}

fn ask(plant: &Plant, nth: usize) -> u64 {
    let issue = plant.world.issues[nth];
    let text = "@adf:developer please mend it";
    let (repo, forge) = (&plant.world.repo, &plant.forge);
    forge.comment(repo, issue, "alice", text).unwrap();
    issue
}

/// The numbers of the issues that the factory opened to speak on.
fn standing(plant: &Plant) -> Vec<u64> {
    let all = plant.forge.issues(&plant.world.repo).into_iter();
    all.filter(|issue| issue.title == STANDING)
        .map(|issue| issue.number)
        .collect()
}

/// No secret of the sink is in the state or in what the factory said.
async fn nothing_leaked(plant: &Plant, daemon: &Daemon) {
    let mut said = daemon.said();
    for args in [
        &["status"][..],
        &["status", "--format", "json"],
        &["plan"],
        &["explain", "1"],
    ] {
        let told = plant.adf(args).await;
        said.push_str(&told.out);
        said.push_str(&told.err);
    }
    for secret in [SECRET, TOKEN] {
        assert!(!said.contains(secret), "{said}");
        let holds = |path: &Path| {
            let bytes = std::fs::read(path).unwrap_or_default();
            memchr::memmem::find(&bytes, secret.as_bytes()).is_some()
        };
        let mut folders = vec![plant.dir.join("state")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap().flatten() {
                let path = entry.path();
                if entry.file_type().unwrap().is_dir() {
                    folders.push(path);
                } else {
                    assert!(!holds(&path), "{}", path.display());
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_blocker_is_told_once_across_a_kill_and_a_lost_ledger_keeps_its_issue() {
    let receiver = Receiver::new(&[]).await;
    let desk = "\n[notify.sinks.desk]\nkind = \"issue\"\n";
    let plant = plant(IDLE, &receiver, desk).await;
    let mut daemon = plant.run(&[]).await;
    let first = ask(&plant, 0);
    let words = format!("#{first} `developer`: failed");
    let told = receiver.until_told(&words).await;
    assert_eq!(told["count"], 1, "{told}");
    let number = until("an issue of its own", || standing(&plant).pop()).await;
    plant.until_told(number, &words).await;
    daemon.until_said("\"blockers:desk:").await;
    daemon.kill().await;

    let mut daemon = plant.run(&[]).await;
    let second = ask(&plant, 1);
    let other = format!("#{second} `developer`: failed");
    receiver.until_told(&other).await;
    plant.until_told(number, &other).await;
    assert_eq!(receiver.count(&words), 1, "{:#?}", receiver.taken());
    let of_first = |plant: &Plant| {
        let told = plant.told(number).into_iter();
        told.filter(|body| body.contains(&words)).count()
    };
    assert_eq!(of_first(&plant), 1);
    daemon.kill().await;

    for file in ["ledger.db", "ledger.db-wal", "ledger.db-shm"] {
        let _ = std::fs::remove_file(plant.dir.join("state").join(file));
    }
    let daemon = plant.run(&[]).await;
    let third = ask(&plant, 2);
    plant
        .until_told(number, &format!("#{third} `developer`: failed"))
        .await;
    assert_eq!(standing(&plant), [number], "found again by its mark");
    nothing_leaked(&plant, &daemon).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_that_hangs_holds_nothing_up_and_is_told_again_after_a_restart() {
    let receiver = Receiver::new(&[Answer::Never]).await;
    let plant = plant(IDLE, &receiver, "timeout = \"60s\"\n").await;
    let mut daemon = plant.run(&[]).await;
    let first = ask(&plant, 0);
    let words = format!("#{first} `developer`: failed");
    let hung = receiver.until_told(&words).await;
    // It hangs, and the factory works on.
    let second = ask(&plant, 1);
    plant.until_told(second, "has failed").await;
    let status = plant.adf(&["status"]).await;
    assert!(
        status.out.contains("notify chat (webhook): trying"),
        "{}",
        status.out
    );
    daemon.kill().await;

    let daemon = plant.run(&[]).await;
    let again = until("a second try", || {
        let taken = receiver.taken();
        taken
            .into_iter()
            .skip(1)
            .find(|body| body["id"] == hung["id"])
    });
    assert_eq!(
        again.await["text"],
        hung["text"],
        "the same notice, by its id"
    );
    receiver
        .until_told(&format!("#{second} `developer`: failed"))
        .await;
    assert_eq!(receiver.count(&words), 2);
    nothing_leaked(&plant, &daemon).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_that_fails_is_tried_again_and_one_that_refuses_is_an_alert() {
    let receiver = Receiver::new(&[Answer::Status(500)]).await;
    let plant = plant(IDLE, &receiver, "").await;
    let daemon = plant.run(&[]).await;
    let first = ask(&plant, 0);
    let words = format!("#{first} `developer`: failed");
    receiver.until_told(&words).await;
    daemon.until_said("it answered 500").await;
    until("the second try", || {
        (receiver.count(&words) == 2).then_some(())
    })
    .await;
    daemon.until_said("\"notify\"").await;

    receiver.answer(&[Answer::Status(403)]);
    let second = ask(&plant, 1);
    receiver
        .until_told(&format!("#{second} `developer`: failed"))
        .await;
    let line = daemon.until_said("`chat` could not be told").await;
    assert!(line.contains("it refused with 403"), "{line}");
    let status = plant.adf(&["status"]).await;
    for words in ["alert notify:chat:", "notify chat (webhook): FAILED"] {
        assert!(status.out.contains(words), "{}", status.out);
    }
    nothing_leaked(&plant, &daemon).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_without_the_address_is_refused_with_the_place() {
    let receiver = Receiver::new(&[]).await;
    let plant = plant(IDLE, &receiver, "").await;
    std::fs::remove_file(plant.dir.join("chat.url")).unwrap();
    let said = plant.adf(&["run"]).await;
    assert_eq!(said.code, Some(78), "{said:?}");
    assert!(said.err.contains("chat.url"), "{said:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_backup_is_told_and_a_new_one_ends_it() {
    let receiver = Receiver::new(&[]).await;
    let plant = plant(IDLE, &receiver, "\n[backup]\nmax_age = \"1h\"\n").await;
    let state = plant.dir.join("state");
    std::fs::create_dir(&state).unwrap();
    let old = BackupTrace {
        made_at: Clock::System.now().minus(Duration::from_secs(5 * 3600)),
        file: "/var/backups/old.tar.gz".into(),
        bytes: 1,
    };
    old.leave(&state).unwrap();
    let _daemon = plant.run(&[]).await;
    let told = receiver.until_told("backup: the last backup").await;
    assert!(told["text"].to_string().contains("5 h"), "{told}");
    let status = plant.adf(&["status"]).await;
    assert!(status.out.contains("5 h ago, too old"), "{}", status.out);
    let file = plant.dir.join("new.tar.gz");
    let made = plant.adf(&["backup", file.to_str().unwrap()]).await;
    assert_eq!(made.code, Some(0), "{made:?}");
    let over = async {
        loop {
            let status = plant.adf(&["status"]).await.out;
            if !status.contains("alert backup:") {
                return status;
            }
        }
    };
    let status = timeout(Duration::from_secs(40), over).await.unwrap();
    assert!(
        status.contains("new.tar.gz") && status.contains(" 0 h ago"),
        "{status}"
    );
}
