//! Worlds whose repository does not take the factory's work.

use crate::world::{Row, World, play};
use adf::sandbox::{Fault, FaultKind, Permission};

const RECEIVE: &str = "POST */git-receive-pack*";

const REFUSED: FaultKind = FaultKind::Status {
    status: 403,
    retry_after: None,
};

fn fault(world: &mut World, matches: &str, kind: FaultKind) {
    world.forge.push_fault(Fault::new(matches, kind));
}

const REPOSITORIES: &[Row] = &[
    Row {
        name: "not there",
        spoil: |w| w.edit("alice/tally", "alice/tale"),
        says: ("repository", "error", &["alice/tale", "check the name"]),
        exit: 69,
    },
    Row {
        name: "moved",
        spoil: |w| w.forge.rename(&w.world.repo, "abacus").unwrap(),
        says: ("repository", "error", &["alice/abacus", "[gitea]"]),
        exit: 69,
    },
    Row {
        name: "archived",
        spoil: |w| w.forge.archive(&w.world.repo, true).unwrap(),
        says: ("repository", "error", &["archived", "unarchive"]),
        exit: 69,
    },
    Row {
        name: "without commits",
        spoil: |w| {
            w.forge.add_repo("adf", "empty", &[]).unwrap();
            w.edit("alice/tally", "adf/empty");
        },
        says: ("repository", "error", &["no commit", "push a first commit"]),
        exit: 69,
    },
    Row {
        name: "read only",
        spoil: |w| w.right(Permission::Read),
        says: ("repository", "error", &["write access"]),
        exit: 69,
    },
    Row {
        name: "no base",
        spoil: |w| w.add("[delivery]\nbase = \"trunk\"\n"),
        says: ("branch.base", "error", &["trunk", "[delivery] base"]),
        exit: 69,
    },
    Row {
        name: "a base without protection",
        spoil: |_| {},
        says: ("branch.base", "note", &["protect `main`"]),
        exit: 0,
    },
    Row {
        name: "a base with protection",
        spoil: |w| w.forge.protect_branch(&w.world.repo, "main").unwrap(),
        says: ("branch.base", "ok", &["protected"]),
        exit: 0,
    },
    Row {
        name: "no label",
        spoil: |w| w.add("[delivery]\nlabels = [\"from-adf\"]\n"),
        says: ("labels", "warning", &["from-adf", "--fix"]),
        exit: 0,
    },
    Row {
        name: "no webhook",
        spoil: |w| {
            w.right(Permission::Admin);
            w.webhook();
        },
        says: ("webhook", "warning", &["no webhook", "--fix"]),
        exit: 0,
    },
    Row {
        name: "a webhook that is off",
        spoil: |w| {
            w.right(Permission::Admin);
            w.webhook();
            w.forge
                .add_hook(&w.world.repo, "http://127.0.0.1:8137/", false)
                .unwrap();
        },
        says: ("webhook", "warning", &["switched off", "switch it on"]),
        exit: 0,
    },
    Row {
        name: "a webhook that is there",
        spoil: |w| {
            w.right(Permission::Admin);
            w.webhook();
            w.forge
                .add_hook(&w.world.repo, "http://127.0.0.1:8137/", true)
                .unwrap();
        },
        says: ("webhook", "ok", &["127.0.0.1:8137"]),
        exit: 0,
    },
    Row {
        name: "webhooks that may not be seen",
        spoil: |w| w.webhook(),
        says: ("webhook", "skipped", &["may not see"]),
        exit: 0,
    },
    Row {
        name: "a webhook that was asked for and may not be made",
        spoil: |w| {
            w.webhook();
            w.args = ["--fix", "--webhook-url", "https://factory.example.org/hook"]
                .map(str::to_owned)
                .to_vec();
        },
        says: (
            "webhook",
            "warning",
            &[
                "may neither see nor make webhooks",
                "https://factory.example.org/hook",
                "etc/secret",
                "issue_comment",
                "application/json",
            ],
        ),
        exit: 0,
    },
    Row {
        name: "no standing issue",
        spoil: |w| {
            w.edit(
                "provider = \"house\"\n",
                "provider = \"house\"\ncron = \"0 1-9 * * *\"\ncron_issue = 99\n",
            )
        },
        says: ("agent.cron-issue", "error", &["#99", "does not exist"]),
        exit: 69,
    },
    Row {
        name: "a standing issue that is closed",
        spoil: |w| {
            let n = w.world.issues[3];
            w.forge.close_issue(&w.world.repo, n).unwrap();
            w.edit(
                "provider = \"house\"\n",
                &format!("provider = \"house\"\ncron = \"0 1-9 * * *\"\ncron_issue = {n}\n"),
            );
        },
        says: ("agent.cron-issue", "error", &["closed", "cron_issue"]),
        exit: 69,
    },
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_fault_of_the_repository_is_said_with_its_remedy() {
    play(REPOSITORIES, &["--no-probes"]).await;
}

const PUSHES: &[Row] = &[
    Row {
        name: "a proxy that takes no pushes",
        spoil: |w| fault(w, RECEIVE, REFUSED),
        says: ("push", "error", &["could not be pushed", "adf/*"]),
        exit: 69,
    },
    Row {
        name: "a push that is lost",
        spoil: |w| fault(w, RECEIVE, FaultKind::Drop),
        says: ("push", "error", &["could not be pushed"]),
        exit: 69,
    },
    Row {
        name: "a branch that stays",
        spoil: |w| w.forge.push_fault(Fault::new(RECEIVE, REFUSED).after(1)),
        says: ("push", "warning", &["could not be deleted", "by hand"]),
        exit: 0,
    },
    Row {
        name: "an archived repository",
        spoil: |w| w.forge.archive(&w.world.repo, true).unwrap(),
        says: ("push", "skipped", &["what stands above"]),
        exit: 69,
    },
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_push_that_fails_is_found_by_pushing() {
    play(PUSHES, &[]).await;
}
