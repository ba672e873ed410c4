//! Every statement of this room.

use castellan_crypto::assertion::StoredKey;
use castellan_db::query::{Join, Select};
use castellan_db::{Connection, Question, Row, statement, values};
use castellan_kernel::{Receipt, Result, Timestamp};

use super::Key;

const COLUMNS: &str = "k.id, k.user_id, u.org_id, k.type, k.expires_at, k.created_at, k.sequence";
const FROM: &str = "user_keys k WHERE k.instance_id = $1";
/// A foreign key guarantees the user.
const JOINS: &[Join] =
    &[Join { alias: "u", sql: "JOIN users u ON u.instance_id = k.instance_id AND u.id = k.user_id" }];

pub(super) async fn insert(
    connection: &mut Connection,
    user_id: &str,
    key_id: &str,
    key_type: i64,
    public_key: Vec<u8>,
    expires_at: Timestamp,
    receipt: &Receipt,
) -> Result<()> {
    let statement = statement!(
        "INSERT INTO user_keys (instance_id, id, user_id, type, public_key, expires_at, created_at, sequence)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
    );
    let values = values![key_id, user_id, key_type, public_key, expires_at, receipt.changed_at, receipt.sequence];
    connection.execute(statement, &values).await.map(|_| ())
}

/// Whether there was such a key.
pub(super) async fn delete(connection: &mut Connection, user_id: &str, key_id: &str) -> Result<bool> {
    let statement = statement!("DELETE FROM user_keys WHERE instance_id = $1 AND user_id = $2 AND id = $3");
    Ok(connection.execute(statement, &values![user_id, key_id]).await? > 0)
}

/// The public key (PEM) that verifies assertions with this `kid` of an active service user; expired keys do not exist.
///
/// # Errors
/// When storage does not answer.
pub async fn verification_key(
    connection: &mut Connection,
    user_id: &str,
    key_id: &str,
    now: Timestamp,
) -> Result<Option<StoredKey>> {
    let row = connection.ask_one(&verification_question(user_id, key_id, now)).await?;
    row.map(|row| Ok(StoredKey { pem: row.bytes(0)?, expires_at: row.timestamp(1)? })).transpose()
}

/// What [`verification_key`] asks, to be announced.
pub fn verification_question(user_id: &str, key_id: &str, now: Timestamp) -> Question {
    let statement = statement!(
        "SELECT public_key, expires_at FROM user_keys WHERE instance_id = $1 AND id = $2 AND user_id = $3 AND expires_at > $4"
    );
    Question::new(statement, values![key_id, user_id, now])
}

/// A list query on keys, to be narrowed and sorted by the caller.
pub(super) fn select() -> Select {
    Select::instance("user keys", COLUMNS, FROM).joined(JOINS).keyed("k.id")
}

pub(super) fn read(row: &Row) -> Result<Key> {
    Ok(Key {
        id: row.text(0)?,
        user_id: row.text(1)?,
        org_id: row.text(2)?,
        key_type: row.int(3)?,
        expires_at: row.timestamp(4)?,
        created_at: row.timestamp(5)?,
        sequence: row.unsigned(6)?,
    })
}
