//! A simple command: its assignments, words and redirections, in the order in
//! which the shell deals with them.
//!
//! Invariant: a command whose words have several possible values is judged
//! with each; its redirections are judged whatever its verb is.

use super::state::{State, Stream, Variable};
use super::{Found, Walker};
use crate::guard::landmarks::is_key;
use crate::guard::place::Place;
use crate::guard::rules::{fs, shell};
use crate::guard::syntax::tree::{Assign, Assigned, Redirect, Simple, Word};
use crate::guard::word::{Ground, OPAQUE, PLAIN, Value};

/// How many combinations of possible values one command is judged with.
const COMBINATIONS_MAX: usize = 32;

/// Where the output of a command goes.
#[derive(Debug, Default)]
pub(super) struct Outlets {
    /// The paths of files, and whether they are appended to.
    pub(super) files: Vec<(String, bool)>,
    /// Files that it may go to by a descriptor that was opened before.
    pub(super) copies: Vec<String>,
}

impl Walker<'_> {
    pub(super) fn simple(&mut self, simple: &Simple, stdin: Stream) -> Found<Stream> {
        self.step()?;
        if !self.state.is_forked {
            return self.one(simple, stdin);
        }
        let forks = self.forks(simple);
        self.forked(&forks, simple, &stdin)
    }

    /// The variables this command uses that have several possible values.
    fn forks(&self, simple: &Simple) -> Vec<(String, Variable)> {
        let mut raw = String::new();
        simple.assigns.iter().for_each(|a| assigned(a, &mut raw));
        for word in &simple.words {
            match word {
                Word::Text(text) => raw.push_str(text),
                Word::Array(assign) => assigned(assign, &mut raw),
                Word::Process { .. } => raw.push_str(&every_name(&self.state)),
            }
        }
        for redirect in &simple.redirects {
            match redirect {
                Redirect::Read {
                    word: Word::Text(text),
                    ..
                }
                | Redirect::Write(Word::Text(text))
                | Redirect::Append(Word::Text(text))
                | Redirect::Aside {
                    word: Word::Text(text),
                    ..
                }
                | Redirect::Duplicate { text, .. }
                | Redirect::HereString { text, .. }
                | Redirect::Here { text, .. } => raw.push_str(text),
                _ => raw.push_str(&every_name(&self.state)),
            }
        }
        let several = self.state.variables.iter().filter(|(_, v)| v.len() > 1);
        several
            .filter(|(name, _)| raw.contains(name.as_str()))
            .map(|(name, values)| (name.clone(), values.clone()))
            .collect()
    }

    fn forked(
        &mut self,
        forks: &[(String, Variable)],
        simple: &Simple,
        stdin: &Stream,
    ) -> Found<Stream> {
        let count: usize = forks.iter().map(|(_, v)| v.len()).product();
        if count > COMBINATIONS_MAX {
            for (name, _) in forks {
                self.state.set(name, vec![Value::mark(OPAQUE)]);
            }
            return self.one(simple, stdin.clone());
        }
        let Some(((name, values), rest)) = forks.split_first() else {
            return self.one(simple, stdin.clone());
        };
        let begin = self.state.clone();
        let mut end: Option<State> = None;
        let mut out: Option<Stream> = None;
        for value in values {
            self.state = begin.clone();
            self.state.set(name, value.clone());
            let printed = self.forked(rest, simple, stdin)?;
            out = Some(match out {
                Some(so_far) => so_far.or(printed),
                None => printed,
            });
            match &mut end {
                Some(end) => end.merge(self.state.clone()),
                None => end = Some(self.state.clone()),
            }
        }
        self.state = end.unwrap_or(begin);
        Ok(out.unwrap_or_default())
    }

    fn one(&mut self, simple: &Simple, stdin: Stream) -> Found<Stream> {
        let mut argv = Vec::with_capacity(simple.words.len());
        for word in &simple.words {
            match word {
                Word::Text(raw) => argv.extend(self.word(raw)?),
                Word::Array(assign) => self.assign(assign)?,
                Word::Process { reads, body } => argv.push(self.process(*reads, body)?),
            }
        }
        let stdin = match (&self.state.input, stdin) {
            (Some(input), Stream::Empty) => input.clone(),
            (_, stdin) => stdin,
        };
        let (stdin, outlets) = self.redirects(&simple.redirects, stdin)?;
        let mut env = Vec::new();
        for assign in &simple.assigns {
            if argv.is_empty() {
                self.assign(assign)?;
            } else if let Assigned::One(raw) = &assign.value {
                let value = self.single(raw, Ground::Plain)?;
                env.push((assign.name.clone(), value));
            } else {
                self.assign(assign)?;
            }
        }
        if argv.is_empty() {
            let read = simple
                .redirects
                .iter()
                .any(|r| matches!(r, Redirect::Read { fd: None, .. }));
            return Ok(if read { stdin } else { Stream::Empty });
        }
        if let [exec] = argv.as_slice()
            && exec.text() == "exec"
            && !simple.redirects.is_empty()
        {
            self.state.input = Some(stdin);
            self.poured(Stream::Empty, &outlets)?;
            if let Some((path, _)) = outlets.files.last() {
                self.state.outputs.insert(1, path.clone());
            }
            return Ok(Stream::Empty);
        }
        self.endless(&argv, simple, &outlets)?;
        let before = (!simple.redirects.is_empty()).then(|| self.state.functions.clone());
        let out = self.command(&argv, stdin, &env)?;
        if let Some(before) = before {
            self.state.functions.merge(before);
        }
        self.poured(out, &outlets)
    }

    /// Prompts are expanded, and one variable is run, before each command.
    pub(crate) fn prompt(&mut self, name: &str, value: &Value) -> Found {
        match name {
            "PS0" | "PS1" | "PS2" | "PS4" => self.expand(value.text(), Ground::Quoted).map(|_| ()),
            "PROMPT_COMMAND" => self.shell_text(value).map(|_| ()),
            _ => Ok(()),
        }
    }

    /// `name=value` that stays.
    pub(super) fn assign(&mut self, assign: &Assign) -> Found {
        let mut values = match &assign.value {
            Assigned::One(raw) => vec![self.single(raw, Ground::Plain)?],
            Assigned::List(raws) => {
                let mut values = Vec::new();
                for raw in raws {
                    values.extend(self.word(raw)?);
                }
                values
            }
        };
        for value in &values {
            self.prompt(&assign.name, value)?;
        }
        for index in &assign.indexes {
            self.evaluated(index)?;
        }
        if self.state.numbers.contains(&assign.name) {
            for value in &values {
                self.evaluated(value.text())?;
            }
        }
        self.tables(assign, &values);
        let is_list = matches!(assign.value, Assigned::List(_));
        if assign.appends {
            let before = self.state.get(&assign.name).cloned().unwrap_or_default();
            if is_list {
                values.splice(0..0, before);
            } else if let Some(old) = before.first() {
                let text = format!("{}{}", old.text(), values[0].text());
                values = vec![Value::new(text)];
            } else {
                values = vec![Value::mark(OPAQUE)];
            }
        } else if !assign.indexes.is_empty() && !is_list {
            let mut all = self.state.get(&assign.name).cloned().unwrap_or_default();
            all.extend(values);
            values = all;
        }
        self.state.set(&assign.name, values);
        Ok(())
    }

    /// The shell's own tables, of programs it found and of aliases.
    fn tables(&mut self, assign: &Assign, values: &[Value]) {
        if matches!(assign.name.as_str(), "BASH_CMDS" | "BASH_ALIASES") {
            for (name, value) in assign.indexes.iter().zip(values) {
                let name = name.trim_matches(['\'', '"']).to_owned();
                self.state.aliases.insert(name, value.text().to_owned());
            }
        }
    }

    /// Judges redirections; what flows in, and where it flows out.
    pub(super) fn redirects(
        &mut self,
        redirects: &[Redirect],
        stdin: Stream,
    ) -> Found<(Stream, Outlets)> {
        let mut stdin = stdin;
        let mut outlets = Outlets::default();
        for redirect in redirects {
            match redirect {
                Redirect::Read { fd, word } => {
                    let value = self.path_of(word)?;
                    fs::reads(self, &value)?;
                    let content = self.content(&value);
                    self.flows_in(*fd, content, &mut stdin);
                }
                Redirect::Write(word) | Redirect::Append(word) => {
                    let value = self.path_of(word)?;
                    let appends = matches!(redirect, Redirect::Append(_));
                    let path = fs::redirect(self, &value)?;
                    outlets.files.push((path, appends));
                }
                Redirect::Aside { fd, word } => {
                    let value = self.path_of(word)?;
                    let path = fs::redirect(self, &value)?;
                    self.state.outputs.insert(*fd, path);
                }
                Redirect::Duplicate { fd, text } => {
                    let value = self.single(text, Ground::Plain)?;
                    let text = value.text().trim_end_matches('-');
                    if fd.is_none()
                        && let Some(path) = text.parse().ok().and_then(|to| self.output(to))
                    {
                        outlets.copies.push(path);
                    }
                    if !text.chars().all(|c| c.is_ascii_digit() || c == PLAIN) {
                        let path = fs::redirect(self, &value)?;
                        outlets.files.push((path, false));
                    }
                }
                Redirect::Here { fd, text, expands } => {
                    let content = if *expands {
                        let value = self.single(text, Ground::Heredoc)?;
                        Stream::Text(value.text().to_owned())
                    } else {
                        Stream::Text(text.clone())
                    };
                    self.flows_in(*fd, content, &mut stdin);
                }
                Redirect::HereString { fd, text } => {
                    let value = self.single(text, Ground::Plain)?;
                    let content = super::run::as_stream(&value);
                    self.flows_in(*fd, content, &mut stdin);
                }
            }
        }
        Ok((stdin, outlets))
    }

    /// What flows in by the input, or by another descriptor: a file of its own.
    fn flows_in(&mut self, fd: Option<i32>, content: Stream, stdin: &mut Stream) {
        match fd {
            Some(fd) => {
                self.state.files.insert(format!("/dev/fd/{fd}"), content);
            }
            None => *stdin = content,
        }
    }

    /// The file that a descriptor was opened to write to.
    fn output(&self, fd: i32) -> Option<String> {
        self.state.outputs.get(&fd).cloned()
    }

    fn path_of(&mut self, word: &Word) -> Found<Value> {
        match word {
            Word::Text(raw) => {
                let values = self.word(raw)?;
                match values.as_slice() {
                    [one] => Ok(one.clone()),
                    _ => {
                        let mut stop = self.stop(&shell::AMBIGUOUS, raw);
                        stop.reason = format!(
                            "`{raw}` stands for no word or for several, and a redirection takes one"
                        );
                        Err(stop)
                    }
                }
            }
            Word::Process { reads, body } => self.process(*reads, body),
            Word::Array(assign) => {
                self.assign(assign)?;
                Ok(Value::mark(OPAQUE))
            }
        }
    }

    /// What a file holds, when this text wrote it.
    pub(crate) fn content(&self, value: &Value) -> Stream {
        let mut path = self.target(value, true).path;
        if let Some((process, fd)) = path.rsplit_once("/fd/")
            && process.starts_with("/proc/")
        {
            path = format!("/dev/fd/{fd}");
        }
        if path == "/dev/null" {
            return Stream::Empty;
        }
        if let Some(content) = self.state.files.get(&path) {
            return content.clone();
        }
        if value.has_mark() {
            return Stream::Unknown;
        }
        let target = self.target(value, true);
        let name = target.path.rsplit('/').next().unwrap_or_default();
        let programs = [
            "/bin/",
            "/sbin/",
            "/usr/bin/",
            "/usr/sbin/",
            "/usr/local/bin/",
        ];
        match target.place {
            Place::Worktree if is_key(name) => Stream::Private,
            Place::Worktree | Place::Tmp => Stream::Own,
            Place::Outside if programs.iter().any(|p| path.starts_with(p)) => Stream::Program(path),
            _ => Stream::Unknown,
        }
    }

    /// What is left for a pipe when the output goes to files.
    pub(super) fn poured(&mut self, out: Stream, outlets: &Outlets) -> Found<Stream> {
        let usual = self.output(1).filter(|_| outlets.files.is_empty());
        for path in outlets.copies.iter().chain(&usual) {
            let before = self.state.files.remove(path).unwrap_or_default();
            self.state
                .files
                .insert(path.clone(), before.then(out.clone()));
        }
        if outlets.files.is_empty() {
            return Ok(out);
        }
        for (path, appends) in &outlets.files {
            super::filters::stored(self, &out, path)?;
            let before = self.state.files.remove(path).filter(|_| *appends);
            let content = before.unwrap_or_default().then(out.clone());
            self.state.files.insert(path.clone(), content);
        }
        Ok(Stream::Empty)
    }
}

fn assigned(assign: &Assign, raw: &mut String) {
    assign.indexes.iter().for_each(|index| raw.push_str(index));
    match &assign.value {
        Assigned::One(value) => raw.push_str(value),
        Assigned::List(values) => values.iter().for_each(|value| raw.push_str(value)),
    }
}

/// For words whose text is a tree by now: any variable may be used.
fn every_name(state: &State) -> String {
    let names: Vec<&str> = state.variables.keys().map(String::as_str).collect();
    names.join(" ")
}
