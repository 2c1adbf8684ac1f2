//! What a command's first word stands for: an alias, a function, or the program.
//!
//! Invariant: only the shell that defined a function calls it, by a plain word;
//! who is given words to run starts the program. Where it is not sure which of
//! several a name stands for, each is judged.

use super::run::requoted;
use super::{Found, State, Stream, Walker};
use crate::guard::rules::{processes, shell};
use crate::guard::syntax::tree::Node;
use crate::guard::word::{OPAQUE, Value};
use std::collections::BTreeMap;
use std::rc::Rc;

/// One of the things that a name may stand for.
#[derive(Clone, Debug)]
enum Meaning {
    Alias(String),
    Body(Rc<Node>),
    Program,
}

/// The functions of a shell: by name the bodies that it may have; none for the program.
#[derive(Clone, Debug, Default)]
pub(crate) struct Functions(BTreeMap<String, Vec<Option<Rc<Node>>>>);

impl Functions {
    /// From here on a name stands for this body.
    pub(super) fn define(&mut self, name: &str, body: &Rc<Node>) {
        self.0.insert(name.to_owned(), vec![Some(Rc::clone(body))]);
    }

    /// A name is taken back, unless it is kept from that or a variable's.
    pub(super) fn unset(&mut self, name: &str) {
        if let Some(bodies) = self.0.get_mut(name) {
            add(bodies, None);
        }
    }

    /// Nobody knows which of them are there: in a shell of its own, or later.
    pub(super) fn doubt(&mut self) {
        self.merge(Functions::default());
    }

    /// Both ways taken.
    pub(super) fn merge(&mut self, mut other: Functions) {
        for (name, bodies) in &mut self.0 {
            let theirs = other.0.remove(name).unwrap_or_else(|| vec![None]);
            theirs.into_iter().for_each(|body| add(bodies, body));
        }
        for (name, mut bodies) in other.0 {
            add(&mut bodies, None);
            self.0.insert(name, bodies);
        }
    }
}

fn add(bodies: &mut Vec<Option<Rc<Node>>>, body: Option<Rc<Node>>) {
    let is_same = |one: &Option<Rc<Node>>| match (one, &body) {
        (Some(one), Some(body)) => Rc::ptr_eq(one, body),
        (None, None) => true,
        _ => false,
    };
    if !bodies.iter().any(is_same) {
        bodies.push(body);
    }
}

impl Walker<'_> {
    /// Judges one command that the shell looks up; what it prints.
    pub(super) fn command(
        &mut self,
        argv: &[Value],
        stdin: Stream,
        env: &[(String, Value)],
    ) -> Found<Stream> {
        self.one_of(argv, stdin, env, true)
    }

    /// Judges one program with its words; what it prints.
    pub(crate) fn run(
        &mut self,
        argv: &[Value],
        stdin: Stream,
        env: &[(String, Value)],
    ) -> Found<Stream> {
        self.one_of(argv, stdin, env, false)
    }

    /// Judges everything that the first word may stand for.
    fn one_of(
        &mut self,
        argv: &[Value],
        stdin: Stream,
        env: &[(String, Value)],
        calls: bool,
    ) -> Found<Stream> {
        self.step()?;
        if self.within >= super::WITHIN_MAX {
            return Err(self.stop(&shell::TOO_COMPLEX, "a command inside of many others"));
        }
        self.within += 1;
        let mut meanings = self.meanings(argv.first().map_or("", Value::text), calls);
        let last = meanings.pop().unwrap_or(Meaning::Program);
        let begin = (!meanings.is_empty()).then(|| self.state.clone());
        let mut ends: Vec<(State, Stream)> = Vec::new();
        for meaning in meanings {
            let out = self.meant(&meaning, argv, stdin.clone(), env)?;
            let next = begin.clone().unwrap_or_default();
            ends.push((std::mem::replace(&mut self.state, next), out));
        }
        let mut out = self.meant(&last, argv, stdin, env)?;
        for (end, printed) in ends {
            self.state.merge(end);
            out = printed.or(out);
        }
        self.within -= 1;
        Ok(out)
    }

    /// What a name may stand for. A shell that is given a text expands no alias, unless
    /// it was told to.
    fn meanings(&self, name: &str, calls: bool) -> Vec<Meaning> {
        let alias = self.state.aliases.get(name).cloned().map(Meaning::Alias);
        let bodies = self.state.functions.0.get(name).filter(|_| calls);
        let bodies = bodies.map_or(vec![None], Vec::clone);
        let others = bodies
            .into_iter()
            .map(|body| body.map_or(Meaning::Program, Meaning::Body));
        others.chain(alias).collect()
    }

    fn meant(
        &mut self,
        meaning: &Meaning,
        argv: &[Value],
        stdin: Stream,
        env: &[(String, Value)],
    ) -> Found<Stream> {
        let Some((word, args)) = argv.split_first() else {
            return Ok(Stream::Empty);
        };
        let name = word.text();
        match meaning {
            Meaning::Alias(text) => self.alias(name, text, args, stdin),
            Meaning::Body(body) => self.call(name, body, args, stdin),
            Meaning::Program => self.program(argv, stdin, env),
        }
    }

    fn alias(&mut self, name: &str, alias: &str, args: &[Value], stdin: Stream) -> Found<Stream> {
        let hidden = self.state.aliases.remove(name);
        let mut text = alias.to_owned();
        for arg in args {
            text.push(' ');
            text.push_str(&requoted(arg));
        }
        let out = self.text(&text, stdin);
        if let Some(alias) = hidden {
            self.state.aliases.insert(name.to_owned(), alias);
        }
        out
    }

    /// Functions that nothing called are walked with nothing known of their arguments.
    pub(super) fn uncalled(&mut self) -> Found {
        self.lenient = true;
        for (name, bodies) in self.state.functions.0.clone() {
            if self.called.contains(&name) {
                continue;
            }
            for body in bodies.iter().flatten() {
                self.state.positional = vec![Value::mark(OPAQUE)];
                let kept = self.state.clone();
                self.node(body, Stream::Unknown)?;
                self.restore(kept);
            }
        }
        self.lenient = false;
        Ok(())
    }

    /// Calls a function.
    fn call(
        &mut self,
        name: &str,
        body: &Rc<Node>,
        args: &[Value],
        stdin: Stream,
    ) -> Found<Stream> {
        if !self.called.iter().any(|known| known == name) {
            self.called.push(name.to_owned());
        }
        let again = self.calls.iter().filter(|open| Rc::ptr_eq(open, body));
        let again = again.count();
        if again > 0 {
            // It calls itself: what it does is judged already, with other arguments.
            if self.background > 0 {
                self.deny(&processes::FORK_BOMB, name)?;
            }
            if again > 1 {
                return Ok(Stream::Unknown);
            }
        }
        if self.depth >= super::DEPTH_MAX {
            return Err(self.stop(&shell::TOO_COMPLEX, name));
        }
        self.depth += 1;
        self.calls.push(Rc::clone(body));
        let leaves = std::mem::take(&mut self.leaves);
        let functions = self.state.functions.clone();
        let locals = std::mem::take(&mut self.state.locals);
        let outer = self.state.variables.clone();
        let kept = std::mem::replace(&mut self.state.positional, args.to_vec());
        let out = self.node(body, stdin)?;
        self.state.positional = kept;
        self.state.has_left = false;
        for local in std::mem::replace(&mut self.state.locals, locals) {
            match outer.get(&local) {
                Some(value) => self.state.variables.insert(local, value.clone()),
                None => self.state.variables.remove(&local),
            };
        }
        if std::mem::replace(&mut self.leaves, leaves) {
            self.state.functions.merge(functions);
        }
        self.calls.pop();
        self.depth -= 1;
        Ok(out)
    }
}
