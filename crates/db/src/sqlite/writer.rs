//! The one connection that writes, its lock and its groups. See the module above for the whole protocol.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use castellan_kernel::{Error, Kind, Result};
use rusqlite::Connection;
use tokio::sync::{Mutex, OwnedMutexGuard, oneshot};
use tokio::time::Instant;

use super::command::OpenCommand;
use super::committer::{Committer, Log, Signal};
use super::group::{Group, Outcome};
use super::handed_over::{HandedOver, Told};
use super::ownership::Ownership;
use super::{Durability, checkpoint, errors};
use crate::deferred::Deferred;
use crate::memory::TableSet;

/// How long a command waits while another process holds the file's write lock.
const LONGEST_FOREIGN_LOCK: Duration = Duration::from_secs(5);

/// How long until it tries again.
pub(super) const PAUSE_FOR_FOREIGN_LOCK: Duration = Duration::from_millis(2);

/// How long a command waits for its turn.
const LONGEST_TURN: Duration = Duration::from_secs(30);

/// How long commands set savepoints after one had to take its group along.
const CAREFUL: Duration = Duration::from_secs(1);

/// What the lock protects.
pub(super) struct Writer {
    pub(super) connection: Connection,
    pub(super) group: Option<Group>,
    frames: Arc<AtomicU64>,
    closed: bool,
    pub(super) ownership: Ownership,
    /// What the commands of the open group have touched.
    pub(super) written: TableSet,
    /// Until then every command sets a savepoint.
    careful_until: Option<Instant>,
}

impl Writer {
    /// Opens a group for a command that has waited since then, unless one is open; says whether it did, or `None` while another
    /// process holds the file's write lock.
    ///
    /// # Errors
    /// Unavailable when nothing is written any more; a conflict when the other process does not let go.
    pub(super) fn try_open_group(&mut self, health: &Health, since: Instant) -> Result<Option<bool>> {
        if let Some(refusal) = health.refusal() {
            return Err(refusal);
        }
        if self.closed {
            return Err(closed());
        }
        if self.group.is_some() {
            return Ok(Some(false));
        }
        match self.connection.prepare_cached("BEGIN IMMEDIATE").and_then(|mut begin| begin.raw_execute()) {
            Ok(_) => {
                self.group = Some(Group::new());
                Ok(Some(true))
            }
            Err(cause) if errors::is_busy(&cause) && since.elapsed() < LONGEST_FOREIGN_LOCK => Ok(None),
            Err(cause) => Err(errors::describe(&self.connection, None, &cause).into_error()),
        }
    }

    /// Gives up the open group, whose commands all lose what they wrote.
    pub(super) fn abandon_group(&mut self, reason: &str) {
        if !self.connection.is_autocommit()
            && let Err(cause) = self.connection.execute_batch("ROLLBACK")
        {
            tracing::error!(%cause, "the open transaction could not be rolled back");
        }
        self.written = TableSet::EMPTY;
        if let Some(group) = self.group.take() {
            if group.is_awaited() {
                tracing::debug!(reason, "a group of commands was rolled back, those that had ended run again");
            }
            group.settle(Outcome::RolledBack(reason.into()));
        }
    }

    /// Takes back what a command without a savepoint wrote. Others whose group it was run again, and savepoints keep that from
    /// happening more than once in a while.
    pub(super) fn abandon_command(&mut self) {
        if self.group.as_ref().is_some_and(Group::is_awaited) {
            self.careful_until = Some(Instant::now() + CAREFUL);
        }
        self.abandon_group("a command failed after it had written");
    }

    pub(super) fn is_careful(&self) -> bool {
        self.careful_until.is_some_and(|until| Instant::now() < until)
    }

    /// Commits the open group. Returns it with the number of pages that the log now holds (0 when nothing was written), or
    /// `None` when no group is open; settles groups that failed.
    pub(super) fn commit_group(&mut self, health: &Health) -> Option<(Group, u64)> {
        let group = self.group.take()?;
        if let Some(reason) = health.failure() {
            self.abandon_group(&reason);
            group.settle(Outcome::RolledBack(reason));
            return None;
        }
        self.frames.store(0, Ordering::Relaxed);
        let written = std::mem::take(&mut self.written);
        self.ownership.begin(written);
        let committed = self.connection.prepare_cached("COMMIT").and_then(|mut commit| commit.raw_execute());
        self.ownership.finish(written);
        match committed {
            Ok(_) => Some((group, self.frames.load(Ordering::Relaxed))),
            Err(cause) => {
                let reason: Arc<str> = format!("a commit failed: {cause}").into();
                tracing::error!(%cause, "a commit failed");
                let rolled_back = self.connection.is_autocommit() || self.connection.execute_batch("ROLLBACK").is_ok();
                if rolled_back && errors::leaves_known_state(&cause) {
                    group.settle(Outcome::RolledBack(reason));
                } else {
                    health.fail(&reason);
                    group.settle(Outcome::Unknown(reason));
                }
                None
            }
        }
    }

    /// Refuses commands from now on: nobody would commit them.
    pub(super) fn close(&mut self) {
        self.closed = true;
        if self.group.is_some() {
            self.abandon_group("the database was closed");
        }
    }

    /// The connection between two groups.
    pub(super) fn idle_connection(&self) -> Option<&Connection> {
        self.group.is_none().then_some(&self.connection)
    }
}

/// Whether writing is still possible.
#[derive(Default)]
pub(super) struct Health(OnceLock<Arc<str>>);

impl Health {
    /// Refuses all writes from now on.
    pub(super) fn fail(&self, reason: &str) {
        if self.0.set(reason.into()).is_ok() {
            tracing::error!(reason, "the database refuses to write until the server is restarted");
        }
    }

    pub(super) fn failure(&self) -> Option<Arc<str>> {
        self.0.get().cloned()
    }

    /// What commands are told then.
    pub(super) fn refusal(&self) -> Option<Error> {
        self.failure().map(|reason| {
            Error::bare(Kind::Unavailable, "the database refuses to write until the server is restarted")
                .because(reason.to_string())
        })
    }
}

/// The writer and the threads that serve it.
pub(super) struct Shared {
    writer: Arc<Mutex<Writer>>,
    health: Arc<Health>,
    handed_over: Arc<HandedOver>,
    committer: std::sync::mpsc::Sender<Signal>,
}

impl Shared {
    /// Starts the threads for a connection whose schema is up to date.
    pub(super) fn start(
        path: &Path,
        mut connection: Connection,
        durability: Durability,
        log: Log,
        ownership: Ownership,
    ) -> Result<Arc<Self>> {
        let frames = Arc::new(AtomicU64::new(0));
        let written = Arc::clone(&frames);
        let hook = move |_: &mut rusqlite::hooks::Wal, pages: std::ffi::c_int| {
            written.store(u64::try_from(pages).unwrap_or(0), Ordering::Relaxed);
            Ok(())
        };
        connection.wal_hook(Some(hook)).map_err(Error::internal)?;
        // From here on no thread waits inside SQLite; commands that meet a foreign lock wait without one.
        connection.busy_timeout(Duration::ZERO).map_err(Error::internal)?;
        let health = Arc::new(Health::default());
        let writer = Arc::new(Mutex::new(Writer {
            connection,
            group: None,
            frames,
            closed: false,
            ownership,
            written: TableSet::EMPTY,
            careful_until: None,
        }));
        let checkpoints = checkpoint::start(path, durability, Arc::clone(&health))?;
        let handed_over = Arc::new(HandedOver::new());
        let committer =
            Committer::start(Arc::clone(&writer), Arc::clone(&health), Arc::clone(&handed_over), log, checkpoints)?;
        Ok(Arc::new(Self { writer, health, handed_over, committer }))
    }

    pub(super) fn refusal(&self) -> Option<Error> {
        self.health.refusal()
    }

    /// Waits for the turn of a command.
    pub(super) async fn open_command(&self) -> Result<OpenCommand<OwnedMutexGuard<Writer>>> {
        let mut writer = match Arc::clone(&self.writer).try_lock_owned() {
            Ok(writer) => writer,
            Err(_) => {
                tokio::time::timeout(LONGEST_TURN, Arc::clone(&self.writer).lock_owned()).await.map_err(|_| {
                    Error::bare(Kind::Unavailable, "too many changes are waiting for the database, try again later")
                })?
            }
        };
        let since = Instant::now();
        let opened = loop {
            match writer.try_open_group(&self.health, since)? {
                Some(opened) => break opened,
                None => tokio::time::sleep(PAUSE_FOR_FOREIGN_LOCK).await,
            }
        };
        // A committer that is gone has closed the writer.
        if opened && self.committer.send(Signal::Work).is_err() {
            writer.close();
            return Err(closed());
        }
        OpenCommand::begin(writer)
    }

    /// Has the committer do these writes, all or none, with everything else that it commits next. Returns where the outcome will
    /// be told.
    pub(super) fn hand_over(&self, writes: Vec<Deferred>) -> Result<oneshot::Receiver<Told>> {
        let (outcome, is_first) = self.handed_over.add(writes)?;
        if is_first && self.committer.send(Signal::Work).is_err() {
            return Err(closed());
        }
        Ok(outcome)
    }

    /// Ends the committer after the groups that are open, and waits for it.
    pub(super) async fn close(&self) -> Result<()> {
        let (done, finished) = tokio::sync::oneshot::channel();
        if self.committer.send(Signal::Close(done)).is_ok() {
            // An error means that the thread is gone already.
            let _ = finished.await;
        }
        self.refusal().map_or(Ok(()), Err)
    }
}

pub(super) fn closed() -> Error {
    Error::bare(Kind::Unavailable, "the database is closed")
}
