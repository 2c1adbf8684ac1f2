//! A graph as anybody may write it, `{"issues":[1,2],"dependencies":[{"issue":2,"depends_on":1}]}`,
//! becomes an [`IssueGraph`].
//!
//! Invariant: what is refused is refused whole, with what was wrong and what
//! would be right; an issue that is not among the issues blocks as unknown.

use crate::{GraphError, IssueGraph, Link, Node, On};
use serde::Deserialize;

/// The longest text of a graph, in bytes.
pub const TEXT_BYTES_MAX: usize = 64 << 20;

/// Why a text is no graph.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// It goes on beyond the bound.
    #[error("the graph is longer than {} MiB; rank a part of it", TEXT_BYTES_MAX >> 20)]
    TooLong,
    /// It is not the form.
    #[error(
        "not a graph: {0}; expected {{\"issues\":[1,2,3],\"dependencies\":[{{\"issue\":2,\"depends_on\":1}}]}}"
    )]
    Form(#[from] serde_json::Error),
    /// It is no graph of issues.
    #[error(transparent)]
    Graph(#[from] GraphError),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    issues: Vec<u64>,
    #[serde(default)]
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Dependency {
    issue: u64,
    depends_on: u64,
}

/// Reads a graph of open issues.
///
/// # Errors
/// A text that is too long, not of the form, or not a graph.
pub fn read(text: &[u8]) -> Result<IssueGraph, InputError> {
    if text.len() > TEXT_BYTES_MAX {
        return Err(InputError::TooLong);
    }
    let written: Written = serde_json::from_slice(text)?;
    let links: Vec<Link> = written
        .dependencies
        .iter()
        .map(|d| Link {
            issue: d.issue,
            on: On::Issue(d.depends_on),
        })
        .collect();
    let issues = written.issues.into_iter().map(Node::open).collect();
    Ok(IssueGraph::new(issues, &links)?)
}
