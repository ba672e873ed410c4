//! One row of a result; every accessor names the column and the statement when the value is not what was asked for.

use castellan_kernel::{Error, Result, Timestamp};
use serde::de::DeserializeOwned;

use crate::{Statement, Value};

/// Which statement a row or an error comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Origin {
    /// A fixed one.
    Statement(&'static Statement),
    /// A built one, by its label.
    Dynamic(&'static str),
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Statement(statement) => f.write_str(&statement.place()),
            Self::Dynamic(label) => write!(f, "list of {label}"),
        }
    }
}

/// One row. Columns count from 0.
#[derive(Debug, Clone)]
pub struct Row {
    values: Box<[Value]>,
    origin: Origin,
}

impl Row {
    pub(crate) fn new(values: Vec<Value>, origin: Origin) -> Self {
        Self { values: values.into_boxed_slice(), origin }
    }

    /// The column as it is.
    ///
    /// # Errors
    /// Internal, when there is no such column; so for all accessors below.
    pub fn value(&self, column: usize) -> Result<&Value> {
        self.values.get(column).ok_or_else(|| {
            Error::internal(format!("{}: no column {column}, the row has {}", self.origin, self.values.len()))
        })
    }

    fn wrong(&self, column: usize, wanted: &str) -> Error {
        let found = self.values.get(column).map_or("nothing", Value::type_name);
        Error::internal(format!("{}: column {column} holds {found}, not {wanted}", self.origin))
    }

    /// A text that is never NULL, borrowed.
    ///
    /// # Errors
    /// Internal, when the column is NULL or of another type; so for all accessors that are not `opt_…`.
    pub fn str(&self, column: usize) -> Result<&str> {
        match self.value(column)? {
            Value::Text(text) => Ok(text),
            _ => Err(self.wrong(column, "a text")),
        }
    }

    /// A text that is never NULL.
    ///
    /// # Errors
    /// As [`Row::str`].
    pub fn text(&self, column: usize) -> Result<String> {
        self.str(column).map(str::to_owned)
    }

    /// A text, or `None` for NULL.
    ///
    /// # Errors
    /// Internal, when the column is of another type; so for all `opt_…`.
    pub fn opt_text(&self, column: usize) -> Result<Option<String>> {
        self.optional(column, Self::text)
    }

    /// A number that is never NULL.
    ///
    /// # Errors
    /// As [`Row::str`].
    pub fn int(&self, column: usize) -> Result<i64> {
        match self.value(column)? {
            Value::Int(number) => Ok(*number),
            Value::Bool(value) => Ok(i64::from(*value)),
            _ => Err(self.wrong(column, "a number")),
        }
    }

    /// A number, or `None` for NULL.
    ///
    /// # Errors
    /// As [`Row::opt_text`].
    pub fn opt_int(&self, column: usize) -> Result<Option<i64>> {
        self.optional(column, Self::int)
    }

    /// A number that is never NULL or negative.
    ///
    /// # Errors
    /// As [`Row::str`].
    pub fn unsigned(&self, column: usize) -> Result<u64> {
        u64::try_from(self.int(column)?).map_err(|_| self.wrong(column, "a number from 0"))
    }

    /// A small number (enums, counters) that is never NULL.
    ///
    /// # Errors
    /// As [`Row::str`].
    pub fn small(&self, column: usize) -> Result<i32> {
        i32::try_from(self.int(column)?).map_err(|_| self.wrong(column, "a number of 32 bits"))
    }

    /// A truth value that is never NULL.
    ///
    /// # Errors
    /// As [`Row::str`].
    pub fn boolean(&self, column: usize) -> Result<bool> {
        match self.value(column)? {
            Value::Bool(value) => Ok(*value),
            Value::Int(0) => Ok(false),
            Value::Int(1) => Ok(true),
            _ => Err(self.wrong(column, "a boolean")),
        }
    }

    /// A truth value, or `None` for NULL.
    ///
    /// # Errors
    /// As [`Row::opt_text`].
    pub fn opt_boolean(&self, column: usize) -> Result<Option<bool>> {
        self.optional(column, Self::boolean)
    }

    /// Bytes that are never NULL.
    ///
    /// # Errors
    /// As [`Row::str`].
    pub fn bytes(&self, column: usize) -> Result<Vec<u8>> {
        match self.value(column)? {
            Value::Bytes(bytes) => Ok(bytes.clone()),
            _ => Err(self.wrong(column, "bytes")),
        }
    }

    /// Bytes, or `None` for NULL.
    ///
    /// # Errors
    /// As [`Row::opt_text`].
    pub fn opt_bytes(&self, column: usize) -> Result<Option<Vec<u8>>> {
        self.optional(column, Self::bytes)
    }

    /// A time that is never NULL.
    ///
    /// # Errors
    /// As [`Row::str`].
    pub fn timestamp(&self, column: usize) -> Result<Timestamp> {
        self.int(column).map(Timestamp::from_micros)
    }

    /// A time, or `None` for NULL.
    ///
    /// # Errors
    /// As [`Row::opt_text`].
    pub fn opt_timestamp(&self, column: usize) -> Result<Option<Timestamp>> {
        self.optional(column, Self::timestamp)
    }

    /// A value read from JSON text that is never NULL.
    ///
    /// # Errors
    /// As [`Row::str`], and when the text is not the JSON of a `T`.
    pub fn json<T: DeserializeOwned>(&self, column: usize) -> Result<T> {
        serde_json::from_str(self.str(column)?).map_err(|cause| {
            Error::internal(format!("{}: column {column} is not the JSON that was expected: {cause}", self.origin))
        })
    }

    /// A value read from JSON text, or `None` for NULL.
    ///
    /// # Errors
    /// As [`Row::json`], except that NULL is fine.
    pub fn opt_json<T: DeserializeOwned>(&self, column: usize) -> Result<Option<T>> {
        self.optional(column, Self::json)
    }

    fn optional<T>(&self, column: usize, read: impl FnOnce(&Self, usize) -> Result<T>) -> Result<Option<T>> {
        if *self.value(column)? == Value::Null { Ok(None) } else { read(self, column).map(Some) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> Row {
        Row::new(vec![Value::Text("[1,2]".into()), Value::Null, Value::Int(1)], Origin::Dynamic("numbers"))
    }

    #[test]
    fn a_wrong_column_is_named_with_its_statement() {
        let text = format!("{:?}", row().int(0).unwrap_err());
        assert!(text.contains("list of numbers: column 0 holds a text, not a number"), "{text}");
        assert!(format!("{:?}", row().text(7).unwrap_err()).contains("no column 7"));
    }

    #[test]
    fn null_is_none_only_where_it_is_expected() {
        assert_eq!(row().opt_text(1).unwrap(), None);
        assert!(row().text(1).is_err());
        assert_eq!(row().json::<Vec<i32>>(0).unwrap(), [1, 2]);
        assert!(row().boolean(2).unwrap());
    }
}
