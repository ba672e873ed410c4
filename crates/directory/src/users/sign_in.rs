//! What the token endpoints and the API's door ask about users; reads only. One statement per question, because these run for
//! every token and every call.

use castellan_db::{Connection, Row, statement, values};
use castellan_kernel::{Result, Timestamp};

use super::head::{UserKind, UserState};
use super::login_names;
use super::machine::AccessTokenType;

/// A service user that wants to sign in.
#[derive(Debug, Clone)]
pub struct MachineSignIn {
    /// The id.
    pub user_id: String,
    /// The organization that owns it.
    pub org_id: String,
    /// The state of the user; only active ones may sign in.
    pub state: UserState,
    /// Whether its organization is active; users of others may not sign in.
    pub org_active: bool,
    /// The user name as stored.
    pub user_name: String,
    /// The hash of the client secret, if there is one.
    pub secret_hash: Option<String>,
    /// The kind of access tokens it gets.
    pub access_token_type: AccessTokenType,
}

impl MachineSignIn {
    /// Whether user and organization allow to sign in.
    pub fn may_sign_in(&self) -> bool {
        self.state == UserState::Active && self.org_active
    }
}

/// The service user with this login name, whatever its case; `None` also when several organizations have users of that name.
///
/// # Errors
/// When storage does not answer.
pub async fn machine_by_login_name(connection: &mut Connection, login_name: &str) -> Result<Option<MachineSignIn>> {
    let statement = statement!(concat!(
        "SELECT u.id, u.org_id, u.state, o.state, u.user_name, u.secret_hash, u.access_token_type
         FROM users u JOIN organizations o ON o.instance_id = u.instance_id AND o.id = u.org_id
         WHERE u.instance_id = $1 AND u.id IN (",
        crate::users_with_login_name!(),
        ") AND u.kind = $4 LIMIT 2"
    ));
    let [from, to] = login_names::range(&login_name.to_lowercase());
    let rows = connection.rows(statement, &values![from, to, UserKind::Machine as i64]).await?;
    match rows.as_slice() {
        [row] => read(row).map(Some),
        _ => Ok(None),
    }
}

/// The service user of this id.
///
/// # Errors
/// When storage does not answer.
pub async fn machine_by_id(connection: &mut Connection, user_id: &str) -> Result<Option<MachineSignIn>> {
    let statement = statement!(
        "SELECT u.id, u.org_id, u.state, o.state, u.user_name, u.secret_hash, u.access_token_type
         FROM users u JOIN organizations o ON o.instance_id = u.instance_id AND o.id = u.org_id
         WHERE u.instance_id = $1 AND u.id = $2 AND u.kind = $3"
    );
    let row = connection.row(statement, &values![user_id, UserKind::Machine as i64]).await?;
    row.map(|row| read(&row)).transpose()
}

fn read(row: &Row) -> Result<MachineSignIn> {
    Ok(MachineSignIn {
        user_id: row.text(0)?,
        org_id: row.text(1)?,
        state: UserState::from_number(row.int(2)?),
        org_active: row.int(3)? == 1,
        user_name: row.text(4)?,
        secret_hash: row.opt_text(5)?,
        access_token_type: AccessTokenType::from_number(row.int(6)?),
    })
}

/// What the door must know about the user of a token.
#[derive(Debug, Clone)]
pub struct TokenUser {
    /// The organization that owns it.
    pub org_id: String,
    /// Person or service user.
    pub kind: UserKind,
    /// The state of the user.
    pub state: UserState,
    /// Whether its organization is active.
    pub org_active: bool,
    /// The language it prefers (BCP 47), if known.
    pub language: Option<String>,
    /// Tokens issued up to this time are void.
    pub tokens_void_until: Timestamp,
}

/// The user of a token.
///
/// # Errors
/// When storage does not answer.
pub async fn token_user(connection: &mut Connection, user_id: &str) -> Result<Option<TokenUser>> {
    let statement = statement!(
        "SELECT u.org_id, u.kind, u.state, o.state, u.preferred_language, u.tokens_void_until
         FROM users u JOIN organizations o ON o.instance_id = u.instance_id AND o.id = u.org_id
         WHERE u.instance_id = $1 AND u.id = $2"
    );
    let row = connection.row(statement, &values![user_id]).await?;
    row.map(|row| {
        Ok(TokenUser {
            org_id: row.text(0)?,
            kind: if row.int(1)? == UserKind::Machine as i64 { UserKind::Machine } else { UserKind::Human },
            state: UserState::from_number(row.int(2)?),
            org_active: row.int(3)? == 1,
            language: Some(row.text(4)?).filter(|language| !language.is_empty()),
            tokens_void_until: row.timestamp(5)?,
        })
    })
    .transpose()
}
