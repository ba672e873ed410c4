//! Every statement of this room.

use castellan_db::query::{Join, Select};
use castellan_db::{Connection, Row, statement, values};
use castellan_kernel::{Error, Receipt, Result, Timestamp};

use super::PersonalAccessToken;
use crate::users::head::UserState;

const COLUMNS: &str = "t.id, t.user_id, u.org_id, t.scopes, t.expires_at, t.created_at, t.sequence";
const FROM: &str = "personal_access_tokens t WHERE t.instance_id = $1";
/// A foreign key guarantees the user.
const JOINS: &[Join] =
    &[Join { alias: "u", sql: "JOIN users u ON u.instance_id = t.instance_id AND u.id = t.user_id" }];

pub(super) async fn insert(
    connection: &mut Connection,
    user_id: &str,
    token_id: &str,
    scopes: &[String],
    expires_at: Timestamp,
    receipt: &Receipt,
) -> Result<()> {
    let statement = statement!(
        "INSERT INTO personal_access_tokens (instance_id, id, user_id, scopes, expires_at, created_at, sequence)
         VALUES ($1, $2, $3, $4, $5, $6, $7)"
    );
    let scopes = serde_json::to_string(scopes).map_err(Error::internal)?;
    let values = values![token_id, user_id, scopes, expires_at, receipt.changed_at, receipt.sequence];
    connection.execute(statement, &values).await.map(|_| ())
}

/// Whether there was such a token.
pub(super) async fn delete(connection: &mut Connection, user_id: &str, token_id: &str) -> Result<bool> {
    let statement =
        statement!("DELETE FROM personal_access_tokens WHERE instance_id = $1 AND user_id = $2 AND id = $3");
    Ok(connection.execute(statement, &values![user_id, token_id]).await? > 0)
}

/// What a presented token stands for.
#[derive(Debug, Clone)]
pub struct UsableToken {
    /// The organization of its user.
    pub org_id: String,
    /// What it is good for.
    pub scopes: Vec<String>,
    /// When it was added.
    pub created_at: Timestamp,
    /// From then on it does not exist.
    pub expires_at: Timestamp,
}

/// The token of this id *and* user, unless it has expired or the user is not active.
///
/// # Errors
/// When storage does not answer.
pub async fn usable(
    connection: &mut Connection,
    token_id: &str,
    user_id: &str,
    now: Timestamp,
) -> Result<Option<UsableToken>> {
    let statement = statement!(
        "SELECT u.org_id, t.scopes, t.created_at, t.expires_at
         FROM personal_access_tokens t JOIN users u ON u.instance_id = t.instance_id AND u.id = t.user_id
         WHERE t.instance_id = $1 AND t.id = $2 AND t.user_id = $3 AND t.expires_at > $4 AND u.state = $5"
    );
    let row = connection.row(statement, &values![token_id, user_id, now, UserState::Active as i64]).await?;
    row.map(|row| {
        Ok(UsableToken {
            org_id: row.text(0)?,
            scopes: row.json(1)?,
            created_at: row.timestamp(2)?,
            expires_at: row.timestamp(3)?,
        })
    })
    .transpose()
}

/// A list query on tokens, to be narrowed and sorted by the caller.
pub(super) fn select() -> Select {
    Select::instance("personal access tokens", COLUMNS, FROM).joined(JOINS).keyed("t.id")
}

pub(super) fn read(row: &Row) -> Result<PersonalAccessToken> {
    Ok(PersonalAccessToken {
        id: row.text(0)?,
        user_id: row.text(1)?,
        org_id: row.text(2)?,
        scopes: row.json(3)?,
        expires_at: row.timestamp(4)?,
        created_at: row.timestamp(5)?,
        sequence: row.unsigned(6)?,
    })
}
