//! v1 and v2 side by side: conversion only, no rules.

use castellan_kernel::{Fault, Result, TimeMethod};
use castellan_proto::zitadel::{management::v1, user, user::v2};
use castellan_rpc::{Context, convert};

use super::PersonalAccessToken;
use super::command::{self, AddToken};
use super::query::{self, Filter, Sorting};
use crate::users::head::Reach;

const FILTER_INVALID: Fault = Fault::invalid("GRPC-Tok01", "Errors.Query.FilterInvalid");

pub(super) async fn v1_add(
    ctx: &mut Context,
    request: v1::AddPersonalAccessTokenRequest,
) -> Result<v1::AddPersonalAccessTokenResponse> {
    let command = AddToken {
        reach: Reach::context(ctx),
        user_id: request.user_id,
        expires_at: request.expiration_date.as_ref().map(convert::from_timestamp),
        scopes: None,
    };
    let added = command::create(ctx, command).await?;
    Ok(v1::AddPersonalAccessTokenResponse {
        token_id: added.token_id,
        token: added.token,
        details: convert::added(&added.receipt),
    })
}

pub(super) async fn v2_add(
    ctx: &mut Context,
    request: v2::AddPersonalAccessTokenRequest,
) -> Result<v2::AddPersonalAccessTokenResponse> {
    let command = AddToken {
        reach: Reach::Instance,
        user_id: request.user_id,
        expires_at: request.expiration_date.as_ref().map(convert::from_timestamp),
        scopes: None,
    };
    let added = command::create(ctx, command).await?;
    Ok(v2::AddPersonalAccessTokenResponse {
        creation_date: Some(convert::timestamp(added.receipt.changed_at)),
        token_id: added.token_id,
        token: added.token,
    })
}

pub(super) async fn v1_remove(
    ctx: &mut Context,
    request: v1::RemovePersonalAccessTokenRequest,
) -> Result<v1::RemovePersonalAccessTokenResponse> {
    let reach = Reach::context(ctx);
    let receipt = command::remove(ctx, &reach, &request.user_id, &request.token_id).await?;
    Ok(v1::RemovePersonalAccessTokenResponse { details: convert::changed(&receipt) })
}

pub(super) async fn v2_remove(
    ctx: &mut Context,
    request: v2::RemovePersonalAccessTokenRequest,
) -> Result<v2::RemovePersonalAccessTokenResponse> {
    let receipt = command::remove(ctx, &Reach::Instance, &request.user_id, &request.token_id).await?;
    Ok(v2::RemovePersonalAccessTokenResponse { deletion_date: Some(convert::timestamp(receipt.changed_at)) })
}

pub(super) async fn v1_list(
    ctx: &mut Context,
    request: v1::ListPersonalAccessTokensRequest,
) -> Result<v1::ListPersonalAccessTokensResponse> {
    let page = convert::page_v1(request.query.as_ref());
    let tokens = query::list_of_user(ctx, request.user_id, page).await?;
    Ok(v1::ListPersonalAccessTokensResponse {
        details: convert::list_v1(tokens.total, ctx.now()),
        result: tokens.items.into_iter().map(v1_token).collect(),
    })
}

pub(super) async fn v1_get(
    ctx: &mut Context,
    request: v1::GetPersonalAccessTokenByIDsRequest,
) -> Result<v1::GetPersonalAccessTokenByIDsResponse> {
    let token = query::get(ctx, request.user_id, request.token_id).await?;
    Ok(v1::GetPersonalAccessTokenByIDsResponse { token: Some(v1_token(token)) })
}

pub(super) async fn v2_list(
    ctx: &mut Context,
    request: v2::ListPersonalAccessTokensRequest,
) -> Result<v2::ListPersonalAccessTokensResponse> {
    use v2::PersonalAccessTokenFieldName as Field;
    let page = convert::page_filter_v2(ctx.env().page_limits, request.pagination.as_ref())?;
    let sorting = match request.sorting_column() {
        Field::Unspecified | Field::CreatedDate => Sorting::Created,
        Field::Id => Sorting::Id,
        Field::UserId => Sorting::User,
        Field::OrganizationId => Sorting::Org,
        Field::ExpirationDate => Sorting::Expires,
    };
    let filters = request.filters.into_iter().map(v2_filter).collect::<Result<_>>()?;
    let tokens = query::list(ctx, filters, &sorting, page).await?;
    Ok(v2::ListPersonalAccessTokensResponse {
        pagination: convert::pagination_v2(tokens.total, &page),
        result: tokens.items.into_iter().map(v2_token).collect(),
    })
}

fn v2_filter(filter: v2::PersonalAccessTokensSearchFilter) -> Result<Filter> {
    use v2::personal_access_tokens_search_filter::Filter as Wire;
    let method = |number| TimeMethod::from_number(number).ok_or(FILTER_INVALID);
    Ok(match filter.filter.ok_or(FILTER_INVALID)? {
        Wire::TokenIdFilter(filter) => Filter::Id(filter.id),
        Wire::UserIdFilter(filter) => Filter::User(filter.id),
        Wire::OrganizationIdFilter(filter) => Filter::Org(filter.id),
        Wire::CreatedDateFilter(filter) => {
            Filter::Created(convert::from_timestamp(&filter.timestamp.unwrap_or_default()), method(filter.method)?)
        }
        Wire::ExpirationDateFilter(filter) => {
            Filter::Expires(convert::from_timestamp(&filter.timestamp.unwrap_or_default()), method(filter.method)?)
        }
    })
}

fn v1_token(token: PersonalAccessToken) -> user::v1::PersonalAccessToken {
    user::v1::PersonalAccessToken {
        details: convert::read(token.sequence, token.created_at, token.created_at, &token.org_id),
        id: token.id,
        expiration_date: Some(convert::timestamp(token.expires_at)),
        scopes: token.scopes,
    }
}

fn v2_token(token: PersonalAccessToken) -> v2::PersonalAccessToken {
    v2::PersonalAccessToken {
        creation_date: Some(convert::timestamp(token.created_at)),
        change_date: Some(convert::timestamp(token.created_at)),
        id: token.id,
        user_id: token.user_id,
        organization_id: token.org_id,
        expiration_date: Some(convert::timestamp(token.expires_at)),
    }
}
