//! Every statement of this room.

use castellan_db::query::Select;
use castellan_db::{Connection, Row, statement, values};
use castellan_kernel::{Receipt, Result};

use super::Metadata;

const COLUMNS: &str = "m.key, m.value, u.org_id, m.created_at, m.changed_at, m.sequence";
const FROM: &str = "user_metadata m JOIN users u ON u.instance_id = m.instance_id AND u.id = m.user_id
     WHERE m.instance_id = $1";

/// A list query on pairs, to be narrowed by the caller.
pub(super) fn select() -> Select {
    Select::instance("user metadata", COLUMNS, FROM).order_by(&["m.created_at", "m.key"])
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

pub(super) async fn value(connection: &mut Connection, user_id: &str, key: &str) -> Result<Option<Vec<u8>>> {
    let statement = statement!("SELECT value FROM user_metadata WHERE instance_id = $1 AND user_id = $2 AND key = $3");
    connection.row(statement, &values![user_id, key]).await?.map(|row| row.bytes(0)).transpose()
}

pub(super) async fn put(
    connection: &mut Connection,
    user_id: &str,
    key: &str,
    value: &[u8],
    receipt: &Receipt,
) -> Result<()> {
    let statement = statement!(
        "INSERT INTO user_metadata (instance_id, user_id, key, key_lower, value, created_at, changed_at, sequence)
         VALUES ($1, $2, $3, $4, $5, $6, $6, $7)
         ON CONFLICT (instance_id, user_id, key)
         DO UPDATE SET value = excluded.value, changed_at = excluded.changed_at, sequence = excluded.sequence"
    );
    let values = values![user_id, key, key.to_lowercase(), value, receipt.changed_at, receipt.sequence];
    connection.execute(statement, &values).await.map(|_| ())
}

pub(super) async fn delete(connection: &mut Connection, user_id: &str, key: &str) -> Result<()> {
    let statement = statement!("DELETE FROM user_metadata WHERE instance_id = $1 AND user_id = $2 AND key = $3");
    connection.execute(statement, &values![user_id, key]).await.map(|_| ())
}
