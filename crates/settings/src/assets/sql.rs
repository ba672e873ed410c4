//! Statements on `assets`.

use castellan_db::{Connection, Value, statement};
use castellan_kernel::{Owner, Result, Timestamp};

/// A stored file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// The media type, as [`super::content_type`] finds it.
    pub content_type: String,
    /// The bytes.
    pub value: Vec<u8>,
}

/// Stores a file of this owner under a new name.
///
/// # Errors
/// When storage does not answer.
pub async fn insert(
    connection: &mut Connection,
    owner: &Owner,
    instance_id: &str,
    name: &str,
    file: &File,
    now: Timestamp,
) -> Result<()> {
    let statement = statement!(
        "INSERT INTO assets (instance_id, owner_id, org_id, name, content_type, value, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)"
    );
    let values = [
        super::owner_id(owner, instance_id).into(),
        owner.org().map_or(Value::Null, Value::from),
        name.into(),
        file.content_type.as_str().into(),
        file.value.as_slice().into(),
        now.into(),
    ];
    connection.execute(statement, &values).await.map(|_| ())
}

/// The file of that name.
///
/// # Errors
/// When storage does not answer.
pub async fn find(connection: &mut Connection, owner_id: &str, name: &str) -> Result<Option<File>> {
    let statement =
        statement!("SELECT content_type, value FROM assets WHERE instance_id = $1 AND owner_id = $2 AND name = $3");
    let row = connection.row(statement, &[owner_id.into(), name.into()]).await?;
    row.map(|row| Ok(File { content_type: row.text(0)?, value: row.bytes(1)? })).transpose()
}

/// Removes the owner's files below a path (`policy/label/`) that nobody names any more.
///
/// # Errors
/// When storage does not answer.
pub async fn keep_only(connection: &mut Connection, owner_id: &str, path: &str, names: &[&str]) -> Result<()> {
    let stored = statement!(
        "SELECT name FROM assets WHERE instance_id = $1 AND owner_id = $2 AND name >= $3 AND name < $4 ORDER BY name"
    );
    // `0` follows `/`, so this is the first name behind all that begin with the path.
    let end = format!("{}0", path.trim_end_matches('/'));
    for row in connection.rows(stored, &[owner_id.into(), path.into(), end.into()]).await? {
        let name = row.text(0)?;
        if !names.contains(&name.as_str()) {
            let delete = statement!("DELETE FROM assets WHERE instance_id = $1 AND owner_id = $2 AND name = $3");
            connection.execute(delete, &[owner_id.into(), name.into()]).await?;
        }
    }
    Ok(())
}
