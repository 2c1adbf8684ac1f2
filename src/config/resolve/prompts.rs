//! Prompt templates: inline, from a file, or the built-in one, checked before
//! any agent could be started with them.
//!
//! Invariant: a template that is returned without a fault names no variable
//! that the factory does not fill. What it tells an agent to use that its role, its
//! tools or its environment do not give is a warning at its line; whether programs
//! are there is a question to the machine, which `doctor` asks.

use super::Resolver;
use crate::config::document::child;
use crate::config::explain;
use crate::config::fault::{self, Fault};
use crate::config::raw;
use crate::mention::{malformed, named};
use crate::model::{RoleContext, settings::Provider};
use crate::prompt::deeds::{Deed, Order, orders};
use crate::prompt::needs::{GIVEN, What, needs};
use crate::prompt::{TemplateFault, check_template};
use std::{io::Read, ops::Range, path::Path, sync::Arc};

/// The template of an agent that names none, where its role edits and runs.
pub const EDITOR_PROMPT: &str = include_str!("../default_prompt.md");
/// Where it edits nothing.
pub const READER_PROMPT: &str = include_str!("../default_prompt_reader.md");
/// Where it edits, and runs nothing.
pub const WRITER_PROMPT: &str = include_str!("../default_prompt_writer.md");

/// Variables that scripts have besides.
const SCRIPTS: [&str; 2] = ["ADF_TOOLS", "ADF_MODEL"];

/// The longest template, in bytes.
const TEMPLATE_BYTES_MAX: u64 = 256 * 1024;

/// What an agent has, as far as the config says.
pub(super) struct Has<'a> {
    pub role: &'a RoleContext,
    pub provider: Option<&'a Provider>,
    /// `[walls] environment`.
    pub environment: &'a [String],
    /// The names of all agents.
    pub roster: &'a [String],
}

impl Resolver<'_, '_> {
    pub(super) fn prompt(&mut self, at: &str, agent: &raw::Agent, has: &Has<'_>) -> String {
        let (inline_at, file_at) = (child(at, "prompt"), child(at, "prompt_file"));
        if self.faults.doc.has(&inline_at) && self.faults.doc.has(&file_at) {
            self.faults.key_error(
                &file_at,
                "both `prompt` and `prompt_file` are given",
                "keep one: `prompt` holds the template, `prompt_file` names its file",
            );
        }
        match (&agent.prompt, &agent.prompt_file) {
            (Some(template), _) => {
                if let Err(fault) = check_template(template) {
                    let TemplateFault {
                        line,
                        column,
                        message,
                        help,
                    } = fault;
                    let message = format!("template, line {line}, column {column}: {message}");
                    self.faults.error(&inline_at, message, help);
                }
                for Unmet {
                    line,
                    message,
                    help,
                    ..
                } in unmet(template, agent, has)
                {
                    let message = format!("template, line {line}: {message}");
                    self.faults.warning(&inline_at, message, help);
                }
                template.clone()
            }
            (None, Some(path)) => {
                let path = self.path(path, &file_at);
                let template = self.template_file(&path, &file_at);
                let source: Arc<str> = template.as_str().into();
                for Unmet {
                    at, message, help, ..
                } in unmet(&template, agent, has)
                {
                    let fault = Fault::in_text(&path, Arc::clone(&source), at, message, help);
                    self.faults.elsewhere(&file_at, fault.into_warning());
                }
                template
            }
            (None, None) if !has.role.may_edit() => READER_PROMPT.to_owned(),
            (None, None) if !has.role.may_run => WRITER_PROMPT.to_owned(),
            (None, None) => EDITOR_PROMPT.to_owned(),
        }
    }

    fn template_file(&mut self, path: &Path, pointer: &str) -> String {
        let template = match read(path, TEMPLATE_BYTES_MAX) {
            Ok(template) => template,
            Err(reason) => {
                let message = format!("template {}: {reason}", path.display());
                let help = "a path relative to the folder of the config file, or an absolute one";
                self.faults.error(pointer, message, help);
                return String::new();
            }
        };
        if let Err(TemplateFault {
            line,
            column,
            message,
            help,
        }) = check_template(&template)
        {
            let start = fault::offset(&template, line, column);
            let source = template.as_str().into();
            let fault = Fault::in_text(path, source, start..start + 1, message, help);
            self.faults.elsewhere(pointer, fault);
        }
        template
    }
}

/// Something that a template asks for and its agent has not, or may not do.
struct Unmet {
    line: usize,
    at: Range<usize>,
    message: String,
    help: String,
}

fn unmet(template: &str, agent: &raw::Agent, has: &Has<'_>) -> Vec<Unmet> {
    let name = &agent.name;
    let shell = no_shell(agent, has);
    let mut unmet = Vec::new();
    for need in needs(template) {
        let (message, help) = match (&need.what, &shell) {
            (What::Program(program), Some((why, help))) if program != "adf" => (
                format!("tells `{name}` to run `{program}`, and {why}"),
                help.clone(),
            ),
            (What::Variable(variable), _) if !is_passed(variable, has) => (
                format!("names `${variable}`, which is not in the environment of `{name}`"),
                format!(
                    "add `{variable}` to [walls] environment if it is no secret, or take it out"
                ),
            ),
            (What::Push, None) => (
                format!("tells `{name}` to run `git push`, and agents cannot push"),
                "take it out: what is committed is delivered for it".to_owned(),
            ),
            _ => continue,
        };
        unmet.push(Unmet {
            line: need.line,
            at: need.at,
            message,
            help,
        });
    }
    for order in orders(template) {
        let Some((why, help)) = forbidden(&order, has, shell.as_ref()) else {
            continue;
        };
        unmet.push(Unmet {
            line: order.line,
            message: format!("tells `{name}` to {} …, and {why}", order.words),
            at: order.at,
            help,
        });
    }
    unmet.extend(misdirected(template, name, has.roster));
    unmet
}

/// Mentions that call nobody.
fn misdirected(template: &str, name: &str, roster: &[String]) -> Vec<Unmet> {
    let before = |at: &Range<usize>| template.get(..at.start).unwrap_or_default();
    let line = |at: &Range<usize>| 1 + before(at).matches('\n').count();
    let mut unmet = Vec::new();
    for at in malformed(template) {
        unmet.push(Unmet {
            line: line(&at),
            message: format!(
                "shows `{name}` the mention `{}`, which calls nobody",
                template.get(at.clone()).unwrap_or_default()
            ),
            at,
            help: "write the name of an agent behind it, as in `@adf:developer`".to_owned(),
        });
    }
    for (at, agent) in named(template) {
        if roster.iter().any(|known| known == agent.as_str()) {
            continue;
        }
        unmet.push(Unmet {
            line: line(&at),
            message: format!(
                "shows `{name}` the mention `@adf:{agent}`, which calls nobody: no agent has this name"
            ),
            at,
            help: explain::offer(explain::nearest(agent.as_str(), roster), roster, "agents"),
        });
    }
    unmet
}

/// Why an agent cannot do as it is told, if it cannot, and what helps.
fn forbidden(
    order: &Order,
    has: &Has<'_>,
    shell: Option<&(String, String)>,
) -> Option<(String, String)> {
    let role = &has.role.role;
    match order.deed {
        Deed::Edit | Deed::Commit if !has.role.may_edit() => Some((
            format!("its role `{role}` edits nothing"),
            "say what is to be found out and reported, or give it a role that edits".to_owned(),
        )),
        Deed::Commit if !has.role.may_run => Some((
            format!("its role `{role}` runs nothing, so not git either"),
            "take it out: what it writes is committed for it".to_owned(),
        )),
        Deed::Run => shell.cloned(),
        Deed::Edit | Deed::Commit => None,
    }
}

fn is_passed(variable: &str, has: &Has<'_>) -> bool {
    let is_script = matches!(has.provider, Some(Provider::Script { .. }));
    GIVEN.contains(&variable)
        || is_script && SCRIPTS.contains(&variable)
        || has.environment.iter().any(|name| name == variable)
}

/// Why an agent can start no program, if it cannot, and what helps.
fn no_shell(agent: &raw::Agent, has: &Has<'_>) -> Option<(String, String)> {
    if !has.role.may_run {
        let why = format!("its role `{}` runs nothing", has.role.role);
        let help =
            "say what is to be found out instead of what to run, or give it a role with run = true";
        return Some((why, help.to_owned()));
    }
    let shells: &[&str] = match has.provider {
        Some(Provider::Claude(_)) => &["Bash"],
        Some(Provider::Gemini(_)) => &["run_shell_command"],
        Some(Provider::Opencode(_)) => &["bash"],
        _ => return None,
    };
    let is_shell = |tool: &String| shells.iter().any(|shell| tool.starts_with(shell));
    if agent.tools.is_empty() || agent.tools.iter().any(is_shell) {
        return None;
    }
    let why = format!("none of its tools is a shell ({})", agent.tools.join(", "));
    let help = format!(
        "add `{}` to its tools, or take it out of the prompt",
        shells.join("`, `")
    );
    Some((why, help))
}

/// The text of a file that the config names.
pub(super) fn read(path: &Path, bytes_max: u64) -> Result<String, String> {
    let regular = std::fs::metadata(path).map_err(|error| error.to_string())?;
    if !regular.is_file() {
        return Err("it is not a regular file".to_owned());
    }
    let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    let mut bytes = Vec::new();
    file.take(bytes_max + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| error.to_string())?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > bytes_max) {
        return Err("it is longer than 256 KiB".to_owned());
    }
    match String::from_utf8(bytes) {
        Ok(text) if text.trim().is_empty() => Err("it is empty".to_owned()),
        Ok(text) => Ok(text),
        Err(_) => Err("it is not UTF-8 text".to_owned()),
    }
}
