//! The open database, whichever engine it is.

use std::path::Path;
use std::sync::Arc;

use castellan_kernel::{Error, Kind, Result};
use tokio::sync::Notify;

use crate::connection::Session;
use crate::memory::{Epochs, Memory, Truth};
use crate::postgres::{self, Mode, PostgresOptions};
use crate::retry::Queue;
use crate::sqlite::{self, SqliteOptions};
use crate::{EngineKind, Snapshot, Tx, global_statement};

/// Which database to open.
#[derive(Debug, Clone)]
pub enum DbOptions {
    /// The embedded one.
    Sqlite(SqliteOptions),
    /// A server.
    Postgres(PostgresOptions),
}

enum Engine {
    Sqlite(sqlite::Engine),
    Postgres(postgres::Engine),
}

struct Inner {
    engine: Engine,
    memory: Option<Arc<Memory>>,
    outbox: Arc<Notify>,
    retry_queue: Queue,
}

/// An open database with an up-to-date schema. Cheap to clone.
#[derive(Clone)]
pub struct Db(Arc<Inner>);

impl Db {
    /// Opens the database and applies the migrations that it lacks, under a lock.
    ///
    /// # Errors
    /// Unavailable when it cannot be reached; failed precondition when it is newer than this binary or a migration that it has
    /// was changed. The texts are for the operator.
    pub async fn open(options: DbOptions) -> Result<Self> {
        let engine = match options {
            DbOptions::Sqlite(options) => Engine::Sqlite(sqlite::Engine::open(options).await?),
            DbOptions::Postgres(options) => Engine::Postgres(postgres::Engine::open(options).await?),
        };
        let memory = match &engine {
            Engine::Sqlite(engine) => engine.changes().map(|changes| Truth::Changes(Arc::clone(changes))),
            Engine::Postgres(engine) => engine.tells_what_is_visible().then(|| Truth::Epochs(Epochs::default())),
        };
        let memory = memory.map(Memory::new);
        Ok(Self(Arc::new(Inner { engine, memory, outbox: Arc::default(), retry_queue: Queue::default() })))
    }

    /// Which engine this is.
    pub fn engine(&self) -> EngineKind {
        match &self.0.engine {
            Engine::Sqlite(_) => EngineKind::Sqlite,
            Engine::Postgres(_) => EngineKind::Postgres,
        }
    }

    /// Where writers of this process wait that lost against others.
    pub(crate) fn retry_queue(&self) -> &Queue {
        &self.0.retry_queue
    }

    /// A read-only view of one instance (or of none), begun by its first statement and consistent across all of them.
    pub fn snapshot(&self, instance: Option<&str>) -> Snapshot {
        self.read(instance, true)
    }

    /// Like [`Db::snapshot`], but every statement sees the newest state on its own; cheaper for a single statement.
    pub fn single_reads(&self, instance: Option<&str>) -> Snapshot {
        self.read(instance, false)
    }

    fn read(&self, instance: Option<&str>, consistent: bool) -> Snapshot {
        let session = match &self.0.engine {
            Engine::Sqlite(engine) => Session::SqliteRead(engine.read(consistent)),
            Engine::Postgres(engine) => {
                Session::Postgres(engine.session(if consistent { Mode::Snapshot } else { Mode::Single }))
            }
        };
        Snapshot::new(instance, session, self.0.memory.clone())
    }

    /// A transaction on one instance (or on none), begun by its first statement.
    pub fn begin(&self, instance: Option<&str>) -> Tx {
        let outbox = Arc::clone(&self.0.outbox);
        match &self.0.engine {
            Engine::Sqlite(engine) => {
                Tx::new(instance, Session::SqliteWrite(engine.write()), self.0.memory.clone(), outbox)
            }
            Engine::Postgres(engine) => Tx::new(instance, Session::Postgres(engine.session(Mode::Write)), None, outbox),
        }
    }

    /// How often statements of this process have waited for an answer of the database server; always 0 with the embedded
    /// database.
    pub fn round_trips(&self) -> u64 {
        match &self.0.engine {
            Engine::Sqlite(_) => 0,
            Engine::Postgres(engine) => engine.round_trips(),
        }
    }

    /// Whether the database answers and can be written to.
    ///
    /// # Errors
    /// Unavailable, or what the engine says.
    pub async fn ping(&self) -> Result<()> {
        if let Engine::Sqlite(engine) = &self.0.engine {
            engine.failure().map_or(Ok(()), Err)?;
        }
        self.single_reads(None).row(global_statement!("SELECT 1"), &[]).await.map(drop)
    }

    /// Writes a consistent copy of the embedded database to the new file `target` while it is in use. The file appears under
    /// its name only when it is complete and on disk; [`restore`](crate::restore) puts it back.
    ///
    /// # Errors
    /// Already exists; unavailable when it cannot be written; failed precondition on PostgreSQL, which has its own tools.
    pub async fn backup_to(&self, target: &Path) -> Result<()> {
        match &self.0.engine {
            Engine::Sqlite(engine) => engine.backup_to(target).await,
            Engine::Postgres(_) => Err(Error::bare(
                Kind::FailedPrecondition,
                "backups are for the embedded database; use pg_dump or your provider's tools for PostgreSQL",
            )),
        }
    }

    /// Wakes whenever a transaction of this process has committed outbox items, so that a worker need not poll for them.
    pub fn outbox_signal(&self) -> Arc<Notify> {
        Arc::clone(&self.0.outbox)
    }

    /// Whether the engine understands the text of this statement.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) async fn check_statement(&self, statement: &crate::Statement) -> Result<()> {
        match &self.0.engine {
            Engine::Sqlite(engine) => engine.check(statement.sql),
            Engine::Postgres(engine) => engine.check(statement.sql).await,
        }
    }

    /// What the text of a statement fails to tell of the tables that it touches, by the embedded engine's own account.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn concealed_by_statement(&self, statement: &crate::Statement) -> Result<Option<String>> {
        match &self.0.engine {
            Engine::Sqlite(engine) => engine.concealed(statement.sql),
            Engine::Postgres(_) => Ok(None),
        }
    }

    /// A step of a statement that does not find its row by a whole unique key, by the embedded engine's own account.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn not_by_key(&self, statement: &crate::Statement) -> Result<Option<String>> {
        match &self.0.engine {
            Engine::Sqlite(engine) => engine.not_by_key(statement.sql),
            Engine::Postgres(_) => Ok(None),
        }
    }

    /// Finishes what is committed and ends the background work; transactions are refused from then on.
    ///
    /// # Errors
    /// Unavailable when the engine had refused to write.
    pub async fn close(&self) -> Result<()> {
        match &self.0.engine {
            Engine::Sqlite(engine) => engine.close().await,
            Engine::Postgres(engine) => {
                engine.close();
                Ok(())
            }
        }
    }
}

impl std::fmt::Debug for Db {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Db").field(&self.engine()).finish()
    }
}
