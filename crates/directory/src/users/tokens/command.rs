//! The rules for adding and removing personal access tokens.

use castellan_crypto::opaque::{OpaqueKey, seal_token};
use castellan_kernel::{Fault, Permission, Receipt, Result, Timestamp};
use castellan_rpc::Context;

use super::event::{TokenAdded, TokenRemoved};
use super::sql;
use crate::users::head::{Reach, UserHead, UserKind};

const USER_NOT_FOUND: Fault = Fault::precondition("COMMAND-Dggw2", "Errors.User.NotFound");
const WRONG_TYPE: Fault = Fault::precondition("COMMAND-Df2f1", "Errors.User.WrongType");
const EXPIRES_IN_THE_PAST: Fault = Fault::invalid("DOMAIN-dv3t5", "Errors.AuthNKey.ExpireBeforeNow");
const REMOVE_USER_NOT_FOUND: Fault = Fault::not_found("COMMAND-4g3xq", "Errors.NotFound");
const TOKEN_NOT_FOUND: Fault = Fault::not_found("COMMAND-4m77G", "Errors.User.PAT.NotFound");

/// The scopes of tokens that are added over the API.
pub const SCOPES: [&str; 4] =
    ["openid", "profile", "urn:zitadel:iam:user:metadata", "urn:zitadel:iam:user:resourceowner"];

/// A personal access token to add.
#[derive(Debug)]
pub struct AddToken {
    /// Whose service users the caller sees.
    pub reach: Reach,
    /// The service user.
    pub user_id: String,
    /// From then on the token is useless; `None`: never.
    pub expires_at: Option<Timestamp>,
    /// What the token opens; `None`: what every token made through the API does.
    pub scopes: Option<Vec<String>>,
}

/// A token that was just added.
pub struct AddedToken {
    /// Its id.
    pub token_id: String,
    /// The token itself; not kept anywhere.
    pub token: String,
    /// Of the event recorded for it.
    pub receipt: Receipt,
}

/// Adds a personal access token to a service user. Does no expensive work, so it can be part of a larger transaction (setup).
///
/// # Errors
/// `DOMAIN-dv3t5` for an expiry in the past, `COMMAND-Dggw2` without the user, `COMMAND-Df2f1` for a person, and what the
/// permission check says.
pub async fn create(ctx: &mut Context, command: AddToken) -> Result<AddedToken> {
    if command.expires_at.is_some_and(|expires_at| expires_at <= ctx.now()) {
        return Err(EXPIRES_IN_THE_PAST.into());
    }
    let expires_at = command.expires_at.unwrap_or(Timestamp::NEVER);
    let user = UserHead::find(ctx.tx().await?, &command.reach, &command.user_id).await?.ok_or(USER_NOT_FOUND)?;
    if user.kind != UserKind::Machine {
        return Err(WRONG_TYPE.into());
    }
    ctx.caller.require_or_self(Permission::UserWrite, &user.org_id, &user.id)?;

    let key = ctx.service::<OpaqueKey>()?;
    let token_id = ctx.new_id();
    let scopes = command.scopes.unwrap_or_else(|| SCOPES.map(str::to_owned).to_vec());
    let event = TokenAdded { token_id: &token_id, expires_at: expires_at.to_rfc3339(), scopes: &scopes };
    let receipt = ctx.record(&user.aggregate(), &event).await?;
    sql::insert(ctx.tx().await?, &user.id, &token_id, &scopes, expires_at, &receipt).await?;
    let token = seal_token(&key, ctx.rng(), &format!("{token_id}:{}", user.id));
    Ok(AddedToken { token_id, token, receipt })
}

pub(super) async fn remove(ctx: &mut Context, reach: &Reach, user_id: &str, token_id: &str) -> Result<Receipt> {
    let user = UserHead::find_machine(ctx.tx().await?, reach, user_id).await?.ok_or(REMOVE_USER_NOT_FOUND)?;
    ctx.caller.require_or_self(Permission::UserWrite, &user.org_id, &user.id)?;
    if !sql::delete(ctx.tx().await?, &user.id, token_id).await? {
        return Err(TOKEN_NOT_FOUND.into());
    }
    ctx.record(&user.aggregate(), &TokenRemoved { token_id }).await
}
