//! Every statement of this room.

use castellan_crypto::jose::{Algorithm, Jwk};
use castellan_db::{Connection, Question, Row, statement};
use castellan_kernel::{Error, Receipt, Result};

use super::{State, WebKey, WebKeyKind};

pub(super) async fn insert(
    connection: &mut Connection,
    id: &str,
    public: &Jwk,
    kind: WebKeyKind,
    sealed: String,
    receipt: &Receipt,
) -> Result<()> {
    let statement = statement!(
        "INSERT INTO web_keys
         (instance_id, id, state, kind, algorithm, public_jwk, private_key, created_at, changed_at, sequence)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9)"
    );
    let values = [
        id.into(),
        (State::Initial as i64).into(),
        kind.stored_name().into(),
        kind.algorithm().name().into(),
        serde_json::to_string(public).map_err(Error::internal)?.into(),
        sealed.into(),
        receipt.changed_at.into(),
        receipt.sequence.into(),
    ];
    connection.execute(statement, &values).await.map(|_| ())
}

pub(super) async fn set_state(connection: &mut Connection, id: &str, state: State, receipt: &Receipt) -> Result<()> {
    let statement =
        statement!("UPDATE web_keys SET state = $3, changed_at = $4, sequence = $5 WHERE instance_id = $1 AND id = $2");
    let values = [id.into(), (state as i64).into(), receipt.changed_at.into(), receipt.sequence.into()];
    connection.execute(statement, &values).await.map(|_| ())
}

pub(super) async fn delete(connection: &mut Connection, id: &str) -> Result<()> {
    let statement = statement!("DELETE FROM web_keys WHERE instance_id = $1 AND id = $2");
    connection.execute(statement, &[id.into()]).await.map(|_| ())
}

/// State, last change and sequence of a key.
pub(super) async fn find(connection: &mut Connection, id: &str) -> Result<Option<(State, Receipt)>> {
    let statement = statement!("SELECT state, changed_at, sequence FROM web_keys WHERE instance_id = $1 AND id = $2");
    let row = connection.row(statement, &[id.into()]).await?;
    row.map(|row| {
        let receipt = Receipt {
            sequence: row.unsigned(2)?,
            created_at: None,
            changed_at: row.timestamp(1)?,
            owner: String::new(),
        };
        Ok((state(row.int(0)?), receipt))
    })
    .transpose()
}

/// The id of the key that signs.
pub(super) async fn active_id(connection: &mut Connection) -> Result<Option<String>> {
    let statement = statement!("SELECT id FROM web_keys WHERE instance_id = $1 AND state = 2");
    connection.row(statement, &[]).await?.map(|row| row.text(0)).transpose()
}

/// Id, algorithm and sealed private half of the key that signs.
pub(super) async fn active(connection: &mut Connection) -> Result<Option<(String, Algorithm, String)>> {
    let row = connection.ask_one(&active_question()).await?;
    row.map(|row| Ok((row.text(0)?, algorithm(row.str(1)?)?, row.text(2)?))).transpose()
}

/// What the active key is asked with, to be announced.
pub fn active_question() -> Question {
    let statement = statement!("SELECT id, algorithm, private_key FROM web_keys WHERE instance_id = $1 AND state = 2");
    Question::new(statement, [])
}

pub(super) async fn list(connection: &mut Connection) -> Result<Vec<WebKey>> {
    let statement = statement!(
        "SELECT id, state, kind, algorithm, created_at, changed_at FROM web_keys
         WHERE instance_id = $1 ORDER BY created_at, id"
    );
    connection.rows(statement, &[]).await?.iter().map(read).collect()
}

/// The published halves of all keys, oldest first: what the JWKS endpoint answers.
///
/// # Errors
/// When storage does not answer.
pub async fn public_keys(connection: &mut Connection) -> Result<Vec<Jwk>> {
    let statement = statement!("SELECT public_jwk FROM web_keys WHERE instance_id = $1 ORDER BY created_at, id");
    connection.rows(statement, &[]).await?.iter().map(|row| row.json(0)).collect()
}

/// The published half of one key; `None` for unknown and removed ones.
///
/// # Errors
/// When storage does not answer.
pub async fn public_key(connection: &mut Connection, id: &str) -> Result<Option<Jwk>> {
    let statement = statement!("SELECT public_jwk FROM web_keys WHERE instance_id = $1 AND id = $2");
    connection.row(statement, &[id.into()]).await?.map(|row| row.json(0)).transpose()
}

fn read(row: &Row) -> Result<WebKey> {
    let kind = WebKeyKind::from_stored(row.str(2)?, algorithm(row.str(3)?)?);
    Ok(WebKey {
        id: row.text(0)?,
        state: state(row.int(1)?),
        kind: kind.ok_or_else(|| Error::internal(format!("a web key of unknown kind {:?}", row.value(2))))?,
        created_at: row.timestamp(4)?,
        changed_at: row.timestamp(5)?,
    })
}

fn state(number: i64) -> State {
    match number {
        1 => State::Initial,
        2 => State::Active,
        _ => State::Inactive,
    }
}

fn algorithm(name: &str) -> Result<Algorithm> {
    name.parse().map_err(|()| Error::internal(format!("a web key with unknown algorithm {name:?}")))
}
