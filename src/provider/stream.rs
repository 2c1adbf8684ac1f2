//! An agent's output, line by line → steps and progress as they come, and at the
//! end what its CLI told of the run.
//!
//! Invariant: any bytes are accepted; what is not understood is no sign. Memory
//! is bounded by [`Told`] whatever comes. Next: one file per CLI knows its lines.

use super::{claude, codex, gemini, opencode, script, seen::Seen, thoughts};
use crate::model::{CallPrint, Time, Told, Usage};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How a CLI writes what it does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stream {
    /// JSON lines with a `type` of `step` or `progress` among free text.
    #[default]
    Script,
    /// `claude --output-format stream-json`.
    Claude,
    /// `codex exec --json`.
    Codex {
        /// What its session had used up before this run: it counts on.
        before: Usage,
    },
    /// `opencode run --format json`, and its log on standard error.
    Opencode,
    /// `gemini -o stream-json`, and its complaints on standard error.
    Gemini,
}

/// What a line says of the run's course.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// One step: a tool call.
    Step,
    /// Something came of it: a tool result, a diff, a commit.
    Progress,
}

/// Reads the output of one run.
#[derive(Clone, Debug)]
pub struct Reader {
    stream: Stream,
    seen: Seen,
}

impl Reader {
    /// A reader that has seen nothing yet.
    #[must_use]
    pub fn new(stream: Stream) -> Reader {
        Reader {
            stream,
            seen: Seen::default(),
        }
    }

    /// Reads one line of standard output, without its end.
    pub fn read(&mut self, line: &[u8], now: Time) -> Option<Signal> {
        let line = line.trim_ascii();
        if line.first() != Some(&b'{') {
            return None;
        }
        if self.stream == Stream::Script {
            return script::read(line);
        }
        let line: Value = serde_json::from_slice(line).ok()?;
        let seen = &mut self.seen;
        seen.now = now;
        match self.stream {
            Stream::Script => None,
            Stream::Claude => claude::read(&line, seen),
            Stream::Codex { before } => codex::read(&line, before, seen),
            Stream::Opencode => opencode::read(&line, seen),
            Stream::Gemini => gemini::read(&line, seen),
        }
    }

    /// Reads one line of standard error, which can only tell of a denial.
    pub fn complain(&mut self, line: &[u8], now: Time) {
        self.seen.now = now;
        match self.stream {
            Stream::Opencode => opencode::complain(&String::from_utf8_lossy(line), &mut self.seen),
            Stream::Gemini => gemini::complain(&String::from_utf8_lossy(line), &mut self.seen),
            Stream::Script | Stream::Claude | Stream::Codex { .. } => {}
        }
    }

    /// Tool calls that ran and are over, of the kinds that a guard must have judged.
    #[must_use]
    pub fn called(&self) -> u32 {
        self.seen.called
    }

    /// Those of them that were not taken before, as far as they are known.
    pub fn take_called(&mut self) -> Vec<CallPrint> {
        std::mem::take(&mut self.seen.over)
    }

    /// What was told until now.
    #[must_use]
    pub fn told(self) -> Told {
        let told = self.seen.told;
        Told {
            text: thoughts::without(&told.text),
            ..told
        }
    }
}
