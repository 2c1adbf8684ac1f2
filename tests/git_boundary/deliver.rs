//! From a bundle to the forge's branch.

use super::support::{BRANCH, BUNDLE_MAX, World, commit_all, run};
use adf::{
    act::{
        deliver::{DeliverError, Protected},
        git::GitErrorKind,
    },
    model::{RunId, Sha, TaskId, Work},
};
use std::{ffi::OsStr, fs, os::unix::ffi::OsStrExt, os::unix::fs::symlink};

#[tokio::test]
async fn work_is_taken_counted_and_pushed() {
    let world = World::new().await;
    let dir = world.workspace().await.dir;
    fs::write(dir.join("src/lib.rs"), "pub fn one() -> u32 { 1 }\n").unwrap();
    commit_all(&dir, "Fix it");
    fs::write(dir.join("src/more.rs"), "a\nb\n").unwrap();
    commit_all(&dir, "Say more");
    let head = Sha(run(&dir, &["rev-parse", "HEAD"]));
    let bundle = world.bundle(&dir);
    let work = world.take(&bundle).await.unwrap().unwrap();
    let expected = Work {
        base: world.base.clone(),
        head: head.clone(),
        commits: 2,
        paths: vec!["src/lib.rs".into(), "src/more.rs".into()],
        paths_total: 2,
        lines: (3, 1),
        uncommitted: false,
        protected: vec![],
    };
    assert_eq!(work, expected);
    // After a crash the same bundle gives the same.
    assert_eq!(world.take(&bundle).await.unwrap().unwrap(), expected);
    let taken = world.deliver.taken(&RunId::from("abc123-1")).await.unwrap();
    assert_eq!(taken.as_ref(), Some(&head));
    assert_eq!(
        fs::read_dir(world.path("deliver.git/incoming"))
            .unwrap()
            .count(),
        0
    );

    let look = world.deliver.remote_head(&world.remote, BRANCH).await;
    assert_eq!(look.unwrap(), None);
    let push = world.deliver.push(&world.remote, BRANCH, &head, None).await;
    push.unwrap();
    let look = world.deliver.remote_head(&world.remote, BRANCH).await;
    assert_eq!(look.unwrap(), Some(head.clone()));
    assert_eq!(run(&world.forge(), &["fsck"]), "");
    let stat = world.deliver.diffstat(&world.base, &head).await.unwrap();
    assert!(
        stat.contains("src/more.rs") && stat.contains("2 files changed"),
        "{stat}"
    );
}

#[tokio::test]
async fn no_bundle_no_commit_and_no_change_are_no_work() {
    let world = World::new().await;
    let dir = world.workspace().await.dir;
    let missing = world.path("no.bundle");
    assert_eq!(world.take(&missing).await.unwrap(), None);
    run(&dir, &["commit", "-q", "--allow-empty", "-m", "Nothing"]);
    let bundle = world.bundle(&dir);
    assert_eq!(world.take(&bundle).await.unwrap(), None);
}

#[tokio::test]
async fn a_snapshot_on_top_is_the_head_and_said() {
    let world = World::new().await;
    let dir = world.workspace().await.dir;
    fs::write(dir.join("a"), "a\n").unwrap();
    commit_all(&dir, "Mine");
    let mine = run(&dir, &["rev-parse", "HEAD"]);
    fs::write(dir.join("b"), "b\n").unwrap();
    run(&dir, &["add", "-A"]);
    let tree = run(&dir, &["write-tree"]);
    let snapshot = run(&dir, &["commit-tree", "-p", &mine, "-m", "Snapshot", &tree]);
    run(&dir, &["update-ref", "refs/adf/snapshot", &snapshot]);
    let to = world.path("run.bundle");
    let not = format!("^{}", world.base);
    let to_text = to.to_str().unwrap();
    let args = [
        "bundle",
        "create",
        "-q",
        to_text,
        "HEAD",
        "refs/adf/snapshot",
        &not,
    ];
    run(&dir, &args);
    let work = world.take(&to).await.unwrap().unwrap();
    assert_eq!(
        (work.head, work.uncommitted, work.commits),
        (Sha(snapshot), true, 2)
    );
}

#[tokio::test]
async fn a_push_goes_through_only_if_the_branch_holds_what_was_expected() {
    let world = World::new().await;
    let (dir, first) = world.taken("a.txt", "a\n").await;
    let (remote, deliver) = (&world.remote, &world.deliver);
    deliver
        .push(remote, BRANCH, &first.head, None)
        .await
        .unwrap();
    fs::write(dir.join("b.txt"), "b\n").unwrap();
    commit_all(&dir, "More");
    let second = world.take(&world.bundle(&dir)).await.unwrap().unwrap();
    for expect in [None, Some(&second.head), Some(&world.base)] {
        let error = deliver.push(remote, BRANCH, &second.head, expect).await;
        assert_eq!(
            error.unwrap_err().kind,
            GitErrorKind::StaleLease,
            "{expect:?}"
        );
    }
    let there = deliver.remote_head(remote, BRANCH).await.unwrap();
    assert_eq!(there.as_ref(), Some(&first.head));
    let push = deliver.push(remote, BRANCH, &second.head, Some(&first.head));
    push.await.unwrap();
}

#[tokio::test]
async fn a_person_s_commit_on_the_branch_is_never_overwritten() {
    let world = World::new().await;
    let (_, work) = world.taken("a.txt", "a\n").await;
    let theirs = world.person_pushes(BRANCH, "theirs.txt", "x\n");
    let push = world
        .deliver
        .push(&world.remote, BRANCH, &work.head, Some(&theirs));
    assert_eq!(push.await.unwrap_err().kind, GitErrorKind::NotFastForward);
    let there = world.deliver.remote_head(&world.remote, BRANCH).await;
    assert_eq!(there.unwrap(), Some(theirs));
}

#[tokio::test]
async fn rewritten_work_replaces_its_own_branch_and_the_old_commits_stay_here() {
    let world = World::new().await;
    let (dir, first) = world.taken("a.txt", "a\n").await;
    let (remote, deliver) = (&world.remote, &world.deliver);
    deliver
        .push(remote, BRANCH, &first.head, None)
        .await
        .unwrap();
    run(&dir, &["commit", "-q", "--amend", "-m", "Better words"]);
    let second = world.take(&world.bundle(&dir)).await.unwrap().unwrap();
    let push = deliver.push(remote, BRANCH, &second.head, Some(&first.head));
    push.await.unwrap();
    let kept = format!("refs/adf/replaced/{}", first.head);
    assert_eq!(run(deliver.dir(), &["rev-parse", &kept]), first.head.0);
}

#[tokio::test]
async fn only_branches_of_the_factory_are_pushed() {
    let world = World::new().await;
    let (_, work) = world.taken("a.txt", "a\n").await;
    for branch in [
        "main",
        "refs/heads/adf/x",
        "adf/../main",
        "adf/x:main",
        "-f",
        "adf/",
    ] {
        let push = world.deliver.push(&world.remote, branch, &work.head, None);
        let error = push.await.unwrap_err();
        assert!(
            error.to_string().contains("not a branch of the factory"),
            "{branch}"
        );
    }
}

#[tokio::test]
async fn kept_work_survives_and_can_be_found() {
    let world = World::new().await;
    let (_, work) = world.taken("a.txt", "a\n").await;
    let task = TaskId::from("abc123");
    assert_eq!(world.deliver.kept(&task).await.unwrap(), None);
    world.deliver.keep(&task, &work.head).await.unwrap();
    world.deliver.ensure().await.unwrap();
    assert_eq!(world.deliver.kept(&task).await.unwrap(), Some(work.head));
    let never = Sha("2".repeat(40));
    assert!(world.deliver.keep(&task, &never).await.is_err());
}

#[tokio::test]
async fn protected_paths_are_found_whatever_they_are_called() {
    let world = World::new().await;
    let dir = world.workspace().await.dir;
    let write = |name: &OsStr| {
        let path = dir.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "x\n").unwrap();
    };
    for name in [
        ".gitea/workflows/a\nb.yml",
        ".github/workflows/tëst.yml",
        ".forgejo/workflows/deep/er/x",
        "deploy/run.sh",
        "Makefile",
        "deployed.txt",
        ".gitea/other.md",
    ] {
        write(OsStr::new(name));
    }
    write(OsStr::from_bytes(b".gitea/workflows/\xff.yml"));
    commit_all(&dir, "Everything");
    let protected = Protected::new(
        &["deploy/".into(), "Makefile".into()],
        &[],
        adf::redact::Redactor::new(&[]),
    );
    let bundle = world.bundle(&dir);
    let run = RunId::from("abc123-1");
    let take = world
        .deliver
        .take(&bundle, &run, &world.base, BUNDLE_MAX, &protected);
    let work = take.await.unwrap().unwrap();
    assert_eq!(
        work.protected,
        [
            ".forgejo/workflows/deep/er/x",
            "\".gitea/workflows/a\\nb.yml\"",
            "\".gitea/workflows/\\xff.yml\"",
            ".github/workflows/tëst.yml",
            "Makefile",
            "deploy/run.sh",
        ]
    );
    assert_eq!(work.paths_total, 8);
}

#[tokio::test]
async fn moving_a_file_in_or_out_of_a_protected_folder_is_seen() {
    let world = World::new().await;
    let text = "on: push\n".repeat(20);
    world.person_pushes("main", ".gitea/workflows/ci.yml", &text);
    world.person_pushes("main", "plain.yml", &format!("{text}x\n"));
    let mut world = world;
    world.base = world.mirror.base("main").await.unwrap();
    let dir = world.workspace().await.dir;
    run(&dir, &["mv", ".gitea/workflows/ci.yml", "ci.yml"]);
    fs::create_dir_all(dir.join(".github/workflows")).unwrap();
    run(&dir, &["mv", "plain.yml", ".github/workflows/in.yml"]);
    commit_all(&dir, "Move");
    let work = world.take(&world.bundle(&dir)).await.unwrap().unwrap();
    let expected = [".gitea/workflows/ci.yml", ".github/workflows/in.yml"];
    assert_eq!(work.protected, expected);
}

#[tokio::test]
async fn links_and_submodules_in_place_of_protected_folders_are_seen() {
    let world = World::new().await;
    let dir = world.workspace().await.dir;
    fs::create_dir(dir.join("elsewhere")).unwrap();
    fs::write(dir.join("elsewhere/x"), "x").unwrap();
    symlink("elsewhere", dir.join(".gitea")).unwrap();
    run(&dir, &["add", "-A"]);
    let link = format!("160000,{},vendor/lib", world.base);
    run(&dir, &["update-index", "--add", "--cacheinfo", &link]);
    let link = format!("160000,{},.github", world.base);
    run(&dir, &["update-index", "--add", "--cacheinfo", &link]);
    run(&dir, &["commit", "-q", "-m", "Links"]);
    let work = world.take(&world.bundle(&dir)).await.unwrap().unwrap();
    assert_eq!(work.protected, [".gitea", ".github", "vendor/lib"]);
}

#[tokio::test]
async fn a_merge_that_brings_in_a_workflow_of_another_branch_is_seen() {
    let world = World::new().await;
    world.person_pushes("side", ".gitea/workflows/x.yml", "on: push\n");
    world.mirror.fetch().await.unwrap();
    let dir = world.workspace().await.dir;
    let side = run(
        world.mirror.dir(),
        &["rev-parse", "refs/remotes/forge/side"],
    );
    fs::write(dir.join("a"), "a\n").unwrap();
    commit_all(&dir, "Mine");
    run(&dir, &["merge", "-q", "--no-edit", &side]);
    let work = world.take(&world.bundle(&dir)).await.unwrap().unwrap();
    assert_eq!(work.protected, [".gitea/workflows/x.yml"]);
}

#[tokio::test]
async fn paths_are_capped_by_name_and_all_counted() {
    let world = World::new().await;
    let dir = world.workspace().await.dir;
    for i in 0..Work::PATHS_MAX + 10 {
        fs::write(dir.join(format!("f{i:03}")), "x\n").unwrap();
    }
    fs::create_dir_all(dir.join("z/.github/workflows")).unwrap();
    commit_all(&dir, "Many");
    let work = world.take(&world.bundle(&dir)).await.unwrap().unwrap();
    assert_eq!(work.paths.len(), Work::PATHS_MAX);
    assert_eq!(work.paths_total, 60);
    assert_eq!(work.lines, (60, 0));
}

#[tokio::test]
async fn a_base_that_only_the_mirror_holds_is_found_and_any_other_is_not() {
    let world = World::new().await;
    let old = world.person_pushes("gone", "x", "x\n");
    world.mirror.fetch().await.unwrap();
    run(&world.forge(), &["branch", "-q", "-D", "gone"]);
    world.mirror.fetch().await.unwrap();
    let dir = world.workspace().await.dir;
    run(&dir, &["reset", "-q", "--hard", old.as_str()]);
    fs::write(dir.join("y"), "y\n").unwrap();
    commit_all(&dir, "On it");
    let bundle = world.bundle(&dir);
    let run_id = RunId::from("abc123-1");
    let protected = Protected::default();
    let deliver = &world.deliver;
    let take = deliver.take(&bundle, &run_id, &old, BUNDLE_MAX, &protected);
    assert_eq!(take.await.unwrap().unwrap().commits, 1);
    let unknown = Sha("3".repeat(40));
    let take = deliver.take(&bundle, &run_id, &unknown, BUNDLE_MAX, &protected);
    assert!(matches!(take.await, Err(DeliverError::NoBase(_))));
}
