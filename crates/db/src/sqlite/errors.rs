//! The refusals of `SQLite` in the words that both engines share.

use rusqlite::{Connection, ErrorCode, ffi};

use crate::row::Origin;
use crate::{DatabaseError, Refusal, Violation};

/// What went wrong, with the name of the index that a unique violation names only by its columns.
pub(super) fn describe(connection: &Connection, origin: Option<Origin>, cause: &rusqlite::Error) -> DatabaseError {
    DatabaseError::new(refusal(connection, cause), origin, cause)
}

/// Whether another process holds the lock; the statement may be tried again.
pub(super) fn is_busy(cause: &rusqlite::Error) -> bool {
    matches!(cause.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

fn refusal(connection: &Connection, cause: &rusqlite::Error) -> Refusal {
    let rusqlite::Error::SqliteFailure(code, message) = cause else { return Refusal::Other };
    let message = message.as_deref().unwrap_or_default();
    match code.extended_code {
        ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_ROWID => {
            Refusal::Unique(unique(connection, message))
        }
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY => Refusal::ForeignKey(Violation::default()),
        ffi::SQLITE_CONSTRAINT_NOTNULL => Refusal::Missing(missing(message)),
        _ if is_busy(cause) => Refusal::Conflict,
        _ => Refusal::Other,
    }
}

/// Reads `NOT NULL constraint failed: users.name`.
fn missing(message: &str) -> Violation {
    let column = message.split_once("failed: ").map_or(message, |(_, column)| column);
    let table = column.split_once('.').map_or(column, |(table, _)| table);
    Violation { table: table.to_owned(), name: column.to_owned() }
}

/// Reads `UNIQUE constraint failed: users.instance_id, users.name` or `… failed: index 'users_name'`.
fn unique(connection: &Connection, message: &str) -> Violation {
    let subject = message.split_once("failed: ").map_or(message, |(_, subject)| subject);
    if let Some(name) = subject.strip_prefix("index '").and_then(|rest| rest.strip_suffix('\'')) {
        let table = connection
            .query_row("SELECT tbl_name FROM sqlite_schema WHERE name = ?1", [name], |row| row.get(0))
            .unwrap_or_default();
        return Violation { table, name: name.to_owned() };
    }
    let mut table = "";
    let mut columns = Vec::new();
    for column in subject.split(", ") {
        if let Some((owner, name)) = column.split_once('.') {
            table = owner;
            columns.push(name);
        }
    }
    let name = index_name(connection, table, &columns).unwrap_or_else(|_| format!("{table}_pkey"));
    Violation { table: table.to_owned(), name }
}

/// The unique index over exactly these columns, by the name that PostgreSQL would report.
fn index_name(connection: &Connection, table: &str, columns: &[&str]) -> rusqlite::Result<String> {
    let mut statement = connection.prepare(
        "SELECT l.name, l.origin FROM pragma_index_list(?1) l WHERE l.\"unique\" = 1 \
         AND (SELECT group_concat(i.name, ',' ORDER BY i.seqno) FROM pragma_index_info(l.name) i) = ?2",
    )?;
    let (name, origin): (String, String) =
        statement.query_row([table, &columns.join(",")], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(match origin.as_str() {
        "pk" => format!("{table}_pkey"),
        "u" => format!("{table}_{}_key", columns.join("_")),
        _ => name,
    })
}

/// Whether a failed `COMMIT` with this cause, once rolled back, leaves nothing unknown on disk.
pub(super) fn leaves_known_state(cause: &rusqlite::Error) -> bool {
    matches!(
        cause.sqlite_error_code(),
        Some(
            ErrorCode::DiskFull
                | ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::OutOfMemory
                | ErrorCode::OperationInterrupted
                | ErrorCode::ConstraintViolation
        )
    )
}
