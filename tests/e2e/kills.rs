//! SIGKILL at any moment of the chain, again and again.
//!
//! `ADF_KILLS` says how often (20 by default), `ADF_KILL_SEED` repeats the moments
//! of a run as far as the machine's timing allows; both are printed.
//!
//! Invariant: whatever was cut off where, in the end each mention has one
//! acceptance, one result, one branch and one pull request with the work in it,
//! and no process, no lease and no effect is left.

use crate::factory::{Daemon, Factory, processes_with};
use crate::plant::{DELIVERED, MENTION, Plant, until_is, until_true};
use adf::sandbox::demo_world::RIGHT;
use futures_util::FutureExt;
use std::{panic::AssertUnwindSafe, time::Duration};
use tokio::time::timeout;

/// Kills where nothing else is asked for.
const KILLS: u64 = 20;
/// The latest moment of a kill after the start, in microseconds: past a whole chain.
const LATEST_MICROS: u64 = 2_500_000;
/// The latest moment of an early kill: the start itself.
const EARLY_MICROS: u64 = 400_000;
/// Mentions under way at once.
const OPEN_MAX: usize = 2;

/// A number from the environment.
#[expect(
    clippy::disallowed_methods,
    reason = "a test is told from outside how often, and which moments"
)]
fn asked(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{name}={text} is no number")),
    )
}

/// Mentions, each under an issue of its own.
struct Asked<'a> {
    plant: &'a Plant,
    issues: Vec<u64>,
}

impl Asked<'_> {
    /// Somebody asks for more, unless enough is under way.
    fn go_on(&mut self) {
        let open = self
            .issues
            .iter()
            .filter(|n| self.plant.marked(**n, "result").is_empty());
        for _ in open.count()..OPEN_MAX {
            let world = &self.plant.world;
            let title = format!("The sum is wrong, again ({})", self.issues.len());
            let issue = self
                .plant
                .forge
                .open_issue(&world.repo, "alice", &title, "See there.");
            let issue = issue.unwrap();
            self.plant.say(issue, "alice", MENTION);
            self.issues.push(issue);
        }
    }

    /// Waits for the end of each; one that never ends has its story told.
    async fn settle(&self, factory: &Factory) {
        for issue in &self.issues {
            let end = async {
                self.plant.status(*issue, "done, see #").await;
                until_is(DELIVERED, || self.plant.traces(*issue)).await;
            };
            if AssertUnwindSafe(end).catch_unwind().await.is_err() {
                let story = factory.adf(&["explain", &issue.to_string()]).await;
                panic!("#{issue} was never delivered:\n{}", story.out);
            }
        }
    }

    fn look(&self) {
        let (forge, repo) = (&self.plant.forge, &self.plant.world.repo);
        for issue in &self.issues {
            assert_eq!(self.plant.traces(*issue), DELIVERED, "#{issue}");
            let said = forge.comments(repo, *issue);
            let own = said
                .iter()
                .filter(|c| c.author == self.plant.world.bot.login);
            assert_eq!(own.count(), 2, "#{issue}: {said:#?}");
            let branch = self.plant.branches(*issue).remove(0);
            let file = forge.file_at(repo, &branch, "src/lib.rs");
            assert!(file.is_some_and(|text| text.contains(RIGHT)), "#{issue}");
        }
        let branches = forge.branches(repo).len();
        assert_eq!(branches, self.issues.len() + 1, "and `main`");
        assert_eq!(forge.pulls(repo).len(), self.issues.len());
    }
}

/// A factory that may start as often as it is killed.
fn restless(plant: &Plant) -> Factory {
    let factory = Factory::scripted(plant, "happy");
    let often = "starts_per_hour = 10000\nstarts_per_day = 100000";
    factory.edit("grace = \"2s\"", &format!("grace = \"2s\"\n{often}"));
    factory.edit(
        "provider = \"scripted\"\n",
        &format!("provider = \"scripted\"\n[agents.limits]\nconcurrency = 2\n{often}\n"),
    );
    factory
}

/// Lets a daemon live for so long; one that ends by itself fails.
async fn live(daemon: &mut Daemon, micros: u64) {
    let ended = timeout(Duration::from_micros(micros), daemon.ended());
    if let Ok(code) = ended.await {
        panic!("it ended by itself with {code:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigkill_at_random_moments_loses_nothing_does_nothing_twice_and_leaves_nothing() {
    let kills = asked("ADF_KILLS").unwrap_or(KILLS);
    let seed = asked("ADF_KILL_SEED").unwrap_or_else(|| fastrand::u64(..));
    eprintln!("ADF_KILLS={kills} ADF_KILL_SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let plant = Plant::new().await;
    let factory = restless(&plant);
    let mut mentions = Asked {
        plant: &plant,
        issues: Vec::new(),
    };
    // Where a new ledger begins is no matter of this test.
    factory.run().await.kill().await;
    for _ in 0..kills {
        mentions.go_on();
        let latest = if random.u8(0..4) == 0 {
            EARLY_MICROS
        } else {
            LATEST_MICROS
        };
        let mut daemon = factory.start();
        live(&mut daemon, random.u64(0..latest)).await;
        daemon.kill().await;
    }
    let mut daemon = factory.run().await;
    mentions.settle(&factory).await;
    let proof = factory.adf(&["stop", "--all"]).await;
    let nothing = "0 processes, 0 leases, 0 pending effects";
    assert_eq!(proof.code, Some(0), "{proof:?}");
    assert!(proof.out.contains(nothing), "{proof:?}");
    assert_eq!(daemon.stop().await, Some(0));
    mentions.look();
    let status = factory.adf(&["status", "--all", "--format", "json"]).await;
    let status = status.json();
    let tasks = status["tasks"].as_array().expect("an array");
    assert_eq!(tasks.len(), mentions.issues.len());
    assert!(tasks.iter().all(|task| task["state"] == "done"), "{status}");
    let mark = factory.dir.to_str().unwrap().to_owned();
    until_true("no process is left", || processes_with(&mark).is_empty()).await;
    eprintln!(
        "{kills} kills, {} mentions, one of each",
        mentions.issues.len()
    );
}
