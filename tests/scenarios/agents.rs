//! What agents do, and what comes of it.

use crate::stage::plays;

const DELIVERED: [Option<&str>; 1] = [None];

#[test]
fn happy() {
    plays("happy", 1, 2, &DELIVERED);
}

#[test]
fn slow() {
    plays("slow", 1, 2, &DELIVERED);
}

#[test]
fn hang() {
    plays("hang", 0, 2, &[Some("TIMEOUT")]);
}

#[test]
fn ignore_term() {
    plays("ignore-term", 0, 2, &[Some("TIMEOUT")]);
}

#[test]
fn fork() {
    plays("fork", 1, 2, &DELIVERED);
}

#[test]
fn flood() {
    plays("flood", 1, 2, &DELIVERED);
}

#[test]
fn garbage() {
    plays("garbage", 1, 2, &DELIVERED);
}

#[test]
fn silent() {
    plays("silent", 0, 2, &[Some("LOGIC")]);
}

#[test]
fn liar() {
    plays("liar", 0, 2, &[Some("LOGIC")]);
}

#[test]
fn crash() {
    plays("crash", 0, 2, &[Some("UNKNOWN")]);
}

#[test]
fn dirty() {
    plays("dirty", 1, 2, &DELIVERED);
}

#[test]
fn quota() {
    plays("quota", 0, 2, &[Some("TRANSIENT")]);
}

#[test]
fn leak() {
    plays("leak", 1, 2, &DELIVERED);
}

#[test]
fn bad_report() {
    plays("bad-report", 1, 2, &DELIVERED);
}

#[test]
fn think_leak() {
    plays("think-leak", 1, 4, &[None, None]);
}

#[test]
fn mention_loop() {
    plays("mention-loop", 4, 8, &[None; 4]);
}
