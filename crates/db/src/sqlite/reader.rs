//! Read snapshots: a small pool of read-only connections, used last-in first-out so that few of them stay warm.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use castellan_kernel::{Error, Kind, Result};
use rusqlite::Connection;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::convert::{self, OwnedCall};
use super::{errors, open};
use crate::call::Call;
use crate::row::Row;

/// How long a request waits for a connection before it is turned away.
const LONGEST_WAIT: Duration = Duration::from_secs(15);

/// The connections that read.
pub(super) struct Readers {
    path: PathBuf,
    permits: Arc<Semaphore>,
    idle: Mutex<Vec<Connection>>,
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
        let permit = match Arc::clone(&self.permits).try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) => tokio::time::timeout(LONGEST_WAIT, Arc::clone(&self.permits).acquire_owned())
                .await
                .map_err(|_| Error::bare(Kind::Unavailable, "every database reader is busy, try again later"))?
                .map_err(Error::internal)?,
        };
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => open::reader(&self.path).map_err(Error::internal)?,
        };
        Ok(Lease { connection: Some(connection), in_transaction: false, readers: Arc::clone(self), _permit: permit })
    }
}

/// One connection out of the pool; goes back when dropped.
struct Lease {
    connection: Option<Connection>,
    in_transaction: bool,
    readers: Arc<Readers>,
    _permit: OwnedSemaphorePermit,
}

impl Lease {
    fn connection(&self) -> Result<&Connection> {
        self.connection.as_ref().ok_or_else(|| Error::internal("a reader was used after it was given back"))
    }

    fn begin(&mut self) -> Result<()> {
        if !self.in_transaction {
            let connection = self.connection()?;
            let begun = connection.prepare_cached("BEGIN").and_then(|mut begin| begin.raw_execute());
            begun.map_err(|cause| errors::describe(connection, None, &cause).into_error())?;
            self.in_transaction = true;
        }
        Ok(())
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else { return };
        if self.in_transaction {
            let ended = connection.prepare_cached("COMMIT").and_then(|mut commit| commit.raw_execute());
            if ended.is_err() && connection.execute_batch("ROLLBACK").is_err() {
                return;
            }
        }
        self.readers.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
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

    /// Runs a statement; `heavy` ones leave the async worker.
    pub(crate) async fn rows(&mut self, call: Call<'_>, heavy: bool) -> Result<Vec<Row>> {
        let mut lease = match self.lease.take() {
            Some(lease) => lease,
            None => self.readers.lease().await?,
        };
        if self.consistent {
            lease.begin()?;
        }
        let result = if heavy {
            let owned = OwnedCall::from(call);
            let (returned, result) = tokio::task::spawn_blocking(move || {
                let result = lease
                    .connection()
                    .and_then(|open| convert::rows(&owned.as_call(), open).map_err(crate::DatabaseError::into_error));
                (lease, result)
            })
            .await
            .map_err(Error::internal)?;
            lease = returned;
            result
        } else {
            convert::rows(&call, lease.connection()?).map_err(crate::DatabaseError::into_error)
        };
        if self.consistent {
            self.lease = Some(lease);
        }
        result
    }
}
