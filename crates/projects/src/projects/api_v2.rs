//! project v2 and v2beta: conversion only, no rules. The versions share the wire form of everything but list filters.

use castellan_db::query::Condition;
use castellan_directory::users::head::Reach;
use castellan_kernel::Result;
use castellan_proto::zitadel::project::{v2, v2beta};
use castellan_rpc::{Context, convert};

use super::ProjectHead;
use super::command::{self, Change, NewProject};
use super::query::{self, Belongs, Listed, Sorting, filter};
use crate::wire::{QUERY_INVALID, beta_page, changed_at, method, page, recast, some_ids, time};

pub(super) async fn create(ctx: &mut Context, request: v2::CreateProjectRequest) -> Result<v2::CreateProjectResponse> {
    let project = NewProject {
        org_id: request.organization_id,
        id: request.project_id,
        name: request.name,
        role_assertion: request.project_role_assertion,
        role_check: request.authorization_required,
        has_project_check: request.project_access_required,
        private_labeling: request.private_labeling_setting,
    };
    let created = command::create(ctx, project).await?;
    Ok(v2::CreateProjectResponse { creation_date: changed_at(&created.receipt), project_id: created.id })
}

pub(super) async fn update(ctx: &mut Context, request: v2::UpdateProjectRequest) -> Result<v2::UpdateProjectResponse> {
    let change = Change {
        name: request.name,
        role_assertion: request.project_role_assertion,
        role_check: request.authorization_required,
        has_project_check: request.project_access_required,
        private_labeling: request.private_labeling_setting,
    };
    let receipt = command::update(ctx, &Reach::Instance, &request.project_id, change).await?;
    Ok(v2::UpdateProjectResponse { change_date: changed_at(&receipt) })
}

pub(super) async fn deactivate(
    ctx: &mut Context,
    request: v2::DeactivateProjectRequest,
) -> Result<v2::DeactivateProjectResponse> {
    let receipt = command::deactivate(ctx, &Reach::Instance, &request.project_id).await?;
    Ok(v2::DeactivateProjectResponse { change_date: changed_at(&receipt) })
}

pub(super) async fn activate(
    ctx: &mut Context,
    request: v2::ActivateProjectRequest,
) -> Result<v2::ActivateProjectResponse> {
    let receipt = command::activate(ctx, &Reach::Instance, &request.project_id).await?;
    Ok(v2::ActivateProjectResponse { change_date: changed_at(&receipt) })
}

pub(super) async fn delete(ctx: &mut Context, request: v2::DeleteProjectRequest) -> Result<v2::DeleteProjectResponse> {
    let receipt = command::remove(ctx, &Reach::Instance, &request.project_id).await?;
    Ok(v2::DeleteProjectResponse { deletion_date: receipt.as_ref().and_then(changed_at) })
}

pub(super) async fn get(ctx: &mut Context, request: v2::GetProjectRequest) -> Result<v2::GetProjectResponse> {
    let found = query::by_id(ctx, &request.project_id).await?;
    Ok(v2::GetProjectResponse { project: Some(project(&found)) })
}

pub(super) async fn list(ctx: &mut Context, request: v2::ListProjectsRequest) -> Result<v2::ListProjectsResponse> {
    let page = page(ctx, request.pagination.as_ref())?;
    let sorting = sorting(request.sorting_column.unwrap_or_default());
    let filters = request.filters.into_iter().map(search_filter).collect::<Result<_>>()?;
    let list = query::list(ctx, filters, sorting, page).await?;
    Ok(v2::ListProjectsResponse {
        pagination: convert::pagination_v2(list.total, &page),
        projects: list.items.iter().map(listed).collect(),
    })
}

pub(super) async fn beta_create(
    ctx: &mut Context,
    request: v2beta::CreateProjectRequest,
) -> Result<v2beta::CreateProjectResponse> {
    recast(&create(ctx, recast(&request)?).await?)
}

pub(super) async fn beta_update(
    ctx: &mut Context,
    request: v2beta::UpdateProjectRequest,
) -> Result<v2beta::UpdateProjectResponse> {
    recast(&update(ctx, recast(&request)?).await?)
}

pub(super) async fn beta_deactivate(
    ctx: &mut Context,
    request: v2beta::DeactivateProjectRequest,
) -> Result<v2beta::DeactivateProjectResponse> {
    recast(&deactivate(ctx, recast(&request)?).await?)
}

pub(super) async fn beta_activate(
    ctx: &mut Context,
    request: v2beta::ActivateProjectRequest,
) -> Result<v2beta::ActivateProjectResponse> {
    recast(&activate(ctx, recast(&request)?).await?)
}

pub(super) async fn beta_delete(
    ctx: &mut Context,
    request: v2beta::DeleteProjectRequest,
) -> Result<v2beta::DeleteProjectResponse> {
    recast(&delete(ctx, recast(&request)?).await?)
}

pub(super) async fn beta_get(
    ctx: &mut Context,
    request: v2beta::GetProjectRequest,
) -> Result<v2beta::GetProjectResponse> {
    recast(&get(ctx, recast(&request)?).await?)
}

pub(super) async fn beta_list(
    ctx: &mut Context,
    request: v2beta::ListProjectsRequest,
) -> Result<v2beta::ListProjectsResponse> {
    let page = beta_page(ctx, request.pagination.as_ref())?;
    let sorting = sorting(request.sorting_column.unwrap_or_default());
    let filters = request.filters.into_iter().map(beta_search_filter).collect::<Result<_>>()?;
    let list = query::list(ctx, filters, sorting, page).await?;
    recast(&v2::ListProjectsResponse {
        pagination: convert::pagination_v2(list.total, &page),
        projects: list.items.iter().map(listed).collect(),
    })
}

fn sorting(column: i32) -> Sorting {
    match v2::ProjectFieldName::try_from(column).unwrap_or_default() {
        v2::ProjectFieldName::Unspecified | v2::ProjectFieldName::CreationDate => Sorting::Created,
        v2::ProjectFieldName::Id => Sorting::Id,
        v2::ProjectFieldName::ChangeDate => Sorting::Changed,
        v2::ProjectFieldName::Name => Sorting::Name,
    }
}

fn search_filter(search: v2::ProjectSearchFilter) -> Result<Condition> {
    use v2::project_organization_id_filter::Type;
    use v2::project_search_filter::Filter;
    Ok(match search.filter.ok_or(QUERY_INVALID)? {
        Filter::ProjectNameFilter(by) => filter::name(method(by.method)?, &by.project_name),
        Filter::InProjectIdsFilter(by) => filter::ids(some_ids(by.ids)?),
        Filter::OrganizationIdFilter(by) => {
            let how = match by.r#type() {
                Type::Owned => Belongs::Owned,
                Type::Granted => Belongs::Granted,
                Type::Unspecified | Type::OwnedOrGranted => Belongs::Either,
            };
            filter::belongs(&by.organization_id, how)
        }
    })
}

fn beta_search_filter(search: v2beta::ProjectSearchFilter) -> Result<Condition> {
    use v2beta::project_search_filter::Filter;
    Ok(match search.filter.ok_or(QUERY_INVALID)? {
        Filter::ProjectNameFilter(by) => filter::name(method(by.method)?, &by.project_name),
        Filter::InProjectIdsFilter(by) => filter::ids(some_ids(by.ids)?),
        Filter::ProjectResourceOwnerFilter(by) => filter::owner(by.id),
        Filter::ProjectGrantResourceOwnerFilter(by) => filter::grants_of_owner(by.id),
        Filter::ProjectOrganizationIdFilter(by) => filter::belongs(&by.id, Belongs::Either),
    })
}

fn project(project: &ProjectHead) -> v2::Project {
    v2::Project {
        project_id: project.id.clone(),
        organization_id: project.org_id.clone(),
        creation_date: time(project.created_at),
        change_date: time(project.changed_at),
        name: project.name.clone(),
        state: project.state as i32,
        project_role_assertion: project.role_assertion,
        authorization_required: project.role_check,
        project_access_required: project.has_project_check,
        private_labeling_setting: project.private_labeling,
        granted_organization_id: None,
        granted_organization_name: None,
        granted_state: 0,
    }
}

fn listed(listed: &Listed) -> v2::Project {
    let owned = project(&listed.project);
    let Some(granted) = &listed.granted else { return owned };
    v2::Project {
        creation_date: time(granted.created_at),
        change_date: time(granted.changed_at),
        granted_organization_id: Some(granted.org_id.clone()),
        granted_organization_name: Some(granted.org_name.clone()),
        granted_state: granted.state as i32,
        ..owned
    }
}
