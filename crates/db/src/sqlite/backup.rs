//! Copies of the embedded database: taken while it is in use, and put back while it is not.

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};

use castellan_kernel::{Error, Kind, Result};
use rusqlite::{Connection, OpenFlags};

use super::committer::sync_directory;
use super::{Durability, migrate, open, unusable};
use crate::EngineKind::Sqlite;
use crate::migration;

/// Marks the database as in use for as long as the file is kept. Several processes may use it, none while it is restored.
pub(super) fn mark_in_use(path: &Path) -> Result<File> {
    let mark = open_mark(path)?;
    mark.try_lock_shared().map_err(|_| unusable(path, &"it is being restored"))?;
    Ok(mark)
}

fn open_mark(path: &Path) -> Result<File> {
    // A file of its own: closing any descriptor of the database itself would drop the locks that SQLite holds on it.
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(beside(path, ".lock"))
        .map_err(|cause| unusable(path, &cause))
}

pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// Copies the database at `path` into the new file `target`.
pub(super) fn run(path: &Path, target: &Path) -> Result<()> {
    let failed = |cause: &dyn std::fmt::Display| {
        Error::bare(Kind::Unavailable, format!("the backup to {} failed: {cause}", target.display()))
    };
    if target.exists() {
        return Err(Error::bare(Kind::AlreadyExists, format!("{} exists already", target.display())));
    }
    let partial = beside(target, ".partial");
    let _ = fs::remove_file(&partial);
    let copied = copy(path, &partial)
        .map_err(|cause| failed(&cause))
        .and_then(|()| put_in_place(&partial, target).map_err(|cause| failed(&cause)));
    if copied.is_err() {
        let _ = fs::remove_file(&partial);
    }
    copied
}

fn copy(path: &Path, partial: &Path) -> rusqlite::Result<()> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(std::time::Duration::from_secs(30))?;
    let name = partial.to_str().ok_or_else(|| rusqlite::Error::InvalidPath(partial.to_path_buf()))?;
    open::create_private(partial);
    connection.execute("VACUUM INTO ?1", [name]).map(drop)
}

fn put_in_place(partial: &Path, target: &Path) -> std::io::Result<()> {
    OpenOptions::new().read(true).write(true).open(partial)?.sync_all()?;
    fs::rename(partial, target)?;
    sync_directory(target)
}

/// Replaces the embedded database at `to` with the backup `from`, once that is found to be intact and of a version that this
/// binary knows. The database must not be in use; the backup stays as it is.
///
/// # Errors
/// Failed precondition with a text for the operator when the backup is damaged or too new, or the database is in use;
/// unavailable when a file cannot be read or written. The database at `to` is then as it was.
pub async fn restore(from: &Path, to: &Path) -> Result<()> {
    let (from, to) = (from.to_path_buf(), to.to_path_buf());
    tokio::task::spawn_blocking(move || restore_blocking(&from, &to)).await.map_err(Error::internal)?
}

fn restore_blocking(from: &Path, to: &Path) -> Result<()> {
    let mark = open_mark(to)?;
    mark.try_lock().map_err(|_| {
        Error::bare(Kind::FailedPrecondition, format!("{} is in use: stop the server before restoring", to.display()))
    })?;
    check(from)?;
    let failed = |cause: &dyn std::fmt::Display| {
        Error::bare(Kind::Unavailable, format!("restoring {} failed: {cause}", to.display()))
    };
    let partial = beside(to, ".partial");
    let _ = fs::remove_file(&partial);
    copy(from, &partial).map_err(|cause| failed(&cause))?;
    if to.exists() {
        // The old log must be gone before the new file takes the name, or it would be replayed into it. It is emptied into the
        // old file first, so that a crash in between leaves the old database whole.
        let old = open::writer(to, Durability::Full).map_err(|cause| failed(&cause))?;
        let left: i64 =
            old.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0)).map_err(|cause| failed(&cause))?;
        if left != 0 {
            return Err(failed(&"another process has the database open"));
        }
        drop(old);
        for ending in ["-wal", "-shm"] {
            let _ = fs::remove_file(beside(to, ending));
        }
    }
    put_in_place(&partial, to).map_err(|cause| failed(&cause))
}

/// Whether `path` is an intact database that this binary can open.
fn check(path: &Path) -> Result<()> {
    let refused = |cause: &dyn std::fmt::Display| {
        Error::bare(Kind::FailedPrecondition, format!("{} is not an intact backup: {cause}", path.display()))
    };
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags).map_err(|cause| refused(&cause))?;
    let verdict: String =
        connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)).map_err(|cause| refused(&cause))?;
    if verdict != "ok" {
        return Err(refused(&verdict));
    }
    let transaction = connection.transaction().map_err(|cause| refused(&cause))?;
    let history = migrate::history(&transaction).map_err(|cause| refused(&cause))?;
    migration::pending(Sqlite, &history).map(drop)
}
