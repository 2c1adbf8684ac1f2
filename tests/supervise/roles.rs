//! A role's walls: what it edits, and what it starts.

use crate::support::{Room, succeed};
use std::{collections::BTreeSet, fs, os::unix::fs::symlink, path::PathBuf};

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[tokio::test]
async fn a_role_writes_its_paths_and_reads_the_rest() {
    let mut room = Room::new("");
    let work = room.spec.workspace.clone();
    fs::create_dir_all(work.join("src")).unwrap();
    fs::write(work.join("src/a.rs"), "code").unwrap();
    fs::write(work.join("README.md"), "text").unwrap();
    room.spec.walls.within = Some(vec!["docs/deep/".into(), "README.md".into()]);
    let tries = [
        ("read", "cat src/a.rs"),
        ("write a named file", "echo x >> README.md"),
        (
            "write a named folder",
            "echo x > docs/deep/new && rm docs/deep/new",
        ),
        ("write code", "echo x > src/a.rs"),
        ("make beside", "echo x > new"),
        ("make in a parent", "echo x > docs/new"),
        ("remove", "rm src/a.rs"),
        ("change a mode", "chmod 777 src/a.rs"),
        ("move a folder", "mv src docs/deep/src"),
    ];
    let tries = tries.map(|(name, line)| (name, line.to_owned()));
    let can = succeed(&mut room, &tries).await;
    let wanted = ["read", "write a named file", "write a named folder"];
    assert_eq!(can, set(&wanted));
    assert_eq!(fs::read_to_string(work.join("src/a.rs")).unwrap(), "code");
    assert!(!work.join("new").exists());
}

#[tokio::test]
async fn a_link_in_the_repository_widens_no_role() {
    let mut room = Room::new("");
    let outside = room.path("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("file"), "kept").unwrap();
    symlink(&outside, room.spec.workspace.join("docs")).unwrap();
    room.spec.walls.within = Some(vec!["docs/".into(), "docs/file".into()]);
    let tries = [
        ("write", "echo x > docs/file"),
        ("make", "echo x > docs/new"),
        ("read", "cat docs/file"),
    ];
    let tries = tries.map(|(name, line)| (name, line.to_owned()));
    assert_eq!(succeed(&mut room, &tries).await, set(&[]));
    assert_eq!(fs::read_to_string(outside.join("file")).unwrap(), "kept");
}

#[tokio::test]
async fn who_runs_nothing_starts_its_own_program_and_no_other() {
    let mut room = Room::new("");
    let tries = [
        ("start a tool", "/bin/ls".to_owned()),
        ("start git", "git --version".to_owned()),
        (
            "start what it wrote",
            "echo '#!/bin/sh' > mine; chmod 755 mine".to_owned(),
        ),
        (
            "start a script of its own",
            "test -x mine && ./mine".to_owned(),
        ),
        ("speak to the factory", "adf --version".to_owned()),
    ];
    // Without this wall all of it works, so what fails below fails by the wall.
    let all: Vec<&str> = tries.iter().map(|(name, _)| *name).collect();
    assert_eq!(succeed(&mut room, &tries).await, set(&all));
    room.spec.walls.execute = Some(vec![PathBuf::from("/bin/sh")]);
    let can = succeed(&mut room, &tries).await;
    assert_eq!(can, set(&["speak to the factory"]));
}
