//! Every statement of this room.

use castellan_db::query::Select;
use castellan_db::{Connection, Row, statement, values};
use castellan_kernel::{Receipt, Result};

use super::Metadata;

const COLUMNS: &str = "m.key, m.value, m.org_id, m.created_at, m.changed_at, m.sequence";

/// A list query on pairs, to be narrowed by the caller.
pub(super) fn select() -> Select {
    Select::instance("organization metadata", COLUMNS, "org_metadata m WHERE m.instance_id = $1")
        .order_by(&["m.created_at", "m.key"])
}

pub(super) fn read(row: &Row) -> Result<Metadata> {
    Ok(Metadata {
        key: row.text(0)?,
        value: row.bytes(1)?,
        org_id: row.text(2)?,
        created_at: row.timestamp(3)?,
        changed_at: row.timestamp(4)?,
        sequence: row.unsigned(5)?,
    })
}

pub(super) async fn value(connection: &mut Connection, org_id: &str, key: &str) -> Result<Option<Vec<u8>>> {
    let statement = statement!("SELECT value FROM org_metadata WHERE instance_id = $1 AND org_id = $2 AND key = $3");
    connection.row(statement, &values![org_id, key]).await?.map(|row| row.bytes(0)).transpose()
}

pub(super) async fn find(connection: &mut Connection, org_id: &str, key: &str) -> Result<Option<Metadata>> {
    let statement = statement!(
        "SELECT m.key, m.value, m.org_id, m.created_at, m.changed_at, m.sequence
         FROM org_metadata m WHERE m.instance_id = $1 AND m.org_id = $2 AND m.key = $3"
    );
    connection.row(statement, &values![org_id, key]).await?.map(|row| read(&row)).transpose()
}

pub(super) async fn put(
    connection: &mut Connection,
    org_id: &str,
    key: &str,
    value: &[u8],
    receipt: &Receipt,
) -> Result<()> {
    let statement = statement!(
        "INSERT INTO org_metadata (instance_id, org_id, key, key_lower, value, created_at, changed_at, sequence)
         VALUES ($1, $2, $3, $4, $5, $6, $6, $7)
         ON CONFLICT (instance_id, org_id, key)
         DO UPDATE SET value = excluded.value, changed_at = excluded.changed_at, sequence = excluded.sequence"
    );
    let values = values![org_id, key, key.to_lowercase(), value, receipt.changed_at, receipt.sequence];
    connection.execute(statement, &values).await.map(|_| ())
}

pub(super) async fn delete(connection: &mut Connection, org_id: &str, key: &str) -> Result<()> {
    let statement = statement!("DELETE FROM org_metadata WHERE instance_id = $1 AND org_id = $2 AND key = $3");
    connection.execute(statement, &values![org_id, key]).await.map(|_| ())
}
