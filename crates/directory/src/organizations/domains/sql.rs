//! Every statement of this room.

use castellan_db::query::Select;
use castellan_db::{Connection, DbResultExt, Row, statement, values};
use castellan_kernel::{Fault, Receipt, Result};

use super::{OrgDomain, ValidationType};

const DOMAIN_TAKEN: Fault = Fault::exists("V3-DKcYh", "Errors.Org.Domain.AlreadyExists");

const COLUMNS: &str =
    "d.org_id, d.domain, d.is_verified, d.is_primary, d.validation_type, d.created_at, d.changed_at, d.sequence";

/// A list query on domains, to be narrowed and sorted by the caller.
pub(super) fn select() -> Select {
    Select::instance("organization domains", COLUMNS, "org_domains d WHERE d.instance_id = $1")
}

pub(super) fn read(row: &Row) -> Result<OrgDomain> {
    Ok(OrgDomain {
        org_id: row.text(0)?,
        domain: row.text(1)?,
        is_verified: row.boolean(2)?,
        is_primary: row.boolean(3)?,
        validation_type: ValidationType::from_number(row.int(4)?),
        created_at: row.timestamp(5)?,
        changed_at: row.timestamp(6)?,
        sequence: row.unsigned(7)?,
    })
}

/// The domain on this organization, whatever its case.
pub(super) async fn find(connection: &mut Connection, org_id: &str, domain: &str) -> Result<Option<OrgDomain>> {
    let statement = statement!(
        "SELECT d.org_id, d.domain, d.is_verified, d.is_primary, d.validation_type, d.created_at, d.changed_at, d.sequence
         FROM org_domains d WHERE d.instance_id = $1 AND d.org_id = $2 AND d.domain_lower = $3"
    );
    connection.row(statement, &values![org_id, domain.to_lowercase()]).await?.map(|row| read(&row)).transpose()
}

/// The sealed code that the domain is to be proven with; `None` when none was asked for.
pub(super) async fn sealed_code(connection: &mut Connection, org_id: &str, domain: &str) -> Result<Option<String>> {
    let statement = statement!(
        "SELECT validation_code FROM org_domains WHERE instance_id = $1 AND org_id = $2 AND domain_lower = $3"
    );
    let row = connection.row(statement, &values![org_id, domain.to_lowercase()]).await?;
    row.map_or(Ok(None), |row| row.opt_text(0))
}

pub(super) async fn insert(connection: &mut Connection, org_id: &str, domain: &str, receipt: &Receipt) -> Result<()> {
    let statement = statement!(
        "INSERT INTO org_domains (instance_id, org_id, domain, domain_lower, is_verified, is_primary, validation_type,
         created_at, changed_at, sequence) VALUES ($1, $2, $3, $4, FALSE, FALSE, 0, $5, $5, $6)"
    );
    let values = values![org_id, domain, domain.to_lowercase(), receipt.changed_at, receipt.sequence];
    connection.execute(statement, &values).await.map(|_| ())
}

pub(super) async fn set_verified(
    connection: &mut Connection,
    org_id: &str,
    domain: &str,
    receipt: &Receipt,
) -> Result<()> {
    let statement = statement!(
        "UPDATE org_domains SET is_verified = TRUE, validation_code = NULL, changed_at = $4, sequence = $5
         WHERE instance_id = $1 AND org_id = $2 AND domain_lower = $3"
    );
    let values = values![org_id, domain.to_lowercase(), receipt.changed_at, receipt.sequence];
    connection.execute(statement, &values).await.on_unique("org_domains_verified", DOMAIN_TAKEN).map(|_| ())
}

/// Makes one domain of the organization its primary one, and no other.
pub(super) async fn set_primary(
    connection: &mut Connection,
    org_id: &str,
    domain: &str,
    receipt: &Receipt,
) -> Result<()> {
    let others =
        statement!("UPDATE org_domains SET is_primary = FALSE WHERE instance_id = $1 AND org_id = $2 AND is_primary");
    connection.execute(others, &values![org_id]).await?;
    let one = statement!(
        "UPDATE org_domains SET is_primary = TRUE, changed_at = $4, sequence = $5
         WHERE instance_id = $1 AND org_id = $2 AND domain_lower = $3"
    );
    let values = values![org_id, domain.to_lowercase(), receipt.changed_at, receipt.sequence];
    connection.execute(one, &values).await.map(|_| ())
}

/// Keeps the sealed code that proves a domain.
pub(super) async fn set_validation(
    connection: &mut Connection,
    org_id: &str,
    domain: &str,
    validation: ValidationType,
    sealed_code: &str,
    receipt: &Receipt,
) -> Result<()> {
    let statement = statement!(
        "UPDATE org_domains SET validation_type = $4, validation_code = $5, changed_at = $6, sequence = $7
         WHERE instance_id = $1 AND org_id = $2 AND domain_lower = $3"
    );
    let values =
        values![org_id, domain.to_lowercase(), validation as i64, sealed_code, receipt.changed_at, receipt.sequence];
    connection.execute(statement, &values).await.map(|_| ())
}

pub(super) async fn delete(connection: &mut Connection, org_id: &str, domain: &str) -> Result<()> {
    let statement = statement!("DELETE FROM org_domains WHERE instance_id = $1 AND org_id = $2 AND domain_lower = $3");
    connection.execute(statement, &values![org_id, domain.to_lowercase()]).await.map(|_| ())
}

/// Id and organization of the users of other organizations whose name ends in this domain.
pub(super) async fn users_elsewhere(
    connection: &mut Connection,
    org_id: &str,
    domain: &str,
) -> Result<Vec<(String, String)>> {
    let statement = statement!(
        heavy "SELECT id, org_id FROM users WHERE instance_id = $1 AND org_id <> $2 AND user_name_lower LIKE $3 ESCAPE '\\'"
    );
    let pattern = format!("%@{}", domain.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"));
    let rows = connection.rows(statement, &values![org_id, pattern]).await?;
    rows.iter().map(|row| Ok((row.text(0)?, row.text(1)?))).collect()
}

/// Gives a user a new name and the key that makes it unique.
pub(super) async fn rename_user(
    connection: &mut Connection,
    user_id: &str,
    name: &str,
    key: &str,
    receipt: &Receipt,
) -> Result<()> {
    let statement = statement!(
        "UPDATE users SET user_name = $3, user_name_lower = $4, user_name_key = $5, changed_at = $6, sequence = $7
         WHERE instance_id = $1 AND id = $2"
    );
    let values = values![user_id, name, name.to_lowercase(), key, receipt.changed_at, receipt.sequence];
    connection.execute(statement, &values).await.map(|_| ())
}
