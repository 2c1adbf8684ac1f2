//! What a shell knows while it runs a text: directories, variables, functions,
//! and what was written to files on the way.
//!
//! Invariant: where two ways meet, both are kept: a variable has all its
//! possible values, the working directory too, up to a cap beyond which
//! nothing is known.

use super::meanings::Functions;
use crate::guard::word::{OPAQUE, Value};
use std::collections::{BTreeMap, BTreeSet};

/// How many possible values a variable, or directories a shell, is followed with.
const ALTERNATIVES_MAX: usize = 8;

/// How much text of a pipe or a file is followed, in bytes.
const TEXT_BYTES_MAX: usize = 128 * 1024;

/// What flows through a pipe or into a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Stream {
    /// Nothing.
    #[default]
    Empty,
    /// This text.
    Text(String),
    /// Names of things below these paths, one a line.
    Paths(Vec<Value>),
    /// One plain word, as of `date`.
    Plain,
    /// What a known tool prints to be evaluated.
    Tool,
    /// Nobody knows.
    Unknown,
    /// What a file of the worktree holds that this text did not write.
    Own,
    /// What a file with keys in the worktree holds: to be read, not to be sent.
    Private,
    /// The program at this path.
    Program(String),
    /// Something from the network.
    Remote,
    /// Secrets.
    Secret,
}

impl Stream {
    /// One after the other.
    pub(crate) fn then(self, next: Stream) -> Stream {
        match (self, next) {
            (Stream::Empty, other) | (other, Stream::Empty) => other,
            (Stream::Text(text), Stream::Text(more))
                if text.len() + more.len() > TEXT_BYTES_MAX =>
            {
                Stream::Unknown
            }
            (Stream::Text(mut text), Stream::Text(more)) => {
                text.push_str(&more);
                Stream::Text(text)
            }
            (Stream::Paths(mut paths), Stream::Paths(more)) => {
                paths.extend(more);
                Stream::Paths(paths)
            }
            (one, other) if one.is_secret() || other.is_secret() => Stream::Secret,
            (Stream::Private, _) | (_, Stream::Private) => Stream::Private,
            (Stream::Remote, _) | (_, Stream::Remote) => Stream::Remote,
            (Stream::Own, Stream::Own) => Stream::Own,
            (Stream::Plain, Stream::Plain) => Stream::Plain,
            _ => Stream::Unknown,
        }
    }

    /// One or the other.
    pub(crate) fn or(self, other: Stream) -> Stream {
        match (self, other) {
            (one, other) if one == other => one,
            (one, other) => one.filtered().then(other.filtered()),
        }
    }

    /// What is left of it behind a filter that drops or changes parts.
    pub(crate) fn filtered(self) -> Stream {
        match self {
            Stream::Text(_) if self.is_secret() => Stream::Secret,
            Stream::Text(_) | Stream::Tool | Stream::Own | Stream::Program(_) => Stream::Unknown,
            other => other,
        }
    }
}

/// The possible values of a variable; each is a list, of one for a plain variable.
pub(crate) type Variable = Vec<Vec<Value>>;

/// The state of one shell.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    /// Where it may be; none where nobody knows.
    pub(crate) cwds: Vec<Option<String>>,
    pub(crate) back: Option<String>,
    pub(crate) stack: Vec<Vec<Option<String>>>,
    pub(crate) variables: BTreeMap<String, Variable>,
    pub(crate) functions: Functions,
    pub(crate) aliases: BTreeMap<String, String>,
    pub(crate) positional: Vec<Value>,
    /// Variables that the running function declared its own.
    pub(crate) locals: Vec<String>,
    /// Variables whose values are read as sums.
    pub(crate) numbers: BTreeSet<String>,
    /// What `exec` made the input of all commands.
    pub(crate) input: Option<Stream>,
    /// The files that descriptors behind the errors' write to.
    pub(crate) outputs: BTreeMap<i32, String>,
    pub(crate) files: BTreeMap<String, Stream>,
    /// Links that were made: where, and where they lead.
    pub(crate) links: Vec<(String, String)>,
    /// Whether a variable has more than one possible value.
    pub(crate) is_forked: bool,
    /// Whether `exit` or `return` was seen on this way.
    pub(crate) has_left: bool,
}

impl State {
    /// A shell that begins.
    pub(crate) fn new(cwd: &str) -> State {
        State {
            cwds: vec![Some(cwd.to_owned())],
            ..State::default()
        }
    }

    /// The working directory, when there is only one.
    pub(crate) fn cwd(&self) -> Option<&str> {
        match self.cwds.as_slice() {
            [one] => one.as_deref(),
            _ => None,
        }
    }

    /// Sets a variable to one value.
    pub(crate) fn set(&mut self, name: &str, value: Vec<Value>) {
        self.variables.insert(name.to_owned(), vec![value]);
    }

    /// The value of a variable, by its first possibility.
    pub(crate) fn get(&self, name: &str) -> Option<&Vec<Value>> {
        self.variables.get(name).and_then(|v| v.first())
    }

    /// Both ways taken.
    pub(crate) fn merge(&mut self, other: State) {
        if other.has_left {
            return;
        }
        if self.has_left {
            *self = other;
            return;
        }
        for cwd in other.cwds {
            if !self.cwds.contains(&cwd) {
                self.cwds.push(cwd);
            }
        }
        if self.cwds.len() > ALTERNATIVES_MAX {
            self.cwds = vec![None];
        }
        for (name, values) in &mut self.variables {
            if !other.variables.contains_key(name) {
                add(values, vec![Value::default()]);
            }
        }
        for (name, theirs) in other.variables {
            let ours = self
                .variables
                .entry(name)
                .or_insert_with(|| vec![vec![Value::default()]]);
            for value in theirs {
                add(ours, value);
            }
        }
        self.is_forked = self.variables.values().any(|v| v.len() > 1);
        self.links.extend(other.links);
        self.functions.merge(other.functions);
        self.aliases.extend(other.aliases);
        self.numbers.extend(other.numbers);
        self.input = self.input.take().or(other.input);
        for (path, content) in other.files {
            let merged = match self.files.remove(&path) {
                Some(ours) if ours != content => Stream::Unknown,
                _ => content,
            };
            self.files.insert(path, merged);
        }
    }

    /// Whether a repetition of what led here from `before` may lead further.
    pub(crate) fn differs(&self, before: &State) -> bool {
        self.cwds != before.cwds || self.variables != before.variables
    }

    /// Forgets what a repetition may have changed.
    pub(crate) fn forget(&mut self, before: &State) {
        if self.cwds != before.cwds {
            self.cwds = vec![None];
        }
        for (name, value) in &mut self.variables {
            if before.variables.get(name) != Some(value) {
                *value = vec![vec![Value::mark(OPAQUE)]];
            }
        }
        self.is_forked = self.variables.values().any(|v| v.len() > 1);
    }
}

fn add(values: &mut Variable, value: Vec<Value>) {
    if !values.contains(&value) {
        values.push(value);
    }
    if values.len() > ALTERNATIVES_MAX {
        *values = vec![vec![Value::mark(OPAQUE)]];
    }
}
