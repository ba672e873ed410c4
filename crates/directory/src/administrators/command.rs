//! The rules for giving, changing and taking manager roles, the same on every level.

use castellan_db::DbResultExt as _;
use castellan_kernel::{Receipt, Result};
use castellan_rpc::Context;

use super::event::{self, Change};
use super::target::{Reach, Resource, Target};
use super::{Level, sql};

/// Roles for a user on a resource.
pub(super) struct Assignment {
    pub reach: Reach,
    pub resource: Resource,
    pub user_id: String,
    pub roles: Vec<String>,
}

pub(super) async fn add(ctx: &mut Context, command: Assignment) -> Result<Receipt> {
    let faults = command.resource.level().faults();
    let Assignment { reach, resource, user_id, roles } = command;
    ctx.tx().await?;
    let target = Target::find(ctx, &reach, &resource).await?.ok_or(faults.add_no_resource)?;
    ctx.require(target.level.write(), &target.permission_org, target.permission_resource())?;
    let incomplete = match target.level {
        Level::Instance => user_id.is_empty(),
        Level::Org | Level::Project | Level::ProjectGrant => user_id.is_empty() || roles.is_empty(),
    };
    if incomplete {
        return Err(faults.add_incomplete.into());
    }
    if !target.level.accepts(&roles, true, &ctx.env().roles) {
        return Err(faults.add_roles_invalid.into());
    }
    let tx = ctx.tx().await?;
    if target.level == Level::Org && !sql::org_exists(tx, &target.id).await? {
        return Err(faults.add_no_resource.into());
    }
    if !sql::user_exists(tx, &user_id).await? {
        return Err(faults.add_no_user.into());
    }
    if sql::stored(tx, target.level, &target.id, &user_id).await?.is_some() {
        return Err(faults.exists.into());
    }
    let receipt = event::record(ctx, &target, &user_id, Change::Added(&roles)).await?;
    sql::insert(ctx.tx().await?, &target, &user_id, &roles, &receipt)
        .await
        .on_unique("administrators_pkey", faults.exists)?;
    Ok(receipt)
}

pub(super) async fn update(ctx: &mut Context, command: Assignment) -> Result<Receipt> {
    let faults = command.resource.level().faults();
    let Assignment { reach, resource, user_id, roles } = command;
    ctx.tx().await?;
    let target = Target::find(ctx, &reach, &resource).await?.ok_or(faults.update_no_resource)?;
    ctx.require(target.level.write(), &target.permission_org, target.permission_resource())?;
    if user_id.is_empty() || roles.is_empty() {
        return Err(faults.update_incomplete.into());
    }
    if !target.level.accepts(&roles, false, &ctx.env().roles) {
        return Err(faults.update_roles_invalid.into());
    }
    let stored = sql::stored(ctx.tx().await?, target.level, &target.id, &user_id).await?.ok_or(faults.no_member)?;
    if stored.roles == roles {
        return Ok(stored.receipt(&target.owner));
    }
    let receipt = event::record(ctx, &target, &user_id, Change::Changed(&roles)).await?;
    sql::update(ctx.tx().await?, &target, &user_id, &roles, &receipt).await?;
    Ok(receipt)
}

/// Takes all roles of the resource from the user; `None` when there were none.
pub(super) async fn remove(
    ctx: &mut Context,
    reach: &Reach,
    resource: &Resource,
    user_id: &str,
) -> Result<Option<Receipt>> {
    let level = resource.level();
    if user_id.is_empty() {
        return Err(level.faults().remove_incomplete.into());
    }
    ctx.tx().await?;
    let Some(target) = Target::find(ctx, reach, resource).await? else {
        // Nothing to remove; but only for callers who could have removed something.
        let named = match resource {
            Resource::Project(id) | Resource::ProjectGrant { grant: id, .. } => Some(id.as_str()),
            Resource::Instance | Resource::Org(_) | Resource::ProjectGrantTo { .. } => None,
        };
        ctx.require(level.delete(), &ctx.caller.org, named)?;
        return match (level, reach) {
            (Level::ProjectGrant, Reach::Org(_)) => Err(level.faults().update_no_resource.into()),
            _ => Ok(None),
        };
    };
    ctx.require(level.delete(), &target.permission_org, target.permission_resource())?;
    if !sql::delete(ctx.tx().await?, level, &target.id, user_id).await? {
        return Ok(None);
    }
    event::record(ctx, &target, user_id, Change::Removed).await.map(Some)
}

/// Gives a user manager roles on a resource of any organization, by the rules of the API. Setup and commands that create
/// organizations or instances call it with their own context.
///
/// # Errors
/// As the API: unknown user or resource, roles of another level, a user who has roles there already, a caller without the
/// permission.
pub async fn grant(ctx: &mut Context, resource: Resource, user_id: &str, roles: &[&str]) -> Result<Receipt> {
    let roles = roles.iter().map(|role| (*role).to_owned()).collect();
    add(ctx, Assignment { reach: Reach::Instance, resource, user_id: user_id.to_owned(), roles }).await
}

/// Records that a user who is about to be removed loses all manager roles; the rows go with the user's.
///
/// # Errors
/// When storage does not answer.
pub async fn record_removal_of_user(ctx: &mut Context, user_id: &str) -> Result<()> {
    let instance = ctx.instance.id.clone();
    for target in sql::targets_of_user(ctx.tx().await?, &instance, user_id).await? {
        event::record(ctx, &target, user_id, Change::CascadeRemoved).await?;
    }
    Ok(())
}
