//! The rules for adding and removing keys.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use castellan_crypto::jose::{RsaBits, VerifyingKey};
use castellan_crypto::pem::RsaKeyPair;
use castellan_db::DbResultExt as _;
use castellan_directory::users::head::Reach;
use castellan_kernel::{Error, Fault, Permission, Receipt, Result, Timestamp};
use castellan_rpc::Context;
use serde::Serialize;

use super::sql;
use crate::applications::event::{KeyAdded, KeyRemoved};
use crate::applications::{Application, AuthMethod, command};

const IDS_MISSING: Fault = Fault::invalid("COMMAND-55m9fs", "Errors.IDMissing");
const APPLICATION_NOT_FOUND: Fault = Fault::precondition("COMMAND-sak25", "Errors.Project.App.NotFound");
const NO_KEY_NEEDED: Fault = Fault::precondition("COMMAND-Dff54", "Errors.Project.App.AuthMethodNoPrivateKeyJWT");
const EXPIRES_IN_THE_PAST: Fault = Fault::invalid("DOMAIN-dv3t5", "Errors.AuthNKey.ExpireBeforeNow");
const KEY_INVALID: Fault = Fault::invalid("COMMAND-Kp6Rw", "Errors.User.Machine.Key.Invalid");
const KEY_ID_TAKEN: Fault = Fault::exists("COMMAND-Ak7Tn", "Errors.AlreadyExists");
const KEY_NOT_FOUND: Fault = Fault::not_found("COMMAND-4m77G", "Errors.Project.App.Key.NotFound");

/// `KEY_TYPE_JSON`.
const JSON: i64 = 1;

/// 9999-01-01T00:00:00Z: when keys expire for which nobody said so.
const DEFAULT_EXPIRY: Timestamp = Timestamp::from_seconds(253_370_764_800);

pub(super) struct AddedKey {
    pub id: String,
    /// The JSON key file.
    pub file: Vec<u8>,
    pub receipt: Receipt,
}

/// The key file that the application keeps.
#[derive(Serialize)]
struct KeyFile<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(rename = "keyId")]
    key_id: &'a str,
    key: &'a str,
    #[serde(rename = "appId")]
    app_id: &'a str,
    #[serde(rename = "clientId")]
    client_id: &'a str,
}

pub(super) async fn add(
    ctx: &mut Context,
    reach: &Reach,
    project_id: &str,
    application_id: &str,
    expires_at: Option<Timestamp>,
) -> Result<AddedKey> {
    if project_id.is_empty() || application_id.is_empty() {
        return Err(IDS_MISSING.into());
    }
    let expires_at = expires_at.unwrap_or(DEFAULT_EXPIRY);
    if expires_at <= ctx.now() {
        return Err(EXPIRES_IN_THE_PAST.into());
    }
    let mut look = ctx.look();
    let looked = crate::applications::sql::find(&mut look, reach, application_id).await?;
    drop(look);
    let looked = looked.filter(|found| found.is_in(project_id)).ok_or(APPLICATION_NOT_FOUND)?;
    ctx.require(Permission::ProjectAppWrite, &looked.org_id, Some(&looked.project_id))?;
    needs_keys(&looked)?;

    // Making an RSA key takes longer than everything else together: before the transaction, off the async workers.
    let pair = tokio::task::spawn_blocking(|| RsaKeyPair::generate(RsaBits::Rsa2048))
        .await
        .map_err(Error::internal)?
        .map_err(Error::internal)?;

    let write = Permission::ProjectAppWrite;
    let application = command::permitted(ctx, reach, project_id, application_id, write, APPLICATION_NOT_FOUND).await?;
    let id = ctx.new_id();
    let receipt = store(ctx, &application, &id, pair.public_pem.into_bytes(), expires_at).await?;
    let file = KeyFile {
        kind: "application",
        key_id: &id,
        key: &pair.private_pem,
        app_id: &application.id,
        client_id: &application.client_id,
    };
    let file = serde_json::to_vec(&file).map_err(Error::internal)?;
    Ok(AddedKey { id, file, receipt })
}

/// A key that an application had elsewhere; its private half is where it was.
#[derive(Debug, Clone)]
pub struct TakenOverKey {
    /// The project of the application.
    pub project_id: String,
    /// The application.
    pub application_id: String,
    /// The id that assertions name; empty has one drawn.
    pub key_id: String,
    /// The public half, PEM.
    pub public_key: Vec<u8>,
    /// From then on the key is useless; `None`: the default of new keys.
    pub expires_at: Option<Timestamp>,
}

/// Gives an application a key whose public half is at hand (import); returns its id.
///
/// # Errors
/// `COMMAND-55m9fs` without ids, `DOMAIN-dv3t5` for an expiry in the past, `COMMAND-Kp6Rw` for a key that cannot be read,
/// `COMMAND-sak25` without the application, `COMMAND-Dff54` for one that does not sign, `COMMAND-Ak7Tn` for an id in use.
pub async fn take_over(ctx: &mut Context, reach: &Reach, key: TakenOverKey) -> Result<String> {
    if key.project_id.is_empty() || key.application_id.is_empty() {
        return Err(IDS_MISSING.into());
    }
    let expires_at = key.expires_at.unwrap_or(DEFAULT_EXPIRY);
    if expires_at <= ctx.now() {
        return Err(EXPIRES_IN_THE_PAST.into());
    }
    VerifyingKey::from_pem(&key.public_key).map_err(|cause| Error::from(KEY_INVALID).because(cause))?;
    let write = Permission::ProjectAppWrite;
    let application =
        command::permitted(ctx, reach, &key.project_id, &key.application_id, write, APPLICATION_NOT_FOUND).await?;
    let id = if key.key_id.is_empty() { ctx.new_id() } else { key.key_id };
    store(ctx, &application, &id, key.public_key, expires_at).await?;
    Ok(id)
}

async fn store(
    ctx: &mut Context,
    application: &Application,
    id: &str,
    public_key: Vec<u8>,
    expires_at: Timestamp,
) -> Result<Receipt> {
    needs_keys(application)?;
    let event = KeyAdded {
        application_id: &application.id,
        client_id: &application.client_id,
        key_id: id,
        key_type: JSON,
        expiration_date: expires_at.to_rfc3339(),
        public_key: STANDARD.encode(&public_key),
    };
    let receipt = ctx.record(&application.aggregate(), &event).await?;
    let row = sql::NewRow { id, application_id: &application.id, key_type: JSON, expires_at };
    sql::insert(ctx.tx().await?, &row, public_key, &receipt).await.on_unique("application_keys_pkey", KEY_ID_TAKEN)?;
    Ok(receipt)
}

fn needs_keys(application: &Application) -> Result<()> {
    if application.auth_method == AuthMethod::PrivateKeyJwt { Ok(()) } else { Err(NO_KEY_NEEDED.into()) }
}

pub(super) async fn remove(
    ctx: &mut Context,
    reach: &Reach,
    project_id: &str,
    application_id: &str,
    key_id: &str,
) -> Result<Receipt> {
    let write = Permission::ProjectAppWrite;
    let application = command::permitted(ctx, reach, project_id, application_id, write, KEY_NOT_FOUND).await?;
    if !sql::delete(ctx.tx().await?, &application.id, key_id).await? {
        return Err(KEY_NOT_FOUND.into());
    }
    ctx.record(&application.aggregate(), &KeyRemoved { key_id }).await
}
