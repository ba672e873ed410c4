//! The rules for renaming, (de)activating and removing organizations, and for the default one.

use castellan_kernel::{Fault, Permission, Receipt, Result};
use castellan_rpc::{Aggregate, Context};

use super::event::{DefaultOrgSet, OrgChanged, OrgDeactivated, OrgReactivated, OrgRemoved};
use super::{OrgState, domains, label, sql};

const INVALID: Fault = Fault::invalid("EVENT-Mf9sd", "Errors.Org.Invalid");
const UPDATE_NOT_FOUND: Fault = Fault::not_found("ORG-1MRds", "Errors.Org.NotFound");
const NOT_CHANGED: Fault = Fault::precondition("ORG-4VSdf", "Errors.Org.NotChanged");
const DEACTIVATE_NOT_FOUND: Fault = Fault::not_found("ORG-oL9nT", "Errors.Org.NotFound");
const ALREADY_DEACTIVATED: Fault = Fault::precondition("EVENT-Dbs2g", "Errors.Org.AlreadyDeactivated");
const REACTIVATE_NOT_FOUND: Fault = Fault::not_found("ORG-Dgf3g", "Errors.Org.NotFound");
const ALREADY_ACTIVE: Fault = Fault::precondition("EVENT-bfnrh", "Errors.Org.AlreadyActive");
const IS_DEFAULT: Fault = Fault::precondition("COMMA-wG9p1", "Errors.Org.DefaultOrgNotDeletable");
const OWNS_API_PROJECT: Fault = Fault::precondition("COMMA-AF3JW", "Errors.Org.ZitadelOrgNotDeletable");
const DEFAULT_ID_EMPTY: Fault = Fault::invalid("INST-SWffe", "Errors.Invalid.Argument");
const DEFAULT_UNCHANGED: Fault = Fault::precondition("INST-SDfw2", "Errors.Instance.NotChanged");
const DEFAULT_NOT_FOUND: Fault = Fault::precondition("INSTA-Wfe21", "Errors.Org.NotFound");

/// Renames an organization; the domain that was generated from the old name follows, if the organization still has it.
pub(super) async fn rename(ctx: &mut Context, id: &str, name: &str) -> Result<Receipt> {
    let name = name.trim();
    if id.is_empty() || name.is_empty() {
        return Err(INVALID.into());
    }
    ctx.require(Permission::OrgWrite, id, None)?;
    let org = sql::find(ctx.tx().await?, id).await?.ok_or(UPDATE_NOT_FOUND)?;
    if org.name == name {
        return Err(NOT_CHANGED.into());
    }
    let mut receipt = ctx.record(&Aggregate::new("org", id, id), &OrgChanged { name }).await?;
    sql::rename(ctx.tx().await?, id, name).await?;

    let parent = ctx.requested_domain();
    let new_domain = label::generated_domain(name, &parent)?;
    // A name that gives no domain can only stem from elsewhere (an import); then there is none to replace.
    if let Ok(old_domain) = label::generated_domain(&org.name, &parent)
        && old_domain != new_domain
        && let Some(moved) = domains::replace_generated(ctx, id, &old_domain, &new_domain).await?
    {
        receipt = moved;
    }
    sql::touch(ctx.tx().await?, id, &receipt).await?;
    Ok(receipt)
}

pub(super) async fn deactivate(ctx: &mut Context, id: &str) -> Result<Receipt> {
    ctx.require(Permission::OrgWrite, id, None)?;
    let org = sql::find(ctx.tx().await?, id).await?.ok_or(DEACTIVATE_NOT_FOUND)?;
    if org.state == OrgState::Inactive {
        return Err(ALREADY_DEACTIVATED.into());
    }
    let receipt = ctx.record(&Aggregate::new("org", id, id), &OrgDeactivated {}).await?;
    set_state(ctx, id, OrgState::Inactive, receipt).await
}

pub(super) async fn reactivate(ctx: &mut Context, id: &str) -> Result<Receipt> {
    ctx.require(Permission::OrgWrite, id, None)?;
    let org = sql::find(ctx.tx().await?, id).await?.ok_or(REACTIVATE_NOT_FOUND)?;
    if org.state == OrgState::Active {
        return Err(ALREADY_ACTIVE.into());
    }
    let receipt = ctx.record(&Aggregate::new("org", id, id), &OrgReactivated {}).await?;
    set_state(ctx, id, OrgState::Active, receipt).await
}

async fn set_state(ctx: &mut Context, id: &str, state: OrgState, receipt: Receipt) -> Result<Receipt> {
    let tx = ctx.tx().await?;
    sql::set_state(tx, id, state).await?;
    sql::touch(tx, id, &receipt).await?;
    Ok(receipt)
}

/// Removes an organization with everything in it; `None` when there is none.
pub(super) async fn remove(ctx: &mut Context, id: &str) -> Result<Option<Receipt>> {
    ctx.require(Permission::OrgDelete, id, None)?;
    let api_project = ctx.instance.project_id.clone();
    let tx = ctx.tx().await?;
    if sql::default_org_id(tx).await?.as_deref() == Some(id) {
        return Err(IS_DEFAULT.into());
    }
    if sql::owns_project(tx, id, &api_project).await? {
        return Err(OWNS_API_PROJECT.into());
    }
    if !sql::exists(tx, id).await? {
        return Ok(None);
    }
    sql::delete(tx, id).await?;
    ctx.record(&Aggregate::new("org", id, id), &OrgRemoved {}).await.map(Some)
}

/// Makes an active organization the one that new users land in.
pub(super) async fn set_default(ctx: &mut Context, id: &str) -> Result<Receipt> {
    if id.is_empty() {
        return Err(DEFAULT_ID_EMPTY.into());
    }
    let tx = ctx.tx().await?;
    let org = sql::find(tx, id).await?.filter(|org| org.state == OrgState::Active);
    org.ok_or(DEFAULT_NOT_FOUND)?;
    if sql::default_org_id(tx).await?.as_deref() == Some(id) {
        return Err(DEFAULT_UNCHANGED.into());
    }
    let instance_id = ctx.instance.id.clone();
    let aggregate = Aggregate::new("instance", &instance_id, &instance_id);
    let receipt = ctx.record(&aggregate, &DefaultOrgSet { org_id: id }).await?;
    sql::set_default_org(ctx.tx().await?, id, &receipt).await?;
    Ok(receipt)
}
