//! project v2 and v2beta: conversion only, no rules. The versions share the wire form.

use castellan_db::query::Condition;
use castellan_directory::users::head::Reach;
use castellan_kernel::Result;
use castellan_proto::zitadel::project::{v2, v2beta};
use castellan_rpc::{Context, convert};

use super::Role;
use super::command::{self, NewRole};
use super::query::{self, Sorting, filter};
use crate::wire::{QUERY_INVALID, changed_at, method, page, recast, time};

pub(super) async fn add(ctx: &mut Context, request: v2::AddProjectRoleRequest) -> Result<v2::AddProjectRoleResponse> {
    let role =
        NewRole { key: request.role_key, display_name: request.display_name, group: request.group.unwrap_or_default() };
    let receipt = command::add(ctx, &Reach::Instance, &request.project_id, &[role]).await?;
    Ok(v2::AddProjectRoleResponse { creation_date: changed_at(&receipt) })
}

pub(super) async fn update(
    ctx: &mut Context,
    request: v2::UpdateProjectRoleRequest,
) -> Result<v2::UpdateProjectRoleResponse> {
    // Names that are left out are cleared (spec: api.md 4.3).
    let role = NewRole {
        key: request.role_key,
        display_name: request.display_name.unwrap_or_default(),
        group: request.group.unwrap_or_default(),
    };
    let receipt = command::update(ctx, &Reach::Instance, &request.project_id, role).await?;
    Ok(v2::UpdateProjectRoleResponse { change_date: changed_at(&receipt) })
}

pub(super) async fn remove(
    ctx: &mut Context,
    request: v2::RemoveProjectRoleRequest,
) -> Result<v2::RemoveProjectRoleResponse> {
    let receipt = command::remove(ctx, &Reach::Instance, &request.project_id, &request.role_key).await?;
    Ok(v2::RemoveProjectRoleResponse { removal_date: receipt.as_ref().and_then(changed_at) })
}

pub(super) async fn list(
    ctx: &mut Context,
    request: v2::ListProjectRolesRequest,
) -> Result<v2::ListProjectRolesResponse> {
    let page = page(ctx, request.pagination.as_ref())?;
    let sorting = match request.sorting_column() {
        v2::ProjectRoleFieldName::Unspecified | v2::ProjectRoleFieldName::CreationDate => Sorting::Created,
        v2::ProjectRoleFieldName::Key => Sorting::Key,
        v2::ProjectRoleFieldName::ChangeDate => Sorting::Changed,
    };
    let filters = request.filters.into_iter().map(search_filter).collect::<Result<_>>()?;
    let list = query::list_visible(ctx, &request.project_id, filters, sorting, page).await?;
    Ok(v2::ListProjectRolesResponse {
        pagination: convert::pagination_v2(list.total, &page),
        project_roles: list.items.iter().map(role).collect(),
    })
}

pub(super) async fn beta_add(
    ctx: &mut Context,
    request: v2beta::AddProjectRoleRequest,
) -> Result<v2beta::AddProjectRoleResponse> {
    recast(&add(ctx, recast(&request)?).await?)
}

pub(super) async fn beta_update(
    ctx: &mut Context,
    request: v2beta::UpdateProjectRoleRequest,
) -> Result<v2beta::UpdateProjectRoleResponse> {
    recast(&update(ctx, recast(&request)?).await?)
}

pub(super) async fn beta_remove(
    ctx: &mut Context,
    request: v2beta::RemoveProjectRoleRequest,
) -> Result<v2beta::RemoveProjectRoleResponse> {
    recast(&remove(ctx, recast(&request)?).await?)
}

pub(super) async fn beta_list(
    ctx: &mut Context,
    request: v2beta::ListProjectRolesRequest,
) -> Result<v2beta::ListProjectRolesResponse> {
    recast(&list(ctx, recast(&request)?).await?)
}

fn search_filter(search: v2::ProjectRoleSearchFilter) -> Result<Condition> {
    use v2::project_role_search_filter::Filter;
    Ok(match search.filter.ok_or(QUERY_INVALID)? {
        Filter::RoleKeyFilter(by) => filter::key(method(by.method)?, &by.key),
        Filter::DisplayNameFilter(by) => filter::display_name(method(by.method)?, &by.display_name),
    })
}

fn role(role: &Role) -> v2::ProjectRole {
    v2::ProjectRole {
        project_id: role.project_id.clone(),
        key: role.key.clone(),
        creation_date: time(role.created_at),
        change_date: time(role.changed_at),
        display_name: role.display_name.clone(),
        group: role.group.clone(),
    }
}
