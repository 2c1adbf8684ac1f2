//! The view as bubblewrap makes it: no other than the factory's own.

use crate::support::{Room, adf, succeed};
use adf::{
    act::supervise::given,
    model::{Bubblewrap, Exit},
};
use std::{collections::BTreeSet, fs, net::TcpListener, path::PathBuf};

/// The bubblewrap of this machine; without one that is said, and nothing is tried.
#[expect(clippy::print_stderr, reason = "what is not tried is said")]
async fn bubblewrap() -> Option<PathBuf> {
    let given = given(adf()).await.unwrap();
    if given.bubblewrap.is_none() {
        let none = BTreeSet::new();
        let refusal = given.refusal(true, &none, Bubblewrap::Require).unwrap();
        assert!(refusal.contains("install bubblewrap"), "{refusal}");
        eprintln!("skipped: there is no bubblewrap that starts on this machine");
    }
    given.bubblewrap
}

#[tokio::test]
async fn a_run_in_a_bubble_has_the_same_walls() {
    let Some(bubblewrap) = bubblewrap().await else {
        return;
    };
    let mut room = Room::new("");
    let dir = room.path("outside");
    fs::create_dir(&dir).unwrap();
    fs::write(dir.join("file"), "kept").unwrap();
    fs::create_dir_all(room.spec.workspace.join(".git")).unwrap();
    fs::write(room.spec.workspace.join(".git/config"), "").unwrap();
    let walls = &mut room.spec.walls;
    walls.bubblewrap = Some(bubblewrap);
    walls.seal_git = true;
    walls.hide = vec!["/tmp".into(), "/run".into()];
    let outside = dir.display();
    let spec = room.spec.layout().spec();
    let tries = [
        (
            "work",
            "pwd && echo x > mine && mv mine $TMPDIR/ && git --version".to_owned(),
        ),
        ("use null", "echo x > /dev/null".to_owned()),
        ("speak to the factory", "adf --version".to_owned()),
        ("see outside", format!("test -e {outside}")),
        (
            "change a mode",
            format!("chmod 777 {outside}/file || chmod 777 /etc"),
        ),
        ("set git", "echo x > .git/config".to_owned()),
        ("read the spec", format!("cat {}", spec.display())),
        ("make names", "touch /tmp/x".to_owned()),
    ];
    let can = succeed(&mut room, &tries).await;
    let wanted = ["work", "use null", "speak to the factory"];
    assert_eq!(can, wanted.map(str::to_owned).into());
}

#[tokio::test]
async fn the_end_of_a_run_in_a_bubble_is_told_as_without() {
    let Some(bubblewrap) = bubblewrap().await else {
        return;
    };
    for (script, wanted) in [
        ("exit 7", Exit::Code(7)),
        ("kill -ABRT $$", Exit::Signal(6)),
    ] {
        let mut room = Room::new(script);
        room.spec.walls.bubblewrap = Some(bubblewrap.clone());
        let ended = room.run().await;
        assert_eq!(ended.exit, wanted, "{ended:?}");
        assert_eq!(ended.left, 0);
    }
}

#[tokio::test]
async fn a_bubble_can_do_without_a_network() {
    let Some(bubblewrap) = bubblewrap().await else {
        return;
    };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut room = Room::new("");
    room.spec.walls.bubblewrap = Some(bubblewrap);
    room.spec.walls.connect = vec!["1-65535".parse().unwrap()];
    let line = format!("bash -c 'exec 3<>/dev/tcp/127.0.0.1/{port}'");
    let tries = [("connect", line)];
    assert_eq!(succeed(&mut room, &tries).await.len(), 1);
    room.spec.walls.offline = true;
    assert_eq!(succeed(&mut room, &tries).await.len(), 0);
}
