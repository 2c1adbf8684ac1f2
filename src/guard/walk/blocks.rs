//! Lists, loops and branches: in which order and how often a tree runs.
//!
//! Invariant: every branch is taken, and where branches meet their states are
//! merged. A loop whose body moves the shell on is walked again with what it
//! moved, then once more with nothing known of it. What a part defines that may
//! not have run is no more than possible.

use super::state::{State, Stream};
use super::{Found, Walker};
use crate::guard::syntax::{
    self,
    tree::{Block, Joint, Node, Pipeline},
};
use crate::guard::word::{OPAQUE, PLAIN, SECRET, Value};

/// How many values of a loop's list are walked one by one.
const LOOP_VALUES_MAX: usize = 32;

/// How many groups of a match are followed.
const GROUPS: usize = 10;

impl Walker<'_> {
    pub(super) fn block(&mut self, block: &Block, stdin: Stream) -> Found<Stream> {
        let mut out = Stream::Empty;
        for pipeline in block {
            if pipeline.joint != Joint::And {
                self.unmade();
            }
            // Behind `||` the making has failed: what has that name is another's.
            let hidden = (pipeline.joint == Joint::Or).then(|| std::mem::take(&mut self.made));
            if pipeline.joint != Joint::Then {
                let before = self.state.clone();
                out = out.then(self.pipeline(pipeline, &stdin)?);
                if self.state.has_left {
                    self.state = before;
                } else {
                    self.state.functions.merge(before.functions);
                }
            } else {
                out = out.then(self.pipeline(pipeline, &stdin)?);
            }
            if let Some(hidden) = hidden {
                self.made.splice(0..0, hidden);
            }
            if pipeline.negated {
                self.made.clear();
            } else if pipeline.background || pipeline.nodes.len() > 1 {
                self.unmade();
            }
        }
        Ok(out)
    }

    fn pipeline(&mut self, pipeline: &Pipeline, stdin: &Stream) -> Found<Stream> {
        if pipeline.background {
            let kept = self.state.clone();
            self.background += 1;
            let out = self.piped(pipeline, stdin)?;
            self.background -= 1;
            self.restore(kept);
            return Ok(out);
        }
        self.piped(pipeline, stdin)
    }

    fn piped(&mut self, pipeline: &Pipeline, stdin: &Stream) -> Found<Stream> {
        if let [node] = pipeline.nodes.as_slice() {
            return self.node(node, stdin.clone());
        }
        let mut flow = stdin.clone();
        for node in &pipeline.nodes {
            let kept = self.state.clone();
            flow = self.node(node, flow)?;
            self.restore(kept);
        }
        Ok(flow)
    }

    pub(super) fn node(&mut self, node: &Node, stdin: Stream) -> Found<Stream> {
        self.unending(node)?;
        match node {
            Node::Simple(simple) => self.simple(simple, stdin),
            Node::Group(block) => self.block(block, stdin),
            Node::Subshell(block) => {
                let kept = self.state.clone();
                let out = self.block(block, stdin)?;
                self.restore(kept);
                Ok(out)
            }
            Node::For { name, values, body } => self.each(name, values.as_deref(), body, &stdin),
            Node::Loop { head, body } => self.repeat(Some(head), body, &stdin),
            Node::Count { sums, body } => {
                for sum in sums {
                    self.sum(sum)?;
                }
                self.repeat(None, body, &stdin)
            }
            Node::If(arms) => self.choose(arms, &stdin),
            Node::Case { word, arms } => {
                self.word(word)?;
                let arms: Vec<(&[String], &Block)> =
                    arms.iter().map(|(p, b)| (p.as_slice(), b)).collect();
                self.case(&arms, &stdin)
            }
            Node::Function { name, body } => {
                self.state.functions.define(name, body);
                Ok(Stream::Empty)
            }
            Node::Test { words, names } => {
                self.test(words)?;
                for name in names {
                    for value in self.word(name)? {
                        self.index(&value)?;
                    }
                }
                Ok(Stream::Empty)
            }
            Node::Sum(sum) => {
                self.sum(sum)?;
                self.perhaps(sum)?;
                Ok(Stream::Empty)
            }
            Node::Coproc(name, body) => {
                let kept = self.state.clone();
                let out = self.node(body, Stream::Unknown)?;
                self.aside(&out)?;
                self.restore(kept);
                let ends = vec![Value::mark(PLAIN), Value::mark(PLAIN)];
                self.state.set(name, ends);
                self.state
                    .set(&format!("{name}_PID"), vec![Value::mark(PLAIN)]);
                Ok(Stream::Empty)
            }
            Node::Redirected(body, redirects) => {
                let (stdin, outlets) = self.redirects(redirects, stdin)?;
                let before = self.state.functions.clone();
                let out = self.node(body, stdin)?;
                // Where a file cannot be opened nothing of it runs.
                self.state.functions.merge(before);
                self.poured(out, &outlets)
            }
        }
    }

    /// `[[ … ]]`; what matches is kept by the shell.
    fn test(&mut self, words: &[String]) -> Found {
        let mut has_secret = false;
        for word in words {
            for value in self.word(word)? {
                has_secret |= value.has(SECRET);
            }
        }
        if words.iter().any(|word| word == "=~") {
            let mark = if has_secret { SECRET } else { OPAQUE };
            self.state
                .set("BASH_REMATCH", vec![Value::mark(mark); GROUPS]);
        }
        Ok(())
    }

    /// brush-parser takes `( (a b) )` for a sum: what may be commands is judged
    /// as such too, where only what is known counts.
    fn perhaps(&mut self, sum: &str) -> Found {
        if !sum.contains(char::is_alphabetic) {
            return Ok(());
        }
        self.leniently(sum)
    }

    /// Judges a text of which only what is known counts.
    pub(crate) fn leniently(&mut self, text: &str) -> Found {
        if syntax::parse(text, true).is_err() {
            return Ok(());
        }
        let kept = std::mem::replace(&mut self.lenient, true);
        let found = self.apart(text, Stream::Empty);
        self.lenient = kept;
        self.aside(&found?)
    }

    fn each(
        &mut self,
        name: &str,
        values: Option<&[String]>,
        body: &Block,
        stdin: &Stream,
    ) -> Found<Stream> {
        let mut all = Vec::new();
        match values {
            Some(words) => {
                for word in words {
                    all.extend(self.word(word)?);
                }
            }
            None => all.clone_from(&self.state.positional),
        }
        // A loop in a loop is walked with fewer: they multiply.
        if all.len() > LOOP_VALUES_MAX >> (2 * self.loops).min(4) {
            all = vec![summary(&all)];
        }
        let is_sure = all.iter().any(|value| !value.has_mark() && !value.glob);
        self.loops += 1;
        let before = self.state.clone();
        let mut out = Stream::Empty;
        for value in all {
            self.state.set(name, vec![value]);
            out = out.then(self.block(body, stdin.clone())?);
        }
        self.loops -= 1;
        self.state.has_left = before.has_left;
        if !is_sure || self.leaves {
            self.state.functions.merge(before.functions);
        }
        Ok(out)
    }

    fn repeat(&mut self, head: Option<&Block>, body: &Block, stdin: &Stream) -> Found<Stream> {
        let before = self.state.clone();
        let mut out = self.round(head, body, stdin)?;
        if self.state.differs(&before) {
            let once = self.state.clone();
            self.round(head, body, stdin)?;
            if self.state.differs(&once) {
                self.state.forget(&once);
                self.round(head, body, stdin)?;
                self.state.forget(&once);
            }
            out = out.filtered();
        }
        self.state.has_left = before.has_left;
        self.state.functions.merge(before.functions);
        Ok(out)
    }

    fn round(&mut self, head: Option<&Block>, body: &Block, stdin: &Stream) -> Found<Stream> {
        if let Some(head) = head {
            let out = self.block(head, stdin.clone())?;
            self.aside(&out)?;
        }
        let out = self.block(body, stdin.clone())?;
        self.state.has_left = false;
        Ok(out)
    }

    fn choose(&mut self, arms: &[(Option<Block>, Block)], stdin: &Stream) -> Found<Stream> {
        let mut ends: Vec<State> = Vec::new();
        let mut out = Stream::Empty;
        let has_else = arms.iter().any(|(condition, _)| condition.is_none());
        let before = self.made.len();
        for (n, (condition, body)) in arms.iter().enumerate() {
            // The condition before failed, and so did what it would have made.
            if n > 0 {
                self.made.truncate(before);
            }
            if let Some(condition) = condition {
                let out = self.block(condition, stdin.clone())?;
                self.aside(&out)?;
            }
            let begin = self.state.clone();
            out = self.arm(body, stdin, out)?;
            ends.push(std::mem::replace(&mut self.state, begin));
        }
        self.meet(ends, has_else);
        Ok(out)
    }

    fn case(&mut self, arms: &[(&[String], &Block)], stdin: &Stream) -> Found<Stream> {
        let mut ends: Vec<State> = Vec::new();
        let mut out = Stream::Empty;
        let mut has_else = false;
        for (patterns, body) in arms {
            for pattern in *patterns {
                self.word(pattern)?;
                has_else |= pattern == "*";
            }
            let begin = self.state.clone();
            out = self.arm(body, stdin, out)?;
            ends.push(std::mem::replace(&mut self.state, begin));
        }
        self.meet(ends, has_else);
        Ok(out)
    }

    /// One of several ways: what it prints is one of several texts.
    fn arm(&mut self, body: &Block, stdin: &Stream, so_far: Stream) -> Found<Stream> {
        let printed = self.block(body, stdin.clone())?;
        Ok(match (so_far, printed) {
            (Stream::Empty, one) | (one, Stream::Empty) => one,
            (one, other) => one.or(other),
        })
    }

    /// The ways meet; none of them was taken either, unless one is an `else`.
    fn meet(&mut self, ends: Vec<State>, has_else: bool) {
        let mut ends = ends.into_iter();
        if has_else && let Some(first) = ends.next() {
            self.state = first;
        }
        for end in ends {
            self.state.merge(end);
        }
    }
}

/// One value for many: a plain word when all are.
fn summary(values: &[Value]) -> Value {
    let plain = |value: &Value| {
        let text = value.text();
        !value.is_open() && !text.starts_with(['-', '.', '~']) && !text.contains('/') && !value.glob
    };
    Value::mark(if values.iter().all(plain) {
        PLAIN
    } else {
        OPAQUE
    })
}
