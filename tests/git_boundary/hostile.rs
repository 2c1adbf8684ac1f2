//! Agents that attack the factory through what they hand over.

use super::support::{BRANCH, BUNDLE_MAX, World, bundle_of_tree, commit_all, run, try_run};
use adf::{
    act::deliver::{DeliverError, Protected},
    model::{RunId, TaskId},
};
use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
};

/// Sets every trap known in a clone; each writes `marker` when it runs.
fn set_traps(dir: &Path, marker: &Path) {
    let trap = dir.join(".git/trap");
    let text = format!("#!/bin/sh\necho \"$0 $*\" >> '{}'\n", marker.display());
    fs::write(&trap, &text).unwrap();
    fs::set_permissions(&trap, fs::Permissions::from_mode(0o755)).unwrap();
    let command = trap.to_str().unwrap();
    for key in [
        "core.fsmonitor",
        "core.pager",
        "core.editor",
        "core.sshCommand",
        "core.gitProxy",
        "core.askPass",
        "core.alternateRefsCommand",
        "diff.external",
        "diff.x.textconv",
        "diff.x.command",
        "filter.x.clean",
        "filter.x.smudge",
        "filter.x.process",
        "gpg.program",
        "credential.helper",
        "uploadpack.packObjectsHook",
        "remote.origin.uploadpack",
        "remote.origin.vcs",
        "interactive.diffFilter",
        "merge.x.driver",
    ] {
        run(dir, &["config", key, command]);
    }
    fs::create_dir_all(dir.join(".git/hooks")).unwrap();
    for hook in [
        "post-checkout",
        "pre-push",
        "reference-transaction",
        "post-index-change",
    ] {
        fs::copy(&trap, dir.join(".git/hooks").join(hook)).unwrap();
    }
    let attributes = "* filter=x diff=x merge=x\n";
    fs::write(dir.join(".git/info-attributes"), attributes).unwrap();
    fs::write(dir.join(".gitattributes"), attributes).unwrap();
}

#[tokio::test]
async fn nothing_the_factory_does_runs_what_an_agent_planted() {
    let world = World::new().await;
    let dir = world.workspace().await.dir;
    let marker = world.path("marker");
    fs::write(dir.join(".gitattributes"), "* filter=x diff=x merge=x\n").unwrap();
    fs::write(dir.join("a.txt"), "a\n").unwrap();
    commit_all(&dir, "Work");
    let bundle = world.bundle(&dir);
    set_traps(&dir, &marker);
    // The traps work: the agent's own git falls into them.
    try_run(&dir, &["status"]);
    assert!(marker.exists());
    fs::remove_file(&marker).unwrap();

    let work = world.take(&bundle).await.unwrap().unwrap();
    let (deliver, task) = (&world.deliver, TaskId::from("abc123"));
    deliver.keep(&task, &work.head).await.unwrap();
    deliver.diffstat(&world.base, &work.head).await.unwrap();
    deliver
        .push(&world.remote, BRANCH, &work.head, None)
        .await
        .unwrap();
    world.mirror.fetch().await.unwrap();
    let mut spec = world.spec();
    spec.lease = 2;
    assert!(world.workspaces.ensure(&spec).await.unwrap().kept);
    spec.task = TaskId::from("def456");
    spec.start = Some(work.head.clone());
    let other = world.workspaces.ensure(&spec).await.unwrap();
    assert!(!other.kept && other.dir.join("a.txt").is_file());
    // A repository elsewhere, named by a file and by `commondir`.
    fs::write(
        dir.join(".git/commondir"),
        world.path("seed/.git").to_str().unwrap(),
    )
    .unwrap();
    spec.task = task.clone();
    spec.start = None;
    assert!(world.workspaces.ensure(&spec).await.unwrap().kept);
    fs::rename(dir.join(".git"), world.path("evil.git")).unwrap();
    let link = format!("gitdir: {}\n", world.path("evil.git").display());
    fs::write(dir.join(".git"), link).unwrap();
    assert!(!world.workspaces.ensure(&spec).await.unwrap().kept);
    assert!(world.workspaces.remove(&task).await.unwrap());
    let said = fs::read_to_string(&marker).unwrap_or_default();
    assert_eq!(said, "", "something planted was run");
}

#[tokio::test]
async fn trees_that_would_write_into_a_git_directory_or_upwards_are_refused() {
    let world = World::new().await;
    let dir = world.workspace().await.dir;
    let blob = run(&dir, &["rev-parse", "HEAD:README.md"]);
    let tree = run(&dir, &["rev-parse", "HEAD:src"]);
    for (name, mode, id) in [
        (".git", "40000", &tree),
        (".GIT", "40000", &tree),
        ("git~1", "40000", &tree),
        ("..", "40000", &tree),
        (".", "40000", &tree),
        ("a/b", "100644", &blob),
        (".gitmodules", "120000", &blob),
    ] {
        let bundle = bundle_of_tree(&world, &dir, &[(mode, name, id)]);
        let error = world.take(&bundle).await.unwrap_err();
        let refused = matches!(error, DeliverError::Objects(_));
        assert!(refused, "{name}: {error}");
    }
    let twice = [("100644", "a", blob.as_str()), ("100644", "a", &blob)];
    let bundle = bundle_of_tree(&world, &dir, &twice);
    assert!(world.take(&bundle).await.is_err());
    let nothing = fs::read_dir(world.path("deliver.git/objects/pack"));
    assert_eq!(nothing.map_or(0, Iterator::count), 0);
    assert_eq!(
        fs::read_dir(world.path("deliver.git/incoming"))
            .unwrap()
            .count(),
        0
    );
}

#[tokio::test]
async fn a_submodule_that_hides_an_option_in_its_url_is_refused() {
    let world = World::new().await;
    let dir = world.workspace().await.dir;
    let modules = "[submodule \"x\"]\n\tpath = x\n\turl = --upload-pack=evil\n";
    fs::write(dir.join(".gitmodules"), modules).unwrap();
    commit_all(&dir, "Module");
    let error = world.take(&world.bundle(&dir)).await.unwrap_err();
    assert!(matches!(error, DeliverError::Objects(_)), "{error}");
}

#[tokio::test]
async fn garbage_cut_and_empty_files_are_refused_and_leave_nothing() {
    let world = World::new().await;
    let dir = world.workspace().await.dir;
    fs::write(dir.join("a.txt"), "some text\n".repeat(1_000)).unwrap();
    commit_all(&dir, "Work");
    let good = fs::read(world.bundle(&dir)).unwrap();
    let header = good.windows(6).position(|w| w == b"\n\nPACK").unwrap() + 2;
    let mut flipped = good.clone();
    let middle = header + (good.len() - header) / 2;
    flipped[middle] ^= 0xff;
    let cases: [(&str, &[u8]); 7] = [
        ("empty", b""),
        ("garbage", &[0xa5; 4_096]),
        ("header only", &good[..header]),
        ("cut in the header", &good[..header / 2]),
        ("cut in the pack", &good[..good.len() - 30]),
        ("flipped", &flipped),
        ("bare pack", &good[header..]),
    ];
    for (name, bytes) in cases {
        let path = world.path("bad.bundle");
        fs::write(&path, bytes).unwrap();
        let error = world.take(&path).await.unwrap_err();
        let refused = matches!(error, DeliverError::Bundle(_) | DeliverError::Objects(_));
        assert!(refused, "{name}: {error}");
    }
    let refs = run(world.deliver.dir(), &["for-each-ref"]);
    assert_eq!(refs, "");
    assert_eq!(
        fs::read_dir(world.path("deliver.git/incoming"))
            .unwrap()
            .count(),
        0
    );
    let path = world.path("good.bundle");
    fs::write(&path, &good).unwrap();
    assert!(world.take(&path).await.unwrap().is_some());
}

#[tokio::test]
async fn a_bundle_over_the_limit_is_refused_before_it_is_read() {
    let world = World::new().await;
    let path = world.path("big.bundle");
    let file = fs::File::create(&path).unwrap();
    file.set_len(BUNDLE_MAX + 1).unwrap();
    let error = world.take(&path).await.unwrap_err();
    assert!(matches!(
        error,
        DeliverError::TooLarge {
            max: BUNDLE_MAX,
            ..
        }
    ));
}

#[tokio::test]
async fn links_pipes_and_directories_in_place_of_a_bundle_are_refused() {
    let world = World::new().await;
    let dir = world.workspace().await.dir;
    fs::write(dir.join("a"), "a\n").unwrap();
    commit_all(&dir, "Work");
    let real = world.bundle(&dir);
    let link = world.path("link.bundle");
    symlink(&real, &link).unwrap();
    let pipe = world.path("pipe.bundle");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    for path in [&link, &pipe, &world.path("seed")] {
        let error = world.take(path).await.unwrap_err();
        assert!(matches!(error, DeliverError::Bundle(_)), "{error}");
    }
}

#[tokio::test]
async fn work_that_builds_on_what_is_not_here_is_refused() {
    let world = World::new().await;
    let dir = world.workspace().await.dir;
    fs::write(dir.join("a"), "a\n").unwrap();
    commit_all(&dir, "Held back");
    fs::write(dir.join("b"), "b\n").unwrap();
    commit_all(&dir, "Handed over");
    let to = world.path("thin.bundle");
    let to_text = to.to_str().unwrap();
    run(&dir, &["bundle", "create", "-q", to_text, "HEAD~1..HEAD"]);
    let error = world.take(&to).await.unwrap_err();
    assert!(error.to_string().contains("which is not here"), "{error}");
    // The same with the admission taken out of the header.
    let bytes = fs::read(&to).unwrap();
    let start = bytes.iter().position(|b| *b == b'-').unwrap();
    let end = start + bytes[start..].iter().position(|b| *b == b'\n').unwrap() + 1;
    fs::write(&to, [&bytes[..start], &bytes[end..]].concat()).unwrap();
    let error = world.take(&to).await.unwrap_err();
    assert!(matches!(error, DeliverError::Objects(_)), "{error}");
}

#[tokio::test]
async fn work_that_does_not_stand_on_its_base_is_refused() {
    let world = World::new().await;
    let dir = world.workspace().await.dir;
    run(&dir, &["checkout", "-q", "--orphan", "other"]);
    commit_all(&dir, "Another history");
    let to = world.path("orphan.bundle");
    run(
        &dir,
        &["bundle", "create", "-q", to.to_str().unwrap(), "HEAD"],
    );
    let error = world.take(&to).await.unwrap_err();
    assert!(matches!(error, DeliverError::NotOnBase { .. }), "{error}");
}

#[tokio::test]
async fn a_head_that_is_no_commit_is_refused() {
    let world = World::new().await;
    let dir = world.workspace().await.dir;
    fs::write(dir.join("a"), "a\n").unwrap();
    commit_all(&dir, "Work");
    run(&dir, &["tag", "-a", "-m", "t", "tagged"]);
    let to = world.path("tag.bundle");
    let not = format!("^{}", world.base);
    run(
        &dir,
        &[
            "bundle",
            "create",
            "-q",
            to.to_str().unwrap(),
            "tagged",
            &not,
        ],
    );
    let error = world.take(&to).await.unwrap_err();
    assert!(error.to_string().contains("not a commit"), "{error}");
}

#[tokio::test]
async fn names_that_are_no_plain_names_reach_no_ref() {
    let world = World::new().await;
    let bundle = world.path("any.bundle");
    let protected = Protected::default();
    for name in ["", "..", "a/b", "a b", "x.lock", "--help"] {
        let run = RunId::from(name);
        let take = world
            .deliver
            .take(&bundle, &run, &world.base, BUNDLE_MAX, &protected);
        let result = take.await;
        // A missing bundle would be `Ok(None)`: the name is judged first.
        let refused = matches!(result, Err(DeliverError::Name(_)));
        assert!(refused, "{name}");
    }
}
