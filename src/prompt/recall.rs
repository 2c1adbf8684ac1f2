//! What the agent asked and was answered, and what it remembers, as fenced text.
//!
//! Invariant: an answer and a note are information between fences, like a
//! passage; what is left out is said.

use super::{
    PromptAnswer, PromptInput,
    passages::{Fence, one_line},
};

/// Writes the sections there are.
pub(super) fn sections(input: &PromptInput<'_>, fence: &Fence<'_>, out: &mut String) {
    question(input, fence, out);
    memory(input, fence, out);
}

fn question(input: &PromptInput<'_>, fence: &Fence<'_>, out: &mut String) {
    if input.question.is_none() && input.answer == PromptAnswer::Open {
        return;
    }
    out.push_str("# Your question\n\n");
    if let Some((asked, default)) = input.question {
        out.push_str("An earlier run of yours asked people.\n\n");
        out.push_str(&fence.block("your question", asked));
        if let Some(default) = default {
            out.push_str(&fence.block("your default without an answer", default));
        }
    }
    match input.answer {
        PromptAnswer::Open => out.push_str(
            "Nobody has answered yet. Go on with what does not depend on it; if all does, end.\n\n",
        ),
        PromptAnswer::Default => out.push_str(
            "Nobody answered in time. Do what you said you would do; if you said nothing, decide by yourself. Say so in your report.\n\n",
        ),
        PromptAnswer::By(who, text) => {
            out.push_str("It was answered by somebody who may command here. Go by the answer.\n\n");
            out.push_str(&fence.block(&format!("answer by `{}`", one_line(who)), text));
        }
    }
}

fn memory(input: &PromptInput<'_>, fence: &Fence<'_>, out: &mut String) {
    if input.memory.is_empty() && input.memory_left_out == 0 {
        return;
    }
    out.push_str("# Your memory\n\nWhat earlier runs of yours wrote down, the newest first. It may be out of date: check it.\n\n");
    for (key, text) in input.memory {
        out.push_str(&fence.block(&format!("note {}", one_line(key)), text));
    }
    if input.memory_left_out > 0 {
        out.push_str(&format!(
            "Left out: {} older note(s), for length.\n\n",
            input.memory_left_out
        ));
    }
}
