//! What a statement is given and what a column holds: the types that both engines share.

use std::borrow::Cow;

use castellan_kernel::Timestamp;

/// A text that needs no memory of its own up to 24 bytes: ids, the texts that are written and read most, have 18 to 21.
pub type Text = compact_str::CompactString;

/// One parameter or column.
///
/// Column conventions: ids, names and JSON are `TEXT`; numbers and times (microseconds) are `BIGINT`; `BOOLEAN`; bytes are
/// `BYTEA` or `BLOB` (`{{bytes}}` in migrations). `SQLite` has no booleans of its own and returns them as 0 and 1, which
/// [`Row::boolean`](crate::Row::boolean) reads.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Value {
    /// SQL NULL.
    #[default]
    Null,
    /// A truth value.
    Bool(bool),
    /// A number, or a time in microseconds.
    Int(i64),
    /// A text, or JSON as text.
    Text(Text),
    /// Bytes.
    Bytes(Vec<u8>),
}

impl Value {
    /// The name of the type, for messages.
    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "NULL",
            Self::Bool(_) => "a boolean",
            Self::Int(_) => "a number",
            Self::Text(_) => "a text",
            Self::Bytes(_) => "bytes",
        }
    }
}

// Statements have thousands of texts as parameters; where each is made in place, the program is a hundredth larger.
impl From<&str> for Value {
    #[inline(never)]
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<Text> for Value {
    fn from(text: Text) -> Self {
        Self::Text(text)
    }
}

impl From<String> for Value {
    #[inline(never)]
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<&String> for Value {
    #[inline(never)]
    fn from(text: &String) -> Self {
        Self::Text(text.into())
    }
}

impl From<Cow<'_, str>> for Value {
    #[inline(never)]
    fn from(text: Cow<'_, str>) -> Self {
        Self::Text(text.into())
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<i32> for Value {
    fn from(number: i32) -> Self {
        Self::Int(number.into())
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Int(number.into())
    }
}

impl From<u16> for Value {
    fn from(number: u16) -> Self {
        Self::Int(number.into())
    }
}

/// Numbers above the largest that storage can hold become that largest one.
impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Int(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<Timestamp> for Value {
    fn from(time: Timestamp) -> Self {
        Self::Int(time.micros())
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

impl From<&serde_json::Value> for Value {
    fn from(json: &serde_json::Value) -> Self {
        Self::Text(json.to_string().into())
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// A list of parameters: `values![id, name, now]` is a `[Value; 3]`.
#[macro_export]
macro_rules! values {
    ($($value:expr),* $(,)?) => { [$($crate::Value::from($value)),*] };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absent_value_is_null() {
        assert_eq!(Value::from(None::<&str>), Value::Null);
        assert_eq!(Value::from(Some("a")), Value::Text("a".into()));
    }

    #[test]
    fn numbers_beyond_the_range_of_storage_are_cut_to_it() {
        assert_eq!(Value::from(u64::MAX), Value::Int(i64::MAX));
    }
}
