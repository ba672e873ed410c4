//! The refusals of PostgreSQL in the words that both engines share.

use tokio_postgres::error::{DbError, SqlState};

use crate::row::Origin;
use crate::{DatabaseError, Refusal, Violation};

/// What went wrong before a commit, when everything can still be run again.
pub(super) fn describe(origin: Option<Origin>, cause: &tokio_postgres::Error) -> DatabaseError {
    DatabaseError::new(refusal(cause), origin, words(cause))
}

/// What went wrong when the commit was already on its way: a lost connection leaves the outcome unknown. What the server itself
/// says of a statement before the commit is certain, since it then refuses the commit as well.
pub(super) fn describe_commit(origin: Option<Origin>, cause: &tokio_postgres::Error) -> DatabaseError {
    let is_certain = is_conflict(cause) || is_outdated_plan(cause);
    let refusal = match refusal(cause) {
        Refusal::Conflict if !is_certain => Refusal::Other,
        refusal => refusal,
    };
    DatabaseError::new(refusal, origin, words(cause))
}

/// The server's own words with detail and hint; the library's text alone is often just "db error".
pub(super) fn words(cause: &tokio_postgres::Error) -> String {
    let Some(error) = cause.as_db_error() else {
        let source = std::error::Error::source(cause).map(|source| format!(": {source}")).unwrap_or_default();
        return format!("{cause}{source}");
    };
    let mut words = format!("{} ({})", error.message(), error.code().code());
    for more in [error.detail(), error.hint()].into_iter().flatten() {
        words.push_str("; ");
        words.push_str(more);
    }
    words
}

/// Whether a prepared statement no longer fits the schema and must be prepared anew.
pub(super) fn is_outdated_plan(cause: &tokio_postgres::Error) -> bool {
    cause.code() == Some(&SqlState::FEATURE_NOT_SUPPORTED)
        && cause.as_db_error().is_some_and(|error| error.message().contains("cached plan"))
}

fn is_conflict(cause: &tokio_postgres::Error) -> bool {
    matches!(cause.code(), Some(&SqlState::T_R_SERIALIZATION_FAILURE | &SqlState::T_R_DEADLOCK_DETECTED))
}

fn is_lost_connection(cause: &tokio_postgres::Error) -> bool {
    let ended = [SqlState::ADMIN_SHUTDOWN, SqlState::CRASH_SHUTDOWN, SqlState::CANNOT_CONNECT_NOW];
    let failed_socket = std::error::Error::source(cause).is_some_and(<dyn std::error::Error>::is::<std::io::Error>);
    cause.is_closed() || failed_socket || cause.code().is_some_and(|code| ended.contains(code))
}

fn refusal(cause: &tokio_postgres::Error) -> Refusal {
    match cause.as_db_error() {
        _ if is_conflict(cause) => Refusal::Conflict,
        Some(error) if *error.code() == SqlState::UNIQUE_VIOLATION => Refusal::Unique(violation(error)),
        Some(error) if *error.code() == SqlState::FOREIGN_KEY_VIOLATION => Refusal::ForeignKey(violation(error)),
        Some(error) if *error.code() == SqlState::NOT_NULL_VIOLATION => Refusal::Missing(missing(error)),
        _ if is_lost_connection(cause) || is_outdated_plan(cause) => Refusal::Conflict,
        _ => Refusal::Other,
    }
}

fn violation(error: &DbError) -> Violation {
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    Violation { table: text(error.table()), name: text(error.constraint()) }
}

fn missing(error: &DbError) -> Violation {
    let table = error.table().unwrap_or_default();
    Violation { table: table.to_owned(), name: format!("{table}.{}", error.column().unwrap_or_default()) }
}
