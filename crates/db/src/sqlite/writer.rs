//! Commands on the one connection that writes: lock, group, savepoint. See the module above for the whole protocol.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use castellan_kernel::{Error, Kind, Result};
use rusqlite::Connection;
use tokio::sync::{Mutex, OwnedMutexGuard, watch};
use tokio::time::Instant;

use super::committer::{Committer, Log, Signal};
use super::convert::OwnedCall;
use super::ownership::Ownership;
use super::{Durability, checkpoint, convert, errors};
use crate::call::{Call, Cost};
use crate::memory::TableSet;
use crate::row::Row;
use crate::{DatabaseError, Refusal};

/// How long a command waits while another process holds the file's write lock.
const LONGEST_FOREIGN_LOCK: Duration = Duration::from_secs(5);

/// How long a command waits for its turn.
const LONGEST_TURN: Duration = Duration::from_secs(30);

/// How long commands set savepoints after one had to take its group along.
const CAREFUL: Duration = Duration::from_secs(1);

/// How a group ended.
#[derive(Debug, Clone)]
pub(super) enum Outcome {
    /// On disk.
    Durable,
    /// Nothing of it was kept; its commands may run again.
    RolledBack(Arc<str>),
    /// Nobody knows what is on disk.
    Unknown(Arc<str>),
}

/// The commands between one `BEGIN` and its `COMMIT`.
pub(super) struct Group(watch::Sender<Option<Outcome>>);

impl Group {
    /// Tells everyone who waits.
    pub(super) fn settle(&self, outcome: Outcome) {
        self.0.send_replace(Some(outcome));
    }

    /// Whether commands have ended in it and wait for its outcome.
    fn is_awaited(&self) -> bool {
        self.0.receiver_count() > 0
    }
}

/// What the lock protects.
pub(super) struct Writer {
    connection: Connection,
    group: Option<Group>,
    frames: Arc<AtomicU64>,
    closed: bool,
    ownership: Ownership,
    /// What the commands of the open group have touched.
    written: TableSet,
    /// Until then every command sets a savepoint.
    careful_until: Option<Instant>,
}

impl Writer {
    /// Opens a group unless one is open; says whether it did.
    fn open_group(&mut self) -> rusqlite::Result<bool> {
        if self.group.is_some() {
            return Ok(false);
        }
        self.connection.prepare_cached("BEGIN IMMEDIATE")?.raw_execute()?;
        self.group = Some(Group(watch::Sender::new(None)));
        Ok(true)
    }

    /// Gives up the open group, whose commands all lose what they wrote.
    fn abandon_group(&mut self, reason: &str) {
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
    fn abandon_command(&mut self) {
        if self.group.as_ref().is_some_and(Group::is_awaited) {
            self.careful_until = Some(Instant::now() + CAREFUL);
        }
        self.abandon_group("a command failed after it had written");
    }

    fn is_careful(&self) -> bool {
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
}

/// The writer and the threads that serve it.
pub(super) struct Shared {
    writer: Arc<Mutex<Writer>>,
    health: Arc<Health>,
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
        let committer = Committer::start(Arc::clone(&writer), Arc::clone(&health), log, checkpoints)?;
        Ok(Arc::new(Self { writer, health, committer }))
    }

    pub(super) fn refusal(&self) -> Option<Error> {
        self.health.failure().map(|reason| {
            Error::bare(Kind::Unavailable, "the database refuses to write until the server is restarted")
                .because(reason.to_string())
        })
    }

    /// Waits for the turn of a command, and sets its savepoint if it needs one.
    async fn open_command(&self) -> Result<OpenCommand> {
        let mut writer = match Arc::clone(&self.writer).try_lock_owned() {
            Ok(writer) => writer,
            Err(_) => {
                tokio::time::timeout(LONGEST_TURN, Arc::clone(&self.writer).lock_owned()).await.map_err(|_| {
                    Error::bare(Kind::Unavailable, "too many changes are waiting for the database, try again later")
                })?
            }
        };
        let started = Instant::now();
        loop {
            if let Some(refusal) = self.refusal() {
                return Err(refusal);
            }
            if writer.closed {
                return Err(closed());
            }
            match writer.open_group() {
                Ok(opened) => {
                    // A committer that is gone has closed the writer.
                    if opened && self.committer.send(Signal::GroupOpened).is_err() {
                        writer.close();
                        return Err(closed());
                    }
                    break;
                }
                Err(cause) if errors::is_busy(&cause) && started.elapsed() < LONGEST_FOREIGN_LOCK => {
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
                Err(cause) => return Err(errors::describe(&writer.connection, None, &cause).into_error()),
            }
        }
        let (guarded, changes_before) = (writer.is_careful(), writer.connection.total_changes());
        let mut command = OpenCommand { writer, ended: true, guarded, changes_before };
        if guarded {
            command.run_plain("SAVEPOINT command")?;
        }
        command.ended = false;
        Ok(command)
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

fn closed() -> Error {
    Error::bare(Kind::Unavailable, "the database is closed")
}

/// A command that holds the lock; dropping it takes back what it wrote.
struct OpenCommand {
    writer: OwnedMutexGuard<Writer>,
    ended: bool,
    /// Whether it has a savepoint.
    guarded: bool,
    /// Rows that the connection had changed before.
    changes_before: u64,
}

impl OpenCommand {
    fn run_plain(&mut self, sql: &'static str) -> Result<()> {
        let connection = &self.writer.connection;
        let run = connection.prepare_cached(sql).and_then(|mut statement| statement.raw_execute());
        let run = run.map(drop).map_err(|cause| errors::describe(connection, None, &cause));
        run.map_err(|failure| self.after_failure(failure))
    }

    /// Some failures (disk full, I/O) make `SQLite` roll back the whole transaction, not only the statement.
    fn after_failure(&mut self, failure: DatabaseError) -> Error {
        if self.writer.connection.is_autocommit() {
            self.ended = true;
            self.writer.abandon_group(&failure.to_string());
        }
        failure.into_error()
    }

    fn run<T>(&mut self, call: &Call<'_>, how: How<T>) -> Result<T> {
        if self.ended {
            return Err(Error::internal("the transaction was rolled back by an earlier failure"));
        }
        let touched = self.writer.ownership.written_by(call);
        self.writer.written = self.writer.written.with(touched);
        how(call, &self.writer.connection).map_err(|failure| self.after_failure(failure))
    }

    /// Keeps what the command wrote; returns where the outcome of its group will be told.
    fn release(mut self) -> Result<watch::Receiver<Option<Outcome>>> {
        if self.ended {
            return Err(Error::internal("the transaction was rolled back by an earlier failure"));
        }
        if self.guarded {
            self.run_plain("RELEASE command")?;
        }
        self.ended = true;
        let group = self.writer.group.as_ref().ok_or_else(|| Error::internal("a command without a group"))?;
        Ok(group.0.subscribe())
    }
}

impl Drop for OpenCommand {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        if !self.guarded {
            if self.writer.connection.total_changes() != self.changes_before {
                self.writer.abandon_command();
            }
            return;
        }
        let undone = self
            .run_plain("ROLLBACK TO command")
            .and_then(|()| if self.ended { Ok(()) } else { self.run_plain("RELEASE command") });
        if let Err(cause) = undone
            && !self.ended
        {
            self.writer.abandon_group(&format!("a command could not be undone: {cause:?}"));
        }
    }
}

/// How a statement runs: for its rows or for the number of changes.
type How<T> = fn(&Call<'_>, &Connection) -> Result<T, DatabaseError>;

/// A session that writes. It takes the lock at its first statement.
pub(crate) struct WriteSession {
    shared: Arc<Shared>,
    command: Option<OpenCommand>,
}

impl WriteSession {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, command: None }
    }

    /// Waits until it is this command's turn; nobody else writes from then on.
    pub(crate) async fn take_turn(&mut self) -> Result<()> {
        if self.command.is_none() {
            self.command = Some(self.shared.open_command().await?);
        }
        Ok(())
    }

    /// The tables that commands which are not committed yet have touched, this one included.
    pub(crate) fn uncommitted(&self) -> TableSet {
        self.command.as_ref().map_or(TableSet::EMPTY, |command| command.writer.written)
    }

    /// Runs a statement for its rows if that needs no waiting.
    pub(crate) fn rows_now(&mut self, call: &Call<'_>) -> Option<Result<Vec<Row>>> {
        self.run_now(call, convert::rows)
    }

    /// Runs a statement for the number of rows that it changed if that needs no waiting.
    pub(crate) fn execute_now(&mut self, call: &Call<'_>) -> Option<Result<u64>> {
        self.run_now(call, convert::execute)
    }

    fn run_now<T>(&mut self, call: &Call<'_>, how: How<T>) -> Option<Result<T>> {
        let command = self.command.as_mut().filter(|_| call.cost != Cost::Heavy)?;
        Some(command.run(call, how))
    }

    /// Runs a statement for its rows; `heavy` ones leave the async worker.
    pub(crate) async fn rows(&mut self, call: Call<'_>) -> Result<Vec<Row>> {
        self.run(call, convert::rows).await
    }

    /// Runs a statement for the number of rows that it changed; `heavy` ones leave the async worker.
    pub(crate) async fn execute(&mut self, call: Call<'_>) -> Result<u64> {
        self.run(call, convert::execute).await
    }

    async fn run<T: Send + 'static>(&mut self, call: Call<'_>, how: How<T>) -> Result<T> {
        let mut command = match self.command.take() {
            Some(command) => command,
            None => self.shared.open_command().await?,
        };
        if call.cost != Cost::Heavy {
            return self.command.insert(command).run(&call, how);
        }
        let owned = OwnedCall::from(call);
        let (command, result) = tokio::task::spawn_blocking(move || {
            let result = command.run(&owned.as_call(), how);
            (command, result)
        })
        .await
        .map_err(Error::internal)?;
        self.command = Some(command);
        result
    }

    /// Keeps everything and waits until it is durable. Without a statement there is nothing to wait for.
    pub(crate) async fn commit(mut self) -> Result<()> {
        let Some(command) = self.command.take() else { return Ok(()) };
        let mut outcome = command.release()?;
        let outcome = outcome.wait_for(Option::is_some).await.map(|outcome| (*outcome).clone());
        match outcome {
            Ok(Some(Outcome::Durable)) => Ok(()),
            Ok(Some(Outcome::RolledBack(reason))) => {
                Err(DatabaseError::new(Refusal::Conflict, None, reason).into_error())
            }
            Ok(Some(Outcome::Unknown(reason))) => Err(Error::internal(reason.to_string())),
            Ok(None) | Err(_) => Err(Error::internal("the committer ended before the command was durable")),
        }
    }
}
