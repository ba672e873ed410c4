//! One statement with everything an engine needs to run it.

use crate::Value;
use crate::row::Origin;

/// How much work a statement may be for the embedded engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cost {
    /// A few rows by key: runs where it is.
    Small,
    /// A list whose filters decide: starts where it is, and moves to the blocking pool when it turns out to be long.
    Unknown,
    /// Many rows: runs in the blocking pool.
    Heavy,
}

/// Borrowed from the connection for the time of one statement.
#[derive(Clone, Copy)]
pub(crate) struct Call<'a> {
    /// The text.
    pub(crate) sql: &'a str,
    /// `$1`, where the statement is on one instance.
    pub(crate) instance: Option<&'a str>,
    /// The parameters after it.
    pub(crate) values: &'a [Value],
    /// How much work it may be.
    pub(crate) cost: Cost,
    /// For messages.
    pub(crate) origin: Origin,
}
