//! The rules for groups and their members.

use castellan_db::DbResultExt as _;
use castellan_kernel::{Fault, Permission, Receipt, Result};
use castellan_rpc::{Aggregate, Context};

use super::event::{GroupAdded, GroupChanged, GroupRemoved, GroupUsersAdded, GroupUsersRemoved};
use super::{Group, sql};

const NAME_INVALID: Fault = Fault::invalid("GROUP-m177lN", "Errors.Group.InvalidName");
const NEW_NAME_INVALID: Fault = Fault::invalid("GROUP-dUNd3r", "Errors.Group.InvalidName");
const ORG_MISSING: Fault = Fault::invalid("CMDGRP-msc0Tt", "Errors.Group.MissingOrganizationID");
const ORG_NOT_FOUND: Fault = Fault::precondition("CMDGRP-j1mH8l", "Errors.Org.NotFound");
const ID_TAKEN: Fault = Fault::exists("CMDGRP-shRut3", "Errors.Group.AlreadyExists");
const NAME_TAKEN: Fault = Fault::exists("V3-DKcYh", "Errors.Group.AlreadyExists");
const NOT_FOUND: Fault = Fault::not_found("CMDGRP-b33zly", "Errors.Group.NotFound");
const GROUP_OF_USERS_NOT_FOUND: Fault = Fault::precondition("CMDGRP-eQfeur", "Errors.Group.NotFound");
const USER_NOT_FOUND: Fault = Fault::precondition("COMMAND-uXHNj", "Errors.User.NotFound");

/// A group to create.
#[derive(Debug, Default)]
pub(super) struct NewGroup {
    pub org_id: String,
    /// An id of the caller's choice; else one is drawn.
    pub id: Option<String>,
    pub name: String,
    pub description: String,
}

pub(super) async fn create(ctx: &mut Context, group: NewGroup) -> Result<(String, Receipt)> {
    if group.name.trim().is_empty() {
        return Err(NAME_INVALID.into());
    }
    if group.org_id.is_empty() {
        return Err(ORG_MISSING.into());
    }
    ctx.require(Permission::GroupCreate, &group.org_id, None)?;
    let tx = ctx.tx().await?;
    if !sql::org_exists(tx, &group.org_id).await? {
        return Err(ORG_NOT_FOUND.into());
    }
    let id = match group.id {
        Some(id) if sql::find(tx, &id).await?.is_some() => return Err(ID_TAKEN.into()),
        Some(id) => id,
        None => ctx.new_id(),
    };
    let event = GroupAdded { name: &group.name, description: &group.description };
    let receipt = ctx.record(&Aggregate::new("group", &id, &group.org_id), &event).await?;
    sql::insert(ctx.tx().await?, &id, &group.org_id, &group.name, &group.description, &receipt)
        .await
        .on_unique(sql::NAME_INDEX, NAME_TAKEN)?;
    Ok((id, receipt))
}

/// Changes what is given; what is given as it is already changes nothing.
pub(super) async fn update(
    ctx: &mut Context,
    id: &str,
    name: Option<String>,
    description: Option<String>,
) -> Result<Receipt> {
    if name.as_ref().is_some_and(|name| name.trim().is_empty()) {
        return Err(NEW_NAME_INVALID.into());
    }
    let group = sql::find(ctx.tx().await?, id).await?.ok_or(NOT_FOUND)?;
    ctx.require(Permission::GroupWrite, &group.org_id, None)?;
    let event = GroupChanged {
        name: name.as_deref().filter(|name| *name != group.name),
        description: description.as_deref().filter(|description| *description != group.description),
    };
    if event.name.is_none() && event.description.is_none() {
        return Ok(group.receipt());
    }
    let receipt = ctx.record(&group.aggregate(), &event).await?;
    let (name, description) = (event.name.unwrap_or(&group.name), event.description.unwrap_or(&group.description));
    sql::update(ctx.tx().await?, &group.id, name, description, &receipt)
        .await
        .on_unique(sql::NAME_INDEX, NAME_TAKEN)?;
    Ok(receipt)
}

/// Removes a group with its memberships; one that is not there is as good as removed.
pub(super) async fn delete(ctx: &mut Context, id: &str) -> Result<Option<Receipt>> {
    let Some(group) = sql::find(ctx.tx().await?, id).await? else {
        ctx.require(Permission::GroupDelete, &ctx.caller.org, None)?;
        return Ok(None);
    };
    ctx.require(Permission::GroupDelete, &group.org_id, None)?;
    let receipt = ctx.record(&group.aggregate(), &GroupRemoved { id: &group.id }).await?;
    sql::delete(ctx.tx().await?, &group.id).await?;
    Ok(Some(receipt))
}

/// Adds users of the group's organization; those who are in it already stay.
pub(super) async fn add_users(ctx: &mut Context, id: &str, user_ids: Vec<String>) -> Result<Receipt> {
    let group = sql::find(ctx.tx().await?, id).await?.ok_or(GROUP_OF_USERS_NOT_FOUND)?;
    ctx.require(Permission::GroupUserWrite, &group.org_id, None)?;
    let added = with_membership(ctx, &group, user_ids, false).await?;
    if added.is_empty() {
        return Ok(group.receipt());
    }
    let receipt = ctx.record(&group.aggregate(), &GroupUsersAdded { user_ids: &added }).await?;
    for user_id in &added {
        sql::insert_member(ctx.tx().await?, &group.id, user_id, &receipt).await?;
    }
    Ok(receipt)
}

/// Takes users out of the group; those who are not in it are skipped.
pub(super) async fn remove_users(ctx: &mut Context, id: &str, user_ids: Vec<String>) -> Result<Receipt> {
    let group = sql::find(ctx.tx().await?, id).await?.ok_or(GROUP_OF_USERS_NOT_FOUND)?;
    ctx.require(Permission::GroupUserDelete, &group.org_id, None)?;
    let removed = with_membership(ctx, &group, user_ids, true).await?;
    if removed.is_empty() {
        return Ok(group.receipt());
    }
    let receipt = ctx.record(&group.aggregate(), &GroupUsersRemoved { user_ids: &removed }).await?;
    for user_id in &removed {
        sql::delete_member(ctx.tx().await?, &group.id, user_id).await?;
    }
    Ok(receipt)
}

/// Those of the users, each once, who are (or are not) in the group.
async fn with_membership(
    ctx: &mut Context,
    group: &Group,
    user_ids: Vec<String>,
    is_member: bool,
) -> Result<Vec<String>> {
    let mut found: Vec<String> = Vec::new();
    for user_id in user_ids {
        let tx = ctx.tx().await?;
        if !sql::is_user_of(tx, &user_id, &group.org_id).await? {
            return Err(USER_NOT_FOUND.into());
        }
        if sql::is_member(tx, &group.id, &user_id).await? == is_member && !found.contains(&user_id) {
            found.push(user_id);
        }
    }
    Ok(found)
}

/// Records that a user who is about to be removed leaves its groups.
///
/// # Errors
/// When storage does not answer.
pub async fn record_removal_of_user(ctx: &mut Context, user_id: &str) -> Result<()> {
    let user_ids = [user_id.to_owned()];
    for group in sql::groups_of_user(ctx.tx().await?, user_id).await? {
        ctx.record(&group.aggregate(), &GroupUsersRemoved { user_ids: &user_ids }).await?;
    }
    Ok(())
}
