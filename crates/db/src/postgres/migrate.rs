//! Brings the schema up to date, one transaction per step, under a lock of the whole database.

use castellan_kernel::{Error, Result};
use deadpool_postgres::ClientWrapper;

use crate::EngineKind::Postgres;
use crate::migration::{self, Applied};

/// Any number that nothing else on the server locks: "castella" in ASCII.
const LOCK: i64 = 0x6361_7374_656c_6c61;

/// Applies what is missing; other servers that start at the same time wait. The lock lasts as long as the connection.
pub(super) async fn run(client: &mut ClientWrapper) -> Result<()> {
    let failed = |cause: tokio_postgres::Error| Error::internal(super::errors::words(&cause));
    client.execute("SELECT pg_advisory_lock($1)", &[&LOCK]).await.map_err(failed)?;
    // IF NOT EXISTS would be quieter, but a user without the right to create tables could then not even start.
    let exists = client
        .query_one("SELECT to_regclass('schema_migrations') IS NOT NULL", &[])
        .await
        .map_err(failed)?
        .get::<_, bool>(0);
    if !exists {
        client.batch_execute(migration::HISTORY).await.map_err(failed)?;
    }
    let rows = client.query(migration::READ_HISTORY, &[]).await.map_err(failed)?;
    let applied = |row: &tokio_postgres::Row| Applied { version: row.get(0), name: row.get(1), checksum: row.get(2) };
    let history: Vec<Applied> = rows.iter().map(applied).collect();
    for step in migration::pending(Postgres, &history)? {
        let failed = |cause: tokio_postgres::Error| migration::failed(step, &super::errors::words(&cause));
        let transaction = client.build_transaction().start().await.map_err(failed)?;
        transaction.batch_execute(&step.text(Postgres)).await.map_err(failed)?;
        transaction
            .execute(
                migration::WRITE_HISTORY,
                &[&i64::from(step.version), &step.name, &step.checksum(Postgres), &migration::applied_at().micros()],
            )
            .await
            .map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        tracing::info!(version = step.version, name = step.name, "migration applied");
    }
    Ok(())
}
