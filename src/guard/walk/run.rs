//! One program with its words resolved: wrappers, builtins, interpreters, then
//! the rules.
//!
//! Invariant: a command whose name is not known is denied; each layer is taken
//! off by its own table and what is inside runs through here again.

use super::{
    Command, Found, Stream, Walker, builtins, filters, interpret, outlet, peel, surroundings,
    written,
};
use crate::guard::patch;
use crate::guard::place::{self, Place};
use crate::guard::rules::{self, shell};
use crate::guard::word::{OPAQUE, PRIVATE, REMOTE, SECRET, TOOL, Value, is_mark};

impl Walker<'_> {
    /// Judges one program, and what it runs in turn; what it prints.
    pub(super) fn program(
        &mut self,
        argv: &[Value],
        stdin: Stream,
        env: &[(String, Value)],
    ) -> Found<Stream> {
        let Some((word, args)) = argv.split_first() else {
            return Ok(Stream::Empty);
        };
        let text = word.text();
        let name = text.rsplit('/').next().unwrap_or(text);
        let name = name.strip_prefix('\\').unwrap_or(name);
        let command = Command {
            name,
            args,
            word: text,
            stdin: &stdin,
            env,
        };
        self.now = command.shown();
        if word.has_mark() || (word.glob && !matches!(text, "[" | "[[")) {
            self.unknown_program(word)?;
            return Ok(Stream::Unknown);
        }
        if let Some(real) = self.stands_for(text) {
            let argv = [&[Value::new(real)], args].concat();
            return self.run(&argv, stdin, env);
        }
        if let Some(trace) = &mut self.trace {
            trace.push(self.now.clone());
        }
        if stdin != Stream::Empty {
            self.state
                .files
                .insert("/dev/stdin".to_owned(), stdin.clone());
        }
        if rules::asks(&command) {
            return Ok(Stream::Unknown);
        }
        rules::around(&command, self)?;
        let added = surroundings::judge(&command, self)?;
        let command = Command {
            args: added.as_deref().unwrap_or(args),
            ..command
        };
        self.extra(&command)?;
        written::judge(&command, self)?;
        if let Some(out) = patch::command(&command, self)? {
            return Ok(out);
        }
        if let Some(out) = builtins::run(&command, self)? {
            return Ok(out);
        }
        if let Some(out) = interpret::run(&command, self)? {
            return Ok(filters::behind(&command, out));
        }
        if let Some(out) = peel::run(&command, self)? {
            return Ok(out);
        }
        rules::judge(&command, self)?;
        if command.word.contains('/') {
            let file = Value::new(command.word);
            self.fetched(&self.target(&file, true).path)?;
            written::by_code(self, &file)?;
        }
        Ok(outlet::of(&command, self))
    }

    /// A program whose name is only partly known: one of the worktree's own, or nobody knows.
    fn unknown_program(&mut self, word: &Value) -> Found {
        let known = word.before_mark();
        let folder = known.rsplit_once('/').map(|(folder, _)| folder);
        if let Some(folder) = folder
            && self.target(&Value::new(folder), true).place == Place::Worktree
            && !word.has(REMOTE)
        {
            return Ok(());
        }
        self.doubtful(&shell::UNKNOWN_COMMAND, &word.shown())
    }

    /// The program that a link or a copy stands for, where it has another name.
    fn stands_for(&self, word: &str) -> Option<String> {
        if !word.contains('/') || word.starts_with("/usr/") || word.starts_with("/bin/") {
            return None;
        }
        let cwd = self.state.cwd().unwrap_or("/");
        let path = place::clean(cwd, word);
        let linked = place::linked(&self.state.links, path.clone(), true);
        let real = match self.state.files.get(&linked) {
            Some(Stream::Program(real)) => real.clone(),
            _ if linked != path => linked,
            // A link that lies there already, out of what is the run's own.
            _ if place::within(&path, self.scene.worktree) => {
                let real = (self.scene.resolve?)(&path)?;
                let out = !place::within(&real, self.scene.worktree);
                out.then_some(real)?
            }
            _ => return None,
        };
        let name = |path: &str| path.rsplit('/').next().map(str::to_owned);
        (name(&real) != name(word)).then_some(real)
    }

    /// A program at this path that this text fetched or wrote itself.
    pub(super) fn fetched(&mut self, path: &str) -> Found {
        match self.state.files.get(path).cloned() {
            Some(Stream::Text(text)) => written::run(self, &text),
            Some(Stream::Remote) => self.deny(&rules::remote::SCRIPT, path),
            _ => Ok(()),
        }
    }

    /// What the project denies as well.
    fn extra(&mut self, command: &Command<'_>) -> Found {
        for extra in &self.policy.denials {
            let Some((name, rest)) = extra.command.split_first() else {
                continue;
            };
            let begins = name == command.name && begins(rest, command.args);
            if begins && !self.policy.lifts(&extra.rule, &command.shown()) {
                let mut stop = self.stop(&rules::PROJECT, &command.shown());
                stop.rule.clone_from(&extra.rule);
                stop.reason.clone_from(&extra.reason);
                stop.instead.clone_from(&extra.instead);
                return Err(stop);
            }
        }
        Ok(())
    }

    /// Judges a text that a program is given to run by a shell; what it prints is shown.
    pub(crate) fn shell_text(&mut self, value: &Value) -> Found {
        let out = self.shell_output(value)?;
        self.aside(&out)
    }

    /// Judges a program and its words that another one runs; what it prints is shown.
    pub(crate) fn run_aside(&mut self, argv: &[Value]) -> Found {
        let out = self.run(argv, Stream::Empty, &[])?;
        self.aside(&out)
    }

    /// What is printed where nobody follows it ends in a log.
    pub(crate) fn aside(&self, out: &Stream) -> Found {
        if out.is_secret() {
            return self.deny(&rules::secrets::SHOW, "the environment");
        }
        Ok(())
    }

    /// Judges a text that a program is given to run by a shell; what it prints.
    pub(crate) fn shell_output(&mut self, value: &Value) -> Found<Stream> {
        if value.is_blank_mark() && value.has(TOOL) {
            return Ok(Stream::Empty);
        }
        if value.has(REMOTE) {
            self.deny(&rules::remote::SCRIPT, &value.shown())?;
            return Ok(Stream::Unknown);
        }
        let unknown = [OPAQUE, SECRET, PRIVATE]
            .iter()
            .any(|mark| value.has(*mark));
        if unknown && value.is_blank_mark() {
            self.doubtful(&shell::UNKNOWN_CODE, &value.shown())?;
            return Ok(Stream::Unknown);
        }
        self.apart(value.text(), Stream::Unknown)
    }
}

/// Whether arguments begin with these words: options, a word after one, and assignments may stand
/// before each, and a word that is not known may be any.
fn begins(words: &[String], args: &[Value]) -> bool {
    let is_option = |text: &str| text.starts_with('-');
    let (options, operands): (Vec<&String>, Vec<&String>) =
        words.iter().partition(|word| is_option(word));
    let mut args_left = args.iter().map(Value::text);
    let has_options = || {
        options
            .iter()
            .all(|word| args.iter().any(|arg| arg.text() == word.as_str()))
    };
    let mut is_after_option = false;
    operands.into_iter().all(|word| {
        for given in args_left.by_ref() {
            if given == word || given.chars().any(is_mark) {
                is_after_option = false;
                return true;
            }
            let is_passed_over = is_option(given) || is_after_option || given.contains('=');
            is_after_option = is_option(given);
            if !is_passed_over {
                return false;
            }
        }
        false
    }) && has_options()
}

/// A value as a word that means itself again.
pub(crate) fn requoted(value: &Value) -> String {
    if value.glob {
        return value.text().to_owned();
    }
    format!("'{}'", value.text().replace('\'', "'\\''"))
}

/// A value that flows through a pipe.
pub(crate) fn as_stream(value: &Value) -> Stream {
    if value.has(SECRET) {
        Stream::Secret
    } else if value.has(PRIVATE) {
        Stream::Private
    } else if value.has(REMOTE) {
        Stream::Remote
    } else if value.is_blank_mark() {
        Stream::Unknown
    } else {
        Stream::Text(format!("{}\n", value.text()))
    }
}
