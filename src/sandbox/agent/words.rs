//! Behaviours that are about what an agent says: lies, secrets, thoughts, calls,
//! and reports that nobody can read.

use super::{EXIT_BROKEN, Scene, work};
use serde_json::json;
use std::io;

/// What `leak` says everywhere: it has the looks of a key and is none.
pub const SECRET: &str = concat!("ghp", "_", "Zk3Q9dLmX7vB2nR8sT5wY1cF6hJ4pG0aE");

/// What `think` thinks, and nobody is to read.
pub const THOUGHT: &str = "the-requester-is-a-fool-4711";

/// Says that it is done, and has done nothing.
pub(super) fn liar(scene: &mut Scene<'_>) -> io::Result<i32> {
    scene.report("done", "all of it is perfect now", "every test passes")?;
    Ok(0)
}

/// Its provider has had enough, and its CLI calls that a success.
pub(super) fn quota(scene: &mut Scene<'_>) -> io::Result<i32> {
    let line = "API error 429: Too Many Requests: you have exceeded your quota, try again later";
    scene.step("error", line)?;
    Ok(0)
}

/// Does the work, and says a secret wherever it can say something.
pub(super) fn leak(scene: &mut Scene<'_>) -> io::Result<i32> {
    scene.step("read", &format!("found token={SECRET}"))?;
    writeln!(scene.out, "export API_KEY={SECRET}")?;
    let remembered = scene.tell(&["remember", "key", &format!("the key is {SECRET}")])?;
    scene.step("remember", if remembered { "taken" } else { "refused" })?;
    work::mend(scene)?;
    work::commit(scene)?;
    let summary = format!("sum_to is right; I used {SECRET} for it");
    scene.report("done", &summary, &format!("curl -H 'X-Key: {SECRET}'"))?;
    Ok(0)
}

/// Does the work, and reports it in ways that the factory must refuse.
pub(super) fn bad_report(scene: &mut Scene<'_>) -> io::Result<i32> {
    work::mend(scene)?;
    work::commit(scene)?;
    let endless = "long ".repeat(5_000);
    let bad: [&[&str]; 4] = [
        &["report"],
        &["report", "--status", "wonderful", "--summary", "so good"],
        &["report", "--status", "done", "--summary", &endless],
        // There is nothing on its standard input.
        &["report", "--json", "-"],
    ];
    for args in bad {
        if scene.tell(args)? {
            scene.step("error", "a report that says nothing was taken")?;
            return Ok(EXIT_BROKEN);
        }
    }
    Ok(0)
}

/// Does the work as a model's CLI shows it: with its thinking in the stream, and
/// calls another agent.
pub(super) fn think(scene: &mut Scene<'_>) -> io::Result<i32> {
    let block = |kind: &str, text: &str| json!({"type": "assistant", "message": {"id": kind, "content": [{"type": kind, kind: text}]}});
    scene.say(&json!({"type": "system", "subtype": "init", "session_id": "s-1"}))?;
    scene.say(&block("thinking", THOUGHT))?;
    scene.say(&json!({"type": "thinking", "text": THOUGHT, "thinking": THOUGHT}))?;
    writeln!(scene.out, "<thinking>\n{THOUGHT}\n</thinking>")?;
    scene.say(&block("text", "I look at the range."))?;
    work::mend(scene)?;
    work::commit(scene)?;
    let thought = format!("<thinking>{THOUGHT}</thinking>");
    let instruction = format!("{thought} please look at the range");
    let called = scene.tell(&["mention", "reviewer", &instruction])?;
    let summary = format!("{thought}\nThe range is right now.");
    scene.report("done", &summary, "src/lib.rs")?;
    scene.say(&block("thinking", THOUGHT))?;
    scene.say(&block("text", &summary))?;
    scene.say(
        &json!({"type": "result", "subtype": "success", "is_error": false,
        "session_id": "s-1", "result": summary}),
    )?;
    Ok(if called { 0 } else { EXIT_BROKEN })
}

/// Calls the agent behind the `:`, then does the work.
pub(super) fn call(scene: &mut Scene<'_>) -> io::Result<i32> {
    let taken = scene.tell(&["mention", scene.with, "please check this once more"])?;
    scene.step("call", if taken { "taken" } else { "refused" })?;
    work::happy(scene)
}

/// Finds nothing to change.
pub(super) fn reject(scene: &mut Scene<'_>) -> io::Result<i32> {
    scene.report("rejected", "there is nothing to change", "src/lib.rs")?;
    Ok(0)
}
