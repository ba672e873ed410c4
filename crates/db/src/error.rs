//! What a database can refuse, in one shape for both engines. It travels as the cause of a kernel error.

use std::fmt;

use castellan_kernel::{Error, Fault, Result};

use crate::row::Origin;

/// Which rule a row broke. Both engines report the same name for the same rule.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Violation {
    /// The table of the row.
    pub table: String,
    /// The index or constraint as it is called in the migration; `<table>_pkey` for an unnamed primary key and
    /// `<table>_<columns>_key` for an unnamed unique constraint. Empty for foreign keys of the embedded engine, which does not
    /// say which one it was.
    pub name: String,
}

/// Why a statement failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// A unique value is taken.
    Unique(Violation),
    /// A row points to one that is not there, or is pointed to.
    ForeignKey(Violation),
    /// A column that must have a value has none; the violation's name is `<table>.<column>`.
    Missing(Violation),
    /// The transaction lost against another one; run it again.
    Conflict,
    /// Anything else.
    Other,
}

/// A failed statement, as the log shows it.
#[derive(Debug)]
pub struct DatabaseError {
    /// Why.
    pub refusal: Refusal,
    text: String,
}

impl DatabaseError {
    /// A failure of the statement at `origin`, with the engine's own words.
    pub(crate) fn new(refusal: Refusal, origin: Option<Origin>, text: impl fmt::Display) -> Self {
        let text = origin.map_or_else(|| text.to_string(), |origin| format!("{origin}: {text}"));
        Self { refusal, text }
    }

    /// As the error that travels to the caller.
    pub(crate) fn into_error(self) -> Error {
        if self.refusal == Refusal::Conflict { Error::conflict(self) } else { Error::internal(self) }
    }
}

impl fmt::Display for DatabaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for DatabaseError {}

/// What commands ask of an error that a statement returned.
pub trait DbErrorExt {
    /// The name of the unique index or constraint that was violated, the same on both engines ([`Violation::name`]).
    fn unique_violation(&self) -> Option<&str>;

    /// The foreign key that was violated.
    fn foreign_key_violation(&self) -> Option<&Violation>;
}

impl DbErrorExt for Error {
    fn unique_violation(&self) -> Option<&str> {
        match refusal(self)? {
            Refusal::Unique(violation) => Some(&violation.name),
            _ => None,
        }
    }

    fn foreign_key_violation(&self) -> Option<&Violation> {
        match refusal(self)? {
            Refusal::ForeignKey(violation) => Some(violation),
            _ => None,
        }
    }
}

pub(crate) fn refusal(error: &Error) -> Option<&Refusal> {
    error.cause()?.downcast_ref::<DatabaseError>().map(|cause| &cause.refusal)
}

/// What commands say about the result of a statement.
pub trait DbResultExt<T> {
    /// Turns the violation of this unique index into the fault that the contract has for it.
    ///
    /// # Errors
    /// `fault` for that violation, else the error as it was.
    fn on_unique(self, index: &str, fault: Fault) -> Result<T>;

    /// Turns the violation of any foreign key into the fault that the contract has for it.
    ///
    /// # Errors
    /// `fault` for such a violation, else the error as it was.
    fn on_foreign_key(self, fault: Fault) -> Result<T>;
}

impl<T> DbResultExt<T> for Result<T> {
    fn on_unique(self, index: &str, fault: Fault) -> Self {
        self.map_err(
            |error| if error.unique_violation() == Some(index) { Error::from(fault).because(error) } else { error },
        )
    }

    fn on_foreign_key(self, fault: Fault) -> Self {
        self.map_err(
            |error| if error.foreign_key_violation().is_some() { Error::from(fault).because(error) } else { error },
        )
    }
}
