//! Every statement of this room.

use castellan_db::query::Select;
use castellan_db::{Connection, DbResultExt, Row, statement, values};
use castellan_kernel::{Fault, Receipt, Result};

use super::{OrgState, Organization};

const NAME_TAKEN: Fault = Fault::exists("V3-DKcYh", "Errors.Org.AlreadyExists");

const COLUMNS: &str = "o.id, o.name, o.state, o.primary_domain, o.created_at, o.changed_at, o.sequence";

/// A list query on organizations, to be narrowed and sorted by the caller.
pub(super) fn select() -> Select {
    Select::instance("organizations", COLUMNS, "organizations o WHERE o.instance_id = $1").keyed("o.id")
}

pub(super) fn read(row: &Row) -> Result<Organization> {
    Ok(Organization {
        id: row.text(0)?,
        name: row.text(1)?,
        state: if row.int(2)? == OrgState::Active as i64 { OrgState::Active } else { OrgState::Inactive },
        primary_domain: row.text(3)?,
        created_at: row.timestamp(4)?,
        changed_at: row.timestamp(5)?,
        sequence: row.unsigned(6)?,
    })
}

/// Whether there is such an organization, active or not.
///
/// # Errors
/// When storage does not answer.
pub async fn exists(connection: &mut Connection, id: &str) -> Result<bool> {
    let statement = statement!("SELECT 1 FROM organizations WHERE instance_id = $1 AND id = $2");
    Ok(connection.row(statement, &values![id]).await?.is_some())
}

/// The organization of that id.
///
/// # Errors
/// When storage does not answer.
pub async fn find(connection: &mut Connection, id: &str) -> Result<Option<Organization>> {
    let statement = statement!(
        "SELECT o.id, o.name, o.state, o.primary_domain, o.created_at, o.changed_at, o.sequence
         FROM organizations o WHERE o.instance_id = $1 AND o.id = $2"
    );
    connection.row(statement, &values![id]).await?.map(|row| read(&row)).transpose()
}

/// The organization that has verified this domain, whatever its case.
///
/// # Errors
/// When storage does not answer.
pub async fn find_by_verified_domain(connection: &mut Connection, domain: &str) -> Result<Option<Organization>> {
    let statement = statement!(
        "SELECT o.id, o.name, o.state, o.primary_domain, o.created_at, o.changed_at, o.sequence
         FROM org_domains d JOIN organizations o ON o.instance_id = d.instance_id AND o.id = d.org_id
         WHERE d.instance_id = $1 AND d.domain_lower = $2 AND d.is_verified"
    );
    connection.row(statement, &values![domain.to_lowercase()]).await?.map(|row| read(&row)).transpose()
}

/// Whether the name is free.
pub(super) async fn name_is_free(connection: &mut Connection, name: &str) -> Result<bool> {
    let statement = statement!("SELECT 1 FROM organizations WHERE instance_id = $1 AND name_lower = $2");
    Ok(connection.row(statement, &values![name.to_lowercase()]).await?.is_none())
}

pub(super) async fn insert(connection: &mut Connection, id: &str, name: &str, receipt: &Receipt) -> Result<()> {
    let statement = statement!(
        "INSERT INTO organizations
         (instance_id, id, name, name_lower, state, primary_domain, created_at, changed_at, sequence)
         VALUES ($1, $2, $3, $4, 1, '', $5, $5, $6)"
    );
    let values = values![id, name, name.to_lowercase(), receipt.changed_at, receipt.sequence];
    connection.execute(statement, &values).await.on_unique("organizations_name", NAME_TAKEN).map(|_| ())
}

pub(super) async fn rename(connection: &mut Connection, id: &str, name: &str) -> Result<()> {
    let statement =
        statement!("UPDATE organizations SET name = $3, name_lower = $4 WHERE instance_id = $1 AND id = $2");
    let values = values![id, name, name.to_lowercase()];
    connection.execute(statement, &values).await.on_unique("organizations_name", NAME_TAKEN).map(|_| ())
}

pub(super) async fn set_state(connection: &mut Connection, id: &str, state: OrgState) -> Result<()> {
    let statement = statement!("UPDATE organizations SET state = $3 WHERE instance_id = $1 AND id = $2");
    connection.execute(statement, &values![id, state as i64]).await.map(|_| ())
}

pub(super) async fn set_primary_domain(connection: &mut Connection, id: &str, domain: &str) -> Result<()> {
    let statement = statement!("UPDATE organizations SET primary_domain = $3 WHERE instance_id = $1 AND id = $2");
    connection.execute(statement, &values![id, domain]).await.map(|_| ())
}

/// Notes the last event of an organization on its row.
pub(super) async fn touch(connection: &mut Connection, id: &str, receipt: &Receipt) -> Result<()> {
    let statement =
        statement!("UPDATE organizations SET changed_at = $3, sequence = $4 WHERE instance_id = $1 AND id = $2");
    connection.execute(statement, &values![id, receipt.changed_at, receipt.sequence]).await.map(|_| ())
}

/// Removes the organization with everything in it; settings are the one thing that the schema does not cascade.
pub(super) async fn delete(connection: &mut Connection, id: &str) -> Result<()> {
    let settings = statement!("DELETE FROM settings WHERE instance_id = $1 AND org_id = $2");
    connection.execute(settings, &values![id]).await?;
    let org = statement!(heavy "DELETE FROM organizations WHERE instance_id = $1 AND id = $2");
    connection.execute(org, &values![id]).await.map(|_| ())
}

/// Whether the organization owns this project.
pub(super) async fn owns_project(connection: &mut Connection, id: &str, project_id: &str) -> Result<bool> {
    let statement = statement!("SELECT 1 FROM projects WHERE instance_id = $1 AND org_id = $2 AND id = $3");
    Ok(connection.row(statement, &values![id, project_id]).await?.is_some())
}

/// The organization that new users land in, as it is stored now.
pub(super) async fn default_org_id(connection: &mut Connection) -> Result<Option<String>> {
    let statement = statement!("SELECT default_org_id FROM instances WHERE id = $1");
    connection.row(statement, &[]).await?.map(|row| row.text(0)).transpose()
}

pub(super) async fn set_default_org(connection: &mut Connection, id: &str, receipt: &Receipt) -> Result<()> {
    let statement =
        statement!("UPDATE instances SET default_org_id = $2, changed_at = $3, sequence = $4 WHERE id = $1");
    connection.execute(statement, &values![id, receipt.changed_at, receipt.sequence]).await.map(|_| ())
}
