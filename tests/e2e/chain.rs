//! From a mention to a result: what people see, what the operator is told.

use crate::factory::{Daemon, Factory};
use crate::plant::{DELIVERED, MENTION, Plant, until, until_is};
use adf::sandbox::demo_world::RIGHT;
use serde_json::Value;

/// Alice asks, and it is delivered and tidied up.
async fn delivered(plant: &Plant, factory: &Factory) -> Daemon {
    let daemon = factory.run().await;
    plant.say(plant.world.bug, "alice", MENTION);
    plant.result(plant.world.bug).await;
    plant.status(plant.world.bug, "done, see #").await;
    daemon.until_said("\"sweep:").await;
    daemon
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mention_becomes_an_acceptance_a_branch_a_pull_request_and_a_result() {
    let plant = Plant::new().await;
    let factory = Factory::scripted(&plant, "happy");
    let _daemon = delivered(&plant, &factory).await;
    let bug = plant.world.bug;
    until_is(DELIVERED, || plant.traces(bug)).await;

    let accepted = plant.status(bug, "has taken this up").await;
    assert!(accepted.body.contains("@alice"), "{}", accepted.body);
    let branch = plant.branches(bug).remove(0);
    assert!(branch.starts_with(&format!("adf/{bug}-developer-")));
    assert!(accepted.body.contains(&branch), "{}", accepted.body);

    let pull = plant.pulls(bug).remove(0);
    let names_it = format!("#{bug}");
    assert!(pull.title.contains(&names_it), "{}", pull.title);
    assert!(pull.body.contains(&names_it), "{}", pull.body);
    assert_eq!((pull.base.as_str(), pull.state), ("main", "open"));
    assert_eq!(pull.author, plant.world.bot.login);
    assert_eq!(pull.assignees, ["alice"]);
    assert_eq!(pull.labels, ["adf"]);

    let file = |branch: &str| plant.forge.file_at(&plant.world.repo, branch, "src/lib.rs");
    assert!(file(&branch).is_some_and(|text| text.contains(RIGHT)));
    assert!(file("main").is_some_and(|text| !text.contains(RIGHT)));
    let result = plant.result(bug).await;
    assert!(result.contains(&format!("#{}", pull.number)), "{result}");
    assert!(result.contains("1 commit on"), "{result}");
    assert!(result.contains("**The agent says** (done)"), "{result}");

    let untouched = plant.world.issues.iter().filter(|n| **n != bug);
    for issue in untouched {
        assert!(plant.forge.comments(&plant.world.repo, *issue).is_empty());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn status_and_explain_tell_people_and_programs_what_was_done() {
    let plant = Plant::new().await;
    let factory = Factory::scripted(&plant, "happy");
    let mut daemon = delivered(&plant, &factory).await;
    let (bug, bug_text) = (plant.world.bug, plant.world.bug.to_string());
    let pull = plant.pulls(bug).remove(0);

    let said = factory.adf(&["status"]).await;
    assert_eq!(said.code, Some(0), "{said:?}");
    let start = format!("#{bug} ");
    let row = said
        .out
        .lines()
        .find(|l| l.trim_start().starts_with(&start));
    let row = row.unwrap_or_else(|| panic!("no row of the issue: {}", said.out));
    for part in ["developer", "done", &format!("#{}", pull.number)] {
        assert!(row.contains(part), "{part}: {row}");
    }
    assert!(said.out.contains("demo: working, 0 runs"), "{}", said.out);

    let status = factory.adf(&["status", "--format", "json"]).await.json();
    assert_eq!(status["project"], "demo");
    assert_eq!(status["running"], true);
    assert_eq!(status["pending_mentions"], 0);
    let task = &status["tasks"][0];
    assert_eq!(
        (&task["issue"], &task["agent"], &task["state"]),
        (&bug.into(), &"developer".into(), &"done".into())
    );
    assert_eq!(task["pull"], pull.number);
    assert_eq!(task["attempts"], 1);

    let told = factory.adf(&["explain", &bug_text]).await;
    assert_eq!(told.code, Some(0), "{told:?}");
    for part in ["by alice", "agent says done", "task done"] {
        assert!(told.out.contains(part), "{part}: {}", told.out);
    }
    let asked = ["explain", &bug_text, "--format", "json"];
    let story = factory.adf(&asked).await.json();
    let entries = story.as_array().expect("an array");
    let times: Vec<i64> = entries.iter().map(|e| e["at"].as_i64().unwrap()).collect();
    assert!(times.is_sorted(), "{times:?}");
    let place = |what: &str| {
        let place = entries
            .iter()
            .position(|e| e["what"].as_str().unwrap().starts_with(what));
        place.unwrap_or_else(|| panic!("{what}: {entries:?}"))
    };
    assert!(place("comment-") < place("mention"), "asked, then heard");
    assert!(place("task queued") < place("task done"));
    assert!(
        !story.to_string().contains("<!-- adf"),
        "marks are not for people"
    );
    let silent = factory.adf(&["explain", "999"]).await;
    assert!(
        silent.out.contains("knows nothing of #999"),
        "{}",
        silent.out
    );

    assert_eq!(daemon.stop().await, Some(0));
    let said = factory.adf(&["status"]).await;
    assert!(said.out.contains("no factory is running"), "{}", said.out);
    let status = factory.adf(&["status", "--format", "json"]).await.json();
    assert_eq!(status["running"], false);
    assert_eq!(status["tasks"][0]["state"], "done");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_decision_is_one_log_event_with_all_of_its_fields() {
    let plant = Plant::new().await;
    let factory = Factory::scripted(&plant, "happy");
    let daemon = delivered(&plant, &factory).await;
    let of = |target: &str| -> Vec<Value> {
        let mut events = daemon.events();
        events.retain(|e| e["target"] == target);
        events
    };
    let fields = [
        "project", "issue", "task", "run", "agent", "reason", "source", "overrode",
    ];
    let mut told = Vec::new();
    for event in of("adf::decision") {
        for field in fields {
            assert!(event.get(field).is_some(), "{field}: {event}");
        }
        assert_eq!(event["project"], "demo");
        assert_eq!(event["issue"], plant.world.bug);
        assert_eq!(event["agent"], "developer");
        assert!(event["reason"].as_str().is_some_and(|r| !r.is_empty()));
        told.push(event["message"].as_str().unwrap().to_owned());
    }
    assert_eq!(told, ["accept", "start", "deliver", "end"]);
    for event in [of("adf::effect"), of("adf::run")].concat() {
        for field in fields {
            assert!(event.get(field).is_some(), "{field}: {event}");
        }
    }
    let start = of("adf::decision").remove(1);
    assert_eq!(start["source"], "slot");
    assert!(start["run"].as_str().is_some_and(|run| !run.is_empty()));
    assert_eq!(of("adf::decision")[0]["source"], "mention");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_token_is_in_no_log_no_state_file_and_no_text_on_the_forge() {
    use secrecy::ExposeSecret;
    let plant = Plant::new().await;
    let token = plant.world.bot.token.expose_secret().to_owned();
    let script = "printf 'token=TOKEN' > notes.txt; echo TOKEN; git add -A; git commit -qm 'say TOKEN'; \
        \"$ADF_BIN\" agent report --status done --summary 'TOKEN was here'; exit 0";
    let factory = Factory::shell(&plant, &script.replace("TOKEN", "$(cat GATE/leak)"));
    std::fs::write(factory.gate("leak"), &token).unwrap();
    let daemon = factory.run().await;
    plant.say(plant.world.bug, "alice", MENTION);
    plant.result(plant.world.bug).await;
    daemon.until_said("\"sweep:").await;
    let leaks = daemon.lines().iter().any(|line| line.contains(&token));
    assert!(!leaks, "the log holds the token");
    for number in plant
        .forge
        .issues(&plant.world.repo)
        .iter()
        .map(|i| i.number)
    {
        for comment in plant.forge.comments(&plant.world.repo, number) {
            assert!(!comment.body.contains(&token), "{}", comment.body);
        }
    }
    for pull in plant.pulls(plant.world.bug) {
        assert!(!pull.body.contains(&token), "{}", pull.body);
    }
    for command in [&["status"][..], &["explain", "1"], &["plan"]] {
        let said = factory.adf(command).await;
        assert!(!said.out.contains(&token) && !said.err.contains(&token));
    }
    let files = until("the ledger", || {
        let entries = std::fs::read_dir(factory.state()).ok()?;
        Some(entries.flatten().map(|e| e.path()).filter(|p| p.is_file()))
    });
    for file in files.await {
        let bytes = std::fs::read(&file).unwrap();
        let holds = bytes.windows(token.len()).any(|w| w == token.as_bytes());
        assert!(!holds, "{} holds the token", file.display());
    }
}
