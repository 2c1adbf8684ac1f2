//! Columns: how a value of the model stands in one or two of them.
//!
//! Invariant: a word or text that the model does not know is an error, never a
//! default.

use crate::model::{PassageKey, PassageKind, Person};
use rusqlite::{
    Error, Result, Row, Statement, ToSql,
    types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, Type, ValueRef},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::cell::Cell;

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

/// A row whose columns are asked for by name. SQLite searches for a name from the first
/// column on, every time; here the search begins after the one that was found last, as
/// columns mostly are read in their order.
pub(in crate::store) struct Cells<'a> {
    row: &'a Row<'a>,
    names: &'a [String],
    next: Cell<usize>,
}

impl<'a> Cells<'a> {
    /// The row of a query whose columns have these names.
    pub(super) fn new(row: &'a Row<'a>, names: &'a [String]) -> Cells<'a> {
        let next = Cell::new(0);
        Cells { row, names, next }
    }

    /// The value of a column.
    pub(super) fn get<T: FromSql>(&self, name: &str) -> Result<T> {
        self.row.get(self.place(name)?)
    }

    fn get_ref(&self, name: &str) -> Result<ValueRef<'a>> {
        self.row.get_ref(self.place(name)?)
    }

    fn place(&self, name: &str) -> Result<usize> {
        let count = self.names.len();
        let places = (0..count).map(|n| (self.next.get() + n) % count);
        let found = places.into_iter().find(|at| self.names[*at] == name);
        let found = found.ok_or_else(|| Error::InvalidColumnName(name.to_owned()))?;
        self.next.set(found + 1);
        Ok(found)
    }
}

/// Reads the only row of a query.
pub(super) fn once<T>(row: &Row<'_>, read: impl FnOnce(&Cells<'_>) -> Result<T>) -> Result<T> {
    let names = names(row.as_ref());
    read(&Cells::new(row, &names))
}

/// The names of a statement's columns.
pub(super) fn names(statement: &Statement<'_>) -> Vec<String> {
    statement.column_names().map(str::to_owned).collect()
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

/// The enum of a column with its word and one with its payload as JSON; the inverse of
/// [`split`], read as one text because a ledger may have half a million of them.
pub(super) fn variant<T: DeserializeOwned>(row: &Cells<'_>, word: &str, detail: &str) -> Result<T> {
    let word = row.get_ref(word)?.as_str()?;
    let Some(detail) = row.get_ref(detail)?.as_str_or_null()? else {
        return join(word.to_owned(), None);
    };
    let word = serde_json::to_string(word).map_err(|e| damaged(e.to_string()))?;
    serde_json::from_str(&format!("{{{word}:{detail}}}")).map_err(|e| damaged(e.to_string()))
}

/// A row that cannot be what it should.
pub(super) fn damaged(what: String) -> Error {
    Error::FromSqlConversionFailure(0, Type::Text, what.into())
}

fn odd(what: &str) -> Error {
    Error::ToSqlConversionFailure(format!("`{what}` is not kept as a word").into())
}

/// A person from two columns.
pub(super) fn person(row: &Cells<'_>, id: &str, login: &str) -> Result<Person> {
    Ok(Person {
        id: row.get(id)?,
        login: row.get(login)?,
    })
}

/// The name of a passage from two columns.
pub(super) fn passage_key(row: &Cells<'_>, kind: &str, id: &str) -> Result<PassageKey> {
    let Word(kind): Word<PassageKind> = row.get(kind)?;
    Ok(PassageKey {
        kind,
        id: row.get(id)?,
    })
}
