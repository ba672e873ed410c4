//! The rules for setting and removing metadata.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use castellan_kernel::{Fault, Permission, Receipt, Result};
use castellan_rpc::{Aggregate, Context};

use super::event::{MetadataRemoved, MetadataSet};
use super::sql;
use crate::users::head::{Reach, UserHead};

const USER_NOT_FOUND: Fault = Fault::precondition("COMMAND-uXHNj", "Errors.User.NotFound");
const LIST_EMPTY: Fault = Fault::precondition("META-9mm2d", "Errors.Metadata.NoData");
const INVALID: Fault = Fault::invalid("META-2m00f", "Errors.Metadata.Invalid");
const REMOVE_INVALID: Fault = Fault::invalid("COMMAND-m29ds", "Errors.Metadata.Invalid");
const NOT_FOUND: Fault = Fault::not_found("META-ncnw3", "Errors.Metadata.NotFound");
const KEYS_NOT_FOUND: Fault = Fault::not_found("META-2nnds", "Errors.Metadata.KeyNotExisting");
const NEW_KEY_EMPTY: Fault = Fault::invalid("USER-Drght", "Errors.User.Metadata.KeyEmpty");
const NEW_VALUE_EMPTY: Fault = Fault::invalid("USER-Dbgth", "Errors.User.Metadata.ValueEmpty");

/// Refuses pairs without key or value in what a new user shall start with.
///
/// # Errors
/// `USER-Drght`, `USER-Dbgth`.
pub(in crate::users) fn check_new(pairs: &[(String, Vec<u8>)]) -> Result<()> {
    for (key, value) in pairs {
        if key.trim().is_empty() {
            return Err(NEW_KEY_EMPTY.into());
        }
        if value.is_empty() {
            return Err(NEW_VALUE_EMPTY.into());
        }
    }
    Ok(())
}

/// Sets the metadata of a user that was created in this transaction; the receipt of the last pair.
///
/// # Errors
/// When storage does not answer.
pub(in crate::users) async fn add_to_new(
    ctx: &mut Context,
    user: &Aggregate,
    pairs: &[(String, Vec<u8>)],
) -> Result<Option<Receipt>> {
    let mut last = None;
    for (key, value) in pairs {
        last = Some(write(ctx, user, key.trim(), value).await?);
    }
    Ok(last)
}

/// Applies pairs to a user: an empty value removes, an equal one changes nothing. The receipt of the last event, if any.
///
/// # Errors
/// `META-2m00f` for a pair without key.
pub(in crate::users) async fn apply(
    ctx: &mut Context,
    user: &UserHead,
    pairs: Vec<(String, Vec<u8>)>,
) -> Result<Option<Receipt>> {
    if pairs.iter().any(|(key, _)| key.is_empty()) {
        return Err(INVALID.into());
    }
    let mut last = None;
    for (key, value) in pairs {
        let stored = sql::value(ctx.tx().await?, &user.id, &key).await?;
        if value.is_empty() {
            if stored.is_some() {
                last = Some(delete(ctx, user, &key).await?);
            }
        } else if stored.as_ref() != Some(&value) {
            last = Some(write(ctx, &user.aggregate(), &key, &value).await?);
        }
    }
    Ok(last)
}

/// Sets one pair, whose value must not be empty (v1).
pub(super) async fn set_one(
    ctx: &mut Context,
    reach: &Reach,
    user_id: &str,
    key: String,
    value: Vec<u8>,
) -> Result<Receipt> {
    if key.is_empty() || value.is_empty() {
        return Err(INVALID.into());
    }
    set(ctx, reach, user_id, vec![(key, value)]).await
}

/// Sets pairs; users may not do it to themselves.
pub(super) async fn set(
    ctx: &mut Context,
    reach: &Reach,
    user_id: &str,
    pairs: Vec<(String, Vec<u8>)>,
) -> Result<Receipt> {
    let user = find(ctx, reach, user_id).await?;
    if pairs.is_empty() {
        return Err(LIST_EMPTY.into());
    }
    Ok(apply(ctx, &user, pairs).await?.unwrap_or_else(|| user.unchanged()))
}

/// Removes one key (v1).
pub(super) async fn remove_one(ctx: &mut Context, reach: &Reach, user_id: &str, key: &str) -> Result<Receipt> {
    let user = find(ctx, reach, user_id).await?;
    if sql::value(ctx.tx().await?, &user.id, key).await?.is_none() {
        return Err(NOT_FOUND.into());
    }
    delete(ctx, &user, key).await
}

/// Removes keys, all or none.
pub(super) async fn remove(ctx: &mut Context, reach: &Reach, user_id: &str, keys: Vec<String>) -> Result<Receipt> {
    let user = find(ctx, reach, user_id).await?;
    if keys.is_empty() {
        return Err(LIST_EMPTY.into());
    }
    let mut last = user.unchanged();
    for key in keys {
        if key.is_empty() {
            return Err(REMOVE_INVALID.into());
        }
        if sql::value(ctx.tx().await?, &user.id, &key).await?.is_none() {
            return Err(KEYS_NOT_FOUND.into());
        }
        last = delete(ctx, &user, &key).await?;
    }
    Ok(last)
}

async fn find(ctx: &mut Context, reach: &Reach, user_id: &str) -> Result<UserHead> {
    let user = UserHead::find(ctx.tx().await?, reach, user_id).await?.ok_or(USER_NOT_FOUND)?;
    ctx.require(Permission::UserWrite, &user.org_id, None)?;
    Ok(user)
}

async fn write(ctx: &mut Context, user: &Aggregate, key: &str, value: &[u8]) -> Result<Receipt> {
    let receipt = ctx.record(user, &MetadataSet { key, value: STANDARD.encode(value) }).await?;
    sql::put(ctx.tx().await?, &user.id, key, value, &receipt).await?;
    Ok(receipt)
}

async fn delete(ctx: &mut Context, user: &UserHead, key: &str) -> Result<Receipt> {
    sql::delete(ctx.tx().await?, &user.id, key).await?;
    ctx.record(&user.aggregate(), &MetadataRemoved { key }).await
}
