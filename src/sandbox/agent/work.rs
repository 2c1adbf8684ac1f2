//! Behaviours that end with work: committed, left lying, or done in two attempts.
//!
//! Invariant: what is committed is the fix of the demo's bug, so that whoever
//! looks at the branch can tell it.

use super::{EXIT_BROKEN, Scene};
use crate::sandbox::{child, demo_world, git};
use std::{ffi::OsStr, fs, io, time::Duration};

/// The file that a `dirty` agent leaves uncommitted.
pub const LEFT: &str = "left.txt";

/// The document of `draft`.
pub const DRAFT: &str = "docs/plan.md";

/// The file by which the first attempt of `halves` shows that it is under way.
pub const HALF: &str = "half.txt";

/// How long `slow` pauses, and how often.
const PAUSES: (u64, u32) = (300, 8);

const SUBJECT: &str = "Include the last number in sum_to";

/// Fixes the off-by-one, commits it, reports it done.
pub(super) fn happy(scene: &mut Scene<'_>) -> io::Result<i32> {
    let words = scene.prompt.split_whitespace().count();
    scene.step("read", &format!("the prompt has {words} words"))?;
    mend(scene)?;
    let head = commit(scene)?;
    scene.report(
        "done",
        "sum_to includes its last number now",
        &format!("src/lib.rs: the range ends at n, not before it; commit {head}"),
    )?;
    Ok(0)
}

/// The fix, and a file beside it, without a commit.
pub(super) fn dirty(scene: &mut Scene<'_>) -> io::Result<i32> {
    mend(scene)?;
    fs::write(scene.dir.join(LEFT), "left\n")?;
    Ok(0)
}

/// Writes a document and commits nothing, and tries what is none of an architect's business.
pub(super) fn draft(scene: &mut Scene<'_>) -> io::Result<i32> {
    fs::create_dir_all(scene.dir.join("docs"))?;
    fs::write(scene.dir.join(DRAFT), "The range includes its end.\n")?;
    let code = scene.dir.join("src/lib.rs");
    let text = fs::read_to_string(&code)?;
    let mut beyond = Vec::new();
    if fs::write(&code, text).is_ok() {
        beyond.push("wrote code");
    }
    if fs::write(scene.dir.join("Makefile"), "all:\n").is_ok() {
        beyond.push("wrote beside its documents");
    }
    for program in ["/bin/true", "git", "/bin/sh"] {
        let started = child::ran_well(OsStr::new(program), scene.dir, &["--version"]);
        if !started.is_err_and(|error| error.kind() == io::ErrorKind::PermissionDenied) {
            beyond.push("ran a program");
        }
    }
    if !beyond.is_empty() {
        scene.step("error", &beyond.join(", "))?;
        return Ok(EXIT_BROKEN);
    }
    scene.report("done", "the design is written down", DRAFT)?;
    Ok(0)
}

/// Whom the instruction says to call.
fn asked_to_call(prompt: &str) -> Option<&str> {
    let (_, rest) = prompt.split_once("# The instruction")?;
    let (instruction, _) = rest.split_once(" end]")?;
    let (_, rest) = instruction.split_once("call the agent `")?;
    rest.split('`').next()
}

/// Does what its role lets it: the fix, else a document, else nothing but a look; told to call
/// somebody, it does that alone.
pub(super) fn able(scene: &mut Scene<'_>) -> io::Result<i32> {
    if let Some(name) = asked_to_call(scene.prompt) {
        let taken = scene.tell(&["mention", name, "make one small change"])?;
        scene.step("call", if taken { "taken" } else { "refused" })?;
        let status = if taken { "done" } else { "blocked" };
        scene.report(status, &format!("called {name}"), "adf agent mention")?;
        return Ok(0);
    }
    let denied = |error: &io::Error| {
        let kind = error.kind();
        kind == io::ErrorKind::PermissionDenied || kind == io::ErrorKind::ReadOnlyFilesystem
    };
    match happy(scene) {
        Err(error) if denied(&error) => {}
        ended => return ended,
    }
    let draft = scene.dir.join(DRAFT);
    let folder = fs::create_dir_all(scene.dir.join("docs"));
    match folder.and_then(|()| fs::write(draft, "The range includes its end.\n")) {
        Ok(()) => scene.report("done", "what is to be done is written down", DRAFT)?,
        Err(error) if denied(&error) => {
            scene.report("done", "read it, and found nothing to add", "src/lib.rs")?;
        }
        Err(error) => return Err(error),
    }
    Ok(0)
}

/// Takes its time, and shows that it goes on.
pub(super) fn slow(scene: &mut Scene<'_>) -> io::Result<i32> {
    let (pause, times) = PAUSES;
    for n in 1..=times {
        scene.step("think", &format!("part {n} of {times}"))?;
        std::thread::park_timeout(Duration::from_millis(pause));
    }
    happy(scene)
}

/// The first attempt writes half and waits to be killed; the next one finds it and finishes.
pub(super) fn halves(scene: &mut Scene<'_>) -> io::Result<i32> {
    let half = scene.dir.join(HALF);
    if half.exists() {
        scene.step("read", "half of it is there already")?;
        return happy(scene);
    }
    fs::write(half, "half\n")?;
    super::trouble::hang(scene)
}

/// Edits the file as the issue asks; in a tree that has it already, says so beside it.
pub(super) fn mend(scene: &mut Scene<'_>) -> io::Result<()> {
    let path = scene.dir.join("src/lib.rs");
    let text = fs::read_to_string(&path)?;
    if text.contains(demo_world::WRONG) {
        scene.step("edit", "src/lib.rs: the range must include its end")?;
        return fs::write(&path, text.replace(demo_world::WRONG, demo_world::RIGHT));
    }
    scene.step("edit", "the range is right already; noting that beside it")?;
    fs::write(
        &path,
        format!("{text}\n// Checked: the range includes its end.\n"),
    )
}

/// Commits everything and gives the commit.
pub(super) fn commit(scene: &mut Scene<'_>) -> io::Result<String> {
    let env = [
        ("GIT_AUTHOR_NAME", "scripted agent"),
        ("GIT_COMMITTER_NAME", "scripted agent"),
    ];
    git::text_as(scene.dir, &["add", "-A"], &env)?;
    git::text_as(scene.dir, &["commit", "-q", "-m", SUBJECT], &env)?;
    scene.step("commit", SUBJECT)?;
    git::text(scene.dir, &["rev-parse", "HEAD"])
}
