//! authorization v2beta: conversion only, no rules. Requests that change something have the wire form of v2; listed authorizations
//! are flat here.

use castellan_db::query::Condition;
use castellan_kernel::Result;
use castellan_proto::zitadel::authorization::v2beta;
use castellan_rpc::{Context, convert};

use super::api_v2;
use super::command::{self, Asker, NewAuthorization};
use super::query::{self, Listed, filter};
use crate::wire::{QUERY_INVALID, beta_page, changed_at, method, recast, some_ids, time};

pub(super) async fn create(
    ctx: &mut Context,
    request: v2beta::CreateAuthorizationRequest,
) -> Result<v2beta::CreateAuthorizationResponse> {
    let new = NewAuthorization {
        org_id: request.organization_id.filter(|org| !org.is_empty()),
        user_id: request.user_id,
        project_id: request.project_id,
        grant_id: None,
        role_keys: request.role_keys,
    };
    let created = command::add(ctx, &Asker::Anyone, new).await?;
    Ok(v2beta::CreateAuthorizationResponse { creation_date: changed_at(&created.receipt), id: created.id })
}

pub(super) async fn update(
    ctx: &mut Context,
    request: v2beta::UpdateAuthorizationRequest,
) -> Result<v2beta::UpdateAuthorizationResponse> {
    recast(&api_v2::update(ctx, recast(&request)?).await?)
}

pub(super) async fn delete(
    ctx: &mut Context,
    request: v2beta::DeleteAuthorizationRequest,
) -> Result<v2beta::DeleteAuthorizationResponse> {
    recast(&api_v2::delete(ctx, recast(&request)?).await?)
}

pub(super) async fn activate(
    ctx: &mut Context,
    request: v2beta::ActivateAuthorizationRequest,
) -> Result<v2beta::ActivateAuthorizationResponse> {
    recast(&api_v2::activate(ctx, recast(&request)?).await?)
}

pub(super) async fn deactivate(
    ctx: &mut Context,
    request: v2beta::DeactivateAuthorizationRequest,
) -> Result<v2beta::DeactivateAuthorizationResponse> {
    recast(&api_v2::deactivate(ctx, recast(&request)?).await?)
}

pub(super) async fn list(
    ctx: &mut Context,
    request: v2beta::ListAuthorizationsRequest,
) -> Result<v2beta::ListAuthorizationsResponse> {
    let page = beta_page(ctx, request.pagination.as_ref())?;
    let sorting = api_v2::sorting(request.sorting_column.unwrap_or_default());
    let filters = request.filters.into_iter().map(search_filter).collect::<Result<_>>()?;
    let list = query::list_visible(ctx, filters, sorting, page).await?;
    Ok(v2beta::ListAuthorizationsResponse {
        pagination: convert::pagination_v2(list.total, &page).as_ref().map(recast).transpose()?,
        authorizations: list.items.iter().map(|listed| authorization(ctx, listed)).collect(),
    })
}

fn search_filter(search: v2beta::AuthorizationsSearchFilter) -> Result<Condition> {
    use v2beta::authorizations_search_filter::Filter;
    Ok(match search.filter.ok_or(QUERY_INVALID)? {
        Filter::AuthorizationIds(by) => filter::ids(some_ids(by.ids)?),
        Filter::OrganizationId(by) => filter::org(by.id),
        Filter::State(by) => filter::state(by.state),
        Filter::UserId(by) => filter::users(vec![by.id]),
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

fn authorization(ctx: &Context, listed: &Listed) -> v2beta::Authorization {
    let authorization = &listed.authorization;
    let granted = !authorization.grant_id.is_empty();
    v2beta::Authorization {
        id: authorization.id.clone(),
        project_id: authorization.project_id.clone(),
        project_name: listed.project_name.clone(),
        project_organization_id: listed.project_org_id.clone(),
        project_grant_id: granted.then(|| authorization.grant_id.clone()),
        granted_organization_id: granted.then(|| authorization.org_id.clone()),
        organization_id: authorization.org_id.clone(),
        creation_date: time(authorization.created_at),
        change_date: time(authorization.changed_at),
        state: authorization.state as i32,
        user: Some(v2beta::User {
            id: authorization.user_id.clone(),
            preferred_login_name: listed.login_name.clone(),
            display_name: listed.display_name.clone(),
            avatar_url: listed.avatar_url(ctx),
            organization_id: listed.user_org_id.clone(),
        }),
        roles: authorization.role_keys.clone(),
    }
}
