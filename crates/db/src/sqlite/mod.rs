//! The embedded engine: one file, many readers, one writer whose commits are grouped so that one fsync acknowledges all
//! commands that waited for it. This module owns the file, its write-ahead log (WAL) and the promise of durability.
//!
//! # Reading
//! A snapshot borrows a read-only connection and runs its statements inline: a point select costs a few microseconds, less than
//! handing it to another thread. Statements that may read many rows go to the blocking pool. Nobody blocks a thread while
//! waiting for a connection. Readers see what is committed, which may be one fsync ahead of what is durable.
//!
//! # Writing
//! There is one connection that writes, behind a fair (first-in first-out) lock.
//!
//! 1. A command takes the lock at its first statement that is not deferred. If no transaction is open it runs
//!    `BEGIN IMMEDIATE`, which opens a *group*, and wakes the committer thread. Then it runs its statements.
//! 2. Its commit releases the lock, and waits for the outcome of the group. Its failure, or the drop of its future at any point,
//!    takes back what it wrote before the lock is released. Commands seldom fail after they have written, so they set no
//!    savepoint (which copies each page before it is changed): the whole group is rolled back, and those of its commands that had
//!    ended run again, as they do after any conflict. For a second after that every command sets a savepoint, and its failure
//!    leaves the others alone.
//! 3. The committer queues at the same lock, behind the commands that already wait. With the lock it runs `COMMIT`; without the
//!    lock it syncs the log; then it tells the waiters. While it syncs, commands fill the next group; where processors are scarce,
//!    the committer gives way to them ([`precedence`]).
//!
//! A command that does nothing but write, as most that issue tokens, needs no turn: it hands its writes over whole, and the
//! committer does them, one such command after the other, before it runs `COMMIT` ([`handed_over`]). No task waits for the
//! lock then, and whoever serves requests goes on with the next. Where many do so at once, the committer waits a little for
//! more of them ([`group::wanted`]).
//!
//! A command that wrote nothing waits for its group as well. Groups become durable in order, so it never answers "nothing to
//! change" from data that a power failure could take back.
//!
//! # Why an acknowledged command survives a power failure
//! The connection runs with `synchronous=NORMAL`: `SQLite` does not sync the log at `COMMIT`, the committer does, with
//! `fdatasync` on the `-wal` file, which covers everything written to that file by any descriptor, and its length.
//!
//! * *Frames.* The log is a header and a chain of frames with running checksums; recovery replays it up to the last intact commit
//!   frame. Frames are written in order and each group is synced after its `COMMIT`, so all frames of a group and before it are on
//!   disk when it is acknowledged.
//! * *Restart of the log.* Once everything is in the main file, the next commit writes from the start of the log under a new salt.
//!   `SQLite` does that only after the checkpoint has synced first the log and then the main file (also in NORMAL), and syncs the
//!   new header itself. A group that was committed but not yet synced when the checkpoint ran was made durable by those syncs.
//! * *The names.* The directory is synced after the files were created and before the first group is acknowledged; the log is
//!   neither deleted nor replaced while connections are open, so the descriptor stays the right one.
//! * *Errors.* After a failed sync, nobody knows which pages reached the disk, and a second sync may falsely succeed
//!   ("fsyncgate"). So the whole group fails with an unknown outcome and the engine refuses to write until it is restarted and
//!   has recovered from what is really on disk. A failed `COMMIT` that was cleanly rolled back (disk full) fails its group only.
//! * *Deferred constraints* would fail at the group's `COMMIT` and take innocent commands along; migrations may not use them.
//!
//! # Checkpoints
//! A thread of their own moves the log into the main file without holding up readers or the writer (PASSIVE), when it
//! has grown or when nothing is written for a while. Should a steady stream of writers keep the log from ever starting anew,
//! the committer restarts it between two groups once it is large, when little is left to move.

#[cfg(any(test, feature = "testing"))]
mod account;
mod backup;
mod checkpoint;
mod command;
mod committer;
mod convert;
mod errors;
mod group;
mod handed_over;
mod migrate;
mod open;
mod ownership;
mod precedence;
mod ranks;
mod reader;
mod session;
#[cfg(test)]
mod tests;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use castellan_kernel::{Error, Kind, Result};

use crate::memory::Changes;
pub use backup::restore;
pub(crate) use reader::ReadSession;
pub(crate) use session::WriteSession;

/// Whether an acknowledged command must survive a power failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// Every acknowledged command is on disk.
    #[default]
    Full,
    /// Nothing is synced: for tests and other data that may be lost with the machine.
    None,
}

/// Where the embedded database is, and how it is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqliteOptions {
    /// The file; created when it is missing, in a directory that exists.
    pub path: PathBuf,
    /// Whether to sync.
    pub durability: Durability,
    /// The most read connections at a time; `None` takes four more than the machine has cores, but at least eight.
    pub readers: Option<usize>,
}

impl SqliteOptions {
    /// A durable database in this file.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), durability: Durability::Full, readers: None }
    }
}

/// The open database.
pub(crate) struct Engine {
    path: PathBuf,
    readers: Arc<reader::Readers>,
    writer: Arc<writer::Shared>,
    changes: Option<Arc<Changes>>,
    // Held for as long as the file is open, so that a restore cannot replace it underneath.
    _in_use: std::fs::File,
}

impl Engine {
    /// Opens the file and brings its schema up to date.
    pub(crate) async fn open(options: SqliteOptions) -> Result<Self> {
        let open = move || Self::open_with(options, committer::open_log);
        tokio::task::spawn_blocking(open).await.map_err(Error::internal)?
    }

    fn open_with(
        options: SqliteOptions,
        open_log: impl FnOnce(&Path, Durability) -> std::io::Result<committer::Log>,
    ) -> Result<Self> {
        let SqliteOptions { path, durability, readers } = options;
        let in_use = backup::mark_in_use(&path)?;
        let mut connection = open::writer(&path, durability).map_err(|cause| unusable(&path, &cause))?;
        migrate::run(&mut connection)?;
        let log = open_log(&path, durability).map_err(|cause| unusable(&path, &cause))?;
        let cores = std::thread::available_parallelism().map_or(4, std::num::NonZero::get);
        let readers = reader::Readers::new(path.clone(), readers.unwrap_or_else(|| (cores + 4).max(8)));
        let ownership = ownership::Ownership::claim(&path, &connection).map_err(|cause| unusable(&path, &cause))?;
        let changes = ownership.changes().map(Arc::clone);
        let writer = writer::Shared::start(&path, connection, durability, log, ownership)?;
        Ok(Self { path, readers, writer, changes, _in_use: in_use })
    }

    /// When tables changed, if this process knows.
    pub(crate) fn changes(&self) -> Option<&Arc<Changes>> {
        self.changes.as_ref()
    }

    /// A read session.
    pub(crate) fn read(&self, consistent: bool) -> ReadSession {
        ReadSession::new(Arc::clone(&self.readers), consistent)
    }

    /// A write session.
    pub(crate) fn write(&self) -> WriteSession {
        WriteSession::new(Arc::clone(&self.writer))
    }

    /// Whether the engine understands this text.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn check(&self, sql: &str) -> Result<()> {
        self.readers.check(sql)
    }

    /// Why the engine refuses to write, if it does.
    pub(crate) fn failure(&self) -> Option<Error> {
        self.writer.refusal()
    }

    /// Writes a consistent copy of the database to `target` while it is in use.
    pub(crate) async fn backup_to(&self, target: &Path) -> Result<()> {
        let (path, target) = (self.path.clone(), target.to_path_buf());
        tokio::task::spawn_blocking(move || backup::run(&path, &target)).await.map_err(Error::internal)?
    }

    /// Ends the background threads after the last group and moves the log into the file.
    pub(crate) async fn close(&self) -> Result<()> {
        self.writer.close().await
    }
}

fn unusable(path: &Path, cause: &dyn std::fmt::Display) -> Error {
    Error::bare(Kind::Unavailable, format!("the database file {} cannot be used: {cause}", path.display()))
}
