//! authorization v2: conversion only, no rules.

use castellan_db::query::Condition;
use castellan_kernel::Result;
use castellan_proto::zitadel::authorization::v2;
use castellan_rpc::{Context, convert};

use super::AuthorizationState;
use super::command::{self, Asker, NewAuthorization};
use super::query::{self, Listed, Sorting, filter};
use crate::roles::{self, Role};
use crate::wire::{QUERY_INVALID, changed_at, method, page, some_ids, time};

pub(super) async fn create(
    ctx: &mut Context,
    request: v2::CreateAuthorizationRequest,
) -> Result<v2::CreateAuthorizationResponse> {
    let new = NewAuthorization {
        org_id: Some(request.organization_id),
        user_id: request.user_id,
        project_id: request.project_id,
        grant_id: None,
        role_keys: request.role_keys,
    };
    let created = command::add(ctx, &Asker::Anyone, new).await?;
    Ok(v2::CreateAuthorizationResponse { creation_date: changed_at(&created.receipt), id: created.id })
}

pub(super) async fn update(
    ctx: &mut Context,
    request: v2::UpdateAuthorizationRequest,
) -> Result<v2::UpdateAuthorizationResponse> {
    let receipt = command::update(ctx, &Asker::Anyone, None, &request.id, request.role_keys).await?;
    Ok(v2::UpdateAuthorizationResponse { change_date: changed_at(&receipt) })
}

pub(super) async fn delete(
    ctx: &mut Context,
    request: v2::DeleteAuthorizationRequest,
) -> Result<v2::DeleteAuthorizationResponse> {
    let receipt = command::remove(ctx, &Asker::Anyone, None, &request.id).await?;
    Ok(v2::DeleteAuthorizationResponse { deletion_date: receipt.as_ref().and_then(changed_at) })
}

pub(super) async fn activate(
    ctx: &mut Context,
    request: v2::ActivateAuthorizationRequest,
) -> Result<v2::ActivateAuthorizationResponse> {
    let state = AuthorizationState::Active;
    let receipt = command::set_state(ctx, &Asker::Anyone, None, &request.id, state).await?;
    Ok(v2::ActivateAuthorizationResponse { change_date: changed_at(&receipt) })
}

pub(super) async fn deactivate(
    ctx: &mut Context,
    request: v2::DeactivateAuthorizationRequest,
) -> Result<v2::DeactivateAuthorizationResponse> {
    let state = AuthorizationState::Inactive;
    let receipt = command::set_state(ctx, &Asker::Anyone, None, &request.id, state).await?;
    Ok(v2::DeactivateAuthorizationResponse { change_date: changed_at(&receipt) })
}

pub(super) async fn list(
    ctx: &mut Context,
    request: v2::ListAuthorizationsRequest,
) -> Result<v2::ListAuthorizationsResponse> {
    let page = page(ctx, request.pagination.as_ref())?;
    let sorting = sorting(request.sorting_column);
    let filters = request.filters.into_iter().map(search_filter).collect::<Result<_>>()?;
    let list = query::list_visible(ctx, filters, sorting, page).await?;
    let projects = list.items.iter().map(|listed| listed.authorization.project_id.clone()).collect();
    let roles = roles::of_projects(ctx.read().await?, projects).await?;
    Ok(v2::ListAuthorizationsResponse {
        pagination: convert::pagination_v2(list.total, &page),
        authorizations: list.items.iter().map(|listed| authorization(ctx, listed, &roles)).collect(),
    })
}

/// Both versions number the columns alike.
pub(super) fn sorting(column: i32) -> Sorting {
    use v2::AuthorizationFieldName as Column;
    match Column::try_from(column).unwrap_or_default() {
        Column::Unspecified | Column::CreatedDate => Sorting::Created,
        Column::ChangedDate => Sorting::Changed,
        Column::Id => Sorting::Id,
        Column::UserId => Sorting::User,
        Column::ProjectId => Sorting::Project,
        Column::OrganizationId => Sorting::Org,
        Column::UserOrganizationId => Sorting::UserOrg,
    }
}

fn search_filter(search: v2::AuthorizationsSearchFilter) -> Result<Condition> {
    use v2::authorizations_search_filter::Filter;
    Ok(match search.filter.ok_or(QUERY_INVALID)? {
        Filter::AuthorizationIds(by) => filter::ids(some_ids(by.ids)?),
        Filter::OrganizationId(by) => filter::org(by.id),
        Filter::State(by) => filter::state(by.state),
        Filter::InUserIds(by) => filter::users(some_ids(by.ids)?),
        Filter::UserOrganizationId(by) => filter::user_org(by.id),
        Filter::UserPreferredLoginName(by) => filter::login_name(method(by.method)?, &by.login_name),
        Filter::UserDisplayName(by) => filter::display_name(method(by.method)?, &by.display_name),
        Filter::ProjectId(by) => filter::project(by.id),
        Filter::ProjectName(by) => filter::project_name(method(by.method)?, &by.name),
        Filter::RoleKey(by) => filter::role(method(by.method)?, &by.key),
        Filter::ProjectGrantId(by) => filter::grant(by.id),
    })
}

fn authorization(ctx: &Context, listed: &Listed, known: &[Role]) -> v2::Authorization {
    let authorization = &listed.authorization;
    let role = |key: &String| {
        let found = known.iter().find(|role| role.key == *key && role.project_id == authorization.project_id);
        v2::Role {
            key: key.clone(),
            display_name: found.map(|role| role.display_name.clone()).unwrap_or_default(),
            group: found.map(|role| role.group.clone()).unwrap_or_default(),
        }
    };
    v2::Authorization {
        id: authorization.id.clone(),
        creation_date: time(authorization.created_at),
        change_date: time(authorization.changed_at),
        project: Some(v2::Project {
            id: authorization.project_id.clone(),
            name: listed.project_name.clone(),
            organization_id: listed.project_org_id.clone(),
        }),
        organization: Some(v2::Organization { id: authorization.org_id.clone(), name: listed.org_name.clone() }),
        user: Some(v2::User {
            id: authorization.user_id.clone(),
            preferred_login_name: listed.login_name.clone(),
            display_name: listed.display_name.clone(),
            avatar_url: listed.avatar_url(ctx),
            organization_id: listed.user_org_id.clone(),
        }),
        state: authorization.state as i32,
        roles: authorization.role_keys.iter().map(role).collect(),
    }
}
