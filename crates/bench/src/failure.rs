//! What went wrong, in words for the person at the terminal.

use std::fmt;

/// A failure that ends the program.
#[derive(Debug, Clone)]
pub struct Failure(String);

/// The result of everything that may fail.
pub type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    /// What was wrong and what to do.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Something that was tried did not work, because of `cause`.
    pub fn of(tried: &str, cause: impl fmt::Display) -> Self {
        Self(format!("{tried}: {cause}"))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}
