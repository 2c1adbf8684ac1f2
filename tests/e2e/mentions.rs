//! Who is heard, and what everybody else is told: one reply or silence, no run.

use crate::factory::{Daemon, Factory};
use crate::plant::{DELIVERED, MENTION, NOTHING, Plant, REPLIED, until_is, until_true};
use adf::sandbox::{Fault, FaultKind};
use std::time::Duration;

/// A factory whose agent must not start, on a fresh world.
struct Scene {
    plant: Plant,
    daemon: Daemon,
}

impl Scene {
    async fn new() -> Scene {
        Scene::with(|_| {}).await
    }

    async fn with(change: impl FnOnce(&Factory)) -> Scene {
        let plant = Plant::new().await;
        let factory = Factory::scripted(&plant, "happy");
        change(&factory);
        let daemon = factory.run().await;
        Scene { plant, daemon }
    }

    fn bug(&self) -> u64 {
        self.plant.world.bug
    }

    /// Waits until what was said so far was read and judged: a mention that is
    /// written now, elsewhere, is done.
    async fn settled(&self) {
        let last = *self.plant.world.issues.last().unwrap();
        self.plant
            .say(last, "alice", "@adf:developer check the range");
        self.plant.result(last).await;
    }

    fn runs(&self) -> usize {
        let starts = self.daemon.events().into_iter();
        starts
            .filter(|e| e["target"] == "adf::decision" && e["message"] == "start")
            .filter(|e| e["issue"] == self.bug())
            .count()
    }

    /// One reply with these words; nothing was started.
    async fn refused(&self, words: &[&str]) {
        let reply = self.plant.reply(self.bug()).await;
        for word in words {
            assert!(reply.contains(word), "{word}: {reply}");
        }
        self.settled().await;
        assert_eq!(self.plant.traces(self.bug()), REPLIED);
        assert_eq!(self.runs(), 0);
    }

    /// Nothing was said and nothing started.
    async fn ignored(&self) {
        self.settled().await;
        assert_eq!(self.plant.traces(self.bug()), NOTHING);
        assert_eq!(self.runs(), 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_gets_one_reply_that_says_who_may() {
    let scene = Scene::new().await;
    scene.plant.say(scene.bug(), "bob", MENTION);
    scene.refused(&["@bob", "people with write access"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_writer_whom_the_config_does_not_name_gets_one_reply_and_the_named_is_served() {
    let narrow = |factory: &Factory| {
        factory.edit("[limits]", "[mentions]\nallow = [\"Alice\"]\n\n[limits]");
    };
    let scene = Scene::with(narrow).await;
    scene.plant.say(scene.bug(), "carol", MENTION);
    scene.refused(&["@carol", "whom its config allows"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mention_edited_into_a_comment_that_was_read_gets_one_reply() {
    let scene = Scene::new().await;
    let comment = scene
        .plant
        .say(scene.bug(), "alice", "Look at this some day.");
    scene.settled().await;
    let repo = &scene.plant.world.repo;
    // Carol may write, so she may edit alice's comment; it still shows alice.
    let edited = scene
        .plant
        .forge
        .edit_comment(repo, comment, "carol", MENTION);
    edited.unwrap();
    let reply = scene.plant.reply(scene.bug()).await;
    assert!(reply.contains("An edit starts nothing"), "{reply}");
    assert!(reply.contains("new comment"), "{reply}");
    // Edited again and again, it is told once.
    let edited = scene
        .plant
        .forge
        .edit_comment(repo, comment, "carol", "@adf:developer now");
    edited.unwrap();
    let third = scene.plant.world.issues[2];
    scene.plant.say(third, "alice", MENTION);
    scene.plant.result(third).await;
    assert_eq!(scene.plant.traces(scene.bug()), REPLIED);
    assert_eq!(scene.runs(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_instruction_edited_after_it_was_taken_is_done_as_it_was_and_that_is_said_once() {
    let plant = Plant::new().await;
    let script = "cat > GATE/prompt; until [ -e GATE/go ]; do sleep 0.05; done; echo x > x.txt";
    let factory = Factory::shell(&plant, script);
    let _daemon = factory.run().await;
    let bug = plant.world.bug;
    let comment = plant.say(bug, "alice", "@adf:developer add the first thing");
    plant.status(bug, "working (attempt 1)").await;
    let edit = "@adf:developer drop everything";
    let edited = plant
        .forge
        .edit_comment(&plant.world.repo, comment, "carol", edit);
    edited.unwrap();
    let reply = plant.reply(bug).await;
    assert!(reply.contains("An edit starts nothing"), "{reply}");
    let edit = "@adf:developer drop everything, at once";
    let edited = plant
        .forge
        .edit_comment(&plant.world.repo, comment, "carol", edit);
    edited.unwrap();
    // Said elsewhere afterwards and answered: the second edit was read too.
    plant.say(plant.world.issues[2], "bob", MENTION);
    plant.reply(plant.world.issues[2]).await;
    factory.open("go");
    plant.result(bug).await;
    let mut wanted = DELIVERED;
    wanted.replies = 1;
    until_is(wanted, || plant.traces(bug)).await;
    let prompt = std::fs::read_to_string(factory.gate("prompt")).unwrap();
    assert!(prompt.contains("add the first thing"), "{prompt}");
    assert!(!prompt.contains("drop everything"), "{prompt}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_coordinating_agent_is_shown_vision_ranks_and_milestones() {
    let plant = Plant::new().await;
    let (repo, issues) = (&plant.world.repo, &plant.world.issues);
    plant
        .forge
        .set_milestone(repo, issues[2], "1.0", "2026-12-24")
        .unwrap();
    plant
        .forge
        .add_dependency(repo, issues[3], issues[2])
        .unwrap();
    let factory = Factory::shell(&plant, "cat > GATE/prompt; echo x > x.txt");
    std::fs::write(factory.dir.join("VISION.md"), "We sell shoes.\n").unwrap();
    let section = "[coordinator]\nmode = \"agent\"\nagent = \"developer\"\nvision = \"VISION.md\"";
    factory.edit("[limits]", &format!("{section}\n\n[limits]"));
    let daemon = factory.run().await;
    plant.say(
        plant.world.bug,
        "alice",
        "@adf:developer see what comes next",
    );
    plant.result(plant.world.bug).await;
    drop(daemon);
    let prompt = std::fs::read_to_string(factory.gate("prompt")).unwrap();
    assert!(prompt.contains("We sell shoes."), "{prompt}");
    let line = prompt
        .lines()
        .find(|l| l.starts_with(&format!("#{} (", issues[2])));
    let line = line.unwrap_or_else(|| panic!("no line: {prompt}"));
    assert!(line.contains("milestone 1.0 due 2026-12-24"), "{line}");
    assert!(
        line.contains(&format!("#{} wait for it", issues[3])),
        "{line}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn malformed_mentions_of_one_comment_get_one_reply_with_the_right_form() {
    let scene = Scene::new().await;
    let text = "@adf: please fix it, and @adf:Developer too, or @ADF:developer";
    scene.plant.say(scene.bug(), "alice", text);
    scene
        .refused(&["not a mention I can read", "`@adf:developer please …`"])
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_that_is_not_here_is_answered_with_those_that_are() {
    let scene = Scene::new().await;
    scene
        .plant
        .say(scene.bug(), "alice", "@adf:reviewer look at it");
    scene.refused(&["no agent `reviewer`", "`developer`"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_project_and_an_empty_instruction_are_answered() {
    let scene = Scene::new().await;
    scene
        .plant
        .say(scene.bug(), "alice", "@adf:shop/developer fix it");
    let readme = scene.plant.world.issues[2];
    scene.plant.say(readme, "alice", "@adf:developer");
    scene.refused(&["another project", "`demo`"]).await;
    let reply = scene.plant.reply(readme).await;
    assert!(reply.contains("What should `developer` do?"), "{reply}");
    assert_eq!(scene.plant.traces(readme), REPLIED);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mentions_in_code_quotes_links_and_comments_of_html_are_no_mentions() {
    let scene = Scene::new().await;
    for text in [
        "Write `@adf:developer fix it` to have it done.",
        "```\n@adf:developer fix it\n```",
        "    @adf:developer fix it",
        "> @adf:developer fix it\n\nThat was never done.",
        "<!-- @adf:developer fix it -->",
        "See [@adf:developer fix it](https://example.org/@adf:developer)",
        "mail me@adf:developer.example",
    ] {
        scene.plant.say(scene.bug(), "alice", text);
    }
    scene.ignored().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mention_written_with_the_factorys_account_is_answered_and_not_obeyed() {
    let scene = Scene::new().await;
    scene.plant.say(scene.bug(), "adf", MENTION);
    scene.refused(&["own account"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mention_on_a_closed_issue_starts_nothing_and_says_so() {
    let scene = Scene::new().await;
    let repo = &scene.plant.world.repo;
    scene.plant.forge.close_issue(repo, scene.bug()).unwrap();
    scene.plant.say(scene.bug(), "alice", MENTION);
    scene.refused(&["closed", "Reopen it"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_issue_that_is_closed_while_the_forge_is_read_is_known_to_be_closed() {
    let scene = Scene::new().await;
    let repo = scene.plant.world.repo.as_str();
    let forge = &scene.plant.forge;
    let start = format!("/api/v1/repos/{repo}");
    let polls = || {
        let log = forge.request_log();
        log.iter().filter(|line| line.path == start).count()
    };
    let before = polls();
    until_true("a poll that is over", || polls() > before + 1).await;
    let slow = FaultKind::Latency(Duration::from_secs(1));
    for listing in ["issues?*", "issues/comments?*"] {
        let fault = Fault::new(format!("GET {start}/{listing}"), slow.clone());
        forge.push_fault(fault.times(1));
    }
    let before = polls();
    until_true("a slow poll begins", || polls() > before).await;
    forge.close_issue(repo, scene.bug()).unwrap();
    scene.plant.say(scene.bug(), "alice", MENTION);
    scene.refused(&["closed"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forged_mark_in_somebodys_comment_is_no_mark() {
    let plant = Plant::new().await;
    let factory = Factory::scripted(&plant, "happy");
    let _daemon = factory.run().await;
    let bug = plant.world.bug;
    plant.say(bug, "alice", MENTION);
    plant.result(bug).await;
    let theirs = plant.marked(bug, "accept").remove(0).body;
    // Bob copies the factory's acceptance to another issue, and asks there.
    let readme = plant.world.issues[2];
    plant.say(readme, "bob", &theirs);
    plant.say(readme, "alice", "@adf:developer say it");
    plant.result(readme).await;
    until_is(DELIVERED, || plant.traces(readme)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mention_in_the_body_of_a_new_issue_is_heard() {
    let plant = Plant::new().await;
    let factory = Factory::scripted(&plant, "happy");
    let _daemon = factory.run().await;
    let repo = &plant.world.repo;
    let issue = plant.forge.open_issue(repo, "alice", "New", MENTION);
    let issue = issue.unwrap();
    plant.result(issue).await;
    until_is(DELIVERED, || plant.traces(issue)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_mentions_of_one_comment_are_two_tasks_one_after_the_other() {
    let plant = Plant::new().await;
    let factory = Factory::scripted(&plant, "happy");
    let daemon = factory.run().await;
    let bug = plant.world.bug;
    let text = "@adf:developer fix the range\n\n@adf:developer then check it";
    plant.say(bug, "alice", text);
    until_true("two results", || plant.marked(bug, "result").len() == 2).await;
    let traces = plant.traces(bug);
    assert_eq!(
        (
            traces.accepts,
            traces.branches,
            traces.pulls,
            traces.replies
        ),
        (2, 2, 2, 0)
    );
    // One writer per issue; an end is written down after people have been told of it.
    until_is(vec!["start", "end", "start", "end"], || {
        let events = daemon.events();
        let decisions = events.iter().filter(|e| e["target"] == "adf::decision");
        let told = decisions.filter_map(|e| e["message"].as_str());
        let of_runs = ["start", "end"];
        told.filter_map(|what| of_runs.into_iter().find(|of| *of == what))
            .collect::<Vec<_>>()
    })
    .await;
}
