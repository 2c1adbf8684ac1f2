//! The mirror and the workspaces that borrow from it.

use super::support::{BRANCH, World, commit_all, run, try_run};
use adf::{
    act::{
        git::GitErrorKind,
        workspace::{WorkspaceError, blockers},
    },
    model::{Sha, TaskId},
};
use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
};

#[tokio::test]
async fn the_base_is_what_the_forge_says_now() {
    let world = World::new().await;
    let moved = world.person_pushes("main", "new.txt", "x\n");
    assert_eq!(world.mirror.base("main").await.unwrap(), moved);
    assert!(world.mirror.has(&moved).await.unwrap());
    let error = world.mirror.base("no-such").await.unwrap_err();
    assert_eq!(error.kind, GitErrorKind::NotFound);
}

#[tokio::test]
async fn a_branch_that_is_gone_on_the_forge_is_gone_in_the_mirror_and_its_commits_stay() {
    let world = World::new().await;
    let side = world.person_pushes("feature/x", "x.txt", "x\n");
    world.mirror.fetch().await.unwrap();
    run(&world.forge(), &["branch", "-q", "-D", "feature/x"]);
    // A name that needs the old one's place.
    run(&world.forge(), &["branch", "feature", side.as_str()]);
    world.mirror.fetch().await.unwrap();
    let refs = run(world.mirror.dir(), &["for-each-ref", "--format=%(refname)"]);
    assert_eq!(refs, "refs/remotes/forge/feature\nrefs/remotes/forge/main");
    assert!(world.mirror.has(&side).await.unwrap());
}

#[tokio::test]
async fn nobody_can_push_into_the_mirror() {
    let world = World::new().await;
    let mirror = world.mirror.dir().to_str().unwrap().to_owned();
    let out = try_run(
        &world.path("seed"),
        &["push", "-q", &mirror, "HEAD:refs/heads/x"],
    );
    assert!(!out.status.success());
}

#[tokio::test]
async fn a_workspace_stands_on_its_branch_and_knows_no_remote() {
    let world = World::new().await;
    let workspace = world.workspace().await;
    assert!(!workspace.kept);
    assert_eq!(workspace.base, world.base);
    let dir = &workspace.dir;
    assert_eq!(run(dir, &["branch", "--show-current"]), BRANCH);
    assert_eq!(run(dir, &["rev-parse", "HEAD"]), world.base.0);
    assert_eq!(run(dir, &["rev-parse", "origin/main"]), world.base.0);
    assert_eq!(run(dir, &["status", "--porcelain"]), "");
    assert_eq!(run(dir, &["remote"]), "");
    assert_eq!(run(dir, &["config", "user.name"]), "developer (adf)");
    assert!(fs::read_dir(dir.join(".git/hooks")).is_err());
    assert!(dir.join("src/lib.rs").is_file());
    let work = dir.parent().unwrap();
    let mut names: Vec<_> = fs::read_dir(work)
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["abc123", "abc123.json"]);
    let mode = fs::metadata(work).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    let objects = fs::read_to_string(dir.join(".git/objects/info/alternates")).unwrap();
    let reads = world.workspaces.reads();
    assert_eq!(reads, [std::path::PathBuf::from(objects.trim())]);
}

#[tokio::test]
async fn a_second_attempt_goes_on_where_the_first_stopped() {
    let world = World::new().await;
    let dir = world.workspace().await.dir;
    fs::write(dir.join("half.txt"), "half done").unwrap();
    world.person_pushes("main", "later.txt", "x\n");
    let mut spec = world.spec();
    spec.lease = 2;
    spec.base = world.mirror.base("main").await.unwrap();
    let again = world.workspaces.ensure(&spec).await.unwrap();
    assert!(again.kept);
    assert_eq!(
        again.base, world.base,
        "the work is counted from its first base"
    );
    assert!(dir.join("half.txt").is_file());
    let manifest = world.workspaces.manifest(&spec.task).unwrap().unwrap();
    assert_eq!(manifest.lease, 2);
    let late = world.workspaces.ensure(&world.spec()).await;
    assert!(matches!(
        late,
        Err(WorkspaceError::Lease { held: 2, given: 1 })
    ));
}

#[tokio::test]
async fn a_workspace_that_was_lost_starts_from_the_pushed_head() {
    let world = World::new().await;
    let pushed = world.person_pushes(BRANCH, "done.txt", "x\n");
    world.mirror.fetch().await.unwrap();
    let mut spec = world.spec();
    spec.start = Some(pushed.clone());
    let dir = world.workspaces.ensure(&spec).await.unwrap().dir;
    assert_eq!(run(&dir, &["rev-parse", "HEAD"]), pushed.0);
    assert_eq!(run(&dir, &["rev-parse", "origin/main"]), world.base.0);
}

#[tokio::test]
async fn a_workspace_that_was_lost_starts_from_work_that_was_never_pushed() {
    let world = World::new().await;
    let (_, work) = world.taken("done.txt", "x\n").await;
    let task = TaskId::from("abc123");
    world.deliver.keep(&task, &work.head).await.unwrap();
    assert!(world.workspaces.remove(&task).await.unwrap());
    let mut spec = world.spec();
    spec.start = world.deliver.kept(&task).await.unwrap();
    let dir = world.workspaces.ensure(&spec).await.unwrap().dir;
    assert_eq!(run(&dir, &["rev-parse", "HEAD"]), work.head.0);
    assert!(dir.join("done.txt").is_file());
}

#[tokio::test]
async fn a_start_that_is_nowhere_makes_no_workspace() {
    let world = World::new().await;
    let mut spec = world.spec();
    spec.start = Some(Sha("1".repeat(40)));
    let error = world.workspaces.ensure(&spec).await.unwrap_err();
    assert!(matches!(error, WorkspaceError::NoStart(_)), "{error}");
    assert_eq!(fs::read_dir(world.path("work")).unwrap().count(), 0);
}

#[tokio::test]
async fn a_creation_cut_short_is_made_again_and_its_remains_are_swept() {
    let world = World::new().await;
    let dir = world.workspace().await.dir;
    // As after a crash between the manifest and the name.
    fs::rename(&dir, dir.with_file_name(".new-abc123-x")).unwrap();
    assert_eq!(world.workspaces.sweep().await.unwrap(), 1);
    let again = world.workspace().await;
    assert!(!again.kept && again.dir.join("README.md").is_file());
}

#[tokio::test]
async fn a_workspace_whose_repository_the_agent_destroyed_is_made_again() {
    let world = World::new().await;
    let dir = world.workspace().await.dir;
    fs::remove_dir_all(dir.join(".git")).unwrap();
    fs::write(dir.join(".git"), "gitdir: /etc\n").unwrap();
    let again = world.workspace().await;
    assert!(!again.kept);
    assert_eq!(run(&dir, &["rev-parse", "HEAD"]), world.base.0);
}

#[tokio::test]
async fn what_nobody_wrote_down_is_not_removed() {
    let world = World::new().await;
    let stranger = world.path("work/abc123");
    fs::create_dir_all(&stranger).unwrap();
    fs::write(stranger.join("mine"), "").unwrap();
    let task = TaskId::from("abc123");
    for result in [
        world.workspaces.remove(&task).await.map(drop),
        world.workspaces.ensure(&world.spec()).await.map(drop),
    ] {
        assert!(matches!(result, Err(WorkspaceError::Foreign(_))));
    }
    assert!(stranger.join("mine").is_file());
    for name in ["../forge.git", "", ".", "a/b", "A"] {
        let result = world.workspaces.remove(&TaskId::from(name)).await;
        assert!(matches!(result, Err(WorkspaceError::Name(_))), "{name}");
    }
}

#[tokio::test]
async fn removal_gets_rid_of_links_odd_rights_and_great_depth_and_touches_nothing_else() {
    let world = World::new().await;
    let dir = world.workspace().await.dir;
    let outside = world.path("precious");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("file"), "keep").unwrap();
    symlink(&outside, dir.join("link")).unwrap();
    symlink("/no/such", dir.join("dangling")).unwrap();
    fs::hard_link(outside.join("file"), dir.join("hard")).unwrap();
    fs::create_dir_all(dir.join("locked/in")).unwrap();
    fs::write(dir.join("locked/in/x"), "").unwrap();
    fs::set_permissions(dir.join("locked/in"), fs::Permissions::from_mode(0o000)).unwrap();
    fs::set_permissions(dir.join("locked"), fs::Permissions::from_mode(0o500)).unwrap();
    // Deeper than a path may be long and a process may hold handles: built from
    // the inside, each directory around the one before.
    let (deep, around) = (dir.join("deep"), dir.join("around"));
    fs::create_dir(&deep).unwrap();
    for _ in 0..3_000 {
        fs::create_dir(&around).unwrap();
        fs::rename(&deep, around.join("d")).unwrap();
        fs::rename(&around, &deep).unwrap();
    }
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o500)).unwrap();

    let task = TaskId::from("abc123");
    assert!(world.workspaces.remove(&task).await.unwrap());
    assert_eq!(fs::read_dir(world.path("work")).unwrap().count(), 0);
    assert_eq!(fs::read_to_string(outside.join("file")).unwrap(), "keep");
    let mode = fs::metadata(&outside).unwrap().permissions().mode();
    assert_ne!(
        mode & 0o777,
        0o700,
        "rights of a link's target are left alone"
    );
    assert!(!world.workspaces.remove(&task).await.unwrap());
}

#[tokio::test]
async fn a_link_in_place_of_a_workspace_is_removed_and_not_followed() {
    let world = World::new().await;
    let dir = world.workspace().await.dir;
    fs::remove_dir_all(&dir).unwrap();
    symlink(world.path("seed"), &dir).unwrap();
    let again = world.workspace().await;
    assert!(!again.kept);
    assert!(dir.symlink_metadata().unwrap().is_dir());
    assert!(world.path("seed/README.md").is_file());
}

#[tokio::test]
async fn lfs_and_submodules_are_named_as_blockers_and_plain_repositories_have_none() {
    let world = World::new().await;
    let none = blockers(&world.git, &world.mirror, &world.base).await;
    assert_eq!(none.unwrap(), Vec::<String>::new());
    let comment = "# *.bin filter=lfs\n*.txt text\n";
    world.person_pushes("main", ".gitattributes", comment);
    let base = world.mirror.base("main").await.unwrap();
    let none = blockers(&world.git, &world.mirror, &base).await.unwrap();
    assert_eq!(none, Vec::<String>::new());

    let lfs = "*.bin filter=lfs diff=lfs -text\n";
    world.person_pushes("main", "assets/.gitattributes", lfs);
    let modules = "[submodule \"lib\"]\n\tpath = vendor/lib\n\turl = ../lib\n";
    world.person_pushes("main", ".gitmodules", modules);
    let base = world.mirror.base("main").await.unwrap();
    let found = blockers(&world.git, &world.mirror, &base).await.unwrap();
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].contains("assets/.gitattributes"), "{found:?}");
    assert!(found[1].contains("vendor/lib"), "{found:?}");
}

#[tokio::test]
async fn agents_of_two_tasks_share_nothing_but_the_mirror() {
    let world = World::new().await;
    let one = world.workspace().await.dir;
    let mut spec = world.spec();
    spec.task = TaskId::from("def456");
    let two = world.workspaces.ensure(&spec).await.unwrap().dir;
    fs::write(one.join("x"), "x").unwrap();
    commit_all(&one, "One");
    run(&one, &["config", "core.fsmonitor", "evil"]);
    run(&one, &["gc", "-q", "--prune=now"]);
    assert_eq!(run(&two, &["rev-parse", "HEAD"]), world.base.0);
    assert!(
        !try_run(&two, &["config", "core.fsmonitor"])
            .status
            .success()
    );
    assert_eq!(run(&two, &["fsck"]), "");
}

#[tokio::test]
async fn locks_that_a_killed_attempt_left_do_not_stop_the_next_one() {
    let world = World::new().await;
    let dir = world.workspace().await.dir;
    let locks = ["index.lock", "HEAD.lock", "refs/heads/adf.lock"];
    for lock in locks {
        fs::write(dir.join(".git").join(lock), "").unwrap();
    }
    fs::write(dir.join("half.lock"), "the agent's own").unwrap();
    let again = world.workspace().await;
    assert!(again.kept && dir.join("half.lock").exists());
    commit_all(&dir, "Goes on");
}
