//! Every fixed statement of this room; lists are built in `query`.

use castellan_db::{Connection, Row, statement};
use castellan_kernel::{Receipt, Result};

use super::{NewRole, Role};

/// What must be unique about a role.
pub(super) const KEY_INDEX: &str = "project_roles_key";
pub(super) const ID_INDEX: &str = "project_roles_pkey";

pub(super) async fn insert(
    connection: &mut Connection,
    project_id: &str,
    role: &NewRole,
    receipt: &Receipt,
) -> Result<()> {
    let statement = statement!(
        "INSERT INTO project_roles (instance_id, project_id, key, key_lower, display_name, group_name, created_at,
                                    changed_at, sequence)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8)"
    );
    let values = [
        project_id.into(),
        role.key.as_str().into(),
        role.key.to_lowercase().into(),
        role.display_name.as_str().into(),
        role.group.as_str().into(),
        receipt.changed_at.into(),
        receipt.sequence.into(),
    ];
    connection.execute(statement, &values).await.map(|_| ())
}

pub(super) async fn find(connection: &mut Connection, project_id: &str, key: &str) -> Result<Option<Role>> {
    let statement = statement!(
        "SELECT r.project_id, p.org_id, r.key, r.display_name, r.group_name, r.created_at, r.changed_at, r.sequence
         FROM project_roles r JOIN projects p ON p.instance_id = r.instance_id AND p.id = r.project_id
         WHERE r.instance_id = $1 AND r.project_id = $2 AND r.key = $3"
    );
    connection.row(statement, &[project_id.into(), key.into()]).await?.map(|row| read(&row)).transpose()
}

pub(super) async fn update(
    connection: &mut Connection,
    project_id: &str,
    role: &NewRole,
    receipt: &Receipt,
) -> Result<()> {
    let statement = statement!(
        "UPDATE project_roles SET display_name = $4, group_name = $5, changed_at = $6, sequence = $7
         WHERE instance_id = $1 AND project_id = $2 AND key = $3"
    );
    let values = [
        project_id.into(),
        role.key.as_str().into(),
        role.display_name.as_str().into(),
        role.group.as_str().into(),
        receipt.changed_at.into(),
        receipt.sequence.into(),
    ];
    connection.execute(statement, &values).await.map(|_| ())
}

/// Whether there was such a role.
pub(super) async fn delete(connection: &mut Connection, project_id: &str, key: &str) -> Result<bool> {
    let statement = statement!("DELETE FROM project_roles WHERE instance_id = $1 AND project_id = $2 AND key = $3");
    Ok(connection.execute(statement, &[project_id.into(), key.into()]).await? > 0)
}

/// The keys of all roles of a project.
pub(crate) async fn keys_of_project(connection: &mut Connection, project_id: &str) -> Result<Vec<String>> {
    let statement = statement!("SELECT key FROM project_roles WHERE instance_id = $1 AND project_id = $2");
    connection.rows(statement, &[project_id.into()]).await?.iter().map(|row| row.text(0)).collect()
}

pub(super) fn read(row: &Row) -> Result<Role> {
    Ok(Role {
        project_id: row.text(0)?,
        org_id: row.text(1)?,
        key: row.text(2)?,
        display_name: row.text(3)?,
        group: row.text(4)?,
        created_at: row.timestamp(5)?,
        changed_at: row.timestamp(6)?,
        sequence: row.unsigned(7)?,
    })
}
