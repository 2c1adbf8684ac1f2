//! The schema of a mention, generated from one documented struct.
//!
//! Invariant: what the schema says of a name is what [`super::grammar`]
//! accepts; a test holds the two together.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A mention: one `@adf:` in an issue body, a pull request body, a comment, a review or an inline review comment.
///
/// Written `@adf:<agent> <instruction>` or `@adf:<project>/<agent> <instruction>`, at a word
/// boundary, anywhere in the prose; not inside code spans or blocks, block quotes, HTML blocks or
/// comments, or links. What follows the name, to the next mention or the end of the text, is the
/// instruction, verbatim. Several mentions in one text are several tasks. `\@adf:` is not a mention.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "mention", extend(
    "x-text-pattern" = "@adf:(?:[a-z][a-z0-9-]{0,39}/)?[a-z][a-z0-9-]{0,39}",
    "examples" = [
        { "agent": "developer", "instruction": "please fix the off-by-one in src/lib.rs" },
        { "project": "website", "agent": "reviewer", "instruction": "look at the error handling" }
    ]
))]
pub struct MentionForm {
    /// The project, when the text names one; it must be the project that reads the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^[a-z][a-z0-9-]{0,39}$"))]
    pub project: Option<String>,
    /// The agent that is called: lower-case letters, digits and hyphens, a letter first, at most 40.
    #[schemars(regex(pattern = r"^[a-z][a-z0-9-]{0,39}$"))]
    pub agent: String,
    /// What is asked: the text to the next mention or the end, trimmed. It must not be empty.
    #[schemars(length(min = 1))]
    pub instruction: String,
}

/// The JSON Schema (2020-12) of a mention.
#[must_use]
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(MentionForm).to_value()
}
