//! What an idle factory costs the forge.

use crate::factory::Factory;
use crate::plant::{Plant, until};
use adf::clock::Clock;
use std::time::Duration;

/// How many polls are looked at.
const POLLS: usize = 3;

/// The start asks for the repository too, and the first poll reads all there is.
const IDLE_FROM: usize = 3;

/// The requests of some idle polls in a row, one list for each, on a forge where
/// an hour ago so many more issues were opened at once.
async fn idle_polls(more: usize) -> Vec<Vec<String>> {
    let hour = Duration::from_secs(3600);
    let clock = Clock::manual(Clock::System.now().minus(hour));
    let plant = Plant::at(clock.clone()).await;
    let repo = plant.world.repo.clone();
    for n in 0..more {
        let title = format!("Wish {n}");
        let issue = plant.forge.open_issue(&repo, "bob", &title, "Some day.");
        plant.say(issue.unwrap(), "carol", "Some other day.");
    }
    clock.set(clock.now().plus(hour));
    let factory = Factory::scripted(&plant, "happy");
    let _daemon = factory.run().await;
    // The first reads all, and the last may be under way.
    let seen = until("idle polls", || {
        let polls = polls(&plant);
        (polls.len() > IDLE_FROM + POLLS).then_some(polls)
    });
    seen.await[IDLE_FROM..IDLE_FROM + POLLS].to_vec()
}

/// The requests so far, cut where a poll of an idle forge ends: with the listing of issues.
/// What a poll asks at the same time comes in any order.
fn polls(plant: &Plant) -> Vec<Vec<String>> {
    let end = format!("GET /api/v1/repos/{}/issues", plant.world.repo);
    let mut polls = vec![Vec::new()];
    for line in plant.forge.request_log() {
        let request = format!("{} {}", line.method, line.path);
        let path = request.split('?').next().unwrap_or_default().to_owned();
        let over = path == end;
        if let Some(poll) = polls.last_mut() {
            poll.push(path);
            poll.sort();
        }
        if over {
            polls.push(Vec::new());
        }
    }
    polls
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_tick_costs_the_same_few_reads_however_many_issues_there_are() {
    let (few, many) = tokio::join!(idle_polls(0), idle_polls(55));
    for poll in few.iter().chain(&many) {
        assert!(poll.len() <= 3, "{poll:?}");
        assert!(poll.iter().all(|r| r.starts_with("GET ")), "{poll:?}");
    }
    assert_eq!(few, many);
}
