//! Every statement of this room.

use castellan_db::query::{Condition, Select};
use castellan_db::{Connection, DbResultExt, Row, global_statement, statement, values};
use castellan_kernel::{Fault, Receipt, Result};

use super::InstanceDomain;

const DOMAIN_TAKEN: Fault = Fault::exists("V3-DKcYh", "Errors.Instance.Domain.AlreadyExists");

const COLUMNS: &str = "d.instance_id, d.domain, d.is_generated, d.is_primary, d.created_at, d.changed_at, d.sequence";

/// A list query on the domains of the instance, to be narrowed and sorted by the caller.
pub(super) fn select() -> Select {
    Select::instance("instance domains", COLUMNS, "instance_domains d WHERE d.instance_id = $1")
}

pub(super) fn read(row: &Row) -> Result<InstanceDomain> {
    Ok(InstanceDomain {
        instance_id: row.text(0)?,
        domain: row.text(1)?,
        is_generated: row.boolean(2)?,
        is_primary: row.boolean(3)?,
        created_at: row.timestamp(4)?,
        changed_at: row.timestamp(5)?,
        sequence: row.unsigned(6)?,
    })
}

/// The domains of these instances, oldest first.
pub(in crate::instances) async fn of_instances(
    connection: &mut Connection,
    ids: Vec<String>,
) -> Result<Vec<InstanceDomain>> {
    let select = Select::global("domains of instances", COLUMNS, "instance_domains d WHERE TRUE")
        .and(Condition::in_list("d.instance_id", ids))
        .order_by(&["d.created_at", "d.domain"]);
    Ok(connection.list(&select, read).await?.items)
}

/// The domain on the connection's instance.
pub(super) async fn find(connection: &mut Connection, domain: &str) -> Result<Option<InstanceDomain>> {
    let statement = statement!(
        "SELECT d.instance_id, d.domain, d.is_generated, d.is_primary, d.created_at, d.changed_at, d.sequence
         FROM instance_domains d WHERE d.instance_id = $1 AND d.domain = $2"
    );
    connection.row(statement, &values![domain]).await?.map(|row| read(&row)).transpose()
}

/// Whether any instance has this domain.
pub(super) async fn exists(connection: &mut Connection, domain: &str) -> Result<bool> {
    let statement = global_statement!("SELECT 1 FROM instance_domains WHERE domain = $1");
    Ok(connection.row(statement, &values![domain]).await?.is_some())
}

pub(super) async fn insert(
    connection: &mut Connection,
    domain: &str,
    is_generated: bool,
    receipt: &Receipt,
) -> Result<()> {
    let statement = statement!(
        "INSERT INTO instance_domains (instance_id, domain, is_generated, is_primary, created_at, changed_at, sequence)
         VALUES ($1, $2, $3, FALSE, $4, $4, $5)"
    );
    let values = values![domain, is_generated, receipt.changed_at, receipt.sequence];
    connection.execute(statement, &values).await.on_unique("instance_domains_pkey", DOMAIN_TAKEN).map(|_| ())
}

/// Makes one domain the instance's primary one, and no other.
pub(super) async fn set_primary(connection: &mut Connection, domain: &str, receipt: &Receipt) -> Result<()> {
    let others = statement!("UPDATE instance_domains SET is_primary = FALSE WHERE instance_id = $1 AND is_primary");
    connection.execute(others, &[]).await?;
    let one = statement!(
        "UPDATE instance_domains SET is_primary = TRUE, changed_at = $3, sequence = $4
         WHERE instance_id = $1 AND domain = $2"
    );
    connection.execute(one, &values![domain, receipt.changed_at, receipt.sequence]).await.map(|_| ())
}

pub(super) async fn delete(connection: &mut Connection, domain: &str) -> Result<()> {
    let statement = statement!("DELETE FROM instance_domains WHERE instance_id = $1 AND domain = $2");
    connection.execute(statement, &values![domain]).await.map(|_| ())
}
