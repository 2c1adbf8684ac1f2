//! A request before it is sent.
//!
//! Invariant: a path is made of the configured root and of segments that are
//! percent-encoded one by one; nothing from a payload is ever used as an address.

use super::{Endpoint, ForgeError};
use reqwest::Url;
use serde::Serialize;

/// One request.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) at: Endpoint,
    /// What it is about, for the error: `issue 42`.
    pub(crate) what: String,
    segments: Vec<String>,
    query: Vec<(&'static str, String)>,
    pub(crate) body: Option<Vec<u8>>,
}

impl Call {
    /// A request to `/api/v1/` and these segments.
    pub(crate) fn new(at: Endpoint, what: impl Into<String>, segments: &[&str]) -> Call {
        Call {
            at,
            what: what.into(),
            segments: segments.iter().map(|&s| s.to_owned()).collect(),
            query: Vec::new(),
            body: None,
        }
    }

    /// Adds a parameter.
    pub(crate) fn query(mut self, key: &'static str, value: impl Into<String>) -> Call {
        self.query.push((key, value.into()));
        self
    }

    /// Sets the body.
    pub(crate) fn json(mut self, body: &impl Serialize) -> Result<Call, ForgeError> {
        let bytes = serde_json::to_vec(body).map_err(|error| ForgeError::Unusable {
            at: self.at,
            what: format!("the request cannot be written as json: {error}"),
        })?;
        self.body = Some(bytes);
        Ok(self)
    }

    /// The address below `root`, with further parameters.
    pub(crate) fn url(&self, root: &Url, more: &[(&str, String)]) -> Result<Url, ForgeError> {
        // The url crate silently drops `.` and `..`, which would name another endpoint.
        let bad = |s: &String| s.is_empty() || s == "." || s == "..";
        let refused = |what: String| ForgeError::Unusable { at: self.at, what };
        if let Some(segment) = self.segments.iter().find(|s| bad(s)) {
            return Err(refused(format!(
                "`{segment}` cannot be part of an address; check the name"
            )));
        }
        let mut url = root.clone();
        url.path_segments_mut()
            .map_err(|()| refused("`[gitea] url` cannot have a path".to_owned()))?
            .pop_if_empty()
            .extend(["api", "v1"])
            .extend(&self.segments);
        if !self.query.is_empty() || !more.is_empty() {
            let mut pairs = url.query_pairs_mut();
            for (key, value) in &self.query {
                pairs.append_pair(key, value);
            }
            for (key, value) in more {
                pairs.append_pair(key, value);
            }
        }
        Ok(url)
    }
}
