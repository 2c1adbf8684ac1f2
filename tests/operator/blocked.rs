//! Finished work that cannot go out: it is kept, told once where a person sees it,
//! and goes out by itself when the block is gone.

use crate::receiver::Receiver;
use crate::support::{Plant, until};
use adf::sandbox::Permission;

/// Works, and ends when it is told to.
const PATIENT: &str = "echo more >> README.md; while [ ! -e go ]; do sleep 0.05; done; rm go";

/// Plays a task whose finished work meets a block: `block` before its end, `lift` once
/// it was told; then it is delivered, and was told once.
async fn meets(block: impl Fn(&Plant, &str), lift: impl Fn(&Plant, &str), why: &str, talks: bool) {
    let receiver = Receiver::new(&[]).await;
    let plant = Plant::new(PATIENT, "1s", "").await;
    let config = plant.dir.join("adf.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(config, format!("{text}{}", receiver.sink(&plant.dir))).unwrap();
    let daemon = plant.run(&[]).await;
    let id = plant.working().await;
    let bug = plant.world.bug;
    let branch = format!("adf/{bug}-developer-{id}");
    block(&plant, &branch);
    std::fs::write(plant.dir.join("state/work").join(&id).join("go"), "").unwrap();

    let told = receiver.until_told(&format!("#{bug} `developer`: ")).await;
    assert!(told["text"].as_str().unwrap().contains(why), "{told}");
    daemon.until_said("push did not happen").await;
    if talks {
        let told = plant.until_told(bug, "cannot go on").await;
        assert!(told.contains("the finished work is kept"), "{told}");
    }
    let status = plant.adf(&["status", "--format", "json"]).await.json();
    assert_eq!(status["tasks"][0]["state"], "delivering", "{status}");

    lift(&plant, &branch);
    plant.until_told(bug, "has delivered: #").await;
    until("the task's end", || {
        let text = plant.told(bug).into_iter();
        text.into_iter().find(|body| body.contains("done, see #"))
    })
    .await;
    let said = |words: &str| plant.told(bug).iter().filter(|b| b.contains(words)).count();
    assert!(said("cannot go on") <= 1, "{:#?}", plant.told(bug));
    assert_eq!(said("has delivered"), 1);
    assert_eq!(receiver.count(&format!("#{bug} `developer`: ")), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_archived_repository() {
    meets(
        |plant, _| plant.forge.archive(&plant.world.repo, true).unwrap(),
        |plant, _| plant.forge.archive(&plant.world.repo, false).unwrap(),
        "archived",
        false,
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_permission() {
    let give = |plant: &Plant, right| {
        let (repo, bot) = (&plant.world.repo, &plant.world.bot.login);
        plant.forge.add_collaborator(repo, bot, right).unwrap();
    };
    meets(
        |plant, _| give(plant, Permission::Read),
        |plant, _| give(plant, Permission::Write),
        "give it write access",
        true,
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_protected_branch() {
    meets(
        |plant, branch| {
            plant
                .forge
                .protect_branch(&plant.world.repo, branch)
                .unwrap()
        },
        |plant, branch| {
            plant
                .forge
                .unprotect_branch(&plant.world.repo, branch)
                .unwrap()
        },
        "protected",
        true,
    )
    .await;
}
