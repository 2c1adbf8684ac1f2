//! What is taken from an agent's clone, and what its `.git` can do about it.

use crate::support::{BOUND, Room, adf, bounded};
use adf::{
    act::supervise::harvest::{Harvest, HarvestAsk, REF, harvest},
    model::{AgentName, Sha},
};
use std::{fs, path::Path, process::Command};

fn git(dir: &Path, arguments: &[&str]) -> String {
    let done = Command::new("git")
        .args([
            "-c",
            "user.name=t",
            "-c",
            "user.email=t@t",
            "-c",
            "init.defaultBranch=main",
        ])
        .args(arguments)
        .current_dir(dir)
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "git {arguments:?}: {error}");
    String::from_utf8_lossy(&done.stdout).trim().to_owned()
}

/// A room whose workspace is a clone with one commit; and that commit.
fn clone() -> (Room, Sha) {
    let room = Room::new("");
    let work = &room.spec.workspace;
    git(work, &["init", "-q"]);
    fs::write(work.join("a"), "1\n").unwrap();
    fs::write(work.join(".gitignore"), "target\n").unwrap();
    git(work, &["add", "-A"]);
    git(work, &["commit", "-qm", "base"]);
    let base = Sha(git(work, &["rev-parse", "HEAD"]));
    (room, base)
}

async fn take(room: &Room, base: &Sha) -> Harvest {
    let ask = HarvestAsk {
        base,
        agent: &AgentName::from("developer"),
        bundle_bytes: 4 << 20,
        time: BOUND,
    };
    let to = room.path("work.bundle");
    bounded("the harvest", harvest(adf(), &room.spec, &ask, &to))
        .await
        .unwrap()
}

#[tokio::test]
async fn commits_and_uncommitted_work_come_over_and_the_agents_index_stays() {
    let (room, base) = clone();
    let work = &room.spec.workspace;
    fs::write(work.join("a"), "2\n").unwrap();
    git(work, &["commit", "-qam", "agent's own"]);
    fs::write(work.join("a"), "3\n").unwrap();
    fs::write(work.join("new"), "n\n").unwrap();
    fs::create_dir(work.join("target")).unwrap();
    fs::write(work.join("target/x"), "ignored\n").unwrap();
    let index = fs::read(work.join(".git/index")).unwrap();
    let found = take(&room, &base).await;
    assert_eq!(
        (
            found.commits,
            found.uncommitted,
            found.bundle,
            &found.reason
        ),
        (2, true, true, &None)
    );
    assert_eq!(fs::read(work.join(".git/index")).unwrap(), index);

    let deliver = room.path("deliver.git");
    git(
        room.dir.path(),
        &[
            "clone",
            "-q",
            "--bare",
            &work.to_string_lossy(),
            "deliver.git",
        ],
    );
    git(
        &deliver,
        &[
            "-c",
            "fetch.fsckObjects=true",
            "fetch",
            "-q",
            "../work.bundle",
            &format!("{REF}:{REF}"),
        ],
    );
    assert_eq!(Some(Sha(git(&deliver, &["rev-parse", REF]))), found.head);
    assert_eq!(
        git(&deliver, &["ls-tree", "-r", "--name-only", REF]),
        ".gitignore\na\nnew"
    );
    assert_eq!(git(&deliver, &["show", &format!("{REF}:a")]), "3");
    assert_eq!(
        git(&deliver, &["log", "-1", "--format=%an", REF]),
        "developer (uncommitted)"
    );
}

#[tokio::test]
async fn no_work_is_no_bundle_and_no_fault() {
    let (room, base) = clone();
    let found = take(&room, &base).await;
    assert_eq!(
        (found.commits, found.bundle, found.reason),
        (0, false, None)
    );
    assert_eq!(found.head, Some(base));
    assert!(!room.path("work.bundle").exists());
}

#[tokio::test]
async fn a_broken_clone_is_no_work_and_the_reason() {
    let (room, base) = clone();
    fs::remove_dir_all(room.spec.workspace.join(".git")).unwrap();
    let found = take(&room, &base).await;
    assert!(!found.bundle && found.head.is_none() && !found.too_large);
    assert!(found.reason.unwrap().contains("no readable HEAD"));
}

#[tokio::test]
async fn work_that_does_not_stand_on_its_base_is_refused_with_the_reason() {
    let (room, _) = clone();
    let found = take(&room, &Sha("1".repeat(40))).await;
    assert!(!found.bundle);
    assert!(found.reason.unwrap().contains("does not stand on its base"));
}

#[tokio::test]
async fn a_bundle_above_its_cap_is_not_written_and_that_is_said() {
    let (room, base) = clone();
    let mut noise = vec![0_u8; 6 << 20];
    let mut state = 1_u64;
    for byte in &mut noise {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        *byte = state.to_be_bytes()[0];
    }
    fs::write(room.spec.workspace.join("noise"), noise).unwrap();
    let left = take(&room, &base).await;
    assert!(!left.bundle && left.too_large, "uncommitted: {left:?}");
    git(&room.spec.workspace, &["add", "-A"]);
    git(&room.spec.workspace, &["commit", "-qm", "noise"]);
    let found = take(&room, &base).await;
    assert!(!found.bundle && found.too_large, "{found:?}");
    assert!(found.reason.unwrap().contains("bundle"));
    assert!(!room.path("work.bundle").exists());
}

#[tokio::test]
async fn code_in_the_clones_configuration_stays_inside_the_walls() {
    let (room, base) = clone();
    let work = &room.spec.workspace;
    let (outside, inside) = (room.path("outside"), work.join("ran"));
    let evil = format!(
        "sh -c 'touch {}; touch {}; cat'",
        outside.display(),
        inside.display()
    );
    git(work, &["config", "core.fsmonitor", &evil]);
    git(work, &["config", "filter.evil.clean", &evil]);
    fs::write(work.join(".gitattributes"), "* filter=evil\n").unwrap();
    fs::write(work.join("a"), "changed\n").unwrap();
    let found = take(&room, &base).await;
    assert!(found.bundle, "{found:?}");
    assert!(
        inside.exists(),
        "the filter did not run, so this shows nothing"
    );
    assert!(!outside.exists());
}

#[tokio::test]
async fn a_link_in_place_of_the_bundle_reaches_nothing_outside_the_walls() {
    let (room, base) = clone();
    let work = &room.spec.workspace;
    let victim = room.path("victim");
    fs::write(&victim, "untouched").unwrap();
    let out = room.spec.run_dir.join("harvest/tmp/work.bundle");
    let evil = format!(
        "sh -c 'ln -sf {} {}; touch ran; cat'",
        victim.display(),
        out.display()
    );
    git(work, &["config", "filter.evil.clean", &evil]);
    fs::write(work.join(".gitattributes"), "* filter=evil\n").unwrap();
    let found = take(&room, &base).await;
    assert!(work.join("ran").exists(), "the filter did not run");
    assert_eq!(fs::read_to_string(victim).unwrap(), "untouched");
    assert!(!room.path("work.bundle").is_symlink(), "{found:?}");
}

#[tokio::test]
async fn a_harvest_that_was_killed_does_not_stop_the_next_one() {
    let (room, base) = clone();
    let work = &room.spec.workspace;
    fs::write(work.join("a"), "2\n").unwrap();
    let tmp = room.spec.run_dir.join("harvest/tmp");
    fs::create_dir_all(&tmp).unwrap();
    fs::create_dir_all(work.join(".git/refs/adf")).unwrap();
    for lock in [
        tmp.join("work.bundle.lock"),
        tmp.join("work.index.lock"),
        work.join(".git").join(format!("{REF}.lock")),
    ] {
        fs::write(lock, "").unwrap();
    }
    let found = take(&room, &base).await;
    assert_eq!((found.bundle, &found.reason), (true, &None));
}
