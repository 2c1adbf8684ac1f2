//! A task becomes the text an agent reads: the operator's template, the issue
//! verbatim, and a section that no template can remove.
//!
//! Invariant: text from the forge is a value or is joined on behind the
//! rendered template, never rendered; each piece of it stands between fences
//! it cannot contain; what is left out is said.
//!
//! Start with [`render`]; [`template`] checks templates when the config is
//! loaded, [`needs`] what they ask an agent to use, [`protocol`] is the generated section, [`passages`] the fenced text, [`recall`]
//! what the agent asked and remembers; [`body`] is another template, of a webhook's request.

pub mod body;
pub mod deeds;
pub mod needs;
mod passages;
mod protocol;
mod recall;
mod template;

pub use passages::PromptPassage;
pub use template::{DEFAULT_TEMPLATE, TemplateFault, VARIABLES, check_template};

use crate::model::{AgentName, TaskId, settings::Agent};
use passages::{Fence, one_line};

/// Bytes of a prompt.
pub const PROMPT_MAX_BYTES: usize = 256 * 1024;
/// Characters of a fence: fewer could be guessed by who writes a passage.
pub const FENCE_MIN_CHARS: usize = 8;

/// Everything a prompt is made of.
#[derive(Clone, Copy, Debug)]
pub struct PromptInput<'a> {
    /// The project's name.
    pub project: &'a str,
    /// `owner/name` of the repository.
    pub repository: &'a str,
    /// The agent, with its template.
    pub agent: &'a Agent,
    /// The issue or pull request.
    pub issue: u64,
    /// Its title: somebody's text.
    pub title: &'a str,
    /// Whether it is a pull request.
    pub is_pull: bool,
    /// The task's branch.
    pub branch: &'a str,
    /// The branch that the work is for.
    pub base: &'a str,
    /// The task.
    pub task: &'a TaskId,
    /// Counts the attempts, from 1.
    pub attempt: u32,
    /// What was asked, verbatim.
    pub instruction: &'a str,
    /// The login of who asked; empty for a schedule.
    pub requester: &'a str,
    /// The conversation, in its order.
    pub passages: &'a [PromptPassage<'a>],
    /// What the project is for, where the agent coordinates.
    pub vision: Option<&'a str>,
    /// The open issues, where the agent coordinates.
    pub view: Option<&'a str>,
    /// The project's agents and what they are for.
    pub roster: &'a [(AgentName, String)],
    /// The agent that called this one, where one did.
    pub caller: Option<&'a AgentName>,
    /// How much deeper agents may call one another from here.
    pub depth_left: usize,
    /// What the last attempt came to.
    pub earlier: Option<&'a str>,
    /// What the agent asked people, and what it would do without an answer, if it said so.
    pub question: Option<(&'a str, Option<&'a str>)>,
    /// How that was answered.
    pub answer: PromptAnswer<'a>,
    /// What the agent remembers: day and key, and the text; the newest first.
    pub memory: &'a [(String, &'a str)],
    /// Notes that are left out for their length.
    pub memory_left_out: usize,
    /// A random word made for this prompt.
    pub fence: &'a str,
}

/// How a question stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PromptAnswer<'a> {
    /// Not answered, or there is none.
    Open,
    /// Answered by somebody, so.
    By(&'a str, &'a str),
    /// Not answered in time.
    Default,
}

/// Why there is no prompt.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PromptError {
    /// Somebody's text holds the fence.
    #[error("the fence stands in {place}: make the prompt with another random word")]
    FenceFound {
        /// Where.
        place: String,
    },
    /// The fence could be guessed or broken.
    #[error(
        "fence `{fence}` is not {FENCE_MIN_CHARS} or more ASCII letters and digits: pass a random word"
    )]
    WeakFence {
        /// The fence.
        fence: String,
    },
    /// The template failed.
    #[error("prompt template of agent `{agent}`: {fault}")]
    Template {
        /// Whose template.
        agent: AgentName,
        /// What went wrong in it.
        fault: TemplateFault,
    },
    /// What may not be left out is too long.
    #[error(
        "prompt of {bytes} bytes without anything that may be left out, at most {max} are sent: shorten the issue or the template"
    )]
    TooLong {
        /// How long it is.
        bytes: usize,
        /// The bound.
        max: usize,
    },
}

/// Makes the prompt.
pub fn render(input: &PromptInput<'_>) -> Result<String, PromptError> {
    let fence = Fence::new(input)?;
    let brief = template::fill(input).map_err(|fault| PromptError::Template {
        agent: input.agent.name.clone(),
        fault,
    })?;
    let mut head = protocol::head(input);
    head.push_str(brief.trim());
    head.push_str("\n\n# The instruction\n\n");
    let asker = match (input.caller, input.requester) {
        (None, "") => "the factory's schedule".to_owned(),
        (None, login) => format!("`{}`", one_line(login)),
        (Some(agent), "") => format!("the agent `{agent}`, by the factory's schedule"),
        (Some(agent), login) => format!("the agent `{agent}`, for `{}`", one_line(login)),
    };
    head.push_str(&fence.block(&format!("instruction of {asker}"), input.instruction));
    for (title, what, text) in [
        (
            "What the project is for",
            "the operator's vision",
            input.vision,
        ),
        ("The open issues", "the open issues, by rank", input.view),
    ] {
        if let Some(text) = text {
            head.push_str(&format!("# {title}\n\n{}", fence.block(what, text)));
        }
    }
    let mut tail = String::new();
    if let Some(earlier) = input.earlier {
        tail.push_str("# What the last attempt came to\n\n");
        tail.push_str(&fence.block("what the last attempt came to", earlier));
    }
    recall::sections(input, &fence, &mut tail);
    tail.push_str(&protocol::tail(input));
    let fixed = head.len() + tail.len();
    let room = PROMPT_MAX_BYTES.saturating_sub(fixed);
    let issue = passages::section(input, &fence, room).map_err(|bytes| PromptError::TooLong {
        bytes: bytes.saturating_add(fixed),
        max: PROMPT_MAX_BYTES,
    })?;
    Ok([head, issue, tail].concat())
}
