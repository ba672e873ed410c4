//! v1, v2 and v2beta side by side: conversion only, no rules.

use castellan_db::query::Condition;
use castellan_directory::users::head::Reach;
use castellan_kernel::Result;
use castellan_proto::zitadel::app::v2beta;
use castellan_proto::zitadel::application::v2;
use castellan_proto::zitadel::authn;
use castellan_proto::zitadel::management::v1;
use castellan_rpc::{Context, convert};

use super::query::{self, Sorting, filter};
use super::{Key, command};
use crate::wire::{QUERY_INVALID, changed_at, page, recast, time};

pub(super) async fn v1_add(ctx: &mut Context, request: v1::AddAppKeyRequest) -> Result<v1::AddAppKeyResponse> {
    let reach = Reach::Org(ctx.caller.org.clone());
    let expires_at = request.expiration_date.as_ref().map(convert::from_timestamp);
    let added = command::add(ctx, &reach, &request.project_id, &request.app_id, expires_at).await?;
    Ok(v1::AddAppKeyResponse { id: added.id, details: convert::added(&added.receipt), key_details: added.file })
}

pub(super) async fn v1_remove(ctx: &mut Context, request: v1::RemoveAppKeyRequest) -> Result<v1::RemoveAppKeyResponse> {
    let reach = Reach::Org(ctx.caller.org.clone());
    let receipt = command::remove(ctx, &reach, &request.project_id, &request.app_id, &request.key_id).await?;
    Ok(v1::RemoveAppKeyResponse { details: convert::changed(&receipt) })
}

pub(super) async fn v1_get(ctx: &mut Context, request: v1::GetAppKeyRequest) -> Result<v1::GetAppKeyResponse> {
    let key = query::of_context(ctx, &request.project_id, &request.app_id, &request.key_id).await?;
    Ok(v1::GetAppKeyResponse { key: Some(v1_key(&key)) })
}

pub(super) async fn v1_list(ctx: &mut Context, request: v1::ListAppKeysRequest) -> Result<v1::ListAppKeysResponse> {
    let page = convert::page_v1(request.query.as_ref());
    let list = query::list_of_context(ctx, request.project_id, request.app_id, page).await?;
    Ok(v1::ListAppKeysResponse {
        details: convert::list_v1(list.total, ctx.now()),
        result: list.items.iter().map(v1_key).collect(),
    })
}

pub(super) async fn v2_create(
    ctx: &mut Context,
    request: v2::CreateApplicationKeyRequest,
) -> Result<v2::CreateApplicationKeyResponse> {
    let expires_at = request.expiration_date.as_ref().map(convert::from_timestamp);
    let (project_id, id) = (request.project_id, request.application_id);
    let added = command::add(ctx, &Reach::Instance, &project_id, &id, expires_at).await?;
    Ok(v2::CreateApplicationKeyResponse {
        creation_date: changed_at(&added.receipt),
        key_id: added.id,
        key_details: added.file,
    })
}

pub(super) async fn v2_delete(
    ctx: &mut Context,
    request: v2::DeleteApplicationKeyRequest,
) -> Result<v2::DeleteApplicationKeyResponse> {
    let (project_id, id) = (request.project_id, request.application_id);
    let receipt = command::remove(ctx, &Reach::Instance, &project_id, &id, &request.key_id).await?;
    Ok(v2::DeleteApplicationKeyResponse { deletion_date: changed_at(&receipt) })
}

pub(super) async fn v2_get(
    ctx: &mut Context,
    request: v2::GetApplicationKeyRequest,
) -> Result<v2::GetApplicationKeyResponse> {
    let key = query::by_id(ctx, &request.key_id).await?;
    Ok(v2::GetApplicationKeyResponse {
        key_id: key.id,
        creation_date: time(key.created_at),
        expiration_date: time(key.expires_at),
    })
}

pub(super) async fn v2_list(
    ctx: &mut Context,
    request: v2::ListApplicationKeysRequest,
) -> Result<v2::ListApplicationKeysResponse> {
    use v2::application_key_search_filter::Filter;
    let page = page(ctx, request.pagination.as_ref())?;
    let sorting = sorting(request.sorting_column);
    let filters = request
        .filters
        .into_iter()
        .map(|search| {
            Ok(match search.filter.ok_or(QUERY_INVALID)? {
                Filter::ApplicationIdFilter(by) => filter::application(by.application_id),
                Filter::ProjectIdFilter(by) => filter::project(by.project_id),
                Filter::OrganizationIdFilter(by) => filter::org(by.organization_id),
            })
        })
        .collect::<Result<Vec<Condition>>>()?;
    let list = query::list_visible(ctx, filters, sorting, page).await?;
    Ok(v2::ListApplicationKeysResponse {
        keys: list.items.iter().map(v2_key).collect(),
        pagination: convert::pagination_v2(list.total, &page),
    })
}

pub(super) async fn beta_create(
    ctx: &mut Context,
    request: v2beta::CreateApplicationKeyRequest,
) -> Result<v2beta::CreateApplicationKeyResponse> {
    recast(&v2_create(ctx, recast(&request)?).await?)
}

pub(super) async fn beta_delete(
    ctx: &mut Context,
    request: v2beta::DeleteApplicationKeyRequest,
) -> Result<v2beta::DeleteApplicationKeyResponse> {
    let (project_id, id) = (request.project_id, request.application_id);
    let receipt = command::remove(ctx, &Reach::Instance, &project_id, &id, &request.id).await?;
    Ok(v2beta::DeleteApplicationKeyResponse { deletion_date: changed_at(&receipt) })
}

pub(super) async fn beta_get(
    ctx: &mut Context,
    request: v2beta::GetApplicationKeyRequest,
) -> Result<v2beta::GetApplicationKeyResponse> {
    let key = query::by_id(ctx, &request.id).await?;
    Ok(v2beta::GetApplicationKeyResponse {
        id: key.id,
        creation_date: time(key.created_at),
        expiration_date: time(key.expires_at),
    })
}

pub(super) async fn beta_list(
    ctx: &mut Context,
    request: v2beta::ListApplicationKeysRequest,
) -> Result<v2beta::ListApplicationKeysResponse> {
    use v2beta::list_application_keys_request::ResourceId;
    let page = page(ctx, request.pagination.as_ref())?;
    let sorting = sorting(request.sorting_column);
    let filters = request.resource_id.map(|resource| match resource {
        ResourceId::ApplicationId(id) => filter::application(id),
        ResourceId::ProjectId(id) => filter::project(id),
        ResourceId::OrganizationId(id) => filter::org(id),
    });
    let list = query::list_visible(ctx, filters.into_iter().collect(), sorting, page).await?;
    recast(&v2::ListApplicationKeysResponse {
        keys: list.items.iter().map(v2_key).collect(),
        pagination: convert::pagination_v2(list.total, &page),
    })
}

/// Both versions number the columns alike.
fn sorting(column: i32) -> Sorting {
    use v2::ApplicationKeysSorting as Column;
    match Column::try_from(column).unwrap_or_default() {
        Column::ApplicationKeysSortById => Sorting::Id,
        Column::ApplicationKeysSortByProjectId => Sorting::Project,
        Column::ApplicationKeysSortByApplicationId => Sorting::Application,
        Column::ApplicationKeysSortByCreationDate => Sorting::Created,
        Column::ApplicationKeysSortByOrganizationId => Sorting::Org,
        Column::ApplicationKeysSortByExpiration => Sorting::Expires,
        Column::ApplicationKeysSortByType => Sorting::Type,
    }
}

fn v1_key(key: &Key) -> authn::v1::Key {
    authn::v1::Key {
        id: key.id.clone(),
        details: convert::read(key.sequence, key.created_at, key.created_at, &key.org_id),
        r#type: key.key_type,
        expiration_date: time(key.expires_at),
    }
}

fn v2_key(key: &Key) -> v2::ApplicationKey {
    v2::ApplicationKey {
        key_id: key.id.clone(),
        application_id: key.application_id.clone(),
        project_id: key.project_id.clone(),
        creation_date: time(key.created_at),
        organization_id: key.org_id.clone(),
        expiration_date: time(key.expires_at),
    }
}
