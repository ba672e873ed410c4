//! One statement with everything an engine needs to run it.

use crate::Value;
use crate::row::Origin;

/// Borrowed from the connection for the time of one statement.
#[derive(Clone, Copy)]
pub(crate) struct Call<'a> {
    /// The text.
    pub(crate) sql: &'a str,
    /// `$1`, where the statement is on one instance.
    pub(crate) instance: Option<&'a str>,
    /// The parameters after it.
    pub(crate) values: &'a [Value],
    /// For messages.
    pub(crate) origin: Origin,
}
