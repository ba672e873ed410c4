//! Every fixed statement of this room; lists are built in `query`.

use castellan_db::{Connection, Row, statement};
use castellan_kernel::{Receipt, Result};

use super::{Authorization, AuthorizationState};

/// One authorization per organization, user, project and grant.
pub(super) const ONCE_INDEX: &str = "authorizations_once";

/// An authorization to insert.
pub(super) struct NewRow {
    pub id: String,
    pub org_id: String,
    pub user_id: String,
    pub project_id: String,
    pub grant_id: String,
    pub role_keys: Vec<String>,
}

pub(super) async fn user_exists(connection: &mut Connection, user_id: &str) -> Result<bool> {
    let statement = statement!("SELECT 1 FROM users WHERE instance_id = $1 AND id = $2");
    Ok(connection.row(statement, &[user_id.into()]).await?.is_some())
}

pub(super) async fn insert(connection: &mut Connection, row: &NewRow, receipt: &Receipt) -> Result<()> {
    let statement = statement!(
        "INSERT INTO authorizations (instance_id, id, org_id, user_id, project_id, grant_id, role_keys, state,
                                     created_at, changed_at, sequence, user_org_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10,
                 (SELECT u.org_id FROM users u WHERE u.instance_id = $1 AND u.id = $4))"
    );
    let values = [
        row.id.as_str().into(),
        row.org_id.as_str().into(),
        row.user_id.as_str().into(),
        row.project_id.as_str().into(),
        row.grant_id.as_str().into(),
        (&serde_json::json!(row.role_keys)).into(),
        (AuthorizationState::Active as i64).into(),
        receipt.changed_at.into(),
        receipt.sequence.into(),
    ];
    connection.execute(statement, &values).await.map(|_| ())
}

pub(super) async fn find(connection: &mut Connection, id: &str) -> Result<Option<Authorization>> {
    let statement = statement!(
        "SELECT id, org_id, user_id, project_id, grant_id, role_keys, state, created_at, changed_at, sequence
         FROM authorizations WHERE instance_id = $1 AND id = $2"
    );
    connection.row(statement, &[id.into()]).await?.map(|row| read(&row)).transpose()
}

pub(super) async fn of_project(connection: &mut Connection, project_id: &str) -> Result<Vec<Authorization>> {
    let statement = statement!(
        heavy
        "SELECT id, org_id, user_id, project_id, grant_id, role_keys, state, created_at, changed_at, sequence
         FROM authorizations WHERE instance_id = $1 AND project_id = $2 ORDER BY id"
    );
    connection.rows(statement, &[project_id.into()]).await?.iter().map(read).collect()
}

pub(super) async fn of_grant(connection: &mut Connection, grant_id: &str) -> Result<Vec<Authorization>> {
    let statement = statement!(
        heavy
        "SELECT a.id, a.org_id, a.user_id, a.project_id, a.grant_id, a.role_keys, a.state, a.created_at, a.changed_at,
                a.sequence
         FROM project_grants g
         JOIN authorizations a ON a.instance_id = g.instance_id AND a.project_id = g.project_id AND a.grant_id = g.id
         WHERE g.instance_id = $1 AND g.id = $2 ORDER BY a.id"
    );
    connection.rows(statement, &[grant_id.into()]).await?.iter().map(read).collect()
}

pub(super) async fn set_roles(
    connection: &mut Connection,
    id: &str,
    role_keys: &[String],
    receipt: &Receipt,
) -> Result<()> {
    let statement = statement!(
        "UPDATE authorizations SET role_keys = $3, changed_at = $4, sequence = $5 WHERE instance_id = $1 AND id = $2"
    );
    let values =
        [id.into(), (&serde_json::json!(role_keys)).into(), receipt.changed_at.into(), receipt.sequence.into()];
    connection.execute(statement, &values).await.map(|_| ())
}

pub(super) async fn set_state(
    connection: &mut Connection,
    id: &str,
    state: AuthorizationState,
    receipt: &Receipt,
) -> Result<()> {
    let statement = statement!(
        "UPDATE authorizations SET state = $3, changed_at = $4, sequence = $5 WHERE instance_id = $1 AND id = $2"
    );
    let values = [id.into(), (state as i64).into(), receipt.changed_at.into(), receipt.sequence.into()];
    connection.execute(statement, &values).await.map(|_| ())
}

pub(super) async fn delete(connection: &mut Connection, id: &str) -> Result<()> {
    let statement = statement!("DELETE FROM authorizations WHERE instance_id = $1 AND id = $2");
    connection.execute(statement, &[id.into()]).await.map(|_| ())
}

pub(super) fn read(row: &Row) -> Result<Authorization> {
    Ok(Authorization {
        id: row.text(0)?,
        org_id: row.text(1)?,
        user_id: row.text(2)?,
        project_id: row.text(3)?,
        grant_id: row.text(4)?,
        role_keys: row.json(5)?,
        state: AuthorizationState::from_number(row.int(6)?),
        created_at: row.timestamp(7)?,
        changed_at: row.timestamp(8)?,
        sequence: row.unsigned(9)?,
    })
}
