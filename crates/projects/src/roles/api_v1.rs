//! Management v1: conversion only, no rules.

use castellan_db::query::Condition;
use castellan_directory::users::head::Reach;
use castellan_kernel::Result;
use castellan_proto::zitadel::management::v1;
use castellan_proto::zitadel::project::v1 as wire;
use castellan_rpc::{Context, convert};

use super::Role;
use super::command::{self, NewRole};
use super::query::{self, filter};
use crate::wire::{QUERY_INVALID, method, removed};

pub(super) async fn add(ctx: &mut Context, request: v1::AddProjectRoleRequest) -> Result<v1::AddProjectRoleResponse> {
    let reach = Reach::Org(ctx.caller.org.clone());
    let role = NewRole { key: request.role_key, display_name: request.display_name, group: request.group };
    let receipt = command::add(ctx, &reach, &request.project_id, &[role]).await?;
    Ok(v1::AddProjectRoleResponse { details: convert::added(&receipt) })
}

pub(super) async fn add_many(
    ctx: &mut Context,
    request: v1::BulkAddProjectRolesRequest,
) -> Result<v1::BulkAddProjectRolesResponse> {
    let reach = Reach::Org(ctx.caller.org.clone());
    let roles: Vec<NewRole> = request
        .roles
        .into_iter()
        .map(|role| NewRole { key: role.key, display_name: role.display_name, group: role.group })
        .collect();
    let receipt = command::add(ctx, &reach, &request.project_id, &roles).await?;
    Ok(v1::BulkAddProjectRolesResponse { details: convert::added(&receipt) })
}

pub(super) async fn update(
    ctx: &mut Context,
    request: v1::UpdateProjectRoleRequest,
) -> Result<v1::UpdateProjectRoleResponse> {
    let reach = Reach::Org(ctx.caller.org.clone());
    let role = NewRole { key: request.role_key, display_name: request.display_name, group: request.group };
    let receipt = command::update(ctx, &reach, &request.project_id, role).await?;
    Ok(v1::UpdateProjectRoleResponse { details: convert::changed(&receipt) })
}

pub(super) async fn remove(
    ctx: &mut Context,
    request: v1::RemoveProjectRoleRequest,
) -> Result<v1::RemoveProjectRoleResponse> {
    let reach = Reach::Org(ctx.caller.org.clone());
    let receipt = command::remove(ctx, &reach, &request.project_id, &request.role_key).await?;
    Ok(v1::RemoveProjectRoleResponse { details: removed(receipt, &ctx.caller.org) })
}

pub(super) async fn list(
    ctx: &mut Context,
    request: v1::ListProjectRolesRequest,
) -> Result<v1::ListProjectRolesResponse> {
    let page = convert::page_v1(request.query.as_ref());
    let filters = request.queries.into_iter().map(query_filter).collect::<Result<_>>()?;
    let list = query::list_of_context(ctx, &request.project_id, filters, page).await?;
    Ok(v1::ListProjectRolesResponse {
        details: convert::list_v1(list.total, ctx.now()),
        result: list.items.iter().map(role).collect(),
    })
}

pub(super) async fn list_granted(
    ctx: &mut Context,
    request: v1::ListGrantedProjectRolesRequest,
) -> Result<v1::ListGrantedProjectRolesResponse> {
    let page = convert::page_v1(request.query.as_ref());
    let filters = request.queries.into_iter().map(query_filter).collect::<Result<_>>()?;
    let list = query::list_granted(ctx, &request.project_id, &request.grant_id, filters, page).await?;
    Ok(v1::ListGrantedProjectRolesResponse {
        details: convert::list_v1(list.total, ctx.now()),
        result: list.items.iter().map(role).collect(),
    })
}

fn query_filter(query: wire::RoleQuery) -> Result<Condition> {
    use wire::role_query::Query;
    Ok(match query.query.ok_or(QUERY_INVALID)? {
        Query::KeyQuery(query) => filter::key(method(query.method)?, &query.key),
        Query::DisplayNameQuery(query) => filter::display_name(method(query.method)?, &query.display_name),
    })
}

fn role(role: &Role) -> wire::Role {
    wire::Role {
        key: role.key.clone(),
        details: convert::read(role.sequence, role.created_at, role.changed_at, &role.org_id),
        display_name: role.display_name.clone(),
        group: role.group.clone(),
    }
}
