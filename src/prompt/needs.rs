//! A template → the programs and variables that it tells its agent to use, and pushes.
//!
//! Read are shell blocks, line by line, and spans of code that are commands by the look of it: by
//! the verb before them, by a flag, or by a program that everybody knows. What is denied in its
//! sentence ("do not run `make`") is not asked for. Of prose only variables are read whose name is
//! no other word, as of a currency.
//!
//! Invariant: pure, and a guess: who uses it warns and never refuses. Whether an agent has what is
//! named is asked where its role, its PATH and its environment are known.

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd, TextMergeWithOffset};
use std::collections::BTreeSet;
use std::ops::Range;

/// The variables that every run has besides those of `[walls] environment`.
pub const GIVEN: [&str; 16] = [
    "PATH",
    "HOME",
    "TMPDIR",
    "LANG",
    "TERM",
    "USER",
    "LOGNAME",
    "SHELL",
    "PWD",
    "ADF_RUN",
    "ADF_BIN",
    "ADF_AGENT_DIR",
    "ADF_PROMPT",
    "ADF_ROLE",
    "GIT_TERMINAL_PROMPT",
    "GIT_CONFIG_NOSYSTEM",
];
/// What shells do themselves, and the factory's own program, which every run has.
pub const BUILT_IN: [&str; 33] = [
    "adf", "alias", "break", "case", "cd", "command", "continue", "do", "done", "echo", "else",
    "esac", "eval", "exec", "exit", "export", "fi", "for", "if", "local", "printf", "pwd", "read",
    "return", "set", "shift", "source", "test", "then", "trap", "true", "unset", "while",
];
/// Kinds of blocks that are typed as they stand.
const SHELLS: [&str; 5] = ["sh", "bash", "zsh", "shell", "console"];
/// Right before a span they make it a command.
const VERBS: [&str; 8] = [
    "run",
    "runs",
    "running",
    "rerun",
    "execute",
    "executing",
    "start",
    "invoke",
];
/// In the sentence before a span they make it none.
const DENIALS: [&str; 8] = [
    "not", "never", "don't", "cannot", "can't", "no", "without", "instead",
];
/// Programs whose name makes a span of several words a command.
const KNOWN: [&str; 52] = [
    "ansible",
    "bash",
    "bazel",
    "black",
    "bun",
    "bundle",
    "cargo",
    "cmake",
    "composer",
    "curl",
    "deno",
    "docker",
    "dotnet",
    "eslint",
    "gh",
    "git",
    "go",
    "gradle",
    "helm",
    "java",
    "jest",
    "jq",
    "kubectl",
    "make",
    "meson",
    "mix",
    "mvn",
    "mypy",
    "mysql",
    "ninja",
    "node",
    "npm",
    "npx",
    "php",
    "pip",
    "pnpm",
    "podman",
    "poetry",
    "prettier",
    "psql",
    "pytest",
    "python",
    "python3",
    "rake",
    "rspec",
    "ruff",
    "rustc",
    "sh",
    "shellcheck",
    "tox",
    "tsc",
    "yarn",
];

/// Capitals from which a word behind `$` in prose is a variable and no currency.
const PROSE_MIN: usize = 4;

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// A program, by its name.
    Program(String),
    /// A variable, without `$`.
    Variable(String),
    /// That work be pushed.
    Push,
}

/// Something that a template asks for, where it does so first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// The line, from 1.
    pub line: usize,
    /// The bytes of the code in which it stands.
    pub at: Range<usize>,
    /// What.
    pub what: What,
}

/// All that a template asks for, each once, in its order.
#[must_use]
pub fn needs(template: &str) -> Vec<Need> {
    let mut found = Found {
        template,
        seen: BTreeSet::new(),
        set: BTreeSet::new(),
        needs: Vec::new(),
    };
    let (mut sentence, mut is_shell, mut is_code) = (String::new(), false, false);
    for (event, at) in TextMergeWithOffset::new(Parser::new(template).into_offset_iter()) {
        match event {
            Event::Start(Tag::CodeBlock(kind)) => {
                is_code = true;
                is_shell = matches!(kind, CodeBlockKind::Fenced(info)
                    if SHELLS.contains(&info.split([' ', ',']).next().unwrap_or_default()));
            }
            Event::End(TagEnd::CodeBlock) => (is_shell, is_code) = (false, false),
            Event::Text(text) if is_shell => found.block(&text, at.start),
            Event::Text(_) if is_code => {}
            Event::Text(text) => {
                found.prose(&text, &sentence, &at);
                sentence.push_str(&text);
                if let Some((_, last)) = sentence.rsplit_once(['.', ';', '!', '?']) {
                    sentence = last.to_owned();
                }
            }
            Event::SoftBreak | Event::HardBreak => sentence.push(' '),
            Event::Code(text) => {
                found.span(&text, &sentence, at);
                sentence.push_str(" code");
            }
            Event::Start(Tag::Paragraph | Tag::Item | Tag::Heading { .. }) => sentence.clear(),
            _ => {}
        }
    }
    found.needs
}

struct Found<'t> {
    template: &'t str,
    seen: BTreeSet<What>,
    /// Variables that a block has set by itself.
    set: BTreeSet<String>,
    needs: Vec<Need>,
}

impl Found<'_> {
    fn block(&mut self, text: &str, start: usize) {
        let (mut offset, mut goes_on) = (start, false);
        for line in text.split_inclusive('\n') {
            let at = offset..offset + line.trim_end().len();
            offset += line.len();
            let line = line.trim().trim_start_matches("$ ");
            if !goes_on && !line.starts_with('#') {
                let words = plain(line);
                if let Some(name) = self.program(&words) {
                    self.need(What::Program(name), at.clone());
                    self.push(&words, &at);
                }
            }
            self.variables(line, &at);
            goes_on = line.ends_with('\\');
        }
    }

    fn span(&mut self, text: &str, sentence: &str, at: Range<usize>) {
        let before = sentence.to_lowercase();
        let mut before = before
            .split_whitespace()
            .map(|word| word.trim_matches([',', ':', '(']));
        let last = before.clone().next_back().unwrap_or_default();
        if before.any(|word| DENIALS.contains(&word)) {
            return;
        }
        let words = plain(text);
        let mut rest = words.split_whitespace();
        let first = rest.next().unwrap_or_default();
        let has_flag = rest.clone().any(|word| word.starts_with('-'));
        let is_known = KNOWN.contains(&first) && rest.next().is_some();
        let is_code = words.contains(['{', '}', '(', ')']) || words.contains(" = ");
        let is_command = !is_code && (VERBS.contains(&last) || has_flag || is_known);
        if let Some(name) = self.program(&words).filter(|_| is_command) {
            self.need(What::Program(name), at.clone());
            self.push(&words, &at);
        }
        self.variables(text, &at);
    }

    /// What stands in prose, after `before` of its sentence.
    fn prose(&mut self, text: &str, before: &str, at: &Range<usize>) {
        let mut before = before.to_lowercase();
        for sentence in text.split_inclusive(['.', ';', '!', '?']) {
            before.push_str(&sentence.to_lowercase());
            if !before.split_whitespace().any(|w| DENIALS.contains(&w)) {
                let plain = |word: &&str| {
                    let name = word.trim_start_matches(['(', '"', '$', '{']);
                    let rest = name.trim_start_matches(|c: char| c.is_ascii_uppercase());
                    word.contains('$')
                        && (rest.starts_with('_') || name.len() - rest.len() >= PROSE_MIN)
                };
                let words: Vec<&str> = sentence.split_whitespace().filter(plain).collect();
                self.variables(&words.join(" "), at);
            }
            before.clear();
        }
    }

    /// Git's `push` in a command.
    fn push(&mut self, words: &str, at: &Range<usize>) {
        let mut words = words.split_whitespace();
        let is_git = words.find(|word| !word.contains('=')) == Some("git");
        while let Some(word) = words.next() {
            match word {
                "-C" | "-c" => drop(words.next()),
                "push" if is_git => return self.need(What::Push, at.clone()),
                word if word.starts_with('-') => {}
                _ => return,
            }
        }
    }

    /// The first word that is a program's name; assignments before it are remembered.
    fn program(&mut self, line: &str) -> Option<String> {
        for word in line.split_whitespace() {
            match word.split_once('=') {
                Some((name, _)) if is_variable(name) => {
                    self.set.insert(name.to_owned());
                }
                _ => return is_program(word).then(|| word.to_owned()),
            }
        }
        None
    }

    fn variables(&mut self, text: &str, at: &Range<usize>) {
        for word in text.split_whitespace() {
            let name = word.split_once('=').map_or("", |(name, _)| name);
            if is_variable(name) {
                self.set.insert(name.to_owned());
            }
        }
        for (offset, _) in text.match_indices('$') {
            let (before, rest) = text.split_at(offset);
            // A shell leaves what stands in single quotes as it is.
            if before.matches('\'').count() % 2 == 1 {
                continue;
            }
            let rest = rest.trim_start_matches('$').trim_start_matches('{');
            let of_name = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
            let name = rest.split(|c| !of_name(c)).next().unwrap_or_default();
            if is_variable(name) && !self.set.contains(name) {
                self.need(What::Variable(name.to_owned()), at.clone());
            }
        }
    }

    fn need(&mut self, what: What, at: Range<usize>) {
        if self.seen.insert(what.clone()) {
            let before = self.template.get(..at.start).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            self.needs.push(Need { line, at, what });
        }
    }
}

/// With a word in place of each value that the factory fills in.
fn plain(text: &str) -> String {
    let mut parts = text.split("{{");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push('x');
        plain.push_str(part.split_once("}}").map_or(part, |(_, after)| after));
    }
    plain
}

fn is_program(word: &str) -> bool {
    let begins = word.starts_with(|c: char| c.is_ascii_lowercase());
    begins
        && word
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_+.".contains(c))
}

fn is_variable(name: &str) -> bool {
    let begins = name.starts_with(|c: char| c.is_ascii_uppercase());
    begins
        && name
            .chars()
            .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(template: &str) -> Vec<String> {
        let needs = needs(template).into_iter();
        needs
            .map(|need| match need.what {
                What::Program(name) => format!("{}:{name}", need.line),
                What::Variable(name) => format!("{}:${name}", need.line),
                What::Push => format!("{}:push", need.line),
            })
            .collect()
    }

    #[test]
    fn commands_are_told_by_verb_flag_name_and_block() {
        let text = "Build it, and run `make`.\n\nThen `cargo test --all`, and `cargo fmt`.\n\n\
            Check with `frobnicate --all {{ base }}`.\n\n```sh\n# a comment\n$ KEY=1 ./x\nnpm ci \\\n  --quiet\nmake\n```\n";
        assert_eq!(told(text), ["1:make", "3:cargo", "5:frobnicate", "10:npm"]);
    }

    #[test]
    fn names_of_things_and_what_is_denied_are_no_commands() {
        let text = "Read `src/lib.rs` and `sum_to`. Do not run `make`, and never `git push --force`. \
            `fn main()` and `let x = 1` are code. Call `@adf:qa`. `{{ agent }}` works. A `Vec` of `u8`.\n\n\
            ```rust\ncargo test\n```\n\n```\nrm -rf x\n```\n";
        assert_eq!(told(text), [""; 0]);
        assert_eq!(told("Not here. Run `make` now."), ["1:make"]);
    }

    #[test]
    fn variables_stand_in_code_and_those_that_are_set_there_are_not_asked_for() {
        let text = "Costs $5 or $USD.\n`$TOKEN` and `${DB_URL}/x`; `'$QUOTED'`.\n\n\
            ```bash\nexport HERE=1\necho \"$HERE $THERE $1 $x\"\n```\n";
        assert_eq!(
            told(text),
            ["2:$TOKEN", "2:$DB_URL", "5:export", "6:echo", "6:$THERE"].map(str::to_owned)
        );
    }

    #[test]
    fn variables_of_prose_and_pushes_are_told_where_they_are_not_denied() {
        let text = "Use the token in $GITEA_TOKEN. Pay in $USD; never show $DEPLOY_KEY to anybody.\n\
            Then `git -C x push`, not `git push -f`; and `git log --grep push`.\n\n```sh\ngit push origin HEAD\n```\n";
        assert_eq!(told(text), ["1:$GITEA_TOKEN", "2:git", "2:push"]);
    }

    #[test]
    fn the_shipped_prompts_ask_for_nothing() {
        assert_eq!(told(crate::prompt::DEFAULT_TEMPLATE), [""; 0]);
        for shipped in [
            include_str!("../config/default_prompt.md"),
            include_str!("../config/default_prompt_reader.md"),
            include_str!("../config/default_prompt_writer.md"),
        ] {
            assert_eq!(told(shipped), [""; 0]);
        }
    }
}
