//! Creating organizations: the organization itself with its generated domain, and its administrators.

use castellan_kernel::{Fault, Permission, Receipt, Result};
use castellan_rpc::{Aggregate, Context};

use super::event::OrgAdded;
use super::{domains, label, sql};
use crate::administrators::{self, Resource};

const BLANK_ID: Fault = Fault::invalid("ORG-4ABd3", "Errors.Invalid.Argument");
const ID_TAKEN: Fault = Fault::exists("ORG-laho2n", "Errors.Org.AlreadyExisting");
const NAME_EMPTY: Fault = Fault::invalid("ORG-mruNY", "Errors.Invalid.Argument");
const ADMIN_NOT_FOUND: Fault = Fault::precondition("ORG-GoXOn", "Errors.User.NotFound");

/// A user who shall administer a new organization.
pub(super) struct NewAdmin {
    pub user_id: String,
    /// None stands for `ORG_OWNER`.
    pub roles: Vec<String>,
}

/// Creates an organization with a new id; returns the id and the receipt of its last event. Its domain is made of its name and the
/// external domain, verified and primary. Nobody administers it yet.
///
/// # Errors
/// As [`create_with_id`].
pub async fn create(ctx: &mut Context, name: &str) -> Result<(String, Receipt)> {
    let (id, external_domain) = (ctx.new_id(), ctx.env().hosts.external_domain.clone());
    let receipt = create_with_id(ctx, &id, name, &external_domain).await?;
    Ok((id, receipt))
}

/// Creates an organization with this id below this external domain. Who may do that is the caller's business.
///
/// # Errors
/// `ORG-mruNY` without a name, `ORG-laho2n` for an id in use, `V3-DKcYh` for a name or a domain in use, `ORG-RrfXY` for a name that
/// gives no domain.
pub async fn create_with_id(ctx: &mut Context, id: &str, name: &str, external_domain: &str) -> Result<Receipt> {
    let name = name.trim();
    if name.is_empty() {
        return Err(NAME_EMPTY.into());
    }
    if sql::exists(ctx.tx().await?, id).await? {
        return Err(ID_TAKEN.into());
    }
    let domain = label::generated_domain(name, external_domain)?;
    let receipt = ctx.record(&Aggregate::new("org", id, id), &OrgAdded { name }).await?;
    sql::insert(ctx.tx().await?, id, name, &receipt).await?;
    domains::add_generated(ctx, id, &domain, true).await
}

/// Creates an organization for the API: `id` is the caller's choice or none. Only roles on the instance open it (v2).
pub(super) async fn create_with_admins(
    ctx: &mut Context,
    id: Option<String>,
    name: &str,
    admins: &[NewAdmin],
) -> Result<(String, Receipt)> {
    let id = match id {
        Some(id) if id.trim().is_empty() => return Err(BLANK_ID.into()),
        Some(id) => id.trim().to_owned(),
        None => ctx.new_id(),
    };
    ctx.require(Permission::OrgWrite, &id, None)?;
    let external_domain = ctx.env().hosts.external_domain.clone();
    let mut receipt = create_with_id(ctx, &id, name, &external_domain).await?;
    for admin in admins {
        receipt = grant(ctx, &id, admin).await?;
    }
    Ok((id, receipt))
}

/// Creates an organization for a caller who may create some, and makes the caller its owner (v1).
pub(super) async fn create_own(ctx: &mut Context, name: &str) -> Result<(String, Receipt)> {
    let (id, mut receipt) = create(ctx, name).await?;
    if ctx.is_user() {
        receipt = grant(ctx, &id, &NewAdmin { user_id: ctx.caller.user_id.clone(), roles: Vec::new() }).await?;
    }
    Ok((id, receipt))
}

/// Gives the roles as the server itself: whoever may create an organization may say who owns it, without being its member.
async fn grant(ctx: &mut Context, org_id: &str, admin: &NewAdmin) -> Result<Receipt> {
    let known = castellan_db::statement!("SELECT 1 FROM users WHERE instance_id = $1 AND id = $2");
    if ctx.tx().await?.row(known, &castellan_db::values![&admin.user_id]).await?.is_none() {
        return Err(ADMIN_NOT_FOUND.into());
    }
    let roles: Vec<&str> = match admin.roles.as_slice() {
        [] => vec!["ORG_OWNER"],
        roles => roles.iter().map(String::as_str).collect(),
    };
    let caller = std::sync::Arc::clone(&ctx.caller);
    ctx.caller = std::sync::Arc::new(castellan_kernel::Caller::internal(&caller.user_id));
    let granted = administrators::grant(ctx, Resource::Org(org_id.to_owned()), &admin.user_id, &roles).await;
    ctx.caller = caller;
    granted
}
