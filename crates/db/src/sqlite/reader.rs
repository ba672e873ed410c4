//! Read snapshots: a small pool of read-only connections, used last-in first-out so that few of them stay warm.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use castellan_kernel::{Error, Kind, Result};
use rusqlite::Connection;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::convert::{self, OwnedCall};
use super::{errors, open};
use crate::call::{Call, Cost};
use crate::row::Row;

/// How long a request waits for a connection before it is turned away.
const LONGEST_WAIT: Duration = Duration::from_secs(15);

/// A list may take so many instructions of `SQLite`'s machine on the async worker (some 200 µs) before it has to move.
const BUDGET_STEPS: i64 = 20;
const STEP_INSTRUCTIONS: std::ffi::c_int = 1_000;
const NO_LIMIT: i64 = -1;

/// The connections that read.
pub(super) struct Readers {
    path: PathBuf,
    permits: Arc<Semaphore>,
    #[allow(clippy::vec_box, reason = "a lease moves with the futures around a request, and should be small")]
    idle: Mutex<Vec<Box<Reader>>>,
}

/// A connection whose statements can be given a budget.
struct Reader {
    connection: Connection,
    /// Steps left before the running statement is stopped; negative for no limit.
    steps: Arc<AtomicI64>,
}

impl Reader {
    fn open(path: &Path) -> rusqlite::Result<Self> {
        let mut connection = open::reader(path)?;
        let steps = Arc::new(AtomicI64::new(NO_LIMIT));
        let left = Arc::clone(&steps);
        let spend = move || match left.load(Ordering::Relaxed) {
            NO_LIMIT => false,
            0 => true,
            more => {
                left.store(more - 1, Ordering::Relaxed);
                false
            }
        };
        connection.progress_handler(STEP_INSTRUCTIONS, Some(spend))?;
        Ok(Self { connection, steps })
    }
}

impl Readers {
    /// A pool of at most `size` connections, opened when they are needed.
    pub(super) fn new(path: PathBuf, size: usize) -> Arc<Self> {
        Arc::new(Self { path, permits: Arc::new(Semaphore::new(size)), idle: Mutex::default() })
    }

    /// Whether the engine understands this text.
    #[cfg(any(test, feature = "testing"))]
    pub(super) fn check(&self, sql: &str) -> Result<()> {
        let connection = open::reader(&self.path).map_err(Error::internal)?;
        connection.prepare(sql).map(drop).map_err(Error::internal)
    }

    async fn lease(self: &Arc<Self>) -> Result<Lease> {
        if let Some(lease) = self.lease_now() {
            return lease;
        }
        let permit = tokio::time::timeout(LONGEST_WAIT, Arc::clone(&self.permits).acquire_owned())
            .await
            .map_err(|_| Error::bare(Kind::Unavailable, "every database reader is busy, try again later"))?
            .map_err(Error::internal)?;
        self.lease_with(permit)
    }

    /// A connection if one is free.
    fn lease_now(self: &Arc<Self>) -> Option<Result<Lease>> {
        let permit = Arc::clone(&self.permits).try_acquire_owned().ok()?;
        Some(self.lease_with(permit))
    }

    fn lease_with(self: &Arc<Self>, permit: OwnedSemaphorePermit) -> Result<Lease> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let reader = match idle {
            Some(reader) => reader,
            None => Box::new(Reader::open(&self.path).map_err(Error::internal)?),
        };
        Ok(Lease { reader: Some(reader), in_transaction: false, readers: Arc::clone(self), _permit: permit })
    }
}

/// One connection out of the pool; goes back when dropped.
struct Lease {
    reader: Option<Box<Reader>>,
    in_transaction: bool,
    readers: Arc<Readers>,
    _permit: OwnedSemaphorePermit,
}

impl Lease {
    fn reader(&self) -> Result<&Reader> {
        self.reader.as_deref().ok_or_else(|| Error::internal("a reader was used after it was given back"))
    }

    fn begin(&mut self) -> Result<()> {
        if !self.in_transaction {
            let connection = &self.reader()?.connection;
            let begun = connection.prepare_cached("BEGIN").and_then(|mut begin| begin.raw_execute());
            begun.map_err(|cause| errors::describe(connection, None, &cause).into_error())?;
            self.in_transaction = true;
        }
        Ok(())
    }

    fn run(&self, call: &Call<'_>) -> Result<Vec<Row>> {
        convert::rows(call, &self.reader()?.connection).map_err(crate::DatabaseError::into_error)
    }

    /// `None` when the statement was stopped because it takes too long for where it is.
    fn run_within_budget(&self, call: &Call<'_>) -> Option<Result<Vec<Row>>> {
        let steps = &self.reader.as_ref()?.steps;
        steps.store(BUDGET_STEPS, Ordering::Relaxed);
        let result = self.run(call);
        let stopped = steps.swap(NO_LIMIT, Ordering::Relaxed) == 0 && result.is_err();
        (!stopped).then_some(result)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(reader) = self.reader.take() else { return };
        if self.in_transaction {
            let connection = &reader.connection;
            let ended = connection.prepare_cached("COMMIT").and_then(|mut commit| commit.raw_execute());
            if ended.is_err() && connection.execute_batch("ROLLBACK").is_err() {
                return;
            }
        }
        self.readers.idle.lock().unwrap_or_else(PoisonError::into_inner).push(reader);
    }
}

/// A session that reads. With `consistent`, all its statements see the state that the first one saw.
pub(crate) struct ReadSession {
    readers: Arc<Readers>,
    lease: Option<Lease>,
    consistent: bool,
}

impl ReadSession {
    pub(super) fn new(readers: Arc<Readers>, consistent: bool) -> Self {
        Self { readers, lease: None, consistent }
    }

    /// Runs a statement on the spot; `Err` with its cost as it is known by then when that cannot be done.
    pub(crate) fn rows_now(&mut self, call: &Call<'_>) -> Result<Result<Vec<Row>>, Cost> {
        if call.cost == Cost::Heavy {
            return Err(Cost::Heavy);
        }
        let mut lease = match self.lease.take() {
            Some(lease) => lease,
            None => match self.readers.lease_now() {
                Some(Ok(lease)) => lease,
                Some(Err(failure)) => return Ok(Err(failure)),
                None => return Err(call.cost),
            },
        };
        if self.consistent
            && let Err(failure) = lease.begin()
        {
            return Ok(Err(failure));
        }
        let result = match call.cost {
            Cost::Small => Some(lease.run(call)),
            Cost::Unknown | Cost::Heavy => lease.run_within_budget(call),
        };
        if self.consistent {
            self.lease = Some(lease);
        }
        result.ok_or(Cost::Heavy)
    }

    /// Runs a statement where its cost allows.
    pub(crate) async fn rows(&mut self, call: Call<'_>) -> Result<Vec<Row>> {
        let mut lease = match self.lease.take() {
            Some(lease) => lease,
            None => self.readers.lease().await?,
        };
        if self.consistent {
            lease.begin()?;
        }
        let here = match call.cost {
            Cost::Heavy => None,
            Cost::Small => Some(lease.run(&call)),
            Cost::Unknown => lease.run_within_budget(&call),
        };
        let result = if let Some(result) = here {
            result
        } else {
            let owned = OwnedCall::from(call);
            let run = move || {
                let result = lease.run(&owned.as_call());
                (lease, result)
            };
            let (returned, result) = tokio::task::spawn_blocking(run).await.map_err(Error::internal)?;
            lease = returned;
            result
        };
        if self.consistent {
            self.lease = Some(lease);
        }
        result
    }
}
