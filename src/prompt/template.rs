//! The operator's template: checked when the config is loaded, filled once per prompt.
//!
//! Invariant: a template sees [`VARIABLES`] and nothing else, cannot load
//! another file, cannot run without end, and its values are never rendered.

use super::{PROMPT_MAX_BYTES, PromptInput, passages::one_line};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, Value};
use std::{collections::BTreeMap, fmt};

/// What a template may name.
pub const VARIABLES: [&str; 7] = [
    "project",
    "repository",
    "agent",
    "issue",
    "title",
    "branch",
    "base",
];

/// What an agent gets whose config names no template.
pub const DEFAULT_TEMPLATE: &str = "\
# How to work here

Read what the repository says about itself first (README, CONTRIBUTING, ARCHITECTURE), then the issue.
Make the smallest change that carries out the instruction as a whole, in the style of the code around it,
with a test that fails without it where the project has tests. Leave everything else as it is.
";

/// Instructions a template may execute.
const FUEL: u64 = 50_000;
/// Functions that the template language brings along and that are harmless.
const FUNCTIONS: [&str; 3] = ["range", "dict", "namespace"];
/// How alike two names must be to suggest one for the other, from 0 to 1.
const ALIKE: f64 = 0.75;

/// What is wrong with a template, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateFault {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What was found.
    pub message: String,
    /// What would be right.
    pub help: String,
}

impl fmt::Display for TemplateFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let TemplateFault {
            line,
            column,
            message,
            help,
        } = self;
        write!(f, "line {line}, column {column}: {message}; {help}")
    }
}

/// Checks a template: its syntax, its variables, and that it can be filled.
pub fn check_template(source: &str) -> Result<(), TemplateFault> {
    check_names(source, &VARIABLES)?;
    let sample = VARIABLES.map(|name| match name {
        "issue" => (name, Value::from(42_u64)),
        _ => (name, Value::from("sample")),
    });
    filled(source, BTreeMap::from(sample)).map(|_| ())
}

/// Checks a template's syntax, and that it names nothing but these variables.
pub(super) fn check_names(source: &str, variables: &[&str]) -> Result<(), TemplateFault> {
    let env = environment();
    let template = env
        .template_from_str(source)
        .map_err(|error| fault(source, &error, variables))?;
    let mut unknown: Vec<(usize, String)> = template
        .undeclared_variables(false)
        .into_iter()
        .filter(|name| !variables.contains(&name.as_str()) && !FUNCTIONS.contains(&name.as_str()))
        .map(|name| (offset_of(source, &name), name))
        .collect();
    unknown.sort();
    if let Some((offset, name)) = unknown.first() {
        let (line, column) = position(source, *offset);
        return Err(TemplateFault {
            line,
            column,
            message: format!("unknown variable `{name}`"),
            help: suggestion(name, variables),
        });
    }
    Ok(())
}

/// Fills the agent's template with the input's values.
pub(super) fn fill(input: &PromptInput<'_>) -> Result<String, TemplateFault> {
    let values = BTreeMap::from([
        ("project", Value::from(input.project)),
        ("repository", Value::from(input.repository)),
        ("agent", Value::from(input.agent.name.as_str())),
        ("issue", Value::from(input.issue)),
        ("title", Value::from(one_line(input.title))),
        ("branch", Value::from(one_line(input.branch))),
        ("base", Value::from(one_line(input.base))),
    ]);
    filled(&input.agent.prompt, values)
}

fn filled(source: &str, values: BTreeMap<&str, Value>) -> Result<String, TemplateFault> {
    let out = environment()
        .render_str(source, Value::from(values))
        .map_err(|error| fault(source, &error, &VARIABLES))?;
    if out.len() > PROMPT_MAX_BYTES {
        return Err(TemplateFault {
            line: 1,
            column: 1,
            message: format!("gives {} bytes", out.len()),
            help: format!("a prompt has at most {PROMPT_MAX_BYTES} bytes"),
        });
    }
    Ok(out)
}

/// The template language as all templates of the config have it.
pub(super) fn environment() -> Environment<'static> {
    let mut env = Environment::new();
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    env.set_auto_escape_callback(|_| AutoEscape::None);
    env.set_fuel(Some(FUEL));
    // Positions of faults need it; nothing of it is shown.
    env.set_debug(true);
    env.remove_global("debug");
    env
}

/// An error of the language, with its place and the remedy.
pub(super) fn fault(source: &str, error: &Error, variables: &[&str]) -> TemplateFault {
    let (line, column) = match error.range() {
        Some(range) => position(source, range.start),
        None => (error.line().unwrap_or(1), 1),
    };
    let mut message = error.kind().to_string();
    if let Some(detail) = error.detail() {
        message = format!("{message}: {detail}");
    }
    let help = match error.kind() {
        ErrorKind::OutOfFuel => {
            "a template is text with a few values: shorten its loops".to_owned()
        }
        ErrorKind::TemplateNotFound => {
            "a template cannot load others: write its text here".to_owned()
        }
        ErrorKind::UndefinedError => format!("the variables are {}", variables.join(", ")),
        _ => "write `{{ name }}` for a value, `{% if … %}…{% endif %}` for a condition".to_owned(),
    };
    TemplateFault {
        line,
        column,
        message,
        help,
    }
}

fn suggestion(name: &str, variables: &[&str]) -> String {
    let all = format!("the variables are {}", variables.join(", "));
    let nearest = variables
        .iter()
        .map(|known| (strsim::jaro_winkler(name, known), *known))
        .filter(|(alike, _)| *alike >= ALIKE)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    match nearest {
        Some((_, known)) => format!("did you mean `{known}`? {all}"),
        None => all,
    }
}

/// Where a name first stands as a whole word inside `{{ … }}` or `{% … %}`.
fn offset_of(source: &str, name: &str) -> usize {
    let of_name = |c: char| c.is_alphanumeric() || c == '_';
    let inside = |offset: usize| {
        let before = source.get(..offset).unwrap_or_default();
        let opened = before.rfind("{{").max(before.rfind("{%"));
        opened.is_some() && opened > before.rfind("}}").max(before.rfind("%}"))
    };
    source
        .match_indices(name)
        .find(|(offset, _)| {
            let before = source.get(..*offset).unwrap_or_default();
            let after = source.get(offset + name.len()..).unwrap_or_default();
            !before.ends_with(of_name)
                && !before.trim_end().ends_with('.')
                && !after.starts_with(of_name)
                && inside(*offset)
        })
        .map_or(0, |(offset, _)| offset)
}

/// Line and column, from 1, of a byte offset.
fn position(source: &str, offset: usize) -> (usize, usize) {
    let before = source
        .get(..source.floor_char_boundary(offset))
        .unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before
        .rsplit('\n')
        .next()
        .map_or(0, |text| text.chars().count())
        + 1;
    (line, column)
}
