//! Every statement of this room.

use castellan_db::query::Select;
use castellan_db::{Connection, Row, statement, values};
use castellan_kernel::{Receipt, Result};

use super::TrustedDomain;

/// A list query on the trusted domains of the instance, to be narrowed and sorted by the caller.
pub(super) fn select() -> Select {
    Select::instance(
        "trusted domains",
        "t.instance_id, t.domain, t.created_at, t.sequence",
        "trusted_domains t WHERE t.instance_id = $1",
    )
}

pub(super) fn read(row: &Row) -> Result<TrustedDomain> {
    Ok(TrustedDomain {
        instance_id: row.text(0)?,
        domain: row.text(1)?,
        created_at: row.timestamp(2)?,
        sequence: row.unsigned(3)?,
    })
}

pub(super) async fn exists(connection: &mut Connection, domain: &str) -> Result<bool> {
    let statement = statement!("SELECT 1 FROM trusted_domains WHERE instance_id = $1 AND domain = $2");
    Ok(connection.row(statement, &values![domain]).await?.is_some())
}

pub(super) async fn insert(connection: &mut Connection, domain: &str, receipt: &Receipt) -> Result<()> {
    let statement =
        statement!("INSERT INTO trusted_domains (instance_id, domain, created_at, sequence) VALUES ($1, $2, $3, $4)");
    connection.execute(statement, &values![domain, receipt.changed_at, receipt.sequence]).await.map(|_| ())
}

/// Whether there was such a domain.
pub(super) async fn delete(connection: &mut Connection, domain: &str) -> Result<bool> {
    let statement = statement!("DELETE FROM trusted_domains WHERE instance_id = $1 AND domain = $2");
    Ok(connection.execute(statement, &values![domain]).await? > 0)
}
