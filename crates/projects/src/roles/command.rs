//! The rules for adding, changing and removing roles.

use castellan_db::DbResultExt as _;
use castellan_directory::users::head::Reach;
use castellan_kernel::{Fault, Permission, Receipt, Result};
use castellan_rpc::Context;

use super::event::{RoleAdded, RoleChanged, RoleRemoved};
use super::sql;
use crate::projects::ProjectHead;
use crate::wire::require_somewhere;
use crate::{authorizations, grants};

const PROJECT_NOT_FOUND: Fault = Fault::precondition("COMMAND-EbFMN", "Errors.Project.NotFound");
const ROLE_INVALID: Fault = Fault::invalid("COMMAND-4m9vS", "Errors.Project.Role.Invalid");
const ROLE_EXISTS: Fault = Fault::exists("V3-DKcYh", "Errors.Project.Role.AlreadyExists");
const CHANGE_INVALID: Fault = Fault::invalid("COMMAND-2ilfW", "Errors.Project.Invalid");
const ROLE_NOT_FOUND: Fault = Fault::not_found("COMMAND-vv8M9", "Errors.Project.Role.NotExisting");
const REMOVE_INVALID: Fault = Fault::invalid("COMMAND-fl9eF", "Errors.Project.Role.Invalid");

/// A role to add.
#[derive(Debug, Clone, Default)]
pub struct NewRole {
    /// The key that tokens carry, unique within the project whatever its case.
    pub key: String,
    /// What people read.
    pub display_name: String,
    /// Roles of one group are shown together.
    pub group: String,
}

/// Adds roles to a project: all of them or none. The receipt is that of the last.
///
/// # Errors
/// An unknown project, a missing or taken key, a caller without `project.role.write` on the project.
pub async fn add(ctx: &mut Context, reach: &Reach, project_id: &str, roles: &[NewRole]) -> Result<Receipt> {
    if project_id.is_empty() || roles.is_empty() || roles.iter().any(|role| role.key.is_empty()) {
        return Err(ROLE_INVALID.into());
    }
    let project = ProjectHead::find(ctx.tx().await?, reach, project_id).await?.ok_or(PROJECT_NOT_FOUND)?;
    ctx.require(Permission::ProjectRoleWrite, &project.org_id, Some(&project.id))?;
    let mut last = None;
    for role in roles {
        let event = RoleAdded { key: &role.key, display_name: &role.display_name, group: &role.group };
        let receipt = ctx.record(&project.aggregate(), &event).await?;
        sql::insert(ctx.tx().await?, &project.id, role, &receipt)
            .await
            .on_unique(sql::KEY_INDEX, ROLE_EXISTS)
            .on_unique(sql::ID_INDEX, ROLE_EXISTS)?;
        last = Some(receipt);
    }
    last.ok_or_else(|| ROLE_INVALID.into())
}

pub(super) async fn update(ctx: &mut Context, reach: &Reach, project_id: &str, change: NewRole) -> Result<Receipt> {
    if project_id.is_empty() || change.key.is_empty() {
        return Err(CHANGE_INVALID.into());
    }
    let project = ProjectHead::find(ctx.tx().await?, reach, project_id).await?.ok_or(PROJECT_NOT_FOUND)?;
    ctx.require(Permission::ProjectRoleWrite, &project.org_id, Some(&project.id))?;
    let role = sql::find(ctx.tx().await?, &project.id, &change.key).await?.ok_or(ROLE_NOT_FOUND)?;
    let event = RoleChanged {
        key: &role.key,
        display_name: (change.display_name != role.display_name).then_some(change.display_name.as_str()),
        group: (change.group != role.group).then_some(change.group.as_str()),
    };
    if event.display_name.is_none() && event.group.is_none() {
        return Ok(Receipt {
            sequence: role.sequence,
            created_at: Some(role.created_at),
            changed_at: role.changed_at,
            owner: project.org_id,
        });
    }
    let receipt = ctx.record(&project.aggregate(), &event).await?;
    sql::update(ctx.tx().await?, &project.id, &change, &receipt).await?;
    Ok(receipt)
}

/// Removes the role from the project, its grants and its authorizations; `None` when it was not there.
pub(super) async fn remove(ctx: &mut Context, reach: &Reach, project_id: &str, key: &str) -> Result<Option<Receipt>> {
    if project_id.is_empty() || key.is_empty() {
        return Err(REMOVE_INVALID.into());
    }
    let Some(project) = ProjectHead::find(ctx.tx().await?, reach, project_id).await? else {
        // Nothing to remove; but only for callers who could have removed it.
        require_somewhere(ctx, Permission::ProjectRoleDelete)?;
        return match reach {
            Reach::Instance => Ok(None),
            Reach::Org(_) => Err(PROJECT_NOT_FOUND.into()),
        };
    };
    ctx.require(Permission::ProjectRoleDelete, &project.org_id, Some(&project.id))?;
    if !sql::delete(ctx.tx().await?, &project.id, key).await? {
        return Ok(None);
    }
    let receipt = ctx.record(&project.aggregate(), &RoleRemoved { key }).await?;
    let removed = [key.to_owned()];
    grants::drop_roles(ctx, &project, &removed).await?;
    authorizations::drop_roles(ctx, &project.id, None, &removed).await?;
    Ok(Some(receipt))
}
