//! Columns: how a value of the model stands in one or two of them.
//!
//! Invariant: a word or text that the model does not know is an error, never a
//! default.

use crate::model::{PassageKey, PassageKind, Person};
use rusqlite::{
    Error, Result, Row, ToSql,
    types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, Type, ValueRef},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

/// A number that is never negative. SQLite's integers end at `i64::MAX`; more is refused.
#[derive(Clone, Copy, Debug)]
pub(in crate::store) struct Int(pub u64);

impl ToSql for Int {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
        let number = i64::try_from(self.0).map_err(|e| Error::ToSqlConversionFailure(e.into()))?;
        Ok(number.into())
    }
}

impl FromSql for Int {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Int> {
        let number = i64::column_result(value)?;
        let out_of_range = |_| FromSqlError::OutOfRange(number);
        u64::try_from(number).map(Int).map_err(out_of_range)
    }
}

/// A value kept as JSON text.
pub(super) struct Json<T>(pub T);

impl<T: Serialize> ToSql for Json<T> {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
        let text = serde_json::to_string(&self.0);
        let text = text.map_err(|e| Error::ToSqlConversionFailure(e.into()))?;
        Ok(text.into())
    }
}

impl<T: DeserializeOwned> FromSql for Json<T> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Json<T>> {
        let found = serde_json::from_str(value.as_str()?);
        found.map(Json).map_err(FromSqlError::other)
    }
}

/// A value that is one word: an enum without payload.
pub(super) struct Word<T>(pub T);

impl<T: Serialize> ToSql for Word<T> {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
        match split(&self.0)? {
            (word, None) => Ok(word.into()),
            (word, Some(_)) => Err(odd(&word)),
        }
    }
}

impl<T: DeserializeOwned> FromSql for Word<T> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Word<T>> {
        let word = Value::String(value.as_str()?.to_owned());
        let found = serde_json::from_value(word);
        found.map(Word).map_err(FromSqlError::other)
    }
}

/// An enum as its word and, where the variant carries something, that as JSON.
pub(super) fn split<T: Serialize>(value: &T) -> Result<(String, Option<Value>)> {
    let value = serde_json::to_value(value).map_err(|e| Error::ToSqlConversionFailure(e.into()))?;
    match value {
        Value::String(word) => Ok((word, None)),
        Value::Object(map) if map.len() == 1 => map
            .into_iter()
            .next()
            .map(|(word, detail)| (word, Some(detail)))
            .ok_or_else(|| odd("{}")),
        other => Err(odd(&other.to_string())),
    }
}

/// The enum of a word and its payload; the inverse of [`split`].
pub(super) fn join<T: DeserializeOwned>(word: String, detail: Option<Value>) -> Result<T> {
    let value = match detail {
        None => Value::String(word),
        Some(detail) => Value::Object([(word, detail)].into_iter().collect()),
    };
    serde_json::from_value(value).map_err(|e| damaged(e.to_string()))
}

/// A row that cannot be what it should.
pub(super) fn damaged(what: String) -> Error {
    Error::FromSqlConversionFailure(0, Type::Text, what.into())
}

fn odd(what: &str) -> Error {
    Error::ToSqlConversionFailure(format!("`{what}` is not kept as a word").into())
}

/// A person from two columns.
pub(super) fn person(row: &Row<'_>, id: &str, login: &str) -> Result<Person> {
    Ok(Person {
        id: row.get(id)?,
        login: row.get(login)?,
    })
}

/// The name of a passage from two columns.
pub(super) fn passage_key(row: &Row<'_>, kind: &str, id: &str) -> Result<PassageKey> {
    let Word(kind): Word<PassageKind> = row.get(kind)?;
    Ok(PassageKey {
        kind,
        id: row.get(id)?,
    })
}
