//! Routing files that change under a running factory: taken whole, or refused
//! whole with the last good ones in force, and said.

use crate::providers::route;
use crate::support::Plant;

const WORK: &str = "echo more >> README.md; git commit -qam more";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changed_routing_files_are_taken_unasked_and_wrong_ones_are_refused_and_said() {
    let plant = Plant::new(WORK, "1s", "[routing]\ndir = \"routing\"\n").await;
    let dir = plant.dir.join("routing");
    route(&dir, "first", &["house"]);
    let daemon = plant.run(&[]).await;
    let (repo, bug) = (plant.world.repo.clone(), plant.world.bug);
    let ask = || {
        let text = "@adf:developer please mend it";
        plant.forge.comment(&repo, bug, "alice", text).unwrap();
    };

    // Wrong: the last good ones stay, and that is said in the log and by status.
    let good = std::fs::read_to_string(dir.join("tier.md")).unwrap();
    std::fs::write(
        dir.join("tier.md"),
        good.replace("- mend it →", "- unheard of →"),
    )
    .unwrap();
    daemon.until_said("the routing files were changed").await;
    let line = daemon.until_said("the last good one stays").await;
    assert!(line.contains("tier.md"), "{line}");
    ask();
    daemon.until_said("tier first by").await;

    // Right again, and another tier: in force without a word of the operator.
    route(&dir, "second", &["house"]);
    daemon.until_said("is in force").await;
    plant.until_told(bug, "has delivered").await;
    ask();
    daemon.until_said("tier second by").await;
    let status = plant.adf(&["status"]).await;
    assert!(!status.out.contains("is refused"), "{}", status.out);
}
