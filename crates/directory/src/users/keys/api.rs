//! v1 and v2 side by side: conversion only, no rules.

use castellan_kernel::{Fault, Result, TimeMethod};
use castellan_proto::zitadel::{authn, management::v1, user::v2};
use castellan_rpc::{Context, convert};

use super::Key;
use super::command::{self, AddKey};
use super::query::{self, Filter, Sorting};
use crate::users::head::Reach;

const FILTER_INVALID: Fault = Fault::invalid("GRPC-Key01", "Errors.Query.FilterInvalid");

pub(super) async fn v1_add(ctx: &mut Context, request: v1::AddMachineKeyRequest) -> Result<v1::AddMachineKeyResponse> {
    let added = command::add_key(
        ctx,
        AddKey {
            reach: Reach::context(ctx),
            user_id: request.user_id,
            key_id: None,
            expires_at: request.expiration_date.as_ref().map(convert::from_timestamp),
            public_key: (!request.public_key.is_empty()).then_some(request.public_key),
        },
    )
    .await?;
    Ok(v1::AddMachineKeyResponse {
        key_id: added.key_id,
        key_details: added.key_file.unwrap_or_default(),
        details: convert::added(&added.receipt),
    })
}

pub(super) async fn v2_add(ctx: &mut Context, request: v2::AddKeyRequest) -> Result<v2::AddKeyResponse> {
    let added = command::add_key(
        ctx,
        AddKey {
            reach: Reach::Instance,
            user_id: request.user_id,
            key_id: None,
            expires_at: request.expiration_date.as_ref().map(convert::from_timestamp),
            public_key: (!request.public_key.is_empty()).then_some(request.public_key),
        },
    )
    .await?;
    Ok(v2::AddKeyResponse {
        creation_date: Some(convert::timestamp(added.receipt.changed_at)),
        key_id: added.key_id,
        key_content: added.key_file.unwrap_or_default(),
    })
}

pub(super) async fn v1_remove(
    ctx: &mut Context,
    request: v1::RemoveMachineKeyRequest,
) -> Result<v1::RemoveMachineKeyResponse> {
    let reach = Reach::context(ctx);
    let receipt = command::remove_key(ctx, &reach, &request.user_id, &request.key_id).await?;
    Ok(v1::RemoveMachineKeyResponse { details: convert::changed(&receipt) })
}

pub(super) async fn v2_remove(ctx: &mut Context, request: v2::RemoveKeyRequest) -> Result<v2::RemoveKeyResponse> {
    let receipt = command::remove_key(ctx, &Reach::Instance, &request.user_id, &request.key_id).await?;
    Ok(v2::RemoveKeyResponse { deletion_date: Some(convert::timestamp(receipt.changed_at)) })
}

pub(super) async fn v1_list(
    ctx: &mut Context,
    request: v1::ListMachineKeysRequest,
) -> Result<v1::ListMachineKeysResponse> {
    let page = convert::page_v1(request.query.as_ref());
    let keys = query::list_of_user(ctx, request.user_id, page).await?;
    Ok(v1::ListMachineKeysResponse {
        details: convert::list_v1(keys.total, ctx.now()),
        result: keys.items.iter().map(v1_key).collect(),
    })
}

pub(super) async fn v1_get(
    ctx: &mut Context,
    request: v1::GetMachineKeyByIDsRequest,
) -> Result<v1::GetMachineKeyByIDsResponse> {
    let key = query::get(ctx, request.user_id, request.key_id).await?;
    Ok(v1::GetMachineKeyByIDsResponse { key: Some(v1_key(&key)) })
}

pub(super) async fn v2_list(ctx: &mut Context, request: v2::ListKeysRequest) -> Result<v2::ListKeysResponse> {
    let page = convert::page_filter_v2(ctx.env().page_limits, request.pagination.as_ref())?;
    let sorting = match request.sorting_column() {
        v2::KeyFieldName::Unspecified | v2::KeyFieldName::CreatedDate => Sorting::Created,
        v2::KeyFieldName::Id => Sorting::Id,
        v2::KeyFieldName::UserId => Sorting::User,
        v2::KeyFieldName::OrganizationId => Sorting::Org,
        v2::KeyFieldName::KeyExpirationDate => Sorting::Expires,
    };
    let filters = request.filters.into_iter().map(v2_filter).collect::<Result<_>>()?;
    let keys = query::list(ctx, filters, &sorting, page).await?;
    Ok(v2::ListKeysResponse {
        pagination: convert::pagination_v2(keys.total, &page),
        result: keys.items.iter().map(v2_key).collect(),
    })
}

fn v2_filter(filter: v2::KeysSearchFilter) -> Result<Filter> {
    use v2::keys_search_filter::Filter as Wire;
    let method = |number| TimeMethod::from_number(number).ok_or(FILTER_INVALID);
    Ok(match filter.filter.ok_or(FILTER_INVALID)? {
        Wire::KeyIdFilter(filter) => Filter::Id(filter.id),
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

fn v1_key(key: &Key) -> authn::v1::Key {
    authn::v1::Key {
        id: key.id.clone(),
        details: convert::read(key.sequence, key.created_at, key.created_at, &key.org_id),
        r#type: i32::try_from(key.key_type).unwrap_or_default(),
        expiration_date: Some(convert::timestamp(key.expires_at)),
    }
}

fn v2_key(key: &Key) -> v2::Key {
    v2::Key {
        creation_date: Some(convert::timestamp(key.created_at)),
        change_date: Some(convert::timestamp(key.created_at)),
        id: key.id.clone(),
        user_id: key.user_id.clone(),
        organization_id: key.org_id.clone(),
        expiration_date: Some(convert::timestamp(key.expires_at)),
    }
}
