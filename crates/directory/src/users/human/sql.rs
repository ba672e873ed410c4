//! Every statement of this room but those on codes.

use castellan_db::{Connection, statement, values};
use castellan_kernel::{Receipt, Result, Timestamp};

use super::event::ProfileChanged;
use super::password::PreparedPassword;
use crate::users::head::{UserKind, UserState};

pub(super) struct NewHuman<'a> {
    pub id: &'a str,
    pub org_id: &'a str,
    pub state: UserState,
    pub user_name: &'a str,
    pub user_name_key: String,
    pub has_domain_login_names: bool,
    pub first_name: &'a str,
    pub last_name: &'a str,
    pub nick_name: &'a str,
    pub display_name: &'a str,
    pub preferred_language: &'a str,
    pub gender: i32,
    pub email: &'a str,
    pub email_verified: bool,
    pub phone: &'a str,
    pub phone_verified: bool,
    pub password: Option<&'a PreparedPassword>,
}

pub(super) async fn insert(connection: &mut Connection, user: &NewHuman<'_>, receipt: &Receipt) -> Result<()> {
    let statement = statement!(
        "INSERT INTO users (instance_id, id, org_id, kind, state, user_name, user_name_lower, user_name_key, first_name,
         first_name_lower, last_name, last_name_lower, nick_name, nick_name_lower, display_name, display_name_lower,
         preferred_language, gender, email, email_lower, email_verified, phone, phone_verified, password_hash,
         password_change_required, password_changed_at, created_at, changed_at, sequence, has_domain_login_names)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23,
         $24, $25, $26, $27, $27, $28, $29)"
    );
    let values = values![
        user.id,
        user.org_id,
        UserKind::Human as i64,
        user.state as i64,
        user.user_name,
        user.user_name.to_lowercase(),
        user.user_name_key.as_str(),
        user.first_name,
        user.first_name.to_lowercase(),
        user.last_name,
        user.last_name.to_lowercase(),
        user.nick_name,
        user.nick_name.to_lowercase(),
        user.display_name,
        user.display_name.to_lowercase(),
        user.preferred_language,
        user.gender,
        user.email,
        user.email.to_lowercase(),
        user.email_verified,
        user.phone,
        user.phone_verified,
        user.password.map(|password| password.hash.as_str()),
        user.password.is_some_and(|password| password.change_required),
        user.password.map(|_| receipt.changed_at),
        receipt.changed_at,
        receipt.sequence,
        user.has_domain_login_names,
    ];
    connection.execute(statement, &values).await.map(|_| ())
}

/// The profile of a person as stored.
pub(super) struct Profile {
    pub first_name: String,
    pub last_name: String,
    pub nick_name: String,
    pub display_name: String,
    pub preferred_language: String,
    pub gender: i32,
}

pub(super) async fn profile(connection: &mut Connection, user_id: &str) -> Result<Option<Profile>> {
    let statement = statement!(
        "SELECT first_name, last_name, nick_name, display_name, preferred_language, gender FROM users
         WHERE instance_id = $1 AND id = $2"
    );
    let row = connection.row(statement, &values![user_id]).await?;
    row.map(|row| {
        Ok(Profile {
            first_name: row.text(0)?,
            last_name: row.text(1)?,
            nick_name: row.text(2)?,
            display_name: row.text(3)?,
            preferred_language: row.text(4)?,
            gender: row.small(5)?,
        })
    })
    .transpose()
}

pub(super) async fn update_profile(
    connection: &mut Connection,
    user_id: &str,
    changed: &ProfileChanged,
    receipt: &Receipt,
) -> Result<()> {
    let statement = statement!(
        "UPDATE users SET first_name = COALESCE($3, first_name), first_name_lower = COALESCE($4, first_name_lower),
         last_name = COALESCE($5, last_name), last_name_lower = COALESCE($6, last_name_lower),
         nick_name = COALESCE($7, nick_name), nick_name_lower = COALESCE($8, nick_name_lower),
         display_name = COALESCE($9, display_name), display_name_lower = COALESCE($10, display_name_lower),
         preferred_language = COALESCE($11, preferred_language), gender = COALESCE($12, gender), changed_at = $13,
         sequence = $14 WHERE instance_id = $1 AND id = $2"
    );
    let lower = |text: &Option<String>| text.as_ref().map(|text| text.to_lowercase());
    let values = values![
        user_id,
        changed.first_name.as_deref(),
        lower(&changed.first_name),
        changed.last_name.as_deref(),
        lower(&changed.last_name),
        changed.nick_name.as_deref(),
        lower(&changed.nick_name),
        changed.display_name.as_deref(),
        lower(&changed.display_name),
        changed.preferred_language.as_deref(),
        changed.gender,
        receipt.changed_at,
        receipt.sequence,
    ];
    connection.execute(statement, &values).await.map(|_| ())
}

/// E-mail address or phone number as stored, with whether it is proven.
pub(super) struct Stored {
    pub address: String,
    pub verified: bool,
}

pub(super) async fn email(connection: &mut Connection, user_id: &str) -> Result<Stored> {
    stored(
        connection,
        statement!("SELECT email, email_verified FROM users WHERE instance_id = $1 AND id = $2"),
        user_id,
    )
    .await
}

pub(super) async fn phone(connection: &mut Connection, user_id: &str) -> Result<Stored> {
    stored(
        connection,
        statement!("SELECT phone, phone_verified FROM users WHERE instance_id = $1 AND id = $2"),
        user_id,
    )
    .await
}

async fn stored(
    connection: &mut Connection,
    statement: &'static castellan_db::Statement,
    user_id: &str,
) -> Result<Stored> {
    let row = connection.row(statement, &values![user_id]).await?;
    row.map_or_else(
        || Ok(Stored { address: String::new(), verified: false }),
        |row| Ok(Stored { address: row.text(0)?, verified: row.boolean(1)? }),
    )
}

pub(super) async fn set_email(
    connection: &mut Connection,
    user_id: &str,
    email: &str,
    verified: bool,
    receipt: &Receipt,
) -> Result<()> {
    let statement = statement!(
        "UPDATE users SET email = $3, email_lower = $4, email_verified = $5, changed_at = $6, sequence = $7
         WHERE instance_id = $1 AND id = $2"
    );
    let values = values![user_id, email, email.to_lowercase(), verified, receipt.changed_at, receipt.sequence];
    connection.execute(statement, &values).await.map(|_| ())
}

pub(super) async fn set_phone(
    connection: &mut Connection,
    user_id: &str,
    phone: &str,
    verified: bool,
    receipt: &Receipt,
) -> Result<()> {
    let statement = statement!(
        "UPDATE users SET phone = $3, phone_verified = $4, changed_at = $5, sequence = $6
         WHERE instance_id = $1 AND id = $2"
    );
    let values = values![user_id, phone, verified, receipt.changed_at, receipt.sequence];
    connection.execute(statement, &values).await.map(|_| ())
}

/// What a password check needs to know.
pub(super) struct Password {
    pub hash: Option<String>,
    pub failures: u64,
}

pub(super) async fn password(connection: &mut Connection, user_id: &str) -> Result<Password> {
    let statement = statement!("SELECT password_hash, password_failures FROM users WHERE instance_id = $1 AND id = $2");
    let row = connection.row(statement, &values![user_id]).await?;
    row.map_or_else(
        || Ok(Password { hash: None, failures: 0 }),
        |row| Ok(Password { hash: row.opt_text(0)?, failures: row.unsigned(1)? }),
    )
}

pub(super) async fn set_password(
    connection: &mut Connection,
    user_id: &str,
    password: &PreparedPassword,
    receipt: &Receipt,
) -> Result<()> {
    let statement = statement!(
        "UPDATE users SET password_hash = $3, password_change_required = $4, password_changed_at = $5,
         password_failures = 0, changed_at = $5, sequence = $6 WHERE instance_id = $1 AND id = $2"
    );
    let values =
        values![user_id, password.hash.as_str(), password.change_required, receipt.changed_at, receipt.sequence];
    connection.execute(statement, &values).await.map(|_| ())
}

/// Replaces the hash by one of today's scheme, unless it is not the one that was checked any more.
pub(super) async fn upgrade_hash(connection: &mut Connection, user_id: &str, old: &str, new: &str) -> Result<()> {
    let statement =
        statement!("UPDATE users SET password_hash = $4 WHERE instance_id = $1 AND id = $2 AND password_hash = $3");
    connection.execute(statement, &values![user_id, old, new]).await.map(|_| ())
}

pub(super) async fn set_failures(connection: &mut Connection, user_id: &str, failures: u64) -> Result<()> {
    let statement = statement!("UPDATE users SET password_failures = $3 WHERE instance_id = $1 AND id = $2");
    connection.execute(statement, &values![user_id, failures]).await.map(|_| ())
}

pub(super) async fn lock(connection: &mut Connection, user_id: &str, receipt: &Receipt) -> Result<()> {
    let statement = statement!(
        "UPDATE users SET state = $3, tokens_void_until = $4, changed_at = $4, sequence = $5
         WHERE instance_id = $1 AND id = $2"
    );
    let values = values![user_id, UserState::Locked as i64, receipt.changed_at, receipt.sequence];
    connection.execute(statement, &values).await.map(|_| ())
}

pub(super) async fn skip_mfa_init(connection: &mut Connection, user_id: &str, now: Timestamp) -> Result<()> {
    let statement = statement!("UPDATE users SET mfa_init_skipped_at = $3 WHERE instance_id = $1 AND id = $2");
    connection.execute(statement, &values![user_id, now]).await.map(|_| ())
}
