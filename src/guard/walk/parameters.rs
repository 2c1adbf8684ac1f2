//! `$name` and `${…}` → values, from the state, the scene and what is known of
//! an agent's environment.
//!
//! Invariant: a variable that the text did not set and the scene does not hold
//! is unknown; a name that says it holds a secret is a secret.

use super::{Found, Walker};
use crate::guard::word::parameter::{Operation, Parameter, apply, parse};
use crate::guard::word::{Ground, OPAQUE, PLAIN, PRIVATE, SECRET, Value, joined};

/// Variables of the environment that hold one plain word.
const PLAIN_NAMES: [&str; 19] = [
    "USER",
    "LOGNAME",
    "HOSTNAME",
    "UID",
    "EUID",
    "RANDOM",
    "SRANDOM",
    "SECONDS",
    "BASHPID",
    "LINENO",
    "SHLVL",
    "EPOCHSECONDS",
    "EPOCHREALTIME",
    "OPTIND",
    "HOSTTYPE",
    "OSTYPE",
    "MACHTYPE",
    "BASH_VERSION",
    "LANG",
];

/// Variables that name a tool or a place, and what they stand for when nothing sets them.
const TOOLS: [(&str, &str); 20] = [
    ("CC", "cc"),
    ("CXX", "c++"),
    ("LD", "ld"),
    ("AR", "ar"),
    ("PYTHON", "python3"),
    ("CARGO", "cargo"),
    ("RUSTC", "rustc"),
    ("GO", "go"),
    ("NODE", "node"),
    ("NPM", "npm"),
    ("MAKE", "make"),
    ("EDITOR", "vi"),
    ("VISUAL", "vi"),
    ("PAGER", "less"),
    ("SHELL", "bash"),
    ("PIP", "pip"),
    ("BASH", "bash"),
    ("GIT", "git"),
    ("ADF_BIN", "adf"),
    // The run's own keys: a place that stands for it, among the factory's.
    ("ADF_AGENT_DIR", "/run/adf/agent"),
];

/// Whether a variable's name says that it holds a secret.
pub(crate) fn is_secret_name(name: &str) -> bool {
    const WORDS: [&str; 9] = [
        "TOKEN",
        "SECRET",
        "PASSWORD",
        "PASSWD",
        "API_KEY",
        "APIKEY",
        "ACCESS_KEY",
        "PRIVATE_KEY",
        "CREDENTIAL",
    ];
    WORDS.iter().any(|word| name.contains(word)) || name.ends_with("_PAT")
}

impl Walker<'_> {
    pub(super) fn parameter(&mut self, inner: &str, quoted: bool) -> Found<Vec<Value>> {
        let parameter = parse(inner);
        // `${ command; }` of newer shells; brush-parser drops the blank in front.
        let is_command = parameter.operation == Operation::Other
            && parameter
                .operand
                .starts_with([' ', '\t', '\n', ';', '|', '/']);
        if is_command {
            return self.substitution(inner.trim_start_matches('|'));
        }
        let operand = self.operand(&parameter, quoted)?;
        let known = self.known(&parameter);
        let is_empty = |v: &[Value]| v.iter().all(|v| v.text().is_empty());
        Ok(match parameter.operation {
            Operation::Value | Operation::Required => {
                known.unwrap_or_else(|| outer(parameter.name))
            }
            Operation::Default => match known {
                Some(values) if !is_empty(&values) => values,
                _ => vec![operand],
            },
            Operation::Assign => match known {
                Some(values) if !is_empty(&values) => values,
                _ => {
                    self.state.set(parameter.name, vec![operand.clone()]);
                    vec![operand]
                }
            },
            Operation::Alternative => match known {
                Some(values) if is_empty(&values) => Vec::new(),
                Some(_) => vec![operand],
                None => vec![Value::default(), operand]
                    .into_iter()
                    .filter(|v| !v.text().is_empty())
                    .collect(),
            },
            Operation::Length => vec![Value::mark(PLAIN)],
            Operation::Indirect => {
                let name = known.map(|v| joined(&v, " "));
                match name.as_ref().and_then(Value::known) {
                    Some(name) => self.named(name, None).unwrap_or_else(|| outer(name)),
                    None => vec![Value::mark(OPAQUE)],
                }
            }
            Operation::Other if parameter.operand == "@P" => {
                // The text is expanded once more, as a prompt is.
                let text = known.map(|v| joined(&v, " ")).unwrap_or_default();
                vec![self.single(text.text(), Ground::Quoted)?]
            }
            Operation::Other => vec![Value::mark(if is_secret_name(inner) {
                SECRET
            } else {
                OPAQUE
            })],
            change => {
                let values = known.unwrap_or_else(|| outer(parameter.name));
                values
                    .iter()
                    .map(|v| changed(v, change, &operand))
                    .collect()
            }
        })
    }

    /// The operand is expanded in any case: a command in it would run.
    fn operand(&mut self, parameter: &Parameter<'_>, quoted: bool) -> Found<Value> {
        if parameter.operand.is_empty() || parameter.operation == Operation::Length {
            return Ok(Value::default());
        }
        let ground = if quoted {
            Ground::Quoted
        } else {
            Ground::Plain
        };
        self.single(parameter.operand, ground)
    }

    fn known(&self, parameter: &Parameter<'_>) -> Option<Vec<Value>> {
        self.named(parameter.name, parameter.index)
    }

    fn named(&self, name: &str, index: Option<&str>) -> Option<Vec<Value>> {
        if let Some(values) = self.state.get(name) {
            return Some(match index {
                None => values.first().cloned().into_iter().collect(),
                Some("@" | "*") => values.clone(),
                Some(index) => {
                    let at = index.parse::<usize>().ok();
                    let one = at.and_then(|at| values.get(at).cloned());
                    vec![one.unwrap_or_else(|| Value::mark(OPAQUE))]
                }
            });
        }
        match name {
            "@" | "*" => Some(self.state.positional.clone()),
            "HOME" => Some(vec![Value::new(self.scene.home)]),
            "PWD" => Some(vec![self.here()]),
            "OLDPWD" => self.state.back.clone().map(|back| vec![Value::new(back)]),
            "TMPDIR" => Some(vec![Value::new(self.scene.tmp)]),
            // The agent's own command line: as little to be ended as the first process.
            "PPID" => Some(vec![Value::new("1")]),
            "IFS" => Some(vec![Value::new(" \t\n")]),
            "0" | "BASH_SOURCE" if self.state.get("0").is_some() => self.state.get("0").cloned(),
            "0" | "BASH_SOURCE" => Some(vec![Value::new(super::interpret::ITSELF)]),
            "#" | "?" | "$" | "!" | "-" => Some(vec![Value::mark(PLAIN)]),
            _ => {
                let at = name.parse::<usize>().ok()?;
                let one = self.state.positional.get(at.checked_sub(1)?);
                if one.is_none() && self.state.positional.iter().any(Value::has_mark) {
                    return Some(vec![Value::mark(OPAQUE)]);
                }
                Some(one.cloned().into_iter().collect())
            }
        }
    }
}

/// A variable that only the environment could hold.
fn outer(name: &str) -> Vec<Value> {
    if PLAIN_NAMES.contains(&name) {
        return vec![Value::mark(PLAIN)];
    }
    if is_secret_name(name) {
        return vec![Value::mark(SECRET)];
    }
    let tool = TOOLS.iter().find(|(variable, _)| *variable == name);
    vec![tool.map_or(Value::mark(OPAQUE), |(_, tool)| Value::new(*tool))]
}

fn changed(value: &Value, change: Operation, operand: &Value) -> Value {
    match (value.known(), operand.known()) {
        (Some(text), Some(operand)) => match apply(text, change, operand) {
            // `${0%/*}`: where a text that is no file lies is here.
            Some(text) if text == "/proc/self" => Value::new("."),
            Some(text) if value.glob => Value::pattern(text),
            Some(text) => Value::new(text),
            None => Value::mark(OPAQUE),
        },
        _ if value.has(SECRET) => Value::mark(SECRET),
        _ if value.has(PRIVATE) => Value::mark(PRIVATE),
        _ if !value.is_open() && !value.text().contains(['/', '.']) => Value::mark(PLAIN),
        // A pattern for names that lose an end stays where it was.
        _ => Value::mark(OPAQUE),
    }
}
