//! Passages become fenced blocks, each with its author and whether they may write.
//!
//! Invariant: a body stands between its fences verbatim, no text that is shown
//! holds the fence, strangers' passages enter only where the agent's config
//! says so, and what was left out for either reason is counted in the text.

use super::{FENCE_MIN_CHARS, PromptAnswer, PromptError, PromptInput};
use crate::model::Time;
use chrono::DateTime;
use std::collections::BTreeSet;

/// One passage of the conversation.
#[derive(Clone, Debug)]
pub struct PromptPassage<'a> {
    /// The login of who wrote it.
    pub who: &'a str,
    /// Where it stands: `issue body`, `comment 12`.
    pub where_: String,
    /// Whether its author may write to the repository.
    pub may_write: bool,
    /// Never left out for length: the body, and the passage that asked.
    pub pinned: bool,
    /// When it was written.
    pub written_at: Time,
    /// The text, verbatim.
    pub body: &'a str,
}

/// The random word between which somebody's text stands.
pub(super) struct Fence<'a>(&'a str);

impl<'a> Fence<'a> {
    /// Takes the input's fence if it is strong and stands in no text of the input.
    pub(super) fn new(input: &PromptInput<'a>) -> Result<Fence<'a>, PromptError> {
        let fence = input.fence;
        let strong = fence.len() >= FENCE_MIN_CHARS
            && fence.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !strong {
            return Err(PromptError::WeakFence {
                fence: fence.to_owned(),
            });
        }
        let own = [
            ("the title", input.title),
            ("the instruction", input.instruction),
            ("the requester's name", input.requester),
            ("the earlier outcome", input.earlier.unwrap_or_default()),
            ("the vision", input.vision.unwrap_or_default()),
            ("the open issues", input.view.unwrap_or_default()),
            ("the template", input.agent.prompt.as_str()),
            ("the branch", input.branch),
            ("the base branch", input.base),
        ];
        let (asked, default) = input.question.unwrap_or_default();
        let answer = match input.answer {
            PromptAnswer::By(who, text) => [who, text],
            _ => ["", ""],
        };
        let recalled = [asked, default.unwrap_or_default()]
            .into_iter()
            .chain(answer);
        let recalled = recalled.map(|text| ("the question", text));
        let memory = input
            .memory
            .iter()
            .flat_map(|(key, text)| [key.as_str(), text].map(|text| ("the memory", text)));
        let all = input.passages.iter().flat_map(|passage| {
            [passage.body, passage.who, passage.where_.as_str()]
                .map(|text| (passage.where_.as_str(), text))
        });
        match own
            .into_iter()
            .chain(recalled)
            .chain(memory)
            .chain(all)
            .find(|(_, text)| text.contains(fence))
        {
            Some((place, _)) => Err(PromptError::FenceFound {
                place: place.to_owned(),
            }),
            None => Ok(Fence(fence)),
        }
    }

    /// A text between its fences.
    pub(super) fn block(&self, label: &str, text: &str) -> String {
        let Fence(fence) = self;
        let newline = if text.ends_with('\n') { "" } else { "\n" };
        format!("[{fence} begin: {label}]\n{text}{newline}[{fence} end]\n\n")
    }
}

/// The issue: title and passages within `room` bytes, or how many it takes at least.
pub(super) fn section(
    input: &PromptInput<'_>,
    fence: &Fence<'_>,
    room: usize,
) -> Result<String, usize> {
    let kind = if input.is_pull {
        "pull request"
    } else {
        "issue"
    };
    let mut head = format!("# The {kind}\n\n");
    head.push_str(&fence.block(&format!("title of {kind} {}", input.issue), input.title));
    let shown: Vec<&PromptPassage<'_>> = input
        .passages
        .iter()
        .filter(|passage| passage.may_write || input.agent.read_strangers)
        .collect();
    let strangers = input.passages.len() - shown.len();
    let blocks: Vec<String> = shown.iter().map(|passage| block(passage, fence)).collect();
    // The longest the notes can be, so that what fits with them fits.
    let notes = notes(input.passages.len(), input.passages.len()).len();
    let mut size = head.len() + notes + blocks.iter().map(String::len).sum::<usize>();
    let mut by_age: Vec<usize> = (0..shown.len()).filter(|at| !shown[*at].pinned).collect();
    by_age.sort_by_key(|at| shown[*at].written_at);
    let mut dropped = BTreeSet::new();
    for at in by_age {
        if size <= room {
            break;
        }
        size -= blocks[at].len();
        dropped.insert(at);
    }
    if size > room {
        return Err(size);
    }
    head.push_str(&self::notes(strangers, dropped.len()));
    for (at, block) in blocks.iter().enumerate() {
        if !dropped.contains(&at) {
            head.push_str(block);
        }
    }
    Ok(head)
}

fn notes(strangers: usize, dropped: usize) -> String {
    let mut out = String::new();
    if strangers > 0 {
        out.push_str(&format!(
            "Left out: {strangers} passage(s) by people without write access.\n\n"
        ));
    }
    if dropped > 0 {
        out.push_str(&format!(
            "Left out: the {dropped} oldest comment(s), for length. The conversation below is not whole.\n\n"
        ));
    }
    out
}

fn block(passage: &PromptPassage<'_>, fence: &Fence<'_>) -> String {
    let right = if passage.may_write {
        "may write"
    } else {
        "may not write"
    };
    let label = format!(
        "{}, by `{}` ({right}), {}",
        one_line(&passage.where_),
        one_line(passage.who),
        moment(passage.written_at)
    );
    fence.block(&label, passage.body)
}

fn moment(time: Time) -> String {
    DateTime::from_timestamp_millis(time.0).map_or_else(
        || format!("{} ms", time.0),
        |moment| moment.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
    )
}

/// Somebody's short text where a line must stay one line.
pub(super) fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\u{2028}' | '\u{2029}' => ' ',
            c if c.is_control() => ' ',
            c => c,
        })
        .collect()
}
