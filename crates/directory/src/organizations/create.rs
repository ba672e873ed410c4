//! Creating organizations: the organization itself with its generated domain, and its administrators.

use castellan_kernel::{Fault, Permission, Receipt, Result};
use castellan_rpc::{Aggregate, Context};

use super::admins::{self, Admin, NewAdmin, Prepared, Who};
use super::event::OrgAdded;
use super::{domains, label, sql};

const BLANK_ID: Fault = Fault::invalid("ORG-4ABd3", "Errors.Invalid.Argument");
const ID_TAKEN: Fault = Fault::exists("ORG-laho2n", "Errors.Org.AlreadyExisting");
const NAME_EMPTY: Fault = Fault::invalid("ORG-mruNY", "Errors.Invalid.Argument");

/// Creates an organization with a new id; returns the id and the receipt of its last event. Its domain is made of its name and the
/// domain that the caller used, verified and primary. Nobody administers it yet.
///
/// # Errors
/// As [`create_with_id`].
pub async fn create(ctx: &mut Context, name: &str) -> Result<(String, Receipt)> {
    let (id, parent) = (ctx.new_id(), ctx.requested_domain());
    let receipt = create_with_id(ctx, &id, name, &parent).await?;
    Ok((id, receipt))
}

/// Creates an organization with this id, its domain below this one. Who may do that is the caller's business.
///
/// # Errors
/// `ORG-mruNY` without a name, `ORG-laho2n` for an id in use, `V3-DKcYh` for a name or a domain in use, `ORG-RrfXY` for a name that
/// gives no domain.
pub async fn create_with_id(ctx: &mut Context, id: &str, name: &str, parent: &str) -> Result<Receipt> {
    let name = checked_name(ctx, id, name).await?;
    let domain = label::generated_domain(name, parent)?;
    insert(ctx, id, name).await?;
    domains::add_generated(ctx, id, &domain, true).await
}

/// Creates an organization with this id and without any domain: the caller gives it the domains that it had elsewhere
/// ([`domains::take_over`]), a primary one among them. Who may do that is the caller's business.
///
/// # Errors
/// `ORG-mruNY` without a name, `ORG-laho2n` for an id in use, `V3-DKcYh` for a name in use.
pub async fn create_without_domain(ctx: &mut Context, id: &str, name: &str) -> Result<Receipt> {
    let name = checked_name(ctx, id, name).await?;
    insert(ctx, id, name).await
}

async fn checked_name<'a>(ctx: &mut Context, id: &str, name: &'a str) -> Result<&'a str> {
    let name = name.trim();
    if name.is_empty() {
        return Err(NAME_EMPTY.into());
    }
    if sql::exists(ctx.tx().await?, id).await? {
        return Err(ID_TAKEN.into());
    }
    Ok(name)
}

async fn insert(ctx: &mut Context, id: &str, name: &str) -> Result<Receipt> {
    let receipt = ctx.record(&Aggregate::new("org", id, id), &OrgAdded { name }).await?;
    sql::insert(ctx.tx().await?, id, name, &receipt).await?;
    Ok(receipt)
}

/// A new organization with its administrators.
pub(super) struct Created {
    pub id: String,
    pub receipt: Receipt,
    pub admins: Vec<Admin>,
}

/// Creates an organization for the API: `id` is the caller's choice or none. Only roles on the instance open it (v2).
pub(super) async fn create_with_admins(
    ctx: &mut Context,
    id: Option<String>,
    name: &str,
    admins: Vec<NewAdmin>,
) -> Result<Created> {
    let id = match id {
        Some(id) if id.trim().is_empty() => return Err(BLANK_ID.into()),
        Some(id) => id.trim().to_owned(),
        None => ctx.new_id(),
    };
    ctx.require(Permission::OrgWrite, &id, None)?;
    let prepared = admins::prepare(ctx, admins).await?;
    let parent = ctx.requested_domain();
    let receipt = create_with_id(ctx, &id, name, &parent).await?;
    let (admins, receipt) = add_admins(ctx, &id, prepared, receipt).await?;
    Ok(Created { id, receipt, admins })
}

/// Creates an organization for a caller who may create some, and makes the caller its owner (v1).
pub(super) async fn create_own(ctx: &mut Context, name: &str) -> Result<(String, Receipt)> {
    let (id, receipt) = create(ctx, name).await?;
    if !ctx.is_user() {
        return Ok((id, receipt));
    }
    let owner = NewAdmin { who: Who::User(ctx.caller.user_id.clone()), roles: Vec::new() };
    let prepared = admins::prepare(ctx, vec![owner]).await?;
    let (_, receipt) = add_admins(ctx, &id, prepared, receipt).await?;
    Ok((id, receipt))
}

/// Returns the administrators with the receipt of the organization's last event.
async fn add_admins(
    ctx: &mut Context,
    id: &str,
    prepared: Vec<Prepared>,
    mut receipt: Receipt,
) -> Result<(Vec<Admin>, Receipt)> {
    let mut added = Vec::with_capacity(prepared.len());
    for admin in prepared {
        let (admin, last) = admins::add(ctx, id, admin).await?;
        added.push(admin);
        receipt = last;
    }
    sql::touch(ctx.tx().await?, id, &receipt).await?;
    Ok((added, receipt))
}
