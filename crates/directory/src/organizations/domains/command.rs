//! The rules for adding, preferring and removing domains.

use castellan_kernel::{Fault, Permission, Receipt, Result};
use castellan_rpc::{Aggregate, Context};
use castellan_settings::DomainPolicy;
use castellan_settings::store::effective;

use super::event::{DomainAdded, DomainRemoved, DomainVerified, PrimarySet};
use super::{claimed, sql};
use crate::organizations;
use crate::users::login_names;

const EMPTY: Fault = Fault::invalid("ORG-r3h4J", "Errors.Invalid.Argument");
const ORG_NOT_FOUND: Fault = Fault::precondition("COMMAND-QXPGs", "Errors.Org.NotFound");
const EXISTS: Fault = Fault::exists("V2-e1wse", "Errors.Already.Exists");
const PRIMARY_INVALID: Fault = Fault::invalid("ORG-SsDG2", "Errors.Org.InvalidDomain");
const NOT_FOUND: Fault = Fault::not_found("ORG-GDfA3", "Errors.Org.DomainNotOnOrg");
const NOT_VERIFIED: Fault = Fault::precondition("ORG-Ggd32", "Errors.Org.DomainNotVerified");
const REMOVE_INVALID: Fault = Fault::invalid("ORG-SJsK3", "Errors.Org.InvalidDomain");
const PRIMARY_NOT_REMOVABLE: Fault = Fault::precondition("ORG-Sjdi3", "Errors.Org.PrimaryDomainNotDeletable");

/// Adds a domain. Where the policy asks for no proof, it is verified at once.
pub(in crate::organizations) async fn add(ctx: &mut Context, org_id: &str, domain: &str) -> Result<Receipt> {
    let domain = domain.trim();
    if domain.is_empty() {
        return Err(EMPTY.into());
    }
    ctx.require(Permission::OrgWrite, org_id, None)?;
    let tx = ctx.tx().await?;
    if !organizations::exists(tx, org_id).await? {
        return Err(ORG_NOT_FOUND.into());
    }
    if sql::find(tx, org_id, domain).await?.is_some() {
        return Err(EXISTS.into());
    }
    let receipt = if effective::<DomainPolicy>(tx, org_id).await?.value.validate_org_domains {
        add_unverified(ctx, org_id, domain).await?
    } else {
        let receipt = add_verified(ctx, org_id, domain).await?;
        claimed::claim_names(ctx, org_id, domain).await?;
        login_names::refresh_org(ctx.tx().await?, org_id).await?;
        receipt
    };
    touch(ctx, org_id, receipt).await
}

/// Gives an organization a domain as it had it elsewhere (import). No proof is asked for: whoever owns the instance vouches for it.
/// Users of other organizations whose names end in a verified domain lose these names, as with every proof.
///
/// # Errors
/// `ORG-r3h4J` without a domain, `COMMAND-QXPGs` without the organization, `V2-e1wse` when it has the domain already, `V3-DKcYh` when
/// another one has verified it, `ORG-Ggd32` for a primary domain that is not verified, and what the check of `iam.write` says.
pub async fn take_over(
    ctx: &mut Context,
    org_id: &str,
    domain: &str,
    is_verified: bool,
    is_primary: bool,
) -> Result<Receipt> {
    let domain = domain.trim();
    if domain.is_empty() {
        return Err(EMPTY.into());
    }
    ctx.require(Permission::IamWrite, "", None)?;
    let tx = ctx.tx().await?;
    if !organizations::exists(tx, org_id).await? {
        return Err(ORG_NOT_FOUND.into());
    }
    if sql::find(tx, org_id, domain).await?.is_some() {
        return Err(EXISTS.into());
    }
    if is_primary && !is_verified {
        return Err(NOT_VERIFIED.into());
    }
    let mut receipt = if is_verified {
        let receipt = add_verified(ctx, org_id, domain).await?;
        claimed::claim_names(ctx, org_id, domain).await?;
        receipt
    } else {
        add_unverified(ctx, org_id, domain).await?
    };
    if is_primary {
        receipt = make_primary(ctx, org_id, domain).await?;
    }
    if is_verified {
        login_names::refresh_org(ctx.tx().await?, org_id).await?;
    }
    touch(ctx, org_id, receipt).await
}

async fn add_unverified(ctx: &mut Context, org_id: &str, domain: &str) -> Result<Receipt> {
    let receipt = ctx.record(&aggregate(org_id), &DomainAdded { domain }).await?;
    sql::insert(ctx.tx().await?, org_id, domain, &receipt).await?;
    Ok(receipt)
}

/// Adds a domain that needs no proof. Names of other organizations' users are not looked at here.
pub(super) async fn add_verified(ctx: &mut Context, org_id: &str, domain: &str) -> Result<Receipt> {
    add_unverified(ctx, org_id, domain).await?;
    let receipt = ctx.record(&aggregate(org_id), &DomainVerified { domain }).await?;
    sql::set_verified(ctx.tx().await?, org_id, domain, &receipt).await?;
    Ok(receipt)
}

/// Makes a domain of the organization its primary one; whether it may be is checked by the caller.
pub(super) async fn make_primary(ctx: &mut Context, org_id: &str, domain: &str) -> Result<Receipt> {
    let receipt = ctx.record(&aggregate(org_id), &PrimarySet { domain }).await?;
    let tx = ctx.tx().await?;
    sql::set_primary(tx, org_id, domain, &receipt).await?;
    organizations::sql::set_primary_domain(tx, org_id, domain).await?;
    Ok(receipt)
}

pub(super) async fn set_primary(ctx: &mut Context, org_id: &str, domain: &str) -> Result<Receipt> {
    let domain = domain.trim();
    if domain.is_empty() {
        return Err(PRIMARY_INVALID.into());
    }
    ctx.require(Permission::OrgWrite, org_id, None)?;
    let held = sql::find(ctx.tx().await?, org_id, domain).await?.ok_or(NOT_FOUND)?;
    if !held.is_verified {
        return Err(NOT_VERIFIED.into());
    }
    let receipt = make_primary(ctx, org_id, &held.domain).await?;
    login_names::refresh_org(ctx.tx().await?, org_id).await?;
    touch(ctx, org_id, receipt).await
}

pub(super) async fn remove(ctx: &mut Context, org_id: &str, domain: &str) -> Result<Receipt> {
    let domain = domain.trim();
    if domain.is_empty() {
        return Err(REMOVE_INVALID.into());
    }
    ctx.require(Permission::OrgWrite, org_id, None)?;
    let held = sql::find(ctx.tx().await?, org_id, domain).await?.ok_or(NOT_FOUND)?;
    if held.is_primary {
        return Err(PRIMARY_NOT_REMOVABLE.into());
    }
    sql::delete(ctx.tx().await?, org_id, domain).await?;
    let receipt = ctx.record(&aggregate(org_id), &DomainRemoved { domain: &held.domain }).await?;
    if held.is_verified {
        login_names::refresh_org(ctx.tx().await?, org_id).await?;
    }
    touch(ctx, org_id, receipt).await
}

/// The stream of an organization.
pub(super) fn aggregate(org_id: &str) -> Aggregate {
    Aggregate::new("org", org_id, org_id)
}

/// Notes the change on the organization itself.
pub(super) async fn touch(ctx: &mut Context, org_id: &str, receipt: Receipt) -> Result<Receipt> {
    organizations::sql::touch(ctx.tx().await?, org_id, &receipt).await?;
    Ok(receipt)
}
