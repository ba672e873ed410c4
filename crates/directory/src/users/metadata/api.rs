//! v1 and v2 side by side: conversion only, no rules.

use castellan_kernel::{Fault, Result, TextMethod};
use castellan_proto::zitadel::{auth::v1 as auth_v1, management::v1, metadata, user::v2};
use castellan_rpc::{Context, convert};

use super::query::KeyFilter;
use super::{Metadata, command, query};
use crate::users::head::Reach;

const V1_QUERY_INVALID: Fault = Fault::invalid("METAD-fdg23", "List.Query.Invalid");
const V2_FILTER_INVALID: Fault = Fault::invalid("METAD-Vn7qy", "List.Query.Invalid");

pub(super) async fn v1_set(
    ctx: &mut Context,
    request: v1::SetUserMetadataRequest,
) -> Result<v1::SetUserMetadataResponse> {
    let reach = Reach::context(ctx);
    let receipt = command::set_one(ctx, &reach, &request.id, request.key, request.value).await?;
    Ok(v1::SetUserMetadataResponse { id: request.id, details: convert::added(&receipt) })
}

pub(super) async fn v1_bulk_set(
    ctx: &mut Context,
    request: v1::BulkSetUserMetadataRequest,
) -> Result<v1::BulkSetUserMetadataResponse> {
    let reach = Reach::context(ctx);
    let pairs = request.metadata.into_iter().map(|pair| (pair.key, pair.value)).collect();
    let receipt = command::set(ctx, &reach, &request.id, pairs).await?;
    Ok(v1::BulkSetUserMetadataResponse { details: convert::changed(&receipt) })
}

pub(super) async fn v1_remove(
    ctx: &mut Context,
    request: v1::RemoveUserMetadataRequest,
) -> Result<v1::RemoveUserMetadataResponse> {
    let reach = Reach::context(ctx);
    let receipt = command::remove_one(ctx, &reach, &request.id, &request.key).await?;
    Ok(v1::RemoveUserMetadataResponse { details: convert::changed(&receipt) })
}

pub(super) async fn v1_bulk_remove(
    ctx: &mut Context,
    request: v1::BulkRemoveUserMetadataRequest,
) -> Result<v1::BulkRemoveUserMetadataResponse> {
    let reach = Reach::context(ctx);
    let receipt = command::remove(ctx, &reach, &request.id, request.keys).await?;
    Ok(v1::BulkRemoveUserMetadataResponse { details: convert::changed(&receipt) })
}

pub(super) async fn v1_get(
    ctx: &mut Context,
    request: v1::GetUserMetadataRequest,
) -> Result<v1::GetUserMetadataResponse> {
    let pair = query::get(ctx, &Reach::context(ctx), &request.id, &request.key).await?;
    Ok(v1::GetUserMetadataResponse { metadata: Some(v1_metadata(pair)) })
}

pub(super) async fn v1_list(
    ctx: &mut Context,
    request: v1::ListUserMetadataRequest,
) -> Result<v1::ListUserMetadataResponse> {
    let filters = v1_filters(request.queries)?;
    let page = convert::page_v1(request.query.as_ref());
    let list = query::list(ctx, &Reach::context(ctx), &request.id, &filters, page).await?;
    Ok(v1::ListUserMetadataResponse {
        details: convert::list_v1(list.total, ctx.now()),
        result: list.items.into_iter().map(v1_metadata).collect(),
    })
}

pub(super) async fn v1_get_my(
    ctx: &mut Context,
    request: auth_v1::GetMyMetadataRequest,
) -> Result<auth_v1::GetMyMetadataResponse> {
    let own = ctx.caller.user_id.clone();
    let pair = query::get(ctx, &Reach::Instance, &own, &request.key).await?;
    Ok(auth_v1::GetMyMetadataResponse { metadata: Some(v1_metadata(pair)) })
}

pub(super) async fn v1_list_my(
    ctx: &mut Context,
    request: auth_v1::ListMyMetadataRequest,
) -> Result<auth_v1::ListMyMetadataResponse> {
    let filters = v1_filters(request.queries)?;
    let page = convert::page_v1(request.query.as_ref());
    let own = ctx.caller.user_id.clone();
    let list = query::list(ctx, &Reach::Instance, &own, &filters, page).await?;
    Ok(auth_v1::ListMyMetadataResponse {
        details: convert::list_v1(list.total, ctx.now()),
        result: list.items.into_iter().map(v1_metadata).collect(),
    })
}

pub(super) async fn v2_set(
    ctx: &mut Context,
    request: v2::SetUserMetadataRequest,
) -> Result<v2::SetUserMetadataResponse> {
    let pairs = request.metadata.into_iter().map(|pair| (pair.key, pair.value)).collect();
    let receipt = command::set(ctx, &Reach::Instance, &request.user_id, pairs).await?;
    Ok(v2::SetUserMetadataResponse { set_date: Some(convert::timestamp(receipt.changed_at)) })
}

pub(super) async fn v2_delete(
    ctx: &mut Context,
    request: v2::DeleteUserMetadataRequest,
) -> Result<v2::DeleteUserMetadataResponse> {
    let receipt = command::remove(ctx, &Reach::Instance, &request.user_id, request.keys).await?;
    Ok(v2::DeleteUserMetadataResponse { deletion_date: Some(convert::timestamp(receipt.changed_at)) })
}

pub(super) async fn v2_list(
    ctx: &mut Context,
    request: v2::ListUserMetadataRequest,
) -> Result<v2::ListUserMetadataResponse> {
    use metadata::v2::metadata_search_filter::Filter;
    let page = convert::page_filter_v2(ctx.env().page_limits, request.pagination.as_ref())?;
    let filters = request
        .filters
        .into_iter()
        .map(|filter| match filter.filter.ok_or(V2_FILTER_INVALID)? {
            Filter::KeyFilter(filter) => {
                let method = TextMethod::from_number(filter.method).ok_or(V2_FILTER_INVALID)?;
                Ok(KeyFilter { key: filter.key, method })
            }
        })
        .collect::<Result<Vec<_>>>()?;
    let list = query::list_visible(ctx, &request.user_id, &filters, page).await?;
    Ok(v2::ListUserMetadataResponse {
        pagination: convert::pagination_v2(list.total, &page),
        metadata: list.items.into_iter().map(v2_metadata).collect(),
    })
}

fn v1_filters(queries: Vec<metadata::v1::MetadataQuery>) -> Result<Vec<KeyFilter>> {
    use metadata::v1::metadata_query::Query;
    queries
        .into_iter()
        .map(|query| match query.query.ok_or(V1_QUERY_INVALID)? {
            Query::KeyQuery(query) => {
                let method = TextMethod::from_number(query.method).ok_or(V1_QUERY_INVALID)?;
                Ok(KeyFilter { key: query.key, method })
            }
        })
        .collect()
}

fn v1_metadata(pair: Metadata) -> metadata::v1::Metadata {
    metadata::v1::Metadata {
        details: convert::read(pair.sequence, pair.created_at, pair.changed_at, &pair.org_id),
        key: pair.key,
        value: pair.value,
    }
}

fn v2_metadata(pair: Metadata) -> metadata::v2::Metadata {
    metadata::v2::Metadata {
        creation_date: Some(convert::timestamp(pair.created_at)),
        change_date: Some(convert::timestamp(pair.changed_at)),
        key: pair.key,
        value: pair.value,
    }
}
