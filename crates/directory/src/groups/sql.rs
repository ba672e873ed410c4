//! Every fixed statement of this room; lists are built in `query`.

use castellan_db::{Connection, Row, statement, values};
use castellan_kernel::{Receipt, Result};

use super::Group;

/// A name is given once per organization, whatever its case.
pub(super) const NAME_INDEX: &str = "user_groups_name";

pub(super) async fn org_exists(connection: &mut Connection, org_id: &str) -> Result<bool> {
    let statement = statement!("SELECT 1 FROM organizations WHERE instance_id = $1 AND id = $2");
    Ok(connection.row(statement, &values![org_id]).await?.is_some())
}

pub(super) async fn find(connection: &mut Connection, id: &str) -> Result<Option<Group>> {
    let statement = statement!(
        "SELECT id, org_id, name, description, created_at, changed_at, sequence FROM user_groups
         WHERE instance_id = $1 AND id = $2"
    );
    connection.row(statement, &values![id]).await?.map(|row| read(&row)).transpose()
}

pub(super) async fn insert(
    connection: &mut Connection,
    id: &str,
    org_id: &str,
    name: &str,
    description: &str,
    receipt: &Receipt,
) -> Result<()> {
    let statement = statement!(
        "INSERT INTO user_groups (instance_id, id, org_id, name, name_lower, description, created_at, changed_at, sequence)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8)"
    );
    let values = values![id, org_id, name, name.to_lowercase(), description, receipt.changed_at, receipt.sequence];
    connection.execute(statement, &values).await.map(|_| ())
}

pub(super) async fn update(
    connection: &mut Connection,
    id: &str,
    name: &str,
    description: &str,
    receipt: &Receipt,
) -> Result<()> {
    let statement = statement!(
        "UPDATE user_groups SET name = $3, name_lower = $4, description = $5, changed_at = $6, sequence = $7
         WHERE instance_id = $1 AND id = $2"
    );
    let values = values![id, name, name.to_lowercase(), description, receipt.changed_at, receipt.sequence];
    connection.execute(statement, &values).await.map(|_| ())
}

pub(super) async fn delete(connection: &mut Connection, id: &str) -> Result<()> {
    let statement = statement!("DELETE FROM user_groups WHERE instance_id = $1 AND id = $2");
    connection.execute(statement, &values![id]).await.map(|_| ())
}

pub(super) async fn is_user_of(connection: &mut Connection, user_id: &str, org_id: &str) -> Result<bool> {
    let statement = statement!("SELECT 1 FROM users WHERE instance_id = $1 AND id = $2 AND org_id = $3");
    Ok(connection.row(statement, &values![user_id, org_id]).await?.is_some())
}

pub(super) async fn is_member(connection: &mut Connection, group_id: &str, user_id: &str) -> Result<bool> {
    let statement =
        statement!("SELECT 1 FROM user_group_members WHERE instance_id = $1 AND group_id = $2 AND user_id = $3");
    Ok(connection.row(statement, &values![group_id, user_id]).await?.is_some())
}

pub(super) async fn insert_member(
    connection: &mut Connection,
    group_id: &str,
    user_id: &str,
    receipt: &Receipt,
) -> Result<()> {
    let statement = statement!(
        "INSERT INTO user_group_members (instance_id, group_id, user_id, created_at, sequence)
         VALUES ($1, $2, $3, $4, $5)"
    );
    let values = values![group_id, user_id, receipt.changed_at, receipt.sequence];
    connection.execute(statement, &values).await.map(|_| ())
}

pub(super) async fn delete_member(connection: &mut Connection, group_id: &str, user_id: &str) -> Result<()> {
    let statement =
        statement!("DELETE FROM user_group_members WHERE instance_id = $1 AND group_id = $2 AND user_id = $3");
    connection.execute(statement, &values![group_id, user_id]).await.map(|_| ())
}

pub(super) async fn groups_of_user(connection: &mut Connection, user_id: &str) -> Result<Vec<Group>> {
    let statement = statement!(
        "SELECT g.id, g.org_id, g.name, g.description, g.created_at, g.changed_at, g.sequence
         FROM user_group_members m JOIN user_groups g ON g.instance_id = m.instance_id AND g.id = m.group_id
         WHERE m.instance_id = $1 AND m.user_id = $2 ORDER BY g.id"
    );
    connection.rows(statement, &values![user_id]).await?.iter().map(read).collect()
}

pub(super) fn read(row: &Row) -> Result<Group> {
    Ok(Group {
        id: row.text(0)?,
        org_id: row.text(1)?,
        name: row.text(2)?,
        description: row.text(3)?,
        created_at: row.timestamp(4)?,
        changed_at: row.timestamp(5)?,
        sequence: row.unsigned(6)?,
    })
}
