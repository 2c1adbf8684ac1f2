//! A forge that is away for long: said where operators look, and told by the ways that
//! need no forge.

use crate::receiver::Receiver;
use crate::support::{Plant, until};
use adf::sandbox::{Fault, FaultKind};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use tokio::net::UnixDatagram;

/// A service manager: takes what it is told at once, as systemd does, and keeps it.
fn manager(socket: &Path) -> Arc<Mutex<Vec<String>>> {
    kept(UnixDatagram::bind(socket).unwrap())
}

fn kept(manager: UnixDatagram) -> Arc<Mutex<Vec<String>>> {
    let told: Arc<Mutex<Vec<String>>> = Arc::default();
    let kept = told.clone();
    tokio::spawn(async move {
        let mut bytes = [0; 4096];
        loop {
            let length = manager.recv(&mut bytes).await.unwrap();
            let text = String::from_utf8_lossy(&bytes[..length]).into_owned();
            kept.lock().unwrap().push(text);
        }
    });
    told
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forge_that_is_away_is_an_alert_everywhere_but_on_the_forge_and_its_return_ends_it() {
    let receiver = Receiver::new(&[]).await;
    let plant = Plant::new("exit 0", "1s", "").await;
    let config = plant.dir.join("adf.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    let number = plant.world.issues[0];
    let sinks = receiver.sink(&plant.dir);
    let more = format!(
        "\n[notify.sinks.desk]\nkind = \"issue\"\nnumber = {number}\n\n[nightwatch]\nforge_away_after = \"2s\"\n"
    );
    std::fs::write(config, format!("{text}{sinks}{more}")).unwrap();
    let socket = plant.dir.join("manager");
    let heard = manager(&socket);
    let variables = [
        ("NOTIFY_SOCKET", socket.to_str().unwrap()),
        ("WATCHDOG_USEC", "400000"),
    ];
    let daemon = plant.run(&variables).await;
    plant.forge.push_fault(Fault::new("*", FaultKind::Garbage));

    let line = daemon.until_said("the forge could not be read for").await;
    assert!(line.contains("this machine reaches it"), "{line}");
    let told = receiver
        .until_told("forge: the forge could not be read")
        .await;
    assert_eq!(told["count"], 1, "{told}");
    let status = plant.adf(&["status"]).await;
    for words in ["alert forge:", "notify desk (issue): nothing to tell yet"] {
        assert!(status.out.contains(words), "{words}: {}", status.out);
    }
    let pulse = until("a status line", || {
        let heard = heard.lock().unwrap();
        heard
            .iter()
            .find(|text| text.contains("no forge for"))
            .cloned()
    })
    .await;
    assert!(pulse.contains("STATUS=0 open tasks"), "{pulse}");

    plant.forge.clear_faults();
    daemon.until_said("\"over\":true").await;
    until("the end of the alert", || {
        let reader = adf::store::open_read_only(&plant.dir.join("state")).unwrap();
        let alerts = reader.world().unwrap().alerts;
        alerts["forge"].cleared_at.map(drop)
    })
    .await;
    assert_eq!(receiver.count("forge: "), 1, "told once");
    assert!(plant.told(number).is_empty(), "{:?}", plant.told(number));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forge_that_is_away_at_the_start_is_waited_for_and_the_manager_told_to_wait_too() {
    let plant = Plant::new("exit 0", "1s", "").await;
    // An address without a file, as in containers.
    let name = format!("adf-away-{}", std::process::id());
    let address = SocketAddr::from_abstract_name(&name).unwrap();
    let socket = std::os::unix::net::UnixDatagram::bind_addr(&address).unwrap();
    socket.set_nonblocking(true).unwrap();
    let heard = kept(UnixDatagram::from_std(socket).unwrap());
    let told = |words: &'static str| {
        let heard = heard.clone();
        until(words, move || {
            let heard = heard.lock().unwrap();
            heard.iter().find(|text| text.contains(words)).cloned()
        })
    };
    plant.forge.push_fault(Fault::new("*", FaultKind::Drop));
    let place = format!("@{name}");
    let variables = [("NOTIFY_SOCKET", place.as_str())];
    let back = async {
        let text = told("EXTEND_TIMEOUT_USEC=").await;
        assert!(
            text.contains("STATUS=") && text.contains("trying again"),
            "{text}"
        );
        assert!(
            !heard
                .lock()
                .unwrap()
                .iter()
                .any(|text| text.contains("READY=1"))
        );
        plant.forge.clear_faults();
    };
    let (_daemon, ()) = tokio::join!(plant.run(&variables), back);
    told("READY=1").await;
}
