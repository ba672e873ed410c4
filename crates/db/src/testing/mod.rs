//! Databases for tests: each its own, thrown away at the end. Tests of a rule run on every engine that is at hand.

pub mod plans;

use std::future::Future;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::sync::atomic::{AtomicU64, Ordering};

use castellan_kernel::{Result, Timestamp};
use tokio::sync::OnceCell;

use crate::postgres::testing::Database;
use crate::{Db, DbOptions, Durability, Event, PostgresOptions, SqliteOptions, Statement, all_statements};

/// An empty database with the current schema, for one test.
pub struct TestDb {
    db: Db,
    _cleanup: Cleanup,
}

/// What is removed at the end.
#[allow(dead_code, reason = "kept for their drops")]
enum Cleanup {
    Directory(Directory),
    Database(Database),
}

/// A directory that is removed when dropped.
pub(crate) struct Directory(PathBuf);

impl Directory {
    /// A new directory, in memory where the system has such a place.
    pub(crate) fn create() -> std::io::Result<Self> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        static SWEPT: Once = Once::new();
        let memory = Path::new("/dev/shm");
        let root = if memory.is_dir() { memory.to_path_buf() } else { std::env::temp_dir() };
        SWEPT.call_once(|| sweep(&root));
        let name = format!("castellan-test-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = root.join(name);
        // A crashed process with the same id may have left one.
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path)?;
        Ok(Self(path))
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

/// Removes what killed processes left behind, where the system tells which processes live.
fn sweep(root: &Path) {
    let processes = Path::new("/proc");
    let Ok(entries) = std::fs::read_dir(root) else { return };
    for entry in entries.flatten().filter(|_| processes.join("self").exists()) {
        let name = entry.file_name();
        let process = name.to_str().and_then(|name| name.strip_prefix("castellan-test-")?.split_once('-'));
        if process.is_some_and(|(process, _)| !processes.join(process).exists()) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl TestDb {
    /// An embedded database that nothing is synced for.
    ///
    /// # Panics
    /// When it cannot be made; so for all of this module.
    #[allow(clippy::panic, reason = "a test without its database cannot go on")]
    pub async fn sqlite() -> Self {
        Self::try_sqlite().await.unwrap_or_else(|error| panic!("no embedded test database: {error:?}"))
    }

    async fn try_sqlite() -> Result<Self> {
        /// The bytes of a database with the current schema: copying it is quicker than migrating anew.
        static TEMPLATE: OnceCell<Vec<u8>> = OnceCell::const_new();
        let options = |directory: &Directory| SqliteOptions {
            durability: Durability::None,
            readers: Some(16),
            ..SqliteOptions::new(directory.path().join("castellan.db"))
        };
        let template = TEMPLATE
            .get_or_try_init(|| async {
                let directory = Directory::create().map_err(castellan_kernel::Error::internal)?;
                let options = options(&directory);
                Db::open(DbOptions::Sqlite(options.clone())).await?.close().await?;
                std::fs::read(&options.path).map_err(castellan_kernel::Error::internal)
            })
            .await?;
        let directory = Directory::create().map_err(castellan_kernel::Error::internal)?;
        let options = options(&directory);
        std::fs::write(&options.path, template).map_err(castellan_kernel::Error::internal)?;
        Ok(Self { db: Db::open(DbOptions::Sqlite(options)).await?, _cleanup: Cleanup::Directory(directory) })
    }
}

impl TestDb {
    /// A database on the server at the address in `TEST_POSTGRES`; `None` when that is not set.
    ///
    /// # Panics
    /// When it is set but no database can be made there.
    #[allow(clippy::panic, reason = "a test without its database cannot go on")]
    pub async fn postgres() -> Option<Self> {
        let address = std::env::var("TEST_POSTGRES").ok().filter(|address| !address.is_empty())?;
        let made = async { Database::create(&PostgresOptions::parse(&address)?).await };
        match made.await {
            Ok((db, database)) => Some(Self { db, _cleanup: Cleanup::Database(database) }),
            Err(error) => panic!("no test database on the server in TEST_POSTGRES: {error:?}"),
        }
    }
}

impl Deref for TestDb {
    type Target = Db;
    fn deref(&self) -> &Db {
        &self.db
    }
}

/// Runs one test body on a fresh database of each engine: always the embedded one, and PostgreSQL when `TEST_POSTGRES` holds
/// its address (`postgres://user@host/db`).
pub async fn on_each_engine<F, Fut>(body: F)
where
    F: Fn(Db) -> Fut,
    Fut: Future<Output = ()>,
{
    let test = TestDb::sqlite().await;
    body(test.db.clone()).await;
    if let Some(test) = TestDb::postgres().await {
        body(test.db.clone()).await;
    }
}

/// A change of a user, for tests to which it does not matter what it is.
pub fn event(aggregate: &str) -> Event {
    Event {
        aggregate_type: "user".into(),
        aggregate_id: aggregate.into(),
        event_type: "changed".into(),
        payload: None,
        editor: "e".into(),
        owner: "o".into(),
        created_at: Timestamp::from_micros(1),
        is_new: false,
    }
}

/// Prepares every statement of this binary on the database; returns a line for each that it refuses.
pub async fn refused_statements(db: &Db) -> Vec<String> {
    let mut refused = Vec::new();
    for statement in all_statements() {
        if let Err(cause) = db.check_statement(statement).await {
            refused.push(format!("{:?} {}: {cause}", db.engine(), statement.place()));
        }
    }
    refused
}

/// A line for every statement of this binary that touches other tables than its text tells, by the embedded engine's own
/// account; what is remembered rests on the texts.
pub fn concealing_statements(db: &Db) -> Vec<String> {
    all_statements().filter_map(|statement| objection(statement, db.concealed_by_statement(statement))).collect()
}

/// A line for every keyed statement of this binary that finds a row otherwise than by a whole unique key, by the embedded
/// engine's own account; what is remembered rests on it.
pub fn statements_without_key(db: &Db) -> Vec<String> {
    let keyed = all_statements().filter(|statement| statement.keyed);
    keyed.filter_map(|statement| objection(statement, db.not_by_key(statement))).collect()
}

/// A line for what is wrong with a statement, or for why that cannot be told.
fn objection(statement: &Statement, told: Result<Option<String>>) -> Option<String> {
    let what = told.unwrap_or_else(|cause| Some(cause.to_string()))?;
    Some(format!("{}: {what}", statement.place()))
}
