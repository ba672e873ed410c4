//! The rules for hosts of the context's instance. Domains are kept in lower case, so their uniqueness knows no case.

use castellan_kernel::{Fault, Receipt, Result};
use castellan_rpc::Context;

use super::sql;
use crate::instances::event::{DomainAdded, DomainRemoved, PrimaryDomainSet, aggregate};
use crate::instances::sql as instance_sql;

const EMPTY: Fault = Fault::invalid("INST-28nlD", "Errors.Invalid.Argument");
const INVALID_CHARACTER: Fault = Fault::invalid("INST-S3v3w", "Errors.Instance.Domain.InvalidCharacter");
const EXISTS: Fault = Fault::exists("INST-i2nl", "Errors.Instance.Domain.AlreadyExists");
const PRIMARY_EMPTY: Fault = Fault::invalid("INST-9mWjf", "Errors.Invalid.Argument");
const PRIMARY_NOT_FOUND: Fault = Fault::not_found("INSTANCE-9nkWf", "Errors.Instance.Domain.NotFound");
const REMOVE_EMPTY: Fault = Fault::invalid("INST-39nls", "Errors.Invalid.Argument");
const GENERATED: Fault = Fault::precondition("INSTANCE-9hn3n", "Errors.Instance.Domain.GeneratedNotRemovable");

/// Adds a host to the context's instance.
///
/// # Errors
/// `INST-28nlD` and `INST-S3v3w` for what is no domain, `INST-i2nl` when the instance has it, `V3-DKcYh` when another one has.
pub async fn add(ctx: &mut Context, domain: &str, generated: bool) -> Result<Receipt> {
    let domain = domain.trim().to_lowercase();
    if domain.is_empty() {
        return Err(EMPTY.into());
    }
    if !domain.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-')) {
        return Err(INVALID_CHARACTER.into());
    }
    if sql::find(ctx.tx().await?, &domain).await?.is_some() {
        return Err(EXISTS.into());
    }
    let receipt = ctx.record(&aggregate(ctx), &DomainAdded { domain: &domain, generated }).await?;
    sql::insert(ctx.tx().await?, &domain, generated, &receipt).await?;
    touch(ctx, receipt).await
}

/// Makes a host of the context's instance its primary one.
///
/// # Errors
/// `INSTANCE-9nkWf` when the instance does not have it.
pub async fn set_primary(ctx: &mut Context, domain: &str) -> Result<Receipt> {
    let domain = domain.trim().to_lowercase();
    if domain.is_empty() {
        return Err(PRIMARY_EMPTY.into());
    }
    sql::find(ctx.tx().await?, &domain).await?.ok_or(PRIMARY_NOT_FOUND)?;
    let receipt = ctx.record(&aggregate(ctx), &PrimaryDomainSet { domain: &domain }).await?;
    sql::set_primary(ctx.tx().await?, &domain, &receipt).await?;
    touch(ctx, receipt).await
}

/// Removes a host of the context's instance; `None` when it does not have it.
pub(in crate::instances) async fn remove(ctx: &mut Context, domain: &str) -> Result<Option<Receipt>> {
    let domain = domain.trim().to_lowercase();
    if domain.is_empty() {
        return Err(REMOVE_EMPTY.into());
    }
    let Some(held) = sql::find(ctx.tx().await?, &domain).await? else { return Ok(None) };
    if held.is_generated {
        return Err(GENERATED.into());
    }
    let receipt = ctx.record(&aggregate(ctx), &DomainRemoved { domain: &domain }).await?;
    sql::delete(ctx.tx().await?, &domain).await?;
    touch(ctx, receipt).await.map(Some)
}

async fn touch(ctx: &mut Context, receipt: Receipt) -> Result<Receipt> {
    let id = ctx.instance.id.clone();
    instance_sql::touch(ctx.tx().await?, &id, &receipt).await?;
    Ok(receipt)
}
