//! Client secrets of service users, for the client credentials grant; a user has at most one, of which only a hash is kept.
//! RPCs: Management GenerateMachineSecret, RemoveMachineSecret; user v2 AddSecret, RemoveSecret. Column `users.secret_hash`.
//! Events `user.machine.secret.set` (without the hash), `user.machine.secret.removed`. Rules: spec oauth.md 3.5, api.md 4.1.8.

#[cfg(test)]
mod tests;

use castellan_crypto::secrets::hash_secret;
use castellan_db::{Connection, statement, values};
use castellan_kernel::{Fault, Permission, Receipt, Result};
use castellan_proto::methods::{management_v1 as management, user_v2};
use castellan_proto::zitadel::{management::v1, user::v2};
use castellan_rpc::{AuditEvent, Context, Registry, convert};
use castellan_settings::{GeneratorKind, generator};
use serde::Serialize;

use super::head::{Reach, UserHead};
use super::login_names;

const USER_NOT_FOUND: Fault = Fault::precondition("COMMAND-x8910n", "Errors.User.NotExisting");
const REMOVE_USER_NOT_FOUND: Fault = Fault::precondition("COMMAND-x7s802", "Errors.User.NotExisting");
const NO_SECRET: Fault = Fault::precondition("COMMAND-coi82n", "Errors.User.Machine.Secret.NotExisting");

pub(super) fn register(registry: &mut Registry) {
    registry
        .room("directory/users/secrets")
        .command::<management::GenerateMachineSecret>(v1_generate)
        .command::<management::RemoveMachineSecret>(v1_remove)
        .command::<user_v2::AddSecret>(v2_add)
        .command::<user_v2::RemoveSecret>(v2_remove);
}

#[derive(Serialize)]
struct SecretSet {}

impl AuditEvent for SecretSet {
    const TYPE: &'static str = "user.machine.secret.set";
}

#[derive(Serialize)]
struct SecretRemoved {}

impl AuditEvent for SecretRemoved {
    const TYPE: &'static str = "user.machine.secret.removed";
}

async fn v1_generate(
    ctx: &mut Context,
    request: v1::GenerateMachineSecretRequest,
) -> Result<v1::GenerateMachineSecretResponse> {
    let reach = Reach::context(ctx);
    let added = create(ctx, &reach, &request.user_id).await?;
    Ok(v1::GenerateMachineSecretResponse {
        client_id: added.client_id,
        client_secret: added.client_secret,
        details: convert::added(&added.receipt),
    })
}

async fn v2_add(ctx: &mut Context, request: v2::AddSecretRequest) -> Result<v2::AddSecretResponse> {
    let added = create(ctx, &Reach::Instance, &request.user_id).await?;
    Ok(v2::AddSecretResponse {
        creation_date: Some(convert::timestamp(added.receipt.changed_at)),
        client_secret: added.client_secret,
    })
}

async fn v1_remove(
    ctx: &mut Context,
    request: v1::RemoveMachineSecretRequest,
) -> Result<v1::RemoveMachineSecretResponse> {
    let reach = Reach::context(ctx);
    let receipt = remove(ctx, &reach, &request.user_id).await?;
    Ok(v1::RemoveMachineSecretResponse { details: convert::changed(&receipt) })
}

async fn v2_remove(ctx: &mut Context, request: v2::RemoveSecretRequest) -> Result<v2::RemoveSecretResponse> {
    let receipt = remove(ctx, &Reach::Instance, &request.user_id).await?;
    Ok(v2::RemoveSecretResponse { deletion_date: Some(convert::timestamp(receipt.changed_at)) })
}

/// A client secret that was just made.
pub struct AddedSecret {
    /// The client id to go with it: the name that the user signs in with.
    pub client_id: String,
    /// The secret; not kept anywhere.
    pub client_secret: String,
    /// Of the event recorded for it.
    pub receipt: Receipt,
}

/// Gives a service user a new client secret; an earlier one is void at once.
///
/// # Errors
/// `COMMAND-x8910n` without such a service user, and what the permission check says.
pub async fn create(ctx: &mut Context, reach: &Reach, user_id: &str) -> Result<AddedSecret> {
    let tx = ctx.tx().await?;
    let user = UserHead::find_machine(tx, reach, user_id).await?.ok_or(USER_NOT_FOUND)?;
    ctx.caller.require_or_self(Permission::UserWrite, &user.org_id, &user.id)?;
    let tx = ctx.tx().await?;
    let generator = generator(tx, GeneratorKind::AppSecret).await?;
    let client_id = login_names::preferred(tx, &user.id).await?.unwrap_or_else(|| user.user_name.clone());
    let client_secret = generator.generate(ctx.rng());
    let hash = hash_secret(&client_secret, ctx.rng());
    let receipt = ctx.record(&user.aggregate(), &SecretSet {}).await?;
    set_hash(ctx.tx().await?, &user.id, Some(&hash), &receipt).await?;
    Ok(AddedSecret { client_id, client_secret, receipt })
}

async fn remove(ctx: &mut Context, reach: &Reach, user_id: &str) -> Result<Receipt> {
    let tx = ctx.tx().await?;
    let user = UserHead::find_machine(tx, reach, user_id).await?.ok_or(REMOVE_USER_NOT_FOUND)?;
    ctx.caller.require_or_self(Permission::UserWrite, &user.org_id, &user.id)?;
    if !has_secret(ctx.tx().await?, &user.id).await? {
        return Err(NO_SECRET.into());
    }
    let receipt = ctx.record(&user.aggregate(), &SecretRemoved {}).await?;
    set_hash(ctx.tx().await?, &user.id, None, &receipt).await?;
    Ok(receipt)
}

async fn has_secret(connection: &mut Connection, user_id: &str) -> Result<bool> {
    let statement = statement!("SELECT 1 FROM users WHERE instance_id = $1 AND id = $2 AND secret_hash IS NOT NULL");
    Ok(connection.row(statement, &values![user_id]).await?.is_some())
}

async fn set_hash(connection: &mut Connection, user_id: &str, hash: Option<&str>, receipt: &Receipt) -> Result<()> {
    let statement = statement!(
        "UPDATE users SET secret_hash = $3, changed_at = $4, sequence = $5 WHERE instance_id = $1 AND id = $2"
    );
    let values = values![user_id, hash, receipt.changed_at, receipt.sequence];
    connection.execute(statement, &values).await.map(|_| ())
}
