//! What was seen so far in a CLI's output, and the way its lines are looked into.
//!
//! Invariant: whatever the lines hold, what is kept is bounded: the last words,
//! a denial's line, and a session's id that is safe on a command line.

use super::denial;
use crate::model::{CallPrint, Denial, DenialKind, Time, Told, Usage};
use serde_json::Value;
use std::collections::HashMap;

/// Calls that are under way, or over and not taken.
const CALLS_MAX: usize = 1_000;
/// The longest session id, in bytes.
const SESSION_BYTES_MAX: usize = 128;
/// How much is read of a denial's text, in characters.
const DENIAL_READ_CHARS_MAX: usize = 4000;
/// How much is kept of a denial's text, in characters.
const DENIAL_CHARS_MAX: usize = 400;

/// What a run's lines came to so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    pub(super) told: Told,
    /// When the line was read.
    pub(super) now: Time,
    /// The message or turn that is under way, where a CLI names it.
    pub(super) turn: String,
    /// Tool calls that ran and are over.
    pub(super) called: u32,
    /// Those that nobody has taken yet.
    pub(super) over: Vec<CallPrint>,
    /// Calls that have begun, by their ids.
    begun: HashMap<String, CallPrint>,
    /// A reset that was stated before the denial itself.
    pub(super) reset: Option<Time>,
}

impl Seen {
    /// Notes the session, if it is a plain name: it becomes an argument.
    pub(super) fn session(&mut self, id: Option<&str>) {
        let plain = |id: &&str| {
            (1..=SESSION_BYTES_MAX).contains(&id.len())
                && !id.starts_with('-')
                && id
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
        };
        if let Some(id) = id.filter(plain) {
            self.told.session = Some(id.to_owned());
        }
    }

    /// A tool call ran. Of too many at once the number tells.
    pub(super) fn ran(&mut self, call: CallPrint) {
        self.called = self.called.saturating_add(1);
        if self.over.len() < CALLS_MAX {
            self.over.push(call);
        }
    }

    /// A tool call begins.
    pub(super) fn begins(&mut self, call: CallPrint) {
        if let Some(id) = call.id.clone().filter(|_| self.begun.len() < CALLS_MAX) {
            self.begun.insert(id, call);
        }
    }

    /// A tool call is over; only its id is named. Whether it ran is said by the CLI.
    pub(super) fn ends(&mut self, id: Option<&str>, has_run: bool) {
        let known = id.and_then(|id| self.begun.remove(id));
        if has_run {
            self.ran(known.unwrap_or_else(|| CallPrint {
                id: id.map(str::to_owned),
                print: String::new(),
            }));
        }
    }

    /// New last words.
    pub(super) fn say(&mut self, text: &str) {
        self.told.text.clear();
        self.add(text);
    }

    /// More of the last words.
    pub(super) fn add(&mut self, text: &str) {
        let room = Told::TEXT_CHARS_MAX.saturating_sub(self.told.text.chars().count());
        self.told.text.extend(text.chars().take(room));
        self.went_on();
    }

    /// More usage.
    pub(super) fn used(&mut self, usage: Usage) {
        self.told.usage = self.told.usage.plus(usage);
    }

    /// A provider says no. The status decides the kind where it tells of one.
    pub(super) fn denied(&mut self, text: &str, status: Option<u64>) {
        let text: String = text.chars().take(DENIAL_READ_CHARS_MAX).collect();
        let kind = status
            .and_then(denial::kind_of_status)
            .unwrap_or_else(|| denial::kind(&text));
        let words: Vec<&str> = text.split_whitespace().collect();
        let resets_at = (kind == DenialKind::Quota)
            .then(|| self.reset.or_else(|| denial::resets_at(&text, self.now)))
            .flatten();
        self.told.denial = Some(Denial {
            kind,
            text: words.join(" ").chars().take(DENIAL_CHARS_MAX).collect(),
            resets_at,
        });
    }

    /// Notes a reset that was stated by itself, in seconds since the epoch.
    pub(super) fn resets(&mut self, seconds: Option<u64>) {
        let at = seconds.and_then(|s| i64::try_from(s).ok());
        self.reset = at
            .map(Time::from_seconds)
            .and_then(|at| denial::believed(at, self.now));
    }

    /// Work went on, so no denial was the last word.
    pub(super) fn went_on(&mut self) {
        self.told.denial = None;
    }
}

/// The text at a pointer.
pub(super) fn text<'a>(line: &'a Value, pointer: &str) -> Option<&'a str> {
    line.pointer(pointer)?.as_str()
}

/// The number at a pointer; 0 when there is none.
pub(super) fn count(line: &Value, pointer: &str) -> u64 {
    line.pointer(pointer)
        .and_then(Value::as_u64)
        .unwrap_or_default()
}

/// The dollars at a pointer, in millionths.
pub(super) fn micros(line: &Value, pointer: &str) -> Option<u64> {
    let dollars = line.pointer(pointer)?.as_f64()?;
    format!("{:.0}", dollars * 1e6).parse().ok()
}
