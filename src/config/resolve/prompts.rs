//! Prompt templates: inline, from a file, or the built-in one, checked before
//! any agent could be started with them.
//!
//! Invariant: a template that is returned without a fault names no variable
//! that the factory does not fill.

use super::Resolver;
use crate::config::document::child;
use crate::config::fault::{self, Fault};
use crate::config::raw;
use crate::prompt::{TemplateFault, check_template};
use std::{io::Read, path::Path};

/// The template of an agent that names none.
const DEFAULT_TEMPLATE: &str = include_str!("../default_prompt.md");

/// The longest template, in bytes.
const TEMPLATE_BYTES_MAX: u64 = 256 * 1024;

impl Resolver<'_, '_> {
    pub(super) fn prompt(&mut self, at: &str, agent: &raw::Agent) -> String {
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
                template.clone()
            }
            (None, Some(path)) => {
                let path = self.path(path, &file_at);
                self.template_file(&path, &file_at)
            }
            (None, None) => DEFAULT_TEMPLATE.to_owned(),
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
