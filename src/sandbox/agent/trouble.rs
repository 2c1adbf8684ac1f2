//! Behaviours that break: they crash, hang, will not end, leave processes, or
//! write what nobody can read.
//!
//! Invariant: whoever hangs does so without using the processor, and for longer
//! than any bound of a demo: only the factory ends it.

use super::{Scene, work};
use crate::sandbox::child;
use std::{io, path::Path, time::Duration};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The behaviour of the processes that `fork` leaves.
pub const LINGER: &str = "linger";

/// Longer than any run of a demo.
const FOR_EVER: Duration = Duration::from_secs(3600);

/// What `flood` writes, in bytes.
const FLOOD_BYTES: usize = 1 << 30;

/// How much of it at once.
const FLOOD_CHUNK: usize = 1 << 16;

/// The exit code of `fail`.
const EXIT_FAILED: i32 = 3;

/// Gives up with a code.
pub(super) fn fail(scene: &mut Scene<'_>) -> io::Result<i32> {
    scene.step("think", "this is too hard")?;
    Ok(EXIT_FAILED)
}

/// Dies in the middle, after a commit.
pub(super) fn crash(scene: &mut Scene<'_>) -> io::Result<i32> {
    work::mend(scene)?;
    work::commit(scene)?;
    std::process::abort()
}

/// Does nothing, for ever.
pub(super) fn hang(scene: &mut Scene<'_>) -> io::Result<i32> {
    scene.step("think", "one moment")?;
    loop {
        std::thread::park_timeout(FOR_EVER);
    }
}

/// Hangs, and takes no notice of being asked to end.
pub(super) fn ignore_term(scene: &mut Scene<'_>) -> io::Result<i32> {
    let _deaf = deaf()?;
    hang(scene)
}

/// Does the work, and leaves processes that want to outlive it.
pub(super) fn fork(scene: &mut Scene<'_>) -> io::Result<i32> {
    if let Some(program) = scene.program.clone() {
        let mark = scene.dir.as_os_str();
        child::leave(&program, scene.dir, &["__scripted-agent", LINGER], mark)?;
        let apart = format!("{LINGER}:setsid");
        child::leave(
            &program,
            Path::new("/"),
            &["__scripted-agent", &apart],
            mark,
        )?;
        scene.step("start", "two processes that stay")?;
    }
    work::happy(scene)
}

/// Stays, and takes no notice of being asked to end; `setsid`: in a session of its own.
pub(super) fn linger(scene: &mut Scene<'_>) -> io::Result<i32> {
    if scene.with == "setsid" {
        rustix::process::setsid()?;
    }
    ignore_term(scene)
}

/// Writes far more than anybody keeps, then does the work.
pub(super) fn flood(scene: &mut Scene<'_>) -> io::Result<i32> {
    let mut chunk = b"water ".repeat(FLOOD_CHUNK / 6);
    chunk.resize(FLOOD_CHUNK, b'\n');
    for _ in 0..FLOOD_BYTES / FLOOD_CHUNK {
        scene.out.write_all(&chunk)?;
    }
    work::happy(scene)
}

/// Writes what is no text and no JSON, then does the work.
pub(super) fn garbage(scene: &mut Scene<'_>) -> io::Result<i32> {
    let lines: [&[u8]; 7] = [
        b"\xff\xfe\xfa\x80 no text\n",
        b"{\"type\":\"step\",\"action\":\n",
        b"{\"type\":[[[[{{\n",
        b"\"type\" : step }\n",
        b"\0\x1b[2J\x1b]0;title\x07\r\r\n",
        b"{\"type\":\"step\",\"text\":\"\xc3\x28 \\ud800\"}\n",
        b"null\n[]\n7\n{}\n\n\n",
    ];
    for line in lines {
        scene.out.write_all(line)?;
    }
    scene.out.write_all(&b"[".repeat(1 << 20))?;
    scene.out.write_all(b"\n")?;
    work::happy(scene)
}

/// From here on TERM ends nothing in this process.
fn deaf() -> io::Result<(tokio::runtime::Runtime, Signal)> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    let term = {
        let _inside = runtime.enter();
        signal(SignalKind::terminate())?
    };
    Ok((runtime, term))
}
