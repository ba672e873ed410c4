//! Management v1: conversion only, no rules.

use castellan_db::query::Condition;
use castellan_directory::users::head::Reach;
use castellan_kernel::Result;
use castellan_proto::zitadel::management::v1;
use castellan_proto::zitadel::project::v1 as wire;
use castellan_rpc::{Context, convert};

use super::Grant;
use super::command::{self, Name, NewGrant};
use super::query::{self, filter};
use crate::projects::{ProjectState, query_filter};
use crate::wire::{QUERY_INVALID, method, removed};

pub(super) async fn add(ctx: &mut Context, request: v1::AddProjectGrantRequest) -> Result<v1::AddProjectGrantResponse> {
    let reach = Reach::Org(ctx.caller.org.clone());
    let grant = NewGrant {
        id: None,
        project_id: request.project_id,
        granted_org_id: request.granted_org_id,
        role_keys: request.role_keys,
    };
    let created = command::create(ctx, &reach, grant).await?;
    Ok(v1::AddProjectGrantResponse { grant_id: created.id, details: convert::added(&created.receipt) })
}

pub(super) async fn update(
    ctx: &mut Context,
    request: v1::UpdateProjectGrantRequest,
) -> Result<v1::UpdateProjectGrantResponse> {
    let reach = Reach::Org(ctx.caller.org.clone());
    let name = Name::Id(request.grant_id);
    let receipt = command::update(ctx, &reach, &request.project_id, &name, request.role_keys).await?;
    Ok(v1::UpdateProjectGrantResponse { details: convert::changed(&receipt) })
}

pub(super) async fn deactivate(
    ctx: &mut Context,
    request: v1::DeactivateProjectGrantRequest,
) -> Result<v1::DeactivateProjectGrantResponse> {
    let reach = Reach::Org(ctx.caller.org.clone());
    let name = Name::Id(request.grant_id);
    let receipt = command::set_state(ctx, &reach, &request.project_id, &name, ProjectState::Inactive).await?;
    Ok(v1::DeactivateProjectGrantResponse { details: convert::changed(&receipt) })
}

pub(super) async fn reactivate(
    ctx: &mut Context,
    request: v1::ReactivateProjectGrantRequest,
) -> Result<v1::ReactivateProjectGrantResponse> {
    let reach = Reach::Org(ctx.caller.org.clone());
    let name = Name::Id(request.grant_id);
    let receipt = command::set_state(ctx, &reach, &request.project_id, &name, ProjectState::Active).await?;
    Ok(v1::ReactivateProjectGrantResponse { details: convert::changed(&receipt) })
}

pub(super) async fn remove(
    ctx: &mut Context,
    request: v1::RemoveProjectGrantRequest,
) -> Result<v1::RemoveProjectGrantResponse> {
    let reach = Reach::Org(ctx.caller.org.clone());
    let receipt = command::remove(ctx, &reach, &request.project_id, &Name::Id(request.grant_id)).await?;
    Ok(v1::RemoveProjectGrantResponse { details: removed(receipt, &ctx.caller.org) })
}

pub(super) async fn get(
    ctx: &mut Context,
    request: v1::GetProjectGrantByIdRequest,
) -> Result<v1::GetProjectGrantByIdResponse> {
    let found = query::get(ctx, &request.project_id, &request.grant_id).await?;
    Ok(v1::GetProjectGrantByIdResponse { project_grant: Some(grant(&found)) })
}

pub(super) async fn get_granted(
    ctx: &mut Context,
    request: v1::GetGrantedProjectByIdRequest,
) -> Result<v1::GetGrantedProjectByIdResponse> {
    let found = query::get_granted(ctx, &request.project_id, &request.grant_id).await?;
    Ok(v1::GetGrantedProjectByIdResponse { granted_project: Some(grant(&found)) })
}

pub(super) async fn list_of_project(
    ctx: &mut Context,
    request: v1::ListProjectGrantsRequest,
) -> Result<v1::ListProjectGrantsResponse> {
    use wire::project_grant_query::Query;
    let page = convert::page_v1(request.query.as_ref());
    let mut filters = vec![filter::projects(vec![request.project_id])];
    for query in request.queries {
        filters.push(match query.query.ok_or(QUERY_INVALID)? {
            Query::ProjectNameQuery(query) => filter::project_name(method(query.method)?, &query.name),
            Query::RoleKeyQuery(query) => filter::role(method(query.method)?, &query.role_key),
        });
    }
    let list = query::list_given(ctx, filters, page).await?;
    Ok(v1::ListProjectGrantsResponse {
        details: convert::list_v1(list.total, ctx.now()),
        result: list.items.iter().map(grant).collect(),
    })
}

pub(super) async fn list_of_org(
    ctx: &mut Context,
    request: v1::ListAllProjectGrantsRequest,
) -> Result<v1::ListAllProjectGrantsResponse> {
    use wire::all_project_grant_query::Query;
    let page = convert::page_v1(request.query.as_ref());
    let filters = request
        .queries
        .into_iter()
        .map(|query| {
            Ok(match query.query.ok_or(QUERY_INVALID)? {
                Query::ProjectNameQuery(query) => filter::project_name(method(query.method)?, &query.name),
                Query::RoleKeyQuery(query) => filter::role(method(query.method)?, &query.role_key),
                Query::ProjectIdQuery(query) => filter::projects(vec![query.project_id]),
                Query::GrantedOrgIdQuery(query) => filter::granted_to(query.granted_org_id),
            })
        })
        .collect::<Result<Vec<Condition>>>()?;
    let list = query::list_given(ctx, filters, page).await?;
    Ok(v1::ListAllProjectGrantsResponse {
        details: convert::list_v1(list.total, ctx.now()),
        result: list.items.iter().map(grant).collect(),
    })
}

pub(super) async fn list_granted(
    ctx: &mut Context,
    request: v1::ListGrantedProjectsRequest,
) -> Result<v1::ListGrantedProjectsResponse> {
    let page = convert::page_v1(request.query.as_ref());
    let filters = request.queries.into_iter().map(query_filter).collect::<Result<_>>()?;
    let list = query::list_granted(ctx, filters, page).await?;
    Ok(v1::ListGrantedProjectsResponse {
        details: convert::list_v1(list.total, ctx.now()),
        result: list.items.iter().map(grant).collect(),
    })
}

fn grant(grant: &Grant) -> wire::GrantedProject {
    wire::GrantedProject {
        grant_id: grant.id.clone(),
        granted_org_id: grant.granted_org_id.clone(),
        granted_org_name: grant.granted_org_name.clone(),
        granted_role_keys: grant.role_keys.clone(),
        state: grant.state as i32,
        project_id: grant.project_id.clone(),
        project_name: grant.project_name.clone(),
        project_owner_id: grant.org_id.clone(),
        project_owner_name: grant.org_name.clone(),
        details: convert::read(grant.sequence, grant.created_at, grant.changed_at, &grant.org_id),
    }
}
