//! Every statement of this room.

use castellan_db::{Connection, Refusals, statement, values};
use castellan_kernel::{Receipt, Result};

use super::AccessTokenType;
use super::command::ID_TAKEN;
use super::event::MachineChanged;
use crate::users::head::{UserKind, UserState};
use crate::users::login_names::{USER_NAME_INDEX, USER_NAME_TAKEN};

const REFUSALS: Refusals = &[("users_pkey", ID_TAKEN), (USER_NAME_INDEX, USER_NAME_TAKEN)];

pub(super) struct NewMachine<'a> {
    pub id: &'a str,
    pub org_id: &'a str,
    pub user_name: &'a str,
    pub user_name_key: String,
    pub has_domain_login_names: bool,
    pub name: &'a str,
    pub description: &'a str,
    pub access_token_type: AccessTokenType,
}

pub(super) async fn insert(connection: &mut Connection, user: &NewMachine<'_>, receipt: &Receipt) -> Result<()> {
    let statement = statement!(
        "INSERT INTO users (instance_id, id, org_id, kind, state, user_name, user_name_lower, user_name_key, name,
         name_lower, description, access_token_type, created_at, changed_at, sequence, has_domain_login_names)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13, $14, $15)"
    );
    let values = values![
        user.id,
        user.org_id,
        UserKind::Machine as i64,
        UserState::Active as i64,
        user.user_name,
        user.user_name.to_lowercase(),
        user.user_name_key.as_str(),
        user.name,
        user.name.to_lowercase(),
        user.description,
        user.access_token_type.number(),
        receipt.changed_at,
        receipt.sequence,
        user.has_domain_login_names,
    ];
    connection.defer(statement, values.into(), REFUSALS).await
}

/// What only service users have.
pub(super) struct Fields {
    pub name: String,
    pub description: String,
    pub access_token_type: AccessTokenType,
}

pub(super) async fn fields(connection: &mut Connection, user_id: &str) -> Result<Option<Fields>> {
    let statement =
        statement!("SELECT name, description, access_token_type FROM users WHERE instance_id = $1 AND id = $2");
    let row = connection.row(statement, &values![user_id]).await?;
    row.map(|row| {
        Ok(Fields {
            name: row.text(0)?,
            description: row.text(1)?,
            access_token_type: AccessTokenType::from_number(row.int(2)?),
        })
    })
    .transpose()
}

pub(super) async fn update(
    connection: &mut Connection,
    user_id: &str,
    changed: &MachineChanged,
    receipt: &Receipt,
) -> Result<()> {
    let statement = statement!(
        "UPDATE users SET name = COALESCE($3, name), name_lower = COALESCE($4, name_lower),
         description = COALESCE($5, description), access_token_type = COALESCE($6, access_token_type),
         changed_at = $7, sequence = $8 WHERE instance_id = $1 AND id = $2"
    );
    let values = values![
        user_id,
        changed.name.as_deref(),
        changed.name.as_ref().map(|name| name.to_lowercase()),
        changed.description.as_deref(),
        changed.access_token_type,
        receipt.changed_at,
        receipt.sequence,
    ];
    connection.execute(statement, &values).await.map(|_| ())
}
