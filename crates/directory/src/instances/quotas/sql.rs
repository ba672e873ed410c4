//! Every statement of this room.

use castellan_db::{Connection, statement, values};
use castellan_kernel::{Error, Receipt, Result};

use super::{Quota, Terms};

pub(super) async fn find(connection: &mut Connection, unit: i32) -> Result<Option<Quota>> {
    let statement = statement!(
        "SELECT id, starts_at, interval_nanos, amount, is_limit, notifications, created_at, changed_at, sequence
         FROM quotas WHERE instance_id = $1 AND unit = $2"
    );
    let row = connection.row(statement, &values![unit]).await?;
    row.map(|row| {
        Ok(Quota {
            id: row.text(0)?,
            terms: Terms {
                starts_at: row.timestamp(1)?,
                interval: std::time::Duration::from_nanos(row.unsigned(2)?).into(),
                amount: row.unsigned(3)?,
                is_limit: row.boolean(4)?,
                notifications: row.json(5)?,
            },
            created_at: row.timestamp(6)?,
            changed_at: row.timestamp(7)?,
            sequence: row.unsigned(8)?,
        })
    })
    .transpose()
}

/// Stores the quota of that unit, replacing an earlier one.
pub(super) async fn put(
    connection: &mut Connection,
    unit: i32,
    id: &str,
    terms: &Terms,
    receipt: &Receipt,
) -> Result<()> {
    let statement = statement!(
        "INSERT INTO quotas (instance_id, unit, id, starts_at, interval_nanos, amount, is_limit, notifications,
                             created_at, changed_at, sequence)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10)
         ON CONFLICT (instance_id, unit) DO UPDATE SET starts_at = $4, interval_nanos = $5, amount = $6, is_limit = $7,
             notifications = $8, changed_at = $9, sequence = $10"
    );
    let notifications = serde_json::to_string(&terms.notifications).map_err(Error::internal)?;
    let amount = i64::try_from(terms.amount).unwrap_or(i64::MAX);
    let values = values![
        unit,
        id,
        terms.starts_at,
        terms.interval.nanos(),
        amount,
        terms.is_limit,
        notifications,
        receipt.changed_at,
        receipt.sequence
    ];
    connection.execute(statement, &values).await.map(|_| ())
}

pub(super) async fn delete(connection: &mut Connection, unit: i32) -> Result<()> {
    let statement = statement!("DELETE FROM quotas WHERE instance_id = $1 AND unit = $2");
    connection.execute(statement, &values![unit]).await.map(|_| ())
}
