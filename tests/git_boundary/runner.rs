//! How git is started and ended.

use super::support::World;
use adf::act::git::{Git, GitAuth, GitErrorKind, Remote, reap_orphans, remove_stale_locks};
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::Duration,
};
use tempfile::TempDir;
use tokio::net::TcpListener;

const TOKEN: &str = "0123456789abcdefTOKEN";
/// How long a condition may take to come true.
const PATIENCE: Duration = Duration::from_secs(20);

fn script(dir: &Path, text: &str) -> PathBuf {
    let path = dir.join("fake-git");
    fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// Command lines of all processes that hold `needle` in their environment.
fn cmdlines(needle: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let read = |name: &str| fs::read(entry.path().join(name)).unwrap_or_default();
        if String::from_utf8_lossy(&read("environ")).contains(needle) {
            found.push(String::from_utf8_lossy(&read("cmdline")).replace('\0', " "));
        }
    }
    found
}

async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let wait = async {
        while !holds() {
            tokio::task::yield_now().await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, wait).await.is_ok(), "{what}");
}

#[tokio::test]
async fn the_environment_is_ours_alone_and_the_token_is_only_there() {
    let root = TempDir::new().unwrap();
    let program = script(root.path(), "echo \"ARGV $0 $*\"; env");
    let git = Git::new(root.path().join("home")).program(program);
    let auth = GitAuth::token(&TOKEN.into());
    let remote = Remote::new("http://127.0.0.1:1/o/r.git", Some(auth)).unwrap();
    let out = git
        .call("push")
        .remote(&remote)
        .args(["--", remote.url()])
        .run()
        .await
        .unwrap();
    let out = String::from_utf8(out).unwrap();
    let argv = out.lines().find(|l| l.starts_with("ARGV")).unwrap();
    assert!(
        argv.ends_with("push -- http://127.0.0.1:1/o/r.git"),
        "{argv}"
    );
    assert!(out.contains("=Authorization: Basic "));
    assert!(out.contains("=http.http://127.0.0.1:1/o/r.git.extraHeader"));
    assert!(out.contains("GIT_ALLOW_PROTOCOL=http:https\n"));
    let known = [
        "PATH=", "HOME=", "LC_ALL=", "GIT_", "PWD=", "_=", "ARGV ", "SHLVL=", "OLDPWD=",
    ];
    for line in out.lines() {
        assert!(known.iter().any(|k| line.starts_with(k)), "{line}");
    }
}

#[tokio::test]
async fn a_forge_that_hangs_is_left_at_the_limit_and_no_process_shows_the_token() {
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/o/r.git", server.local_addr().unwrap());
    let root = TempDir::new().unwrap();
    let home = root.path().join("home");
    let mark = format!("HOME={}", home.display());
    let git = Git::new(&home);
    let remote = Remote::new(&url, Some(GitAuth::token(&TOKEN.into()))).unwrap();
    let call = git
        .call("ls-remote")
        .remote(&remote)
        .args(["--", remote.url()])
        .limit(Duration::from_secs(2));
    let look = async {
        // Git and its helper are both up once the request arrives.
        let _held = server.accept().await.unwrap();
        let lines = cmdlines(&mark);
        assert!(!lines.is_empty());
        for line in lines {
            assert!(!line.contains(TOKEN) && !line.contains("Basic"), "{line}");
        }
        std::future::pending::<()>().await;
    };
    let error = tokio::select! {
        ended = call.run() => ended.unwrap_err(),
        () = look => unreachable!(),
    };
    assert_eq!(error.kind, GitErrorKind::Timeout);
    eventually("nothing is left", || cmdlines(&mark).is_empty()).await;
}

#[tokio::test]
async fn a_call_that_is_dropped_leaves_no_process() {
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/o/r.git", server.local_addr().unwrap());
    let root = TempDir::new().unwrap();
    let home = root.path().join("home");
    let mark = format!("HOME={}", home.display());
    let git = Git::new(&home);
    let remote = Remote::new(&url, None).unwrap();
    tokio::select! {
        _ = git.remote_head(&remote, "main") => unreachable!(),
        held = server.accept() => assert!(held.is_ok()),
    }
    eventually("nothing is left", || cmdlines(&mark).is_empty()).await;
}

#[tokio::test]
async fn git_processes_of_an_earlier_life_are_ended_and_their_locks_removed() {
    let world = World::new().await;
    let home = world.path("git-home");
    let mut ghost = std::process::Command::new("sleep")
        .arg("600")
        .env_clear()
        .env("HOME", &home)
        .spawn()
        .unwrap();
    let mut other = std::process::Command::new("sleep")
        .arg("600")
        .env_clear()
        .env("HOME", world.path("git-home-of-another"))
        .spawn()
        .unwrap();
    // The reaper waits until the ghost is gone, and its parent is this test.
    let waiter = tokio::task::spawn_blocking(move || ghost.wait().unwrap());
    assert_eq!(reap_orphans(&world.git).await.unwrap(), 1);
    assert!(!waiter.await.unwrap().success());
    assert!(
        other.try_wait().unwrap().is_none(),
        "another's is left alone"
    );
    other.kill().unwrap();
    other.wait().unwrap();

    world.person_pushes("main", "new.txt", "x\n");
    let lock = world.path("mirror.git/refs/remotes/forge/main.lock");
    fs::write(&lock, "").unwrap();
    let half = world.path("mirror.git/objects/pack");
    fs::create_dir_all(&half).unwrap();
    fs::write(half.join("tmp_pack_x"), "").unwrap();
    assert!(world.mirror.fetch().await.is_err(), "the lock matters");
    assert_eq!(remove_stale_locks(world.mirror.dir()).unwrap(), 2);
    world.mirror.fetch().await.unwrap();
}

#[tokio::test]
async fn output_over_the_cap_ends_the_call() {
    let root = TempDir::new().unwrap();
    let git = Git::new(root.path().join("home")).program(script(root.path(), "exec yes"));
    let error = git.call("log").cap(1_000).run().await.unwrap_err();
    assert_eq!(error.kind, GitErrorKind::TooMuchOutput);
}

#[tokio::test]
async fn a_server_that_echoes_the_credential_does_not_get_it_into_an_error() {
    let root = TempDir::new().unwrap();
    let text = format!("env | grep Basic >&2; echo token {TOKEN} >&2; exit 1");
    let git = Git::new(root.path().join("home")).program(script(root.path(), &text));
    let auth = GitAuth::token(&TOKEN.into());
    let remote = Remote::new("http://127.0.0.1:1/o/r", Some(auth)).unwrap();
    let error = git.call("fetch").remote(&remote).run().await.unwrap_err();
    let text = format!("{error} {error:?}");
    assert!(!text.contains(TOKEN), "{text}");
    assert!(text.contains("Basic [token]"), "{text}");
}

#[tokio::test]
async fn a_missing_git_is_said() {
    let root = TempDir::new().unwrap();
    let git = Git::new(root.path().join("home")).program("no-such-git");
    let error = git.call("version").run().await.unwrap_err();
    assert_eq!(error.kind, GitErrorKind::NotStarted);
    assert!(error.to_string().contains("install git"));
}

#[tokio::test]
async fn a_call_without_a_remote_can_reach_none() {
    let world = World::new().await;
    let forge = world.forge();
    let call = world.git.call("ls-remote").arg("--").arg(&forge);
    let error = call.run().await.unwrap_err();
    assert!(error.detail.contains("not allowed"), "{error}");
}

#[tokio::test]
async fn a_refused_connection_is_the_network_s_fault() {
    let world = World::new().await;
    let remote = Remote::new("http://127.0.0.1:1/o/r.git", None).unwrap();
    let error = world.git.remote_head(&remote, "main").await.unwrap_err();
    assert_eq!(error.kind, GitErrorKind::Network);
    assert!(error.kind.is_passing());
}
