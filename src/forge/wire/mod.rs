//! The shapes on the wire, as lenient as the servers are careless.
//!
//! Every field has a default and may be null; what the client needs and cannot
//! do without is checked where the shape becomes a noun of the model. Invariant:
//! logins are lower case, texts have LF only, times are UTC.

pub(crate) mod issue;
pub(crate) mod pull;
pub(crate) mod repo;
pub(crate) mod review;

use crate::model::{Person, Time};
use chrono::DateTime;
use serde::{Deserialize, Deserializer, de::DeserializeOwned};

/// The login that stands for nobody.
pub(crate) const NOBODY: &str = "ghost";

/// Null as the default.
pub(crate) fn nullable<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

/// A list that may be null, hold nulls, or hold things that cannot be read.
pub(crate) fn lenient_list<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    let raw = Option::<Vec<serde_json::Value>>::deserialize(deserializer)?;
    let read = |value| serde_json::from_value(value).ok();
    Ok(raw
        .unwrap_or_default()
        .into_iter()
        .filter_map(read)
        .collect())
}

/// A moment; the servers write year 1 or 1970 for "never", which becomes 0.
pub(crate) fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Time, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    Ok(text.as_deref().map(parse_time).unwrap_or_default())
}

/// RFC 3339 in any zone; anything else, and anything before 1970, is 0.
pub(crate) fn parse_time(text: &str) -> Time {
    let moment = DateTime::parse_from_rfc3339(text.trim());
    let millis = moment.map_or(0, |moment| moment.timestamp_millis());
    Time(millis.max(0))
}

/// A moment as a parameter: UTC, whole seconds, no sign that needs care.
pub(crate) fn format_time(at: Time) -> String {
    let moment = DateTime::from_timestamp(at.seconds().max(0), 0).unwrap_or_default();
    moment.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A text with LF only; browsers send CRLF.
pub(crate) fn lf(text: &str) -> String {
    text.replace("\r\n", "\n")
}

/// An account.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct User {
    #[serde(deserialize_with = "nullable")]
    id: i64,
    #[serde(deserialize_with = "nullable")]
    login: String,
}

/// An account or nobody.
pub(crate) fn person(user: Option<User>) -> Person {
    match user {
        Some(user) if !user.login.is_empty() => Person {
            id: user.id,
            login: user.login.to_lowercase(),
        },
        _ => nobody(),
    }
}

/// Nobody: deleted accounts, and writers who lived on another forge.
pub(crate) fn nobody() -> Person {
    Person {
        id: -1,
        login: NOBODY.to_owned(),
    }
}

/// Who wrote something; a migrated text shows the importer's account, who did not write it.
pub(crate) fn author(user: Option<User>, original: &str, original_id: i64) -> Person {
    if original.is_empty() && original_id == 0 {
        person(user)
    } else {
        nobody()
    }
}
