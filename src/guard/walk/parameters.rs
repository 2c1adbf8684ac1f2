//! `$name` and `${…}` → values, from the state, the scene and what is known of
//! an agent's environment.
//!
//! Invariant: a variable that the text did not set and the scene does not hold
//! is unknown; a name that says it holds a secret is a secret.

use super::{Found, Walker};
use crate::guard::word::parameter::{Operation, Parameter, apply, parse, replace, sides};
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
        if let Some(index) = parameter.index.filter(|index| !matches!(*index, "@" | "*")) {
            self.evaluated(index)?;
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
            Operation::Indirect => self.indirect(known)?,
            Operation::Slice if is_list(&parameter) => {
                let all = known.unwrap_or_else(|| outer(parameter.name));
                sliced(&all, &operand, matches!(parameter.name, "@" | "*"))
            }
            Operation::Replace(everywhere) => {
                let values = known.unwrap_or_else(|| outer(parameter.name));
                self.replaced(&values, &parameter, everywhere, quoted)?
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

    /// `${!x}`: what the variable holds is a name, with a subscript perhaps; one
    /// that is not known may be a secret's.
    fn indirect(&mut self, name: Option<Vec<Value>>) -> Found<Vec<Value>> {
        let name = name.map(|values| joined(&values, " "));
        let Some(name) = name.as_ref().and_then(Value::known) else {
            return Ok(vec![Value::mark(SECRET)]);
        };
        self.index(&Value::new(name))?;
        Ok(self.named(name, None).unwrap_or_else(|| outer(name)))
    }

    /// The operand is expanded in any case: a command in it would run.
    fn operand(&mut self, parameter: &Parameter<'_>, quoted: bool) -> Found<Value> {
        if parameter.operation == Operation::Length {
            self.index(&Value::new(parameter.operand))?;
            return Ok(Value::default());
        }
        if parameter.operand.is_empty() {
            return Ok(Value::default());
        }
        let operand = self.single(parameter.operand, ground(quoted))?;
        if parameter.operation == Operation::Slice {
            self.evaluated(operand.text())?;
        }
        Ok(operand)
    }

    /// `${x/from/to}`: both sides are words of their own.
    fn replaced(
        &mut self,
        values: &[Value],
        parameter: &Parameter<'_>,
        everywhere: bool,
        quoted: bool,
    ) -> Found<Vec<Value>> {
        let (from, to) = sides(parameter.operand);
        // A pattern's own quotes are taken off inside of quotes too.
        let from = self.single(from, Ground::Plain)?;
        let to = self.single(to, ground(quoted))?;
        let one = |value: &Value| match (value.known(), from.known(), to.known()) {
            (Some(text), Some(from), Some(to)) => {
                result(value, replace(text, from, to, everywhere))
            }
            _ if to.is_open() || to.text().contains(['/', '.']) => result(&to, None),
            _ => unknown(value),
        };
        Ok(values.iter().map(one).collect())
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
        (Some(text), Some(operand)) => result(value, apply(text, change, operand)),
        _ => unknown(value),
    }
}

fn result(value: &Value, text: Option<String>) -> Value {
    match text {
        // `${0%/*}`: where a text that is no file lies is here.
        Some(text) if text == "/proc/self" => Value::new("."),
        Some(text) if value.glob => Value::pattern(text),
        Some(text) => Value::new(text),
        None if value.has(SECRET) => Value::mark(SECRET),
        None => Value::mark(OPAQUE),
    }
}

/// What is left of a value when nobody knows what was done to it.
fn unknown(value: &Value) -> Value {
    if value.has(SECRET) {
        Value::mark(SECRET)
    } else if value.has(PRIVATE) {
        Value::mark(PRIVATE)
    } else if !value.is_open() && !value.text().contains(['/', '.']) {
        Value::mark(PLAIN)
    } else {
        // A pattern for names that lose an end stays where it was.
        Value::mark(OPAQUE)
    }
}

fn ground(quoted: bool) -> Ground {
    if quoted {
        Ground::Quoted
    } else {
        Ground::Plain
    }
}

fn is_list(parameter: &Parameter<'_>) -> bool {
    matches!(parameter.name, "@" | "*") || matches!(parameter.index, Some("@" | "*"))
}

/// `${@:from:count}`: some of a list; the parameters begin with the name of the shell.
fn sliced(all: &[Value], operand: &Value, of_parameters: bool) -> Vec<Value> {
    let text = operand.known().unwrap_or("?");
    let (from, count) = text.split_once(':').unwrap_or((text, ""));
    let zero = Value::new(super::interpret::ITSELF);
    let all: Vec<&Value> = of_parameters
        .then_some(&zero)
        .into_iter()
        .chain(all)
        .collect();
    let count = match count.trim() {
        "" => Some(all.len()),
        count => count.parse::<usize>().ok(),
    };
    let from = from.trim().parse::<isize>().ok().and_then(|from| {
        if from < 0 {
            all.len().checked_sub(from.unsigned_abs())
        } else {
            Some(from.unsigned_abs())
        }
    });
    match (from, count) {
        _ if all.iter().any(|value| value.is_open()) => vec![Value::mark(OPAQUE)],
        (Some(from), Some(count)) => all.into_iter().skip(from).take(count).cloned().collect(),
        _ => vec![Value::mark(OPAQUE)],
    }
}
