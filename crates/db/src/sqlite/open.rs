//! Connections to the file: one that writes, some that read.

use std::fs::OpenOptions;
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, OpenFlags};

use super::{Durability, errors, ranks};

/// Statements that one connection keeps prepared; the text of a list filter varies, that of all else does not.
const PREPARED_BY_WRITER: usize = 512;
const PREPARED_BY_READER: usize = 256;

/// Opens the connection that writes, creating the file.
pub(super) fn writer(path: &Path, durability: Durability) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    create_private(path);
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::from_secs(30))?;
    // Unlike all else, this does not wait for others that open the file at the same time.
    let mut attempts = 0;
    while let Err(cause) = connection.pragma_update(None, "journal_mode", "WAL") {
        attempts += 1;
        if !errors::is_busy(&cause) || attempts > 300 {
            return Err(cause);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    connection.pragma_update(None, "synchronous", if durability == Durability::Full { "NORMAL" } else { "OFF" })?;
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.pragma_update(None, "cache_size", -2_560)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    common(&connection, PREPARED_BY_WRITER)?;
    Ok(connection)
}

/// Creates the file, unless it is there, so that only its owner can read it; `SQLite` gives its log the same rights. An existing
/// file is not touched: closing a second descriptor of it would drop the locks of this process. What is wrong with the place
/// is told by whoever opens the file next.
pub(super) fn create_private(path: &Path) {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    drop(options.open(path));
}

/// Opens one of the connections that read.
pub(super) fn reader(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.pragma_update(None, "query_only", true)?;
    connection.pragma_update(None, "cache_size", -1_024)?;
    common(&connection, PREPARED_BY_READER)?;
    Ok(connection)
}

/// Opens the connection that moves the log into the file in the background.
pub(super) fn checkpointer(path: &Path, durability: Durability) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.pragma_update(None, "synchronous", if durability == Durability::Full { "NORMAL" } else { "OFF" })?;
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.pragma_update(None, "cache_size", -64)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    Ok(connection)
}

fn common(connection: &Connection, prepared: usize) -> rusqlite::Result<()> {
    // A plan does not depend on the values of parameters; otherwise every execution would prepare its statement anew.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // A mapping is thrown away and made anew for every reader after every commit, which costs more than reading the pages.
    connection.pragma_update(None, "mmap_size", 0)?;
    // LIKE compares letters as PostgreSQL does; filters that ignore case compare lower-cased columns.
    connection.pragma_update(None, "case_sensitive_like", true)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    // The built-in one knows the letters of ASCII only.
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    connection.create_scalar_function("lower", 1, flags, |call| {
        Ok(call.get::<Option<String>>(0)?.map(|text| text.to_lowercase()))
    })?;
    ranks::register(connection)?;
    connection.set_prepared_statement_cache_capacity(prepared);
    Ok(())
}
