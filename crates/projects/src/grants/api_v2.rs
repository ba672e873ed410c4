//! project v2 and v2beta: conversion only, no rules. The versions number the fields of a listed grant differently.

use castellan_db::query::Condition;
use castellan_directory::users::head::Reach;
use castellan_kernel::Result;
use castellan_proto::zitadel::project::{v2, v2beta};
use castellan_rpc::{Context, convert};

use super::Grant;
use super::command::{self, Name, NewGrant};
use super::query::{self, Sorting, filter};
use crate::projects::ProjectState;
use crate::wire::{QUERY_INVALID, beta_page, changed_at, method, page, recast, some_ids, time};

pub(super) async fn create(
    ctx: &mut Context,
    request: v2::CreateProjectGrantRequest,
) -> Result<v2::CreateProjectGrantResponse> {
    let grant = NewGrant {
        id: None,
        project_id: request.project_id,
        granted_org_id: request.granted_organization_id,
        role_keys: request.role_keys,
    };
    let created = command::create(ctx, &Reach::Instance, grant).await?;
    Ok(v2::CreateProjectGrantResponse { creation_date: changed_at(&created.receipt) })
}

pub(super) async fn update(
    ctx: &mut Context,
    request: v2::UpdateProjectGrantRequest,
) -> Result<v2::UpdateProjectGrantResponse> {
    let name = Name::Org(request.granted_organization_id);
    let receipt = command::update(ctx, &Reach::Instance, &request.project_id, &name, request.role_keys).await?;
    Ok(v2::UpdateProjectGrantResponse { change_date: changed_at(&receipt) })
}

pub(super) async fn deactivate(
    ctx: &mut Context,
    request: v2::DeactivateProjectGrantRequest,
) -> Result<v2::DeactivateProjectGrantResponse> {
    let name = Name::Org(request.granted_organization_id);
    let state = ProjectState::Inactive;
    let receipt = command::set_state(ctx, &Reach::Instance, &request.project_id, &name, state).await?;
    Ok(v2::DeactivateProjectGrantResponse { change_date: changed_at(&receipt) })
}

pub(super) async fn activate(
    ctx: &mut Context,
    request: v2::ActivateProjectGrantRequest,
) -> Result<v2::ActivateProjectGrantResponse> {
    let name = Name::Org(request.granted_organization_id);
    let state = ProjectState::Active;
    let receipt = command::set_state(ctx, &Reach::Instance, &request.project_id, &name, state).await?;
    Ok(v2::ActivateProjectGrantResponse { change_date: changed_at(&receipt) })
}

pub(super) async fn delete(
    ctx: &mut Context,
    request: v2::DeleteProjectGrantRequest,
) -> Result<v2::DeleteProjectGrantResponse> {
    let name = Name::Org(request.granted_organization_id);
    let receipt = command::remove(ctx, &Reach::Instance, &request.project_id, &name).await?;
    Ok(v2::DeleteProjectGrantResponse { deletion_date: receipt.as_ref().and_then(changed_at) })
}

pub(super) async fn list(
    ctx: &mut Context,
    request: v2::ListProjectGrantsRequest,
) -> Result<v2::ListProjectGrantsResponse> {
    let page = page(ctx, request.pagination.as_ref())?;
    let sorting = sorting(request.sorting_column.unwrap_or_default());
    let filters = request.filters.into_iter().map(search_filter).collect::<Result<_>>()?;
    let list = query::list_visible(ctx, filters, sorting, page).await?;
    Ok(v2::ListProjectGrantsResponse {
        pagination: convert::pagination_v2(list.total, &page),
        project_grants: list.items.iter().map(grant).collect(),
    })
}

pub(super) async fn beta_create(
    ctx: &mut Context,
    request: v2beta::CreateProjectGrantRequest,
) -> Result<v2beta::CreateProjectGrantResponse> {
    recast(&create(ctx, recast(&request)?).await?)
}

pub(super) async fn beta_update(
    ctx: &mut Context,
    request: v2beta::UpdateProjectGrantRequest,
) -> Result<v2beta::UpdateProjectGrantResponse> {
    recast(&update(ctx, recast(&request)?).await?)
}

pub(super) async fn beta_deactivate(
    ctx: &mut Context,
    request: v2beta::DeactivateProjectGrantRequest,
) -> Result<v2beta::DeactivateProjectGrantResponse> {
    recast(&deactivate(ctx, recast(&request)?).await?)
}

pub(super) async fn beta_activate(
    ctx: &mut Context,
    request: v2beta::ActivateProjectGrantRequest,
) -> Result<v2beta::ActivateProjectGrantResponse> {
    recast(&activate(ctx, recast(&request)?).await?)
}

pub(super) async fn beta_delete(
    ctx: &mut Context,
    request: v2beta::DeleteProjectGrantRequest,
) -> Result<v2beta::DeleteProjectGrantResponse> {
    recast(&delete(ctx, recast(&request)?).await?)
}

pub(super) async fn beta_list(
    ctx: &mut Context,
    request: v2beta::ListProjectGrantsRequest,
) -> Result<v2beta::ListProjectGrantsResponse> {
    let page = beta_page(ctx, request.pagination.as_ref())?;
    let sorting = sorting(request.sorting_column.unwrap_or_default());
    // The request has the wire form of v2; only the listed grants differ.
    let filters = request.filters.iter().map(|filter| search_filter(recast(filter)?)).collect::<Result<_>>()?;
    let list = query::list_visible(ctx, filters, sorting, page).await?;
    Ok(v2beta::ListProjectGrantsResponse {
        pagination: convert::pagination_v2(list.total, &page).as_ref().map(recast).transpose()?,
        project_grants: list.items.iter().map(beta_grant).collect(),
    })
}

fn sorting(column: i32) -> Sorting {
    match v2::ProjectGrantFieldName::try_from(column).unwrap_or_default() {
        v2::ProjectGrantFieldName::Unspecified | v2::ProjectGrantFieldName::CreationDate => Sorting::Created,
        v2::ProjectGrantFieldName::ProjectId => Sorting::Project,
        v2::ProjectGrantFieldName::ChangeDate => Sorting::Changed,
    }
}

fn search_filter(search: v2::ProjectGrantSearchFilter) -> Result<Condition> {
    use v2::project_grant_search_filter::Filter;
    Ok(match search.filter.ok_or(QUERY_INVALID)? {
        Filter::ProjectNameFilter(by) => filter::project_name(method(by.method)?, &by.project_name),
        Filter::RoleKeyFilter(by) => filter::role(method(by.method)?, &by.key),
        Filter::InProjectIdsFilter(by) => filter::projects(some_ids(by.ids)?),
        Filter::OrganizationIdFilter(by) => filter::owner(by.id),
        Filter::GrantedOrganizationIdFilter(by) => filter::granted_to(by.id),
    })
}

fn grant(grant: &Grant) -> v2::ProjectGrant {
    v2::ProjectGrant {
        organization_id: grant.org_id.clone(),
        creation_date: time(grant.created_at),
        change_date: time(grant.changed_at),
        granted_organization_id: grant.granted_org_id.clone(),
        granted_organization_name: grant.granted_org_name.clone(),
        granted_role_keys: grant.role_keys.clone(),
        project_id: grant.project_id.clone(),
        project_name: grant.project_name.clone(),
        state: grant.state as i32,
    }
}

fn beta_grant(grant: &Grant) -> v2beta::ProjectGrant {
    v2beta::ProjectGrant {
        organization_id: grant.org_id.clone(),
        creation_date: time(grant.created_at),
        change_date: time(grant.changed_at),
        granted_organization_id: grant.granted_org_id.clone(),
        granted_organization_name: grant.granted_org_name.clone(),
        granted_role_keys: grant.role_keys.clone(),
        project_id: grant.project_id.clone(),
        project_name: grant.project_name.clone(),
        state: grant.state as i32,
    }
}
