//! The rules for trusted domains of the context's instance.

use castellan_kernel::{Fault, Receipt, Result};
use castellan_rpc::Context;

use super::sql;
use crate::instances::event::{TrustedDomainAdded, TrustedDomainRemoved, aggregate};
use crate::instances::sql as instance_sql;

const INVALID: Fault = Fault::invalid("COMMA-Stk21", "Errors.Invalid.Argument");
const INVALID_CHARACTER: Fault = Fault::invalid("COMMA-S3v3w", "Errors.Instance.Domain.InvalidCharacter");
const EXISTS: Fault = Fault::precondition("COMMA-hg42a", "Errors.Instance.Domain.AlreadyExists");
const REMOVE_INVALID: Fault = Fault::invalid("COMMA-ajAzwu", "Errors.Invalid.Argument");

/// Adds a public host that the context's instance trusts.
///
/// # Errors
/// `COMMA-Stk21` and `COMMA-S3v3w` for what is no domain, `COMMA-hg42a` when the instance trusts it already.
pub async fn add(ctx: &mut Context, domain: &str) -> Result<Receipt> {
    let domain = domain.trim().to_lowercase();
    if domain.is_empty() || domain.len() > 253 {
        return Err(INVALID.into());
    }
    if !domain.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-')) {
        return Err(INVALID_CHARACTER.into());
    }
    if sql::exists(ctx.tx().await?, &domain).await? {
        return Err(EXISTS.into());
    }
    let receipt = ctx.record(&aggregate(ctx), &TrustedDomainAdded { domain: &domain }).await?;
    sql::insert(ctx.tx().await?, &domain, &receipt).await?;
    touch(ctx, receipt).await
}

/// Removes a trusted domain; `None` when there is none.
pub(super) async fn remove(ctx: &mut Context, domain: &str) -> Result<Option<Receipt>> {
    let domain = domain.trim().to_lowercase();
    if domain.is_empty() || domain.len() > 253 {
        return Err(REMOVE_INVALID.into());
    }
    if !sql::delete(ctx.tx().await?, &domain).await? {
        return Ok(None);
    }
    let receipt = ctx.record(&aggregate(ctx), &TrustedDomainRemoved { domain: &domain }).await?;
    touch(ctx, receipt).await.map(Some)
}

async fn touch(ctx: &mut Context, receipt: Receipt) -> Result<Receipt> {
    let id = ctx.instance.id.clone();
    instance_sql::touch(ctx.tx().await?, &id, &receipt).await?;
    Ok(receipt)
}
