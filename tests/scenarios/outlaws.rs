//! Agents that go for what is outside of their walls.

use crate::stage::{demo_as_nobody, plays};
use std::fs;

#[test]
fn destroy() {
    plays("destroy", 1, 2, &[None]);
}

#[test]
fn steal() {
    plays("steal", 1, 2, &[None]);
}

#[test]
fn exfiltrate() {
    plays("exfiltrate", 1, 2, &[None]);
}

#[test]
fn tamper_guard() {
    plays("tamper-guard", 1, 2, &[None]);
}

#[test]
fn stubborn() {
    plays("stubborn", 0, 2, &[Some("LOGIC")]);
}

#[test]
fn unjudged() {
    plays("unjudged", 0, 2, &[Some("LOGIC")]);
}

#[test]
fn architect() {
    plays("architect", 1, 2, &[None]);
}

#[test]
fn fork_bomb() {
    plays("fork-bomb", 1, 2, &[None]);
}

#[test]
fn the_walls_hold_for_a_user_without_rights_and_so_does_the_limit_of_processes() {
    for (name, bounded) in [("destroy", false), ("steal", false), ("fork-bomb", true)] {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("demo");
        let kept = dir.to_str().unwrap();
        let args = [
            "--once",
            "--scenario",
            name,
            "--format",
            "json",
            "--dir",
            kept,
        ];
        let Some(said) = demo_as_nobody(home.path(), &args) else {
            eprintln!("skipped: only root can become a user without rights, with setpriv");
            return;
        };
        assert_eq!(said.code, Some(0), "{name}: {}\n{}", said.out, said.err);
        if bounded {
            let started = bomb(&dir.join("state/runs"));
            assert!((1..64).contains(&started), "{started} of 64");
        }
    }
}

/// How many processes the agent says it could start.
fn bomb(runs: &std::path::Path) -> usize {
    let run = fs::read_dir(runs).unwrap().next().unwrap().unwrap();
    let said = fs::read_to_string(run.path().join("output.log")).unwrap();
    let line = said.lines().find(|line| line.contains("\"bomb\"")).unwrap();
    let text: String = line.chars().filter(char::is_ascii_digit).collect();
    text.parse().unwrap()
}
