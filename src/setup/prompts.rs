//! Wishes → what each agent is told. Pure.
//!
//! Invariant: nobody is told to do what their role forbids: who edits nothing is not told to
//! commit, who runs nothing is not told to run tests; `validate-config` holds each to that.

use super::wishes::{COORDINATOR, Wishes};
use crate::config::{EDITOR_PROMPT, READER_PROMPT, WRITER_PROMPT};
use std::fmt::Write as _;

/// What the coordinator is told.
const COORDINATES: &str = include_str!("prompts/coordinator.md");

/// What roles are told besides.
const MORE: [(&str, &str); 3] = [
    (
        "security",
        "* Look for what an attacker would: input that is trusted, secrets that get out, rights wider than needed, code of others.\n",
    ),
    (
        "qa",
        "* Try what was built as its users would, and as they would do it wrong. Say of each try what you did, what you expected and what you saw.\n",
    ),
    (
        "architect",
        "* Write down what is decided, why, and what was considered and left out.\n",
    ),
];

/// The template of an agent, one of `names`.
pub(super) fn prompt(wishes: &Wishes, name: &str, names: &[String]) -> String {
    let base = match name {
        COORDINATOR => COORDINATES,
        "architect" => WRITER_PROMPT,
        "reviewer" | "security" | "qa" => READER_PROMPT,
        _ => EDITOR_PROMPT,
    };
    let mut text = base.to_owned();
    let more = MORE.iter().filter(|(of, _)| *of == name);
    text.extend(more.map(|(_, more)| *more));
    text.push_str(
        "* `.docs/summary.md`, where it is there, describes the code base: read it first.\n",
    );
    let others = names.iter().filter(|other| *other != name);
    let callable = others.filter(|other| *other != COORDINATOR);
    let callable: Vec<String> = callable.map(|other| format!("`@adf:{other}`")).collect();
    // Writing to a String cannot fail.
    if !callable.is_empty() {
        let _ = writeln!(
            text,
            "\n## Calling others\n\nYou may call {}. Always with the name: `@adf:` alone calls nobody and is refused.",
            callable.join(", ")
        );
    }
    if let Some(gate) = wishes
        .gate
        .as_ref()
        .filter(|gate| name == "developer" && *gate != name)
    {
        let _ = writeln!(
            text,
            "\nWhen your work is committed, call `@adf:{gate}` to read it."
        );
    }
    text
}
