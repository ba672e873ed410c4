//! The rules for setting and removing metadata.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use castellan_kernel::{Fault, Permission, Receipt, Result};
use castellan_rpc::{Aggregate, Context};

use super::event::{MetadataRemoved, MetadataSet};
use super::sql;
use crate::organizations::{self, Organization};

const ORG_NOT_FOUND: Fault = Fault::precondition("COMMAND-QXPGs", "Errors.Org.NotFound");
const LIST_EMPTY: Fault = Fault::precondition("META-9mm2d", "Errors.Metadata.NoData");
const REMOVE_LIST_EMPTY: Fault = Fault::precondition("META-9mw2d", "Errors.Metadata.NoData");
const INVALID: Fault = Fault::invalid("META-2ml0f", "Errors.Metadata.Invalid");
const REMOVE_INVALID: Fault = Fault::invalid("COMMAND-m19ds", "Errors.Metadata.Invalid");
const REMOVE_ONE_INVALID: Fault = Fault::invalid("META-2n0f1", "Errors.Metadata.Invalid");
const NOT_FOUND: Fault = Fault::not_found("META-mcnw3", "Errors.Metadata.NotFound");
const KEYS_NOT_FOUND: Fault = Fault::not_found("META-2npds", "Errors.Metadata.KeyNotExisting");

/// Sets one pair, whose value must not be empty (v1).
pub(super) async fn set_one(ctx: &mut Context, org_id: &str, key: String, value: Vec<u8>) -> Result<Receipt> {
    if key.is_empty() || value.is_empty() {
        return Err(INVALID.into());
    }
    set(ctx, org_id, vec![(key, value)]).await
}

/// Sets pairs: an empty value removes, an equal one changes nothing.
pub(super) async fn set(ctx: &mut Context, org_id: &str, pairs: Vec<(String, Vec<u8>)>) -> Result<Receipt> {
    let org = find(ctx, org_id).await?;
    if pairs.is_empty() {
        return Err(LIST_EMPTY.into());
    }
    if pairs.iter().any(|(key, _)| key.is_empty()) {
        return Err(INVALID.into());
    }
    let mut last = None;
    for (key, value) in pairs {
        let stored = sql::value(ctx.tx().await?, org_id, &key).await?;
        if value.is_empty() {
            if stored.is_some() {
                last = Some(delete(ctx, org_id, &key).await?);
            }
        } else if stored.as_ref() != Some(&value) {
            let event = MetadataSet { key: &key, value: STANDARD.encode(&value) };
            let receipt = ctx.record(&aggregate(org_id), &event).await?;
            sql::put(ctx.tx().await?, org_id, &key, &value, &receipt).await?;
            last = Some(receipt);
        }
    }
    finish(ctx, &org, last).await
}

/// Removes one key (v1).
pub(super) async fn remove_one(ctx: &mut Context, org_id: &str, key: &str) -> Result<Receipt> {
    if key.is_empty() {
        return Err(REMOVE_ONE_INVALID.into());
    }
    let org = find(ctx, org_id).await?;
    if sql::value(ctx.tx().await?, org_id, key).await?.is_none() {
        return Err(NOT_FOUND.into());
    }
    let receipt = delete(ctx, org_id, key).await?;
    finish(ctx, &org, Some(receipt)).await
}

/// Removes keys, all or none.
pub(super) async fn remove(ctx: &mut Context, org_id: &str, keys: &[String]) -> Result<Receipt> {
    let org = find(ctx, org_id).await?;
    if keys.is_empty() {
        return Err(REMOVE_LIST_EMPTY.into());
    }
    let mut last = None;
    for key in keys {
        if key.is_empty() {
            return Err(REMOVE_INVALID.into());
        }
        if sql::value(ctx.tx().await?, org_id, key).await?.is_none() {
            return Err(KEYS_NOT_FOUND.into());
        }
        last = Some(delete(ctx, org_id, key).await?);
    }
    finish(ctx, &org, last).await
}

async fn find(ctx: &mut Context, org_id: &str) -> Result<Organization> {
    ctx.require(Permission::OrgWrite, org_id, None)?;
    organizations::find(ctx.tx().await?, org_id).await?.ok_or_else(|| ORG_NOT_FOUND.into())
}

async fn delete(ctx: &mut Context, org_id: &str, key: &str) -> Result<Receipt> {
    sql::delete(ctx.tx().await?, org_id, key).await?;
    ctx.record(&aggregate(org_id), &MetadataRemoved { key }).await
}

fn aggregate(org_id: &str) -> Aggregate {
    Aggregate::new("org", org_id, org_id)
}

/// The receipt of the last event, noted on the organization; of the stored state when nothing changed.
async fn finish(ctx: &mut Context, org: &Organization, last: Option<Receipt>) -> Result<Receipt> {
    match last {
        Some(receipt) => {
            organizations::sql::touch(ctx.tx().await?, &org.id, &receipt).await?;
            Ok(receipt)
        }
        None => {
            Ok(Receipt { sequence: org.sequence, created_at: None, changed_at: org.changed_at, owner: org.id.clone() })
        }
    }
}
