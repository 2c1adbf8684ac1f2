//! Labels: the repository's, a new one, and those that an issue gets or loses.
//!
//! Invariant: labels are added by number. By name is younger than the oldest
//! server supported, and unknown names and numbers are dropped in silence, so
//! the result is checked.

use super::{Client, Endpoint, ForgeError, Listing, wire::nullable};
use serde::Deserialize;
use serde_json::json;

/// A label of the repository.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Label {
    /// The forge's number for it.
    #[serde(deserialize_with = "nullable")]
    pub id: i64,
    /// Its name; several may have the same.
    #[serde(deserialize_with = "nullable")]
    pub name: String,
}

impl Client {
    /// The repository's own labels; those of its organisation are not among them.
    ///
    /// # Errors
    /// Any [`ForgeError`] of a read.
    pub async fn labels(&self) -> Result<Vec<Label>, ForgeError> {
        let call = self.call(Endpoint::Labels, "the label list", &["labels"]);
        let listing: Listing<Label> = self.all(&call).await?;
        Ok(listing.distinct(|label| label.id).items)
    }

    /// Creates a label; `color` is six hex digits, with or without `#`.
    ///
    /// # Errors
    /// Any [`ForgeError`]; a name that exists is no error, list first.
    pub async fn create_label(&self, name: &str, color: &str) -> Result<Label, ForgeError> {
        let color = format!("#{}", color.trim_start_matches('#'));
        let call = self
            .call(Endpoint::CreateLabel, "the repository", &["labels"])
            .json(&json!({ "name": name, "color": color }))?;
        self.send(&call).await?.json()
    }

    /// Adds labels to an issue or pull request; gives all it has then.
    ///
    /// # Errors
    /// [`ForgeError::LeftOut`] when the forge answers "done" and did not add one;
    /// else any [`ForgeError`].
    pub async fn add_labels(&self, number: u64, ids: &[i64]) -> Result<Vec<Label>, ForgeError> {
        let at = Endpoint::AddLabels;
        let call = self
            .call(
                at,
                format!("issue {number}"),
                &["issues", &number.to_string(), "labels"],
            )
            .json(&json!({ "labels": ids }))?;
        let reply = self.send(&call).await?;
        let is: Option<Vec<Label>> = reply.json()?;
        let is = is.unwrap_or_default();
        match ids
            .iter()
            .find(|id| !is.iter().any(|label| label.id == **id))
        {
            Some(id) => Err(ForgeError::LeftOut {
                at,
                what: format!("label number {id}"),
            }),
            None => Ok(is),
        }
    }

    /// Takes a label off an issue or pull request; one that is not there is no error.
    ///
    /// # Errors
    /// Any [`ForgeError`] but those of a label that is gone.
    pub async fn remove_label(&self, number: u64, id: i64) -> Result<(), ForgeError> {
        let call = self.call(
            Endpoint::RemoveLabel,
            format!("issue {number}"),
            &["issues", &number.to_string(), "labels", &id.to_string()],
        );
        match self.send(&call).await {
            Ok(_) | Err(ForgeError::NotFound { .. } | ForgeError::Invalid { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }
}
