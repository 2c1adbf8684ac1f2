//! Failures as people and operators see them: tries, calls for a person, `adf failures`.

use crate::factory::{Factory, Said};
use crate::plant::{MENTION, Plant, until_true};
use serde_json::Value;

/// A rule of the config, before all shipped ones.
const RULES: &str = "[failures]\nlabel = \"help\"\n\n[[failures.rules]]\nclass = \"AUTH\"\n\
    name = \"our gate\"\nphrases = [\"the gate is shut\"]\n\n[[agents]]\n";

/// Says why in its first line, then a lot, with a secret's shape beside it.
const SHUT: &str = "echo 'run 17: The Gate is SHUT, token=abcdefgh1234 at /srv/x'; \
    i=0; while [ $i -lt 5000 ]; do echo working on it; i=$((i+1)); done; exit 9";

/// A call for a person: the label and the assignee of an issue.
async fn is_called(plant: &Plant, issue: u64, label: &str) {
    until_true("the issue calls a person", || {
        let seen = plant.forge.issue(&plant.world.repo, issue);
        seen.is_some_and(|issue| {
            issue.labels.iter().any(|l| l == label) && issue.assignees == ["alice"]
        })
    })
    .await;
}

fn rule<'a>(said: &'a Value, name: &str) -> &'a Value {
    let rules = said["rules"].as_array().unwrap();
    rules.iter().find(|rule| rule["rule"] == name).unwrap()
}

async fn failures(factory: &Factory) -> Said {
    factory.adf(&["failures", "--format", "json"]).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rule_of_the_config_reads_the_whole_output_and_a_missing_right_calls_a_person() {
    let plant = Plant::new().await;
    let factory = Factory::shell(&plant, SHUT);
    factory.edit("[[agents]]\n", RULES);
    let mut daemon = factory.run().await;
    let bug = plant.world.bug;
    plant.say(bug, "alice", MENTION);
    let result = plant.result(bug).await;
    assert!(result.contains("has failed (AUTH)"), "{result}");
    assert!(result.contains("rule `our gate`"), "{result}");
    assert!(result.contains("@alice: this needs a person"), "{result}");
    is_called(&plant, bug, "help").await;
    assert_eq!(plant.traces(bug).replies, 0);
    daemon.stop().await;

    let said = failures(&factory).await;
    assert_eq!(said.code, Some(0), "{said:?}");
    let json = said.json();
    let gate = rule(&json, "our gate");
    assert_eq!(
        (&gate["matches"], &gate["source"]),
        (&1.into(), &"config".into())
    );
    assert!(gate["last_match"].is_i64(), "{gate}");
    let failed = &json["failures"][0];
    assert_eq!(
        (&failed["class"], &failed["rule"]),
        (&"AUTH".into(), &"our gate".into())
    );
    let line = failed["line"].as_str().unwrap();
    assert!(
        line.contains("gate is shut") && !line.contains("abcdefgh"),
        "{line}"
    );
    assert_eq!(failed["fingerprint"].as_str().map(str::len), Some(12));
    let came = failed["came_of_it"].as_str().unwrap();
    assert!(came.contains("a person was called"), "{came}");
    assert_eq!(json["unknown"]["of"], 1);

    let told = factory.adf(&["failures"]).await;
    for words in [
        "our gate",
        "disk full",
        "AUTH",
        "0 of the last 1 failures are UNKNOWN",
    ] {
        assert!(told.out.contains(words), "{words}: {}", told.out);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_tasks_that_fail_in_a_row_are_told_in_one_comment() {
    let plant = Plant::new().await;
    let factory = Factory::shell(&plant, "echo boom $$; kill -KILL $$");
    let _daemon = factory.run().await;
    let repo = plant.world.repo.clone();
    let mut issues = Vec::new();
    for n in 0..4 {
        let issue = plant
            .forge
            .open_issue(&repo, "bob", &format!("Wish {n}"), "Please.");
        let issue = issue.unwrap();
        plant.say(issue, "alice", MENTION);
        let result = plant.result(issue).await;
        assert!(result.contains("has failed (RESOURCE)"), "{result}");
        issues.push(issue);
        if n == 2 {
            let told = plant.reply(issue).await;
            assert!(told.contains("3 times in a row"), "{told}");
            is_called(&plant, issue, "adf:needs-human").await;
        }
    }
    let replies: Vec<usize> = issues.iter().map(|i| plant.traces(*i).replies).collect();
    assert_eq!(replies, [0, 0, 1, 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_ledger_there_is_nothing_to_show_and_a_faulty_config_is_told() {
    let plant = Plant::new().await;
    let factory = Factory::scripted(&plant, "happy");
    let said = failures(&factory).await;
    assert_eq!(said.code, Some(1), "{said:?}");
    factory.edit("[[agents]]\n", "[failures]\nlabels = \"x\"\n\n[[agents]]\n");
    let said = failures(&factory).await;
    assert_eq!(said.code, Some(78), "{said:?}");
}
