//! Throw-away databases on a server for tests, copied from a template that is migrated once.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use castellan_kernel::{Error, Result};
use deadpool_postgres::{ClientWrapper, Object};
use tokio::sync::OnceCell;
use tokio_postgres::error::SqlState;

use super::{Engine, PostgresOptions, errors};
use crate::migration::migrations;
use crate::{Db, DbOptions, EngineKind};

/// The lock under which templates are made, apart from that of migrations.
const LOCK: i64 = 0x6361_7374_7465_7374;

/// A database of a test; dropped with it.
pub(crate) struct Database {
    server: PostgresOptions,
    name: String,
}

impl Database {
    /// Makes one on this server.
    pub(crate) async fn create(server: &PostgresOptions) -> Result<(Db, Self)> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        static TEMPLATE: OnceCell<String> = OnceCell::const_new();
        let template = TEMPLATE.get_or_try_init(|| template(server)).await?;
        let admin = connect(server).await?;
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("castellan_test_{}_{count}", std::process::id());
        run(&admin, &format!("DROP DATABASE IF EXISTS {name}")).await?;
        copy(&admin, &name, template).await?;
        let database = Self { server: server.clone(), name };
        let mut options = server.with_database(&database.name);
        options.max_connections = 8;
        Ok((Db::open(DbOptions::Postgres(options)).await?, database))
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        // A thread of its own, because a drop inside a runtime cannot wait for another future.
        let dropped = std::thread::spawn(move || -> Result<()> {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Error::internal)?;
            runtime.block_on(async {
                let admin = connect(&server).await?;
                run(&admin, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await
            })
        });
        if !matches!(dropped.join(), Ok(Ok(()))) {
            tracing::warn!(name = self.name, "a test database could not be dropped");
        }
    }
}

/// A connection of its own, outside of any pool.
async fn connect(server: &PostgresOptions) -> Result<ClientWrapper> {
    Ok(Object::take(Engine::pool(server.clone())?.client().await?))
}

async fn run(admin: &ClientWrapper, sql: &str) -> Result<()> {
    admin.batch_execute(sql).await.map_err(|cause| errors::describe(None, &cause).into_error())
}

/// The name of a database with the current schema.
async fn template(server: &PostgresOptions) -> Result<String> {
    let texts = migrations().iter().map(|migration| migration.checksum(EngineKind::Postgres)).collect::<String>();
    let hash = texts
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    let name = format!("castellan_template_{hash:016x}");
    let admin = connect(server).await?;
    let failed = |cause: tokio_postgres::Error| errors::describe(None, &cause).into_error();
    admin.execute("SELECT pg_advisory_lock($1)", &[&LOCK]).await.map_err(failed)?;
    let done = admin
        .query_opt("SELECT 1 FROM pg_database WHERE datname = $1 AND datistemplate", &[&name])
        .await
        .map_err(failed)?;
    if done.is_none() {
        run(&admin, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await?;
        // Sorted like the embedded engine, so that both return the same order.
        run(&admin, &format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'"))
            .await?;
        Db::open(DbOptions::Postgres(server.with_database(&name))).await?.close().await?;
        run(&admin, &format!("ALTER DATABASE {name} IS_TEMPLATE true")).await?;
    }
    Ok(name)
}

/// Copies a template, waiting for the connection that made it to be gone.
async fn copy(admin: &ClientWrapper, name: &str, template: &str) -> Result<()> {
    let create = format!("CREATE DATABASE {name} TEMPLATE {template}");
    for _ in 0..100 {
        match admin.batch_execute(&create).await {
            Err(cause) if cause.code() == Some(&SqlState::OBJECT_IN_USE) => {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            other => return other.map_err(|cause| errors::describe(None, &cause).into_error()),
        }
    }
    Err(Error::internal(format!("the template {template} stays in use")))
}
