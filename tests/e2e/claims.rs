//! Two factories on one repository, with one account: one of them does the work.

use crate::factory::Factory;
use crate::plant::{DELIVERED, MENTION, Plant, until_is, until_true};
use adf::clock::Clock;
use adf::sandbox::Permission;
use secrecy::ExposeSecret;
use std::path::Path;

/// Gives the second factory the first one's key, as operators of both must.
fn share_key(from: &Factory, to: &Factory) {
    std::fs::create_dir_all(to.state()).unwrap();
    std::fs::copy(
        from.state().join("marker.key"),
        to.state().join("marker.key"),
    )
    .unwrap();
}

fn argv(scenario: &str) -> [&str; 3] {
    [env!("CARGO_BIN_EXE_adf"), "__scripted-agent", scenario]
}

fn runs(state: &Path) -> usize {
    std::fs::read_dir(state.join("runs")).map_or(0, |entries| entries.flatten().count())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_factories_with_one_key_exactly_one_takes_each_task() {
    exactly_one_takes_each_task(true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_factories_with_keys_of_their_own_exactly_one_takes_each_task() {
    exactly_one_takes_each_task(false).await;
}

async fn exactly_one_takes_each_task(one_key: bool) {
    let plant = Plant::new().await;
    let one = Factory::new(&plant, "one", &argv("happy"));
    let two = Factory::new(&plant, "two", &argv("happy"));
    let first = one.run().await;
    if one_key {
        share_key(&one, &two);
    }
    let second = two.run().await;
    let issues = [plant.world.bug, plant.world.issues[2]];
    for issue in issues {
        plant.say(issue, "alice", MENTION);
    }
    for issue in issues {
        plant.result(issue).await;
        plant.status(issue, "done, see #").await;
        until_is(DELIVERED, || plant.traces(issue)).await;
    }
    // Both have seen both; the loser of each has taken its own claim back.
    let lost = || {
        let lines = [first.lines(), second.lines()].concat();
        let gave_up =
            |line: &&String| line.contains("claimed it first") && line.contains("adf::decision");
        lines.iter().filter(gave_up).count()
    };
    until_true("two are left to the other", || lost() == 2).await;
    assert_eq!(runs(&one.state()) + runs(&two.state()), 2);
    for issue in issues {
        assert_eq!(plant.traces(issue), DELIVERED);
    }
}

/// Marks of this kind under an issue, whoever's account wrote them.
fn marks(plant: &Plant, issue: u64, kind: &str) -> usize {
    let comments = plant.forge.comments(&plant.world.repo, issue);
    let mark = format!("kind={kind} ");
    let marked = |body: &str| {
        let mark_of = body.split_once("<!-- adf:1 ");
        mark_of.is_some_and(|(_, rest)| rest.contains(&mark))
    };
    comments.iter().filter(|c| marked(&c.body)).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_factories_with_accounts_of_their_own_exactly_one_works_on_each_issue() {
    let plant = Plant::new().await;
    let repo = plant.world.repo.as_str();
    let rival = plant.forge.add_user("rival").unwrap();
    let may = Permission::Write;
    plant.forge.add_collaborator(repo, "rival", may).unwrap();
    let one = Factory::new(&plant, "one", &argv("happy"));
    let two = Factory::new(&plant, "two", &argv("happy"));
    two.token(rival.token.expose_secret());
    for factory in [&one, &two] {
        let coordinator = "[coordinator]\nmode = \"builtin\"\n\n[walls]";
        factory.edit("[walls]", coordinator);
    }
    let (first, second) = (one.run().await, two.run().await);
    // One is asked for by name, the other taken up by whoever comes first.
    let (asked, wanted) = (plant.world.bug, plant.world.issues[2]);
    plant.say(asked, "alice", MENTION);
    plant
        .forge
        .add_label(repo, Some(wanted), "adf:ready")
        .unwrap();
    let said = |text: &str| {
        let lines = [first.lines(), second.lines()].concat();
        let decided = lines.iter().filter(|line| line.contains("adf::decision"));
        decided.filter(|line| line.contains(text)).count()
    };
    until_true("each is left to the other once", || {
        said("claimed it first") == 2
    })
    .await;
    let left = |issue: u64| {
        let (branches, pulls) = (plant.branches(issue).len(), plant.pulls(issue).len());
        let (accepts, results) = (
            marks(&plant, issue, "accept"),
            marks(&plant, issue, "result"),
        );
        (accepts, results, branches, pulls)
    };
    for issue in [asked, wanted] {
        until_is((1, 1, 1, 1), || left(issue)).await;
    }
    // Somebody's word on it makes both look again, and what the rival wrote before is no such.
    let polls = plant.forge.request_log().len();
    until_true("both have read what the other wrote", || {
        plant.forge.request_log().len() > polls + 40
    })
    .await;
    assert_eq!(
        said("\"source\":\"rank\""),
        2,
        "each has taken the issue up once"
    );
    assert_eq!(runs(&one.state()) + runs(&two.state()), 2);
    for factory in [&one, &two] {
        let id = std::fs::read_to_string(factory.state().join("factory.id")).unwrap();
        let told = factory.adf(&["explain", &wanted.to_string()]).await.out;
        assert!(told.contains("left alone now"), "{told}");
        let itself = format!("factory {} takes care", id.trim());
        assert!(
            !told.contains(&itself),
            "its own claim is no other's: {told}"
        );
    }
    for issue in [asked, wanted] {
        assert_eq!(left(issue), (1, 1, 1, 1));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_claim_that_cannot_be_verified_is_said_and_never_acted_on() {
    let plant = Plant::new().await;
    let one = Factory::new(&plant, "one", &argv("happy"));
    let mut first = one.run().await;
    plant.say(plant.world.bug, "alice", MENTION);
    plant.result(plant.world.bug).await;
    assert_eq!(first.stop().await, Some(0));
    // The forge counts whole seconds: a claim of the second in which a factory begins
    // may be a living rival's.
    let claim = plant.marked(plant.world.bug, "accept").remove(0).created_at;
    let later = || Clock::System.now().seconds() > claim.seconds();
    until_true("the second of the claim is over", later).await;

    // The same account with another key: it cannot know the marks of the first.
    let two = Factory::new(&plant, "two", &argv("happy"));
    let command = ["plan", "--since", "2020-01-01T00:00:00Z"];
    let said = two.adf(&command).await;
    assert!(said.out.contains("cannot be verified; by"), "{said:?}");
    let since = two.start_since("2020-01-01T00:00:00Z");
    since.until_said("\"ready\"").await;
    let reply = plant.reply(plant.world.bug).await;
    assert!(reply.contains("its signature does not hold"), "{reply}");
    assert!(reply.contains("restore the marker key"), "{reply}");
    let mut wanted = DELIVERED;
    wanted.replies = 1;
    assert_eq!(plant.traces(plant.world.bug), wanted);
    assert_eq!(runs(&two.state()), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn factories_of_two_forges_whose_tasks_have_one_name_do_not_end_each_others_runs() {
    let (left, right) = (Plant::new().await, Plant::new().await);
    let held = "touch GATE/here; until [ -e GATE/go ]; do sleep 0.05; done; echo x > x.txt";
    let slow = Factory::shell(&left, held);
    let quick = Factory::scripted(&right, "happy");
    let (first, _second) = (slow.run().await, quick.run().await);
    left.say(left.world.bug, "alice", MENTION);
    until_true("it works", || slow.gate("here").exists()).await;
    // Both worlds count alike, so this run has the name of the other.
    right.say(right.world.bug, "alice", MENTION);
    right.result(right.world.bug).await;
    assert_eq!(left.branches(left.world.bug), [] as [String; 0]);
    slow.open("go");
    left.result(left.world.bug).await;
    assert_eq!(
        left.branches(left.world.bug),
        right.branches(right.world.bug)
    );
    let interrupted = first
        .lines()
        .iter()
        .any(|line| line.contains("interrupted"));
    assert!(!interrupted, "its run was ended by the other factory");
    until_is(DELIVERED, || left.traces(left.world.bug)).await;
}
