//! The domain that an organization gets from its name: added with it, replaced when the name changes.

use castellan_kernel::{Receipt, Result};
use castellan_rpc::{Aggregate, Context};

use super::command::{add_verified, make_primary};
use super::event::DomainRemoved;
use super::{claimed, sql};
use crate::users::login_names;

/// Adds a domain that needs no proof, and makes it primary if asked; the receipt of the last event.
pub(in crate::organizations) async fn add_generated(
    ctx: &mut Context,
    org_id: &str,
    domain: &str,
    primary: bool,
) -> Result<Receipt> {
    let mut receipt = add_verified(ctx, org_id, domain).await?;
    if primary {
        receipt = make_primary(ctx, org_id, domain).await?;
    }
    crate::organizations::sql::touch(ctx.tx().await?, org_id, &receipt).await?;
    Ok(receipt)
}

/// Puts a newly generated domain in the place of an old one; `None` when the organization has the old one no longer, or the new one
/// already.
pub(in crate::organizations) async fn replace_generated(
    ctx: &mut Context,
    org_id: &str,
    old: &str,
    new: &str,
) -> Result<Option<Receipt>> {
    let Some(held) = sql::find(ctx.tx().await?, org_id, old).await? else { return Ok(None) };
    if !held.is_verified || sql::find(ctx.tx().await?, org_id, new).await?.is_some() {
        return Ok(None);
    }
    add_verified(ctx, org_id, new).await?;
    if held.is_primary {
        make_primary(ctx, org_id, new).await?;
    }
    sql::delete(ctx.tx().await?, org_id, old).await?;
    let receipt = ctx.record(&Aggregate::new("org", org_id, org_id), &DomainRemoved { domain: old }).await?;
    claimed::claim_names(ctx, org_id, new).await?;
    login_names::refresh_org(ctx.tx().await?, org_id).await?;
    Ok(Some(receipt))
}
