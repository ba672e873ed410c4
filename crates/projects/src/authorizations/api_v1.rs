//! Management and Auth v1: conversion only, no rules.

use castellan_db::query::Condition;
use castellan_kernel::Result;
use castellan_proto::zitadel::auth::v1 as auth;
use castellan_proto::zitadel::management::v1;
use castellan_proto::zitadel::user::v1 as wire;
use castellan_proto::zitadel::v1::ObjectDetails;
use castellan_rpc::{Context, convert};

use super::command::{self, Asker, NewAuthorization};
use super::query::{self, Listed, filter};
use super::{Authorization, AuthorizationState};
use crate::wire::{QUERY_INVALID, method, removed, some_ids};

fn asker(ctx: &Context) -> Asker {
    Asker::Context(ctx.caller.org.clone())
}

pub(super) async fn add(ctx: &mut Context, request: v1::AddUserGrantRequest) -> Result<v1::AddUserGrantResponse> {
    let asker = asker(ctx);
    let new = NewAuthorization {
        org_id: Some(ctx.caller.org.clone()),
        user_id: request.user_id,
        project_id: request.project_id,
        grant_id: Some(request.project_grant_id),
        role_keys: request.role_keys,
    };
    let created = command::add(ctx, &asker, new).await?;
    Ok(v1::AddUserGrantResponse { user_grant_id: created.id, details: convert::added(&created.receipt) })
}

pub(super) async fn update(
    ctx: &mut Context,
    request: v1::UpdateUserGrantRequest,
) -> Result<v1::UpdateUserGrantResponse> {
    let asker = asker(ctx);
    let user_id = Some(request.user_id.as_str());
    let receipt = command::update(ctx, &asker, user_id, &request.grant_id, request.role_keys).await?;
    Ok(v1::UpdateUserGrantResponse { details: convert::changed(&receipt) })
}

pub(super) async fn deactivate(
    ctx: &mut Context,
    request: v1::DeactivateUserGrantRequest,
) -> Result<v1::DeactivateUserGrantResponse> {
    let (asker, state) = (asker(ctx), AuthorizationState::Inactive);
    let receipt = command::set_state(ctx, &asker, Some(&request.user_id), &request.grant_id, state).await?;
    Ok(v1::DeactivateUserGrantResponse { details: convert::changed(&receipt) })
}

pub(super) async fn reactivate(
    ctx: &mut Context,
    request: v1::ReactivateUserGrantRequest,
) -> Result<v1::ReactivateUserGrantResponse> {
    let (asker, state) = (asker(ctx), AuthorizationState::Active);
    let receipt = command::set_state(ctx, &asker, Some(&request.user_id), &request.grant_id, state).await?;
    Ok(v1::ReactivateUserGrantResponse { details: convert::changed(&receipt) })
}

pub(super) async fn remove(
    ctx: &mut Context,
    request: v1::RemoveUserGrantRequest,
) -> Result<v1::RemoveUserGrantResponse> {
    let asker = asker(ctx);
    let receipt = command::remove(ctx, &asker, Some(&request.user_id), &request.grant_id).await?;
    Ok(v1::RemoveUserGrantResponse { details: removed(receipt, &ctx.caller.org) })
}

pub(super) async fn remove_many(
    ctx: &mut Context,
    request: v1::BulkRemoveUserGrantRequest,
) -> Result<v1::BulkRemoveUserGrantResponse> {
    let asker = asker(ctx);
    command::remove_many(ctx, &asker, &request.grant_id).await?;
    Ok(v1::BulkRemoveUserGrantResponse {})
}

pub(super) async fn get(
    ctx: &mut Context,
    request: v1::GetUserGrantByIdRequest,
) -> Result<v1::GetUserGrantByIdResponse> {
    let found = query::get(ctx, request.user_id, request.grant_id).await?;
    Ok(v1::GetUserGrantByIdResponse { user_grant: Some(user_grant(ctx, &found)) })
}

pub(super) async fn list(ctx: &mut Context, request: v1::ListUserGrantRequest) -> Result<v1::ListUserGrantResponse> {
    let page = convert::page_v1(request.query.as_ref());
    let mut with_granted = false;
    let mut filters = Vec::new();
    for query in request.queries {
        match query.query.ok_or(QUERY_INVALID)? {
            wire::user_grant_query::Query::WithGrantedQuery(query) => with_granted |= query.with_granted,
            query => filters.push(query_filter(query)?),
        }
    }
    let list = query::list_of_context(ctx, with_granted, filters, page).await?;
    Ok(v1::ListUserGrantResponse {
        details: convert::list_v1(list.total, ctx.now()),
        result: list.items.iter().map(|listed| user_grant(ctx, listed)).collect(),
    })
}

pub(super) async fn list_of_caller(
    ctx: &mut Context,
    request: auth::ListMyUserGrantsRequest,
) -> Result<auth::ListMyUserGrantsResponse> {
    let page = convert::page_v1(request.query.as_ref());
    let list = query::list_of_caller(ctx, page).await?;
    Ok(auth::ListMyUserGrantsResponse {
        details: convert::list_v1(list.total, ctx.now()),
        result: list.items.iter().map(own_grant).collect(),
    })
}

pub(super) async fn roles_of_caller(
    ctx: &mut Context,
    _: auth::ListMyProjectPermissionsRequest,
) -> Result<auth::ListMyProjectPermissionsResponse> {
    Ok(auth::ListMyProjectPermissionsResponse { result: query::roles_of_caller(ctx).await? })
}

fn query_filter(query: wire::user_grant_query::Query) -> Result<Condition> {
    use wire::user_grant_query::Query;
    Ok(match query {
        Query::ProjectIdQuery(query) => filter::project(query.project_id),
        Query::UserIdQuery(query) => filter::users(vec![query.user_id]),
        // Says what to list and not what to leave out.
        Query::WithGrantedQuery(_) => Condition::always(),
        Query::RoleKeyQuery(query) => filter::role(method(query.method)?, &query.role_key),
        Query::ProjectGrantIdQuery(query) => filter::grant(query.project_grant_id),
        Query::UserNameQuery(query) => filter::user_name(method(query.method)?, &query.user_name),
        Query::FirstNameQuery(query) => filter::first_name(method(query.method)?, &query.first_name),
        Query::LastNameQuery(query) => filter::last_name(method(query.method)?, &query.last_name),
        Query::EmailQuery(query) => filter::email(method(query.method)?, &query.email),
        Query::OrgNameQuery(query) => filter::org_name(method(query.method)?, &query.org_name),
        Query::OrgDomainQuery(query) => filter::org_domain(method(query.method)?, &query.org_domain),
        Query::ProjectNameQuery(query) => filter::project_name(method(query.method)?, &query.project_name),
        Query::DisplayNameQuery(query) => filter::display_name(method(query.method)?, &query.display_name),
        Query::UserTypeQuery(query) => filter::user_kind(query.r#type),
        Query::InUserIdsQuery(query) => filter::users(some_ids(query.in_user_ids)?),
    })
}

fn user_grant(ctx: &Context, listed: &Listed) -> wire::UserGrant {
    let authorization = &listed.authorization;
    let granted = !authorization.grant_id.is_empty();
    let of_granted = |text: &String| if granted { text.clone() } else { String::new() };
    wire::UserGrant {
        id: authorization.id.clone(),
        details: details(authorization),
        role_keys: authorization.role_keys.clone(),
        state: authorization.state as i32,
        user_id: authorization.user_id.clone(),
        user_name: listed.user_name.clone(),
        first_name: listed.first_name.clone(),
        last_name: listed.last_name.clone(),
        email: listed.email.clone(),
        display_name: listed.display_name.clone(),
        org_id: authorization.org_id.clone(),
        org_name: listed.org_name.clone(),
        org_domain: listed.org_domain.clone(),
        project_id: authorization.project_id.clone(),
        project_name: listed.project_name.clone(),
        project_grant_id: authorization.grant_id.clone(),
        avatar_url: listed.avatar_url(ctx),
        preferred_login_name: listed.login_name.clone(),
        user_type: listed.user_kind,
        granted_org_id: of_granted(&authorization.org_id),
        granted_org_name: of_granted(&listed.org_name),
        granted_org_domain: of_granted(&listed.org_domain),
    }
}

fn own_grant(listed: &Listed) -> auth::UserGrant {
    let authorization = &listed.authorization;
    auth::UserGrant {
        org_id: authorization.org_id.clone(),
        project_id: authorization.project_id.clone(),
        user_id: authorization.user_id.clone(),
        roles: authorization.role_keys.clone(),
        org_name: listed.org_name.clone(),
        grant_id: authorization.id.clone(),
        details: details(authorization),
        org_domain: listed.org_domain.clone(),
        project_name: listed.project_name.clone(),
        project_grant_id: authorization.grant_id.clone(),
        role_keys: authorization.role_keys.clone(),
        user_type: listed.user_kind,
        state: authorization.state as i32,
    }
}

fn details(authorization: &Authorization) -> Option<ObjectDetails> {
    let Authorization { sequence, created_at, changed_at, org_id, .. } = authorization;
    convert::read(*sequence, *created_at, *changed_at, org_id)
}
