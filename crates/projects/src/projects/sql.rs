//! Every fixed statement of this room but the head's; lists are built in `query`.

use castellan_db::{Connection, statement};
use castellan_kernel::{Receipt, Result};

use super::ProjectState;
use super::command::{NewProject, Settings};

/// What must be unique about a project.
pub(super) const NAME_INDEX: &str = "projects_name";
pub(super) const ID_INDEX: &str = "projects_pkey";

pub(crate) async fn org_exists(connection: &mut Connection, org_id: &str) -> Result<bool> {
    let statement = statement!("SELECT 1 FROM organizations WHERE instance_id = $1 AND id = $2");
    Ok(connection.row(statement, &[org_id.into()]).await?.is_some())
}

pub(super) async fn exists(connection: &mut Connection, project_id: &str) -> Result<bool> {
    let statement = statement!("SELECT 1 FROM projects WHERE instance_id = $1 AND id = $2");
    Ok(connection.row(statement, &[project_id.into()]).await?.is_some())
}

pub(super) async fn insert(
    connection: &mut Connection,
    id: &str,
    project: &NewProject,
    receipt: &Receipt,
) -> Result<()> {
    let statement = statement!(
        "INSERT INTO projects (instance_id, id, org_id, name, name_lower, state, role_assertion, role_check,
                               has_project_check, private_labeling, created_at, changed_at, sequence)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11, $12)"
    );
    let values = [
        id.into(),
        project.org_id.as_str().into(),
        project.name.as_str().into(),
        project.name.to_lowercase().into(),
        (ProjectState::Active as i64).into(),
        project.role_assertion.into(),
        project.role_check.into(),
        project.has_project_check.into(),
        project.private_labeling.into(),
        receipt.changed_at.into(),
        receipt.sequence.into(),
    ];
    connection.execute(statement, &values).await.map(|_| ())
}

pub(super) async fn update(
    connection: &mut Connection,
    project_id: &str,
    settings: &Settings,
    receipt: &Receipt,
) -> Result<()> {
    let statement = statement!(
        "UPDATE projects SET name = $3, name_lower = $4, role_assertion = $5, role_check = $6, has_project_check = $7,
                             private_labeling = $8, changed_at = $9, sequence = $10
         WHERE instance_id = $1 AND id = $2"
    );
    let values = [
        project_id.into(),
        settings.name.as_str().into(),
        settings.name.to_lowercase().into(),
        settings.role_assertion.into(),
        settings.role_check.into(),
        settings.has_project_check.into(),
        settings.private_labeling.into(),
        receipt.changed_at.into(),
        receipt.sequence.into(),
    ];
    connection.execute(statement, &values).await.map(|_| ())
}

pub(super) async fn set_state(
    connection: &mut Connection,
    project_id: &str,
    state: ProjectState,
    receipt: &Receipt,
) -> Result<()> {
    let statement =
        statement!("UPDATE projects SET state = $3, changed_at = $4, sequence = $5 WHERE instance_id = $1 AND id = $2");
    let values = [project_id.into(), (state as i64).into(), receipt.changed_at.into(), receipt.sequence.into()];
    connection.execute(statement, &values).await.map(|_| ())
}

/// Everything that hangs on the project goes with it.
pub(super) async fn delete(connection: &mut Connection, project_id: &str) -> Result<()> {
    let statement = statement!("DELETE FROM projects WHERE instance_id = $1 AND id = $2");
    connection.execute(statement, &[project_id.into()]).await.map(|_| ())
}
