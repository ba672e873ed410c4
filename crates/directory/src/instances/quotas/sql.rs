//! Every statement of this room.

use std::collections::BTreeMap;

use castellan_db::{Connection, global_statement, statement, values};
use castellan_kernel::{Error, Receipt, Result, Timestamp};

use super::counter::{Grant, Uses};
use super::period::Periods;
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
    let usage = statement!("DELETE FROM quota_usage WHERE instance_id = $1 AND unit = $2");
    connection.execute(usage, &values![unit]).await?;
    let statement = statement!("DELETE FROM quotas WHERE instance_id = $1 AND unit = $2");
    connection.execute(statement, &values![unit]).await.map(|_| ())
}

/// What is granted of a unit, of all instances that have a quota for it.
pub(super) async fn granted(connection: &mut Connection, unit: i32) -> Result<Vec<(String, Grant)>> {
    let statement = global_statement!(
        "SELECT instance_id, starts_at, interval_nanos, amount, is_limit FROM quotas WHERE unit = $1"
    );
    let rows = connection.rows(statement, &values![unit]).await?;
    let read = |row: &castellan_db::Row| {
        let interval = std::time::Duration::from_nanos(row.unsigned(2)?).into();
        let periods = Periods { starts_at: row.timestamp(1)?, interval };
        Ok((row.text(0)?, Grant { periods, amount: row.unsigned(3)?, is_limit: row.boolean(4)? }))
    };
    rows.iter().map(read).collect()
}

/// How much of a period is used.
pub(super) async fn used(connection: &mut Connection, unit: i32, period_start: Timestamp) -> Result<u64> {
    let statement =
        statement!("SELECT used FROM quota_usage WHERE instance_id = $1 AND unit = $2 AND period_start = $3");
    let row = connection.row(statement, &values![unit, period_start]).await?;
    row.map_or(Ok(0), |row| row.unsigned(0))
}

/// Adds uses to a period and forgets the periods before it; what is used then, and how far notifications were sent.
pub(super) async fn add_used(
    connection: &mut Connection,
    unit: i32,
    uses: Uses,
) -> Result<(u64, BTreeMap<String, u64>)> {
    let past = statement!("DELETE FROM quota_usage WHERE instance_id = $1 AND unit = $2 AND period_start < $3");
    connection.execute(past, &values![unit, uses.period_start]).await?;
    let add = statement!(
        "INSERT INTO quota_usage (instance_id, unit, period_start, used, notified) VALUES ($1, $2, $3, $4, '{}')
         ON CONFLICT (instance_id, unit, period_start) DO UPDATE SET used = quota_usage.used + $4
         RETURNING used, notified"
    );
    let row = connection.row(add, &values![unit, uses.period_start, uses.count]).await?;
    let row = row.ok_or_else(|| Error::internal("the usage of a quota was not stored"))?;
    Ok((row.unsigned(0)?, row.json(1)?))
}

/// Notes how far notifications were sent in a period.
pub(super) async fn set_notified(
    connection: &mut Connection,
    unit: i32,
    period_start: Timestamp,
    notified: &BTreeMap<String, u64>,
) -> Result<()> {
    let statement =
        statement!("UPDATE quota_usage SET notified = $4 WHERE instance_id = $1 AND unit = $2 AND period_start = $3");
    let notified = serde_json::to_string(notified).map_err(Error::internal)?;
    connection.execute(statement, &values![unit, period_start, notified]).await.map(|_| ())
}
