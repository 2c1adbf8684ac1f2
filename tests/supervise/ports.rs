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

/// A line of the system's python.
fn python(code: &str) -> Option<String> {
    crate::support::python().map(|python| format!("{python} -c '{code}'"))
}

#[tokio::test]
async fn no_way_around_the_rules_for_tcp_leads_to_a_port() {
    let mut room = Room::new("");
    let listener = listener();
    let port = port(&listener);
    let around = [
        // Speaks TCP on the wire, and is none to Landlock.
        (
            "multipath",
            format!("s = socket.socket(2, 1, 262); s.connect((\"127.0.0.1\", {port}))"),
        ),
        (
            "sctp",
            format!("s = socket.socket(2, 1, 132); s.connect((\"127.0.0.1\", {port}))"),
        ),
        // Connects without `connect`.
        (
            "fast open",
            format!("s = socket.socket(); s.sendto(b\"x\", 0x20000000, (\"127.0.0.1\", {port}))"),
        ),
        (
            "fast open by message",
            format!(
                "s = socket.socket(); s.sendmsg([b\"x\"], [], 0x20000000, (\"127.0.0.1\", {port}))"
            ),
        ),
        ("echo", "socket.socket(2, 2, 1)".to_owned()),
        ("packets", "socket.socket(17, 2)".to_owned()),
        ("the host of a machine", "socket.socket(40, 1)".to_owned()),
        ("ciphers of the kernel", "socket.socket(38, 5)".to_owned()),
        (
            "names",
            "socket.socket(2, 2, 17).sendto(b\"x\", (\"127.0.0.1\", 9)); socket.socketpair()"
                .to_owned(),
        ),
    ];
    let mut tries = Vec::new();
    for (name, code) in around {
        let Some(line) = python(&format!("import socket; {code}")) else {
            return;
        };
        tries.push((name, line));
    }
    let can = succeed(&mut room, &tries).await;
    assert_eq!(can, BTreeSet::from(["names".to_owned()]));
    listener.set_nonblocking(true).unwrap();
    assert!(listener.accept().is_err(), "somebody came");
}

#[tokio::test]
async fn only_the_ports_that_are_named_can_be_listened_on() {
    let mut room = Room::new("");
    let code = "import socket; s = socket.socket(); s.bind((\"127.0.0.1\", 0)); s.listen()";
    let Some(line) = python(code) else { return };
    let tries = [("listen", line)];
    assert_eq!(succeed(&mut room, &tries).await, BTreeSet::new());
    room.spec.walls.bind = vec![Ports::one(0)];
    assert_eq!(succeed(&mut room, &tries).await.len(), 1);
}

fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").unwrap()
}

fn port(listener: &TcpListener) -> u16 {
    listener.local_addr().unwrap().port()
}
