//! Every fixed statement of this room; lists are built in `query`.

use castellan_db::query::Join;
use castellan_db::{Connection, Row, statement};
use castellan_kernel::{Receipt, Result, Timestamp};

use super::Key;

pub(super) const COLUMNS: &str =
    "k.id, k.application_id, a.project_id, p.org_id, k.type, k.expires_at, k.created_at, k.sequence";
pub(super) const FROM: &str = "application_keys k WHERE k.instance_id = $1";
/// Foreign keys guarantee what is joined.
pub(super) const JOINS: &[Join] = &[
    Join { alias: "a", sql: "JOIN applications a ON a.instance_id = k.instance_id AND a.id = k.application_id" },
    Join { alias: "p", sql: "JOIN projects p ON p.instance_id = a.instance_id AND p.id = a.project_id" },
];

/// A key to insert.
pub(super) struct NewRow<'a> {
    pub id: &'a str,
    pub application_id: &'a str,
    pub key_type: i64,
    pub expires_at: Timestamp,
}

pub(super) async fn insert(
    connection: &mut Connection,
    row: &NewRow<'_>,
    public_key: Vec<u8>,
    receipt: &Receipt,
) -> Result<()> {
    let statement = statement!(
        "INSERT INTO application_keys (instance_id, id, application_id, type, public_key, expires_at, created_at,
                                       sequence)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
    );
    let values = [
        row.id.into(),
        row.application_id.into(),
        row.key_type.into(),
        public_key.into(),
        row.expires_at.into(),
        receipt.changed_at.into(),
        receipt.sequence.into(),
    ];
    connection.execute(statement, &values).await.map(|_| ())
}

/// Whether there was such a key.
pub(super) async fn delete(connection: &mut Connection, application_id: &str, key_id: &str) -> Result<bool> {
    let statement =
        statement!("DELETE FROM application_keys WHERE instance_id = $1 AND application_id = $2 AND id = $3");
    Ok(connection.execute(statement, &[application_id.into(), key_id.into()]).await? > 0)
}

pub(super) async fn find(connection: &mut Connection, key_id: &str) -> Result<Option<Key>> {
    let statement = statement!(
        "SELECT k.id, k.application_id, a.project_id, p.org_id, k.type, k.expires_at, k.created_at, k.sequence
         FROM application_keys k
         JOIN applications a ON a.instance_id = k.instance_id AND a.id = k.application_id
         JOIN projects p ON p.instance_id = a.instance_id AND p.id = a.project_id
         WHERE k.instance_id = $1 AND k.id = $2"
    );
    connection.row(statement, &[key_id.into()]).await?.map(|row| read(&row)).transpose()
}

pub(super) fn read(row: &Row) -> Result<Key> {
    Ok(Key {
        id: row.text(0)?,
        application_id: row.text(1)?,
        project_id: row.text(2)?,
        org_id: row.text(3)?,
        key_type: row.small(4)?,
        expires_at: row.timestamp(5)?,
        created_at: row.timestamp(6)?,
        sequence: row.unsigned(7)?,
    })
}
