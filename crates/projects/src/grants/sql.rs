//! Every fixed statement of this room; lists are built in `query`.

use castellan_db::query::Join;
use castellan_db::{Connection, Row, statement};
use castellan_kernel::{Receipt, Result};

use super::{Grant, NewGrant};
use crate::projects::ProjectState;

/// One grant per project and organization.
pub(super) const ONCE_INDEX: &str = "project_grants_once";

/// One grant per id.
pub(super) const ID_INDEX: &str = "project_grants_pkey";

pub(super) const COLUMNS: &str = "g.id, g.project_id, p.name, p.org_id, o.name, g.granted_org_id, t.name, g.role_keys,
    g.state, g.created_at, g.changed_at, g.sequence";
pub(super) const FROM: &str = "project_grants g WHERE g.instance_id = $1";
/// Foreign keys guarantee what is joined.
pub(super) const JOINS: &[Join] = &[
    Join { alias: "p", sql: "JOIN projects p ON p.instance_id = g.instance_id AND p.id = g.project_id" },
    Join { alias: "o", sql: "JOIN organizations o ON o.instance_id = p.instance_id AND o.id = p.org_id" },
    Join { alias: "t", sql: "JOIN organizations t ON t.instance_id = g.instance_id AND t.id = g.granted_org_id" },
];

pub(super) async fn insert(connection: &mut Connection, id: &str, grant: &NewGrant, receipt: &Receipt) -> Result<()> {
    let statement = statement!(
        "INSERT INTO project_grants (instance_id, id, project_id, granted_org_id, role_keys, state, created_at,
                                     changed_at, sequence)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8)"
    );
    let values = [
        id.into(),
        grant.project_id.as_str().into(),
        grant.granted_org_id.as_str().into(),
        (&serde_json::json!(grant.role_keys)).into(),
        (ProjectState::Active as i64).into(),
        receipt.changed_at.into(),
        receipt.sequence.into(),
    ];
    connection.execute(statement, &values).await.map(|_| ())
}

/// The grant of that id on that project.
pub(crate) async fn find_by_id(connection: &mut Connection, project_id: &str, id: &str) -> Result<Option<Grant>> {
    let statement = statement!(
        "SELECT g.id, g.project_id, p.name, p.org_id, o.name, g.granted_org_id, t.name, g.role_keys, g.state,
                g.created_at, g.changed_at, g.sequence
         FROM project_grants g
         JOIN projects p ON p.instance_id = g.instance_id AND p.id = g.project_id
         JOIN organizations o ON o.instance_id = p.instance_id AND o.id = p.org_id
         JOIN organizations t ON t.instance_id = g.instance_id AND t.id = g.granted_org_id
         WHERE g.instance_id = $1 AND g.project_id = $2 AND g.id = $3"
    );
    connection.row(statement, &[project_id.into(), id.into()]).await?.map(|row| read(&row)).transpose()
}

/// The grant of that project to that organization.
pub(crate) async fn find_by_org(connection: &mut Connection, project_id: &str, org: &str) -> Result<Option<Grant>> {
    let statement = statement!(
        "SELECT g.id, g.project_id, p.name, p.org_id, o.name, g.granted_org_id, t.name, g.role_keys, g.state,
                g.created_at, g.changed_at, g.sequence
         FROM project_grants g
         JOIN projects p ON p.instance_id = g.instance_id AND p.id = g.project_id
         JOIN organizations o ON o.instance_id = p.instance_id AND o.id = p.org_id
         JOIN organizations t ON t.instance_id = g.instance_id AND t.id = g.granted_org_id
         WHERE g.instance_id = $1 AND g.project_id = $2 AND g.granted_org_id = $3"
    );
    connection.row(statement, &[project_id.into(), org.into()]).await?.map(|row| read(&row)).transpose()
}

pub(super) async fn set_roles(
    connection: &mut Connection,
    id: &str,
    role_keys: &[String],
    receipt: &Receipt,
) -> Result<()> {
    let statement = statement!(
        "UPDATE project_grants SET role_keys = $3, changed_at = $4, sequence = $5 WHERE instance_id = $1 AND id = $2"
    );
    let values =
        [id.into(), (&serde_json::json!(role_keys)).into(), receipt.changed_at.into(), receipt.sequence.into()];
    connection.execute(statement, &values).await.map(|_| ())
}

pub(super) async fn set_state(
    connection: &mut Connection,
    id: &str,
    state: ProjectState,
    receipt: &Receipt,
) -> Result<()> {
    let statement = statement!(
        "UPDATE project_grants SET state = $3, changed_at = $4, sequence = $5 WHERE instance_id = $1 AND id = $2"
    );
    let values = [id.into(), (state as i64).into(), receipt.changed_at.into(), receipt.sequence.into()];
    connection.execute(statement, &values).await.map(|_| ())
}

pub(super) async fn delete(connection: &mut Connection, id: &str) -> Result<()> {
    let statement = statement!("DELETE FROM project_grants WHERE instance_id = $1 AND id = $2");
    connection.execute(statement, &[id.into()]).await.map(|_| ())
}

/// The grants of a project with their roles.
pub(super) async fn roles_of_project(
    connection: &mut Connection,
    project_id: &str,
) -> Result<Vec<(String, Vec<String>)>> {
    let statement =
        statement!("SELECT id, role_keys FROM project_grants WHERE instance_id = $1 AND project_id = $2 ORDER BY id");
    let rows = connection.rows(statement, &[project_id.into()]).await?;
    rows.iter().map(|row| Ok((row.text(0)?, row.json(1)?))).collect()
}

pub(super) fn read(row: &Row) -> Result<Grant> {
    Ok(Grant {
        id: row.text(0)?,
        project_id: row.text(1)?,
        project_name: row.text(2)?,
        org_id: row.text(3)?,
        org_name: row.text(4)?,
        granted_org_id: row.text(5)?,
        granted_org_name: row.text(6)?,
        role_keys: row.json(7)?,
        state: ProjectState::from_number(row.int(8)?),
        created_at: row.timestamp(9)?,
        changed_at: row.timestamp(10)?,
        sequence: row.unsigned(11)?,
    })
}
