//! The rules for adding and removing keys.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use castellan_crypto::jose::{RsaBits, VerifyingKey};
use castellan_crypto::pem::RsaKeyPair;
use castellan_db::DbResultExt as _;
use castellan_kernel::{Error, Fault, Permission, Receipt, Result, Timestamp};
use castellan_rpc::Context;
use serde::Serialize;

use super::event::{KeyAdded, KeyRemoved};
use super::sql;
use crate::users::head::{Reach, UserHead};

const USER_NOT_FOUND: Fault = Fault::precondition("COMMAND-bnipwm1", "Errors.User.NotFound");
const REMOVE_USER_NOT_FOUND: Fault = Fault::not_found("COMMAND-4g3xq", "Errors.NotFound");
const KEY_NOT_FOUND: Fault = Fault::not_found("COMMAND-4m77G", "Errors.User.Machine.Key.NotFound");
const KEY_INVALID: Fault = Fault::invalid("COMMAND-5F3h1", "Errors.User.Machine.Key.Invalid");
const ID_TAKEN: Fault = Fault::exists("COMMAND-Mk3yT", "Errors.AlreadyExists");
const EXPIRES_IN_THE_PAST: Fault = Fault::invalid("DOMAIN-dv3t5", "Errors.AuthNKey.ExpireBeforeNow");

/// `KEY_TYPE_JSON`.
const JSON: i64 = 1;

/// A key to add.
#[derive(Debug)]
pub struct AddKey {
    /// Whose service users the caller sees.
    pub reach: Reach,
    /// The service user.
    pub user_id: String,
    /// The id that the caller wants (an import); `None` has one drawn.
    pub key_id: Option<String>,
    /// From then on the key is useless; `None`: never.
    pub expires_at: Option<Timestamp>,
    /// PEM of the caller's own public key; `None` has a key pair made.
    pub public_key: Option<Vec<u8>>,
}

/// A key that was just added.
pub struct AddedKey {
    /// Its id.
    pub key_id: String,
    /// The JSON key file; only for a key pair made here.
    pub key_file: Option<Vec<u8>>,
    /// Of the event recorded for it.
    pub receipt: Receipt,
}

/// The public half to store, and the private half to show where it was made here.
pub enum KeyMaterial {
    /// The caller's own public key, PEM.
    Own(Vec<u8>),
    /// A pair made here.
    Made(RsaKeyPair),
}

impl KeyMaterial {
    /// Makes a key pair off the async workers; takes longer than everything else together, so do it before the transaction.
    ///
    /// # Errors
    /// When the provider cannot make a key.
    pub async fn make() -> Result<Self> {
        let made = tokio::task::spawn_blocking(|| RsaKeyPair::generate(RsaBits::Rsa2048)).await;
        Ok(Self::Made(made.map_err(Error::internal)?.map_err(Error::internal)?))
    }
}

/// The key file that the service user keeps.
#[derive(Serialize)]
struct KeyFile<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(rename = "keyId")]
    key_id: &'a str,
    key: &'a str,
    #[serde(rename = "expirationDate")]
    expires_at: String,
    #[serde(rename = "userId")]
    user_id: &'a str,
}

/// Adds a key to a service user.
///
/// # Errors
/// As [`create`].
pub(super) async fn add_key(ctx: &mut Context, command: AddKey) -> Result<AddedKey> {
    check(ctx, &command)?;
    let mut look = ctx.look();
    let user = UserHead::find_machine(&mut look, &command.reach, &command.user_id).await?.ok_or(USER_NOT_FOUND)?;
    drop(look);
    ctx.caller.require_or_self(Permission::UserWrite, &user.org_id, &user.id)?;
    let material = match &command.public_key {
        Some(own) => KeyMaterial::Own(own.clone()),
        None => KeyMaterial::make().await?,
    };
    create(ctx, command, material).await
}

/// Adds a key whose material is at hand, so that it can be part of a larger transaction (setup).
///
/// # Errors
/// `DOMAIN-dv3t5` for an expiry in the past, `COMMAND-5F3h1` for a public key that cannot be read, `COMMAND-bnipwm1` without such
/// a service user, `COMMAND-Mk3yT` for an id in use, and what the permission check says.
pub async fn create(ctx: &mut Context, command: AddKey, material: KeyMaterial) -> Result<AddedKey> {
    check(ctx, &command)?;
    let expires_at = command.expires_at.unwrap_or(Timestamp::NEVER);
    let user =
        UserHead::find_machine(ctx.tx().await?, &command.reach, &command.user_id).await?.ok_or(USER_NOT_FOUND)?;
    ctx.caller.require_or_self(Permission::UserWrite, &user.org_id, &user.id)?;
    let (private_pem, public_key) = match material {
        KeyMaterial::Own(public) => (None, public),
        KeyMaterial::Made(pair) => (Some(pair.private_pem), pair.public_pem.into_bytes()),
    };
    let key_id = command.key_id.filter(|id| !id.is_empty()).unwrap_or_else(|| ctx.new_id());
    let event = KeyAdded {
        key_id: &key_id,
        key_type: JSON,
        expires_at: expires_at.to_rfc3339(),
        public_key: STANDARD.encode(&public_key),
    };
    let receipt = ctx.record(&user.aggregate(), &event).await?;
    sql::insert(ctx.tx().await?, &user.id, &key_id, JSON, public_key, expires_at, &receipt)
        .await
        .on_unique("user_keys_pkey", ID_TAKEN)?;

    let key_file = private_pem
        .map(|private_pem| {
            serde_json::to_vec(&KeyFile {
                kind: "serviceaccount",
                key_id: &key_id,
                key: &private_pem,
                expires_at: expires_at.to_rfc3339(),
                user_id: &user.id,
            })
        })
        .transpose()
        .map_err(Error::internal)?;
    Ok(AddedKey { key_id, key_file, receipt })
}

fn check(ctx: &Context, command: &AddKey) -> Result<()> {
    if command.expires_at.is_some_and(|expires_at| expires_at <= ctx.now()) {
        return Err(EXPIRES_IN_THE_PAST.into());
    }
    if command.public_key.as_ref().is_some_and(|pem| VerifyingKey::from_pem(pem).is_err()) {
        return Err(KEY_INVALID.into());
    }
    Ok(())
}

pub(super) async fn remove_key(ctx: &mut Context, reach: &Reach, user_id: &str, key_id: &str) -> Result<Receipt> {
    let user = UserHead::find_machine(ctx.tx().await?, reach, user_id).await?.ok_or(REMOVE_USER_NOT_FOUND)?;
    ctx.caller.require_or_self(Permission::UserWrite, &user.org_id, &user.id)?;
    if !sql::delete(ctx.tx().await?, &user.id, key_id).await? {
        return Err(KEY_NOT_FOUND.into());
    }
    ctx.record(&user.aggregate(), &KeyRemoved { key_id }).await
}
