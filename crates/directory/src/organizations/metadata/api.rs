//! v1, v2 and v2beta side by side: conversion only, no rules.

use castellan_kernel::{Fault, Result, TextMethod};
use castellan_proto::zitadel::org::{v2, v2beta};
use castellan_proto::zitadel::{management::v1, metadata};
use castellan_rpc::{Context, convert};
use castellan_settings::wire::{twin, via};

use super::{Metadata, command, query};

const QUERY_INVALID: Fault = Fault::invalid("METAD-fdg23", "List.Query.Invalid");

pub(super) async fn v1_set(
    ctx: &mut Context,
    request: v1::SetOrgMetadataRequest,
) -> Result<v1::SetOrgMetadataResponse> {
    let org_id = ctx.caller.org.clone();
    let receipt = command::set_one(ctx, &org_id, request.key, request.value).await?;
    Ok(v1::SetOrgMetadataResponse { details: convert::added(&receipt) })
}

pub(super) async fn v1_bulk_set(
    ctx: &mut Context,
    request: v1::BulkSetOrgMetadataRequest,
) -> Result<v1::BulkSetOrgMetadataResponse> {
    let org_id = ctx.caller.org.clone();
    let pairs = request.metadata.into_iter().map(|pair| (pair.key, pair.value)).collect();
    let receipt = command::set(ctx, &org_id, pairs).await?;
    Ok(v1::BulkSetOrgMetadataResponse { details: convert::changed(&receipt) })
}

pub(super) async fn v1_remove(
    ctx: &mut Context,
    request: v1::RemoveOrgMetadataRequest,
) -> Result<v1::RemoveOrgMetadataResponse> {
    let org_id = ctx.caller.org.clone();
    let receipt = command::remove_one(ctx, &org_id, &request.key).await?;
    Ok(v1::RemoveOrgMetadataResponse { details: convert::changed(&receipt) })
}

pub(super) async fn v1_bulk_remove(
    ctx: &mut Context,
    request: v1::BulkRemoveOrgMetadataRequest,
) -> Result<v1::BulkRemoveOrgMetadataResponse> {
    let org_id = ctx.caller.org.clone();
    let receipt = command::remove(ctx, &org_id, &request.keys).await?;
    Ok(v1::BulkRemoveOrgMetadataResponse { details: convert::changed(&receipt) })
}

pub(super) async fn v1_get(
    ctx: &mut Context,
    request: v1::GetOrgMetadataRequest,
) -> Result<v1::GetOrgMetadataResponse> {
    Ok(v1::GetOrgMetadataResponse { metadata: Some(v1_metadata(query::get(ctx, &request.key).await?)) })
}

pub(super) async fn v1_list(
    ctx: &mut Context,
    request: v1::ListOrgMetadataRequest,
) -> Result<v1::ListOrgMetadataResponse> {
    use metadata::v1::metadata_query::Query;
    let filters = request
        .queries
        .into_iter()
        .map(|query| match query.query.ok_or(QUERY_INVALID)? {
            Query::KeyQuery(query) => Ok((query.key, TextMethod::from_number(query.method).ok_or(QUERY_INVALID)?)),
        })
        .collect::<Result<Vec<_>>>()?;
    let page = convert::page_v1(request.query.as_ref());
    let list = query::list(ctx, ctx.caller.org.clone(), filters, page).await?;
    Ok(v1::ListOrgMetadataResponse {
        details: convert::list_v1(list.total, ctx.now()),
        result: list.items.into_iter().map(v1_metadata).collect(),
    })
}

pub(super) async fn v2_set(
    ctx: &mut Context,
    request: v2::SetOrganizationMetadataRequest,
) -> Result<v2::SetOrganizationMetadataResponse> {
    let pairs = request.metadata.into_iter().map(|pair| (pair.key, pair.value)).collect();
    let receipt = command::set(ctx, &request.organization_id, pairs).await?;
    Ok(v2::SetOrganizationMetadataResponse { set_date: Some(convert::timestamp(receipt.changed_at)) })
}

pub(super) async fn v2_delete(
    ctx: &mut Context,
    request: v2::DeleteOrganizationMetadataRequest,
) -> Result<v2::DeleteOrganizationMetadataResponse> {
    let receipt = command::remove(ctx, &request.organization_id, &request.keys).await?;
    Ok(v2::DeleteOrganizationMetadataResponse { deletion_date: Some(convert::timestamp(receipt.changed_at)) })
}

pub(super) async fn v2_list(
    ctx: &mut Context,
    request: v2::ListOrganizationMetadataRequest,
) -> Result<v2::ListOrganizationMetadataResponse> {
    use metadata::v2::metadata_search_filter::Filter;
    let page = convert::page_filter_v2(ctx.env().page_limits, request.pagination.as_ref())?;
    let filters = request
        .filters
        .into_iter()
        .map(|filter| match filter.filter.ok_or(QUERY_INVALID)? {
            Filter::KeyFilter(filter) => Ok((filter.key, TextMethod::from_number(filter.method).ok_or(QUERY_INVALID)?)),
        })
        .collect::<Result<Vec<_>>>()?;
    let list = query::list(ctx, request.organization_id, filters, page).await?;
    Ok(v2::ListOrganizationMetadataResponse {
        pagination: convert::pagination_v2(list.total, &page),
        metadata: list.items.into_iter().map(v2_metadata).collect(),
    })
}

pub(super) async fn v2beta_set(
    ctx: &mut Context,
    request: v2beta::SetOrganizationMetadataRequest,
) -> Result<v2beta::SetOrganizationMetadataResponse> {
    via(v2_set(ctx, twin(&request)?).await)
}

pub(super) async fn v2beta_delete(
    ctx: &mut Context,
    request: v2beta::DeleteOrganizationMetadataRequest,
) -> Result<v2beta::DeleteOrganizationMetadataResponse> {
    via(v2_delete(ctx, twin(&request)?).await)
}

pub(super) async fn v2beta_list(
    ctx: &mut Context,
    request: v2beta::ListOrganizationMetadataRequest,
) -> Result<v2beta::ListOrganizationMetadataResponse> {
    via(v2_list(ctx, twin(&request)?).await)
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
