//! Management v1: conversion only, no rules.

use castellan_db::query::Condition;
use castellan_directory::users::head::Reach;
use castellan_kernel::Result;
use castellan_proto::zitadel::management::v1;
use castellan_proto::zitadel::project::v1 as wire;
use castellan_rpc::{Context, convert};

use super::ProjectHead;
use super::command::{self, Change, NewProject};
use super::query::{self, filter};
use crate::wire::{QUERY_INVALID, method, removed};

pub(super) async fn add(ctx: &mut Context, request: v1::AddProjectRequest) -> Result<v1::AddProjectResponse> {
    let project = NewProject {
        org_id: ctx.caller.org.clone(),
        id: None,
        name: request.name,
        role_assertion: request.project_role_assertion,
        role_check: request.project_role_check,
        has_project_check: request.has_project_check,
        private_labeling: request.private_labeling_setting,
    };
    let created = command::create(ctx, project).await?;
    Ok(v1::AddProjectResponse { id: created.id, details: convert::added(&created.receipt) })
}

pub(super) async fn update(ctx: &mut Context, request: v1::UpdateProjectRequest) -> Result<v1::UpdateProjectResponse> {
    let change = Change {
        name: Some(request.name),
        role_assertion: Some(request.project_role_assertion),
        role_check: Some(request.project_role_check),
        has_project_check: Some(request.has_project_check),
        private_labeling: Some(request.private_labeling_setting),
    };
    let reach = Reach::Org(ctx.caller.org.clone());
    let receipt = command::update(ctx, &reach, &request.id, change).await?;
    Ok(v1::UpdateProjectResponse { details: convert::changed(&receipt) })
}

pub(super) async fn deactivate(
    ctx: &mut Context,
    request: v1::DeactivateProjectRequest,
) -> Result<v1::DeactivateProjectResponse> {
    let reach = Reach::Org(ctx.caller.org.clone());
    let receipt = command::deactivate(ctx, &reach, &request.id).await?;
    Ok(v1::DeactivateProjectResponse { details: convert::changed(&receipt) })
}

pub(super) async fn reactivate(
    ctx: &mut Context,
    request: v1::ReactivateProjectRequest,
) -> Result<v1::ReactivateProjectResponse> {
    let reach = Reach::Org(ctx.caller.org.clone());
    let receipt = command::activate(ctx, &reach, &request.id).await?;
    Ok(v1::ReactivateProjectResponse { details: convert::changed(&receipt) })
}

pub(super) async fn remove(ctx: &mut Context, request: v1::RemoveProjectRequest) -> Result<v1::RemoveProjectResponse> {
    let reach = Reach::Org(ctx.caller.org.clone());
    let receipt = command::remove(ctx, &reach, &request.id).await?;
    Ok(v1::RemoveProjectResponse { details: removed(receipt, &ctx.caller.org) })
}

pub(super) async fn get(ctx: &mut Context, request: v1::GetProjectByIdRequest) -> Result<v1::GetProjectByIdResponse> {
    let found = query::of_context(ctx, &request.id).await?;
    Ok(v1::GetProjectByIdResponse { project: Some(project(&found)) })
}

pub(super) async fn list(ctx: &mut Context, request: v1::ListProjectsRequest) -> Result<v1::ListProjectsResponse> {
    let page = convert::page_v1(request.query.as_ref());
    let filters = request.queries.into_iter().map(query_filter).collect::<Result<_>>()?;
    let list = query::list_of_context(ctx, filters, page).await?;
    Ok(v1::ListProjectsResponse {
        details: convert::list_v1(list.total, ctx.now()),
        result: list.items.iter().map(project).collect(),
    })
}

/// Also for lists of granted projects, whose statement names the project alike.
pub(crate) fn query_filter(query: wire::ProjectQuery) -> Result<Condition> {
    use wire::project_query::Query;
    Ok(match query.query.ok_or(QUERY_INVALID)? {
        Query::NameQuery(query) => filter::name(method(query.method)?, &query.name),
        Query::ProjectResourceOwnerQuery(query) => filter::owner(query.resource_owner),
    })
}

fn project(project: &ProjectHead) -> wire::Project {
    wire::Project {
        id: project.id.clone(),
        details: convert::read(project.sequence, project.created_at, project.changed_at, &project.org_id),
        name: project.name.clone(),
        state: project.state as i32,
        project_role_assertion: project.role_assertion,
        project_role_check: project.role_check,
        has_project_check: project.has_project_check,
        private_labeling_setting: project.private_labeling,
    }
}
