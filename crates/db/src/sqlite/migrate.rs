//! Brings the file's schema up to date, all steps in one exclusive transaction.

use castellan_kernel::{Error, Result};
use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use crate::EngineKind::Sqlite;
use crate::migration::{self, Applied};

/// Applies what is missing. Other processes that open the file at the same time wait.
pub(super) fn run(connection: &mut Connection) -> Result<()> {
    // Steps may rebuild a table that others point to; the whole is checked before it is committed.
    connection.pragma_update(None, "foreign_keys", false).map_err(Error::internal)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Exclusive).map_err(Error::internal)?;
    transaction.execute_batch(migration::HISTORY).map_err(Error::internal)?;
    let pending = migration::pending(Sqlite, &history(&transaction).map_err(Error::internal)?)?;
    for step in pending {
        transaction
            .execute_batch(&step.text(Sqlite))
            .and_then(|()| {
                transaction.execute(
                    migration::WRITE_HISTORY,
                    params![step.version, step.name, step.checksum(Sqlite), migration::applied_at().micros()],
                )
            })
            .map_err(|cause| migration::failed(step, &cause))?;
        tracing::info!(version = step.version, name = step.name, "migration applied");
    }
    if let Some(last) = pending.last() {
        let mut orphans = transaction.prepare("PRAGMA foreign_key_check").map_err(Error::internal)?;
        if orphans.exists([]).map_err(Error::internal)? {
            return Err(migration::failed(last, &"rows point to rows that are not there"));
        }
    }
    transaction.commit().map_err(Error::internal)?;
    connection.pragma_update(None, "foreign_keys", true).map_err(Error::internal)
}

/// What was applied to this file.
pub(super) fn history(transaction: &Transaction<'_>) -> rusqlite::Result<Vec<Applied>> {
    let mut statement = transaction.prepare(migration::READ_HISTORY)?;
    let rows = statement
        .query_map([], |row| Ok(Applied { version: row.get(0)?, name: row.get(1)?, checksum: row.get(2)? }))?;
    rows.collect()
}
