//! `adf rank`: the issues of a project by what waits for them, without a trace.

use crate::factory::Factory;
use crate::plant::{BOUND, Plant, until};
use serde_json::{Value, json};
use tokio::time::timeout;

fn numbers(value: &Value) -> Vec<u64> {
    let rows = value.as_array().unwrap().iter();
    rows.filter_map(Value::as_u64).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn before_the_first_start_it_reads_the_forge_and_leaves_no_state() {
    let plant = Plant::new().await;
    let factory = Factory::scripted(&plant, "happy");
    let said = factory.adf(&["rank", "--format", "json"]).await;
    assert_eq!(said.code, Some(0), "{said:?}");
    let rows = said.json()["ranks"].as_array().unwrap().clone();
    let [bug, publish, readme, median, announce] = plant.world.issues[..] else {
        panic!("the demo's issues");
    };
    let row = |issue: u64| rows.iter().find(|r| r["issue"] == json!(issue)).unwrap();
    assert_eq!(row(bug)["ready"], json!(true));
    assert_eq!(numbers(&row(bug)["unblocks"]), [publish]);
    assert_eq!(row(publish)["ready"], json!(false));
    assert_eq!(numbers(&row(publish)["blocked_by"]), [bug, readme]);
    assert_eq!(numbers(&row(announce)["blocked_by"]), [publish]);
    assert_eq!(row(median)["ready"], json!(true));
    // Publishing is waited for, and what it waits for shares its worth.
    assert_eq!(rows[0]["issue"], json!(publish));

    let human = factory.adf(&["rank"]).await;
    assert_eq!(human.code, Some(0), "{human:?}");
    assert!(
        human.out.contains("A median would be nice"),
        "{}",
        human.out
    );
    let dot = factory.adf(&["rank", "--format", "dot"]).await;
    assert!(dot.out.starts_with("digraph {"), "{}", dot.out);
    assert!(!factory.state().exists(), "the state directory was made");
    let log = plant.forge.request_log();
    assert!(log.iter().all(|line| line.method == "GET"), "{log:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_factory_that_coordinates_knows_the_graph_and_the_forge_is_not_asked() {
    let plant = Plant::new().await;
    let factory = Factory::scripted(&plant, "happy");
    let config = std::fs::read_to_string(&factory.config).unwrap();
    let coordinator = "\n[coordinator]\nmode = \"builtin\"\n";
    std::fs::write(&factory.config, config + coordinator).unwrap();
    let waits = plant.world.issues[1];
    let label = plant
        .forge
        .add_label(&plant.world.repo, Some(waits), "adf:ready");
    label.unwrap();
    let mut daemon = factory.run().await;
    let first = ["rank", "--format", "json"];
    until("the graph", || {
        let log = plant.forge.request_log();
        let read = log.iter().filter(|l| l.path.contains("/dependencies"));
        (read.count() > 10).then_some(())
    })
    .await;
    // A label given within the second of the reading is read again before it counts.
    let (waits, why) = (waits.to_string(), format!("#{}", plant.world.bug));
    let explain = ["explain", &waits];
    let told = async {
        loop {
            let told = factory.adf(&explain).await.out;
            let row = told.lines().find(|line| line.contains("left alone now"));
            if row.is_some_and(|row| row.contains(&why)) {
                break;
            }
        }
    };
    timeout(BOUND, told)
        .await
        .expect("it is said what it waits for");
    // Stopped and not killed: a request of its own would still be counted.
    assert_eq!(daemon.stop().await, Some(0));
    let before = plant.forge.request_log().len();
    let said = factory.adf(&first).await;
    assert_eq!(said.code, Some(0), "{said:?}");
    assert_eq!(
        plant.forge.request_log().len(),
        before,
        "it asked the forge"
    );
    let rows = said.json()["ranks"].as_array().unwrap().clone();
    assert_eq!(rows[0]["issue"], json!(plant.world.issues[1]));
    // What bears the label waits for others, and that is said of it.
    assert!(
        rows.iter().all(|row| row["ready"] == json!(false)),
        "{rows:?}"
    );
}
