//! TCP from inside: only the ports that are named, in both directions.

use crate::support::{Room, succeed};
use adf::model::Ports;
use std::{collections::BTreeSet, net::TcpListener};

/// Lines of bash, which speaks TCP without a program.
fn connect(port: u16) -> String {
    format!("bash -c 'exec 3<>/dev/tcp/127.0.0.1/{port}'")
}

#[tokio::test]
async fn only_the_ports_that_are_named_can_be_connected_to() {
    let mut room = Room::new("");
    let (named, other) = (listener(), listener());
    let (n, o) = (port(&named), port(&other));
    let tries = [("named", connect(n)), ("other", connect(o))];
    assert_eq!(succeed(&mut room, &tries).await, BTreeSet::new());
    room.spec.walls.connect = vec![Ports::one(n)];
    let can = succeed(&mut room, &tries).await;
    assert_eq!(can, BTreeSet::from(["named".to_owned()]));
    room.spec.walls.connect = vec![Ports {
        first: 0,
        last: u16::MAX,
    }];
    assert_eq!(succeed(&mut room, &tries).await.len(), 2);
}

#[tokio::test]
async fn a_wide_range_of_ports_is_no_burden() {
    let mut room = Room::new("");
    let named = listener();
    let tries = [("named", connect(port(&named)))];
    room.spec.walls.connect = vec![Ports {
        first: 1024,
        last: u16::MAX,
    }];
    assert_eq!(succeed(&mut room, &tries).await.len(), 1);
}

#[tokio::test]
async fn only_the_ports_that_are_named_can_be_listened_on() {
    let mut room = Room::new("");
    let listen =
        "python3 -c 'import socket; s = socket.socket(); s.bind((\"127.0.0.1\", 0)); s.listen()'";
    let tries = [("listen", listen.to_owned())];
    assert_eq!(succeed(&mut room, &tries).await, BTreeSet::new());
    room.spec.walls.bind = vec![Ports::one(0)];
    // The interpreter may be installed where no agent reads.
    for path in ["/usr/bin/python3", "/bin/python3"] {
        if std::path::Path::new(path).exists() {
            assert_eq!(succeed(&mut room, &tries).await.len(), 1);
            return;
        }
    }
    eprintln!("skipped: there is no python3 of the system to listen with");
}

fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").unwrap()
}

fn port(listener: &TcpListener) -> u16 {
    listener.local_addr().unwrap().port()
}
