//! PostgreSQL, for more than one machine: a pool, prepared statements, serializable transactions, repeatable snapshots. What can
//! travel together does: `BEGIN` with the first statement, announced reads with the next one, deferred writes with `COMMIT`. This
//! module owns the protocol's side of values, errors and TLS. CockroachDB and YugabyteDB speak the same.

mod convert;
mod errors;
mod migrate;
mod options;
mod pipeline;
mod session;
mod sight;
#[cfg(any(test, feature = "testing"))]
pub(crate) mod testing;
mod tls;
mod waiting;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use castellan_kernel::{Error, Kind, Result};
use deadpool_postgres::{
    ClientWrapper, Hook, Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime,
};

pub use options::{PostgresOptions, PostgresTls, TlsMode};
pub(crate) use session::{Mode, Session};
use sight::Sight;

/// The pool of one database.
pub(crate) struct Engine {
    pool: Pool,
    is_postgres_itself: bool,
    /// How often somebody has waited for an answer of the server.
    trips: Arc<AtomicU64>,
    sight: Arc<Sight>,
}

impl Engine {
    /// Connects and brings the schema up to date.
    pub(crate) async fn open(options: PostgresOptions) -> Result<Self> {
        let mut engine = Self::pool(options)?;
        // The connection that migrates is closed afterwards, and its lock with it.
        let mut client = Object::take(engine.client().await?);
        migrate::run(&mut client).await?;
        engine.is_postgres_itself = is_postgres_itself(&client).await?;
        Ok(engine)
    }

    /// A pool that is not connected yet.
    fn pool(options: PostgresOptions) -> Result<Self> {
        let timeout = options.connect_timeout;
        let mut config = *options.config;
        if config.get_application_name().is_none() {
            config.application_name("castellan");
        }
        config.connect_timeout(timeout);
        config.ssl_mode(options.tls.mode.negotiation());
        let manager = Manager::from_config(
            config,
            tls::connector(&options.tls)?,
            // The rollback at the end of a session is enough to make a connection clean again.
            ManagerConfig { recycling_method: RecyclingMethod::Fast },
        );
        let pool = Pool::builder(manager)
            .max_size(options.max_connections.max(1))
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(timeout))
            .create_timeout(Some(timeout))
            .post_create(Hook::async_fn(|client, _| {
                Box::pin(async {
                    prepare_planner(client).await;
                    Ok(())
                })
            }))
            .build()
            .map_err(Error::internal)?;
        let trips = Arc::<AtomicU64>::default();
        let sight = Sight::new(pool.clone(), Arc::clone(&trips));
        Ok(Self { pool, is_postgres_itself: false, trips, sight })
    }

    /// Whether `pg_current_snapshot()` says what a reader sees. Databases that only speak PostgreSQL's protocol have the
    /// function, if at all, in name.
    pub(crate) fn tells_what_is_visible(&self) -> bool {
        self.is_postgres_itself
    }

    async fn client(&self) -> Result<Object> {
        client(&self.pool).await
    }

    /// A session of any mode.
    pub(crate) fn session(&self, mode: Mode) -> Box<Session> {
        Box::new(Session::new(self.pool.clone(), Arc::clone(&self.trips), Arc::clone(&self.sight), mode))
    }

    /// How often statements have waited for an answer of the server so far.
    pub(crate) fn round_trips(&self) -> u64 {
        self.trips.load(Ordering::Relaxed)
    }

    /// Whether the engine understands this text.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) async fn check(&self, sql: &str) -> Result<()> {
        self.client().await?.prepare(sql).await.map(drop).map_err(|cause| errors::describe(None, &cause).into_error())
    }

    /// Closes the pool.
    pub(crate) fn close(&self) {
        self.pool.close();
    }
}

/// Tells the planner of a new connection that pages are read from memory or solid disks (by its default, which is that of spinning
/// ones, it reads whole tables where an index has all that is asked for), and that a statement has one processor: requests share
/// them, and to start workers takes longer than most lists do. What an operator has set stays; a database that only speaks
/// PostgreSQL's protocol may not know the settings.
async fn prepare_planner(client: &ClientWrapper) {
    let statement = "SELECT set_config(name, wanted, FALSE)
         FROM (VALUES ('random_page_cost', '4', '1.1'), ('max_parallel_workers_per_gather', '2', '0')) AS ours (name, usual, wanted)
         WHERE current_setting(name) = usual";
    if let Err(cause) = client.batch_execute(statement).await {
        tracing::debug!(%cause, "the planner keeps its costs");
    }
}

async fn is_postgres_itself(client: &tokio_postgres::Client) -> Result<bool> {
    let version = client.query_one("SELECT version()", &[]).await;
    let version = version
        .and_then(|row| row.try_get::<_, String>(0))
        .map_err(|cause| errors::describe(None, &cause).into_error())?;
    Ok(version.starts_with("PostgreSQL ") && !version.contains("-YB-"))
}

async fn client(pool: &Pool) -> Result<Object> {
    pool.get().await.map_err(|cause| {
        let text = match &cause {
            PoolError::Timeout(_) => "every database connection is busy, try again later",
            PoolError::Closed => "the database is closed",
            _ => "the database cannot be reached",
        };
        Error::bare(Kind::Unavailable, text).because(match cause {
            PoolError::Backend(cause) => errors::words(&cause),
            other => other.to_string(),
        })
    })
}
