//! What can be wrong with JSON, told to whoever wrote it: which field, what was expected, where.

use std::borrow::Cow;
use std::fmt;

use crate::descriptor::wire::WireError;

/// Why JSON is not the message, or why a message cannot be JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonError {
    /// From the innermost field outwards: names, `[index]` and `["key"]`.
    path: Vec<Cow<'static, str>>,
    reason: Cow<'static, str>,
    /// Byte offset in the JSON text; turned into line and column before the error leaves.
    pub(super) offset: Option<usize>,
    place: Option<(usize, usize)>,
}

impl JsonError {
    /// An error without a place.
    pub(super) fn new(reason: impl Into<Cow<'static, str>>) -> Self {
        Self { path: Vec::new(), reason: reason.into(), offset: None, place: None }
    }

    /// An error at a byte of the JSON text.
    pub(super) fn at(offset: usize, reason: impl Into<Cow<'static, str>>) -> Self {
        Self { offset: Some(offset), ..Self::new(reason) }
    }

    /// The same error, seen from one level further out.
    pub(super) fn within(mut self, step: impl Into<Cow<'static, str>>) -> Self {
        self.path.push(step.into());
        self
    }

    /// Turns the offset into line and column of the text.
    pub(super) fn located(mut self, text: &[u8]) -> Self {
        if let Some(before) = self.offset.and_then(|offset| text.get(..offset)) {
            let line = before.iter().filter(|&&byte| byte == b'\n').count() + 1;
            let start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |newline| newline + 1);
            let column = String::from_utf8_lossy(&before[start..]).chars().count() + 1;
            self.place = Some((line, column));
        }
        self
    }

    /// The path to the field, such as `human.emails[2].address`; empty when the whole text is meant.
    pub fn field(&self) -> String {
        let mut path = String::new();
        for step in self.path.iter().rev() {
            if !path.is_empty() && !step.starts_with('[') {
                path.push('.');
            }
            path.push_str(step);
        }
        path
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            f.write_str("invalid JSON: ")?;
        } else {
            write!(f, "invalid JSON for field {}: ", self.field())?;
        }
        f.write_str(&self.reason)?;
        match self.place {
            Some((line, column)) => write!(f, " (line {line}, column {column})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for JsonError {}

impl From<WireError> for JsonError {
    fn from(error: WireError) -> Self {
        Self::new(error.to_string())
    }
}
