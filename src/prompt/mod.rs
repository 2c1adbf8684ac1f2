//! Placeholder.

/// What is wrong with a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateFault {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
}

/// Checks a template.
///
/// # Errors
/// When it cannot be used.
pub fn check_template(_source: &str) -> Result<(), TemplateFault> {
    Ok(())
}
