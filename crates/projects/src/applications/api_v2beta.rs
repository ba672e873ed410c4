//! app v2beta: conversion only, no rules. Where the wire form is that of v2 the call goes there; ids stand under other numbers
//! in most requests.

use castellan_db::query::Condition;
use castellan_directory::users::head::Reach;
use castellan_kernel::Result;
use castellan_proto::zitadel::app::v2beta;
use castellan_proto::zitadel::application::v2;
use castellan_rpc::{Context, convert};

use super::command::{self, SecretOf};
use super::query::{self, filter};
use super::{Kind, api_v2, v2_config};
use crate::wire::{QUERY_INVALID, changed_at, method, page, recast};

pub(super) async fn create(
    ctx: &mut Context,
    request: v2beta::CreateApplicationRequest,
) -> Result<v2beta::CreateApplicationResponse> {
    recast(&api_v2::create(ctx, recast(&request)?).await?)
}

pub(super) async fn update(
    ctx: &mut Context,
    request: v2beta::UpdateApplicationRequest,
) -> Result<v2beta::UpdateApplicationResponse> {
    let mut request: v2::UpdateApplicationRequest = recast(&request)?;
    // Here the project's id has number 1 and the application's number 2.
    std::mem::swap(&mut request.project_id, &mut request.application_id);
    recast(&api_v2::update(ctx, request).await?)
}

pub(super) async fn deactivate(
    ctx: &mut Context,
    request: v2beta::DeactivateApplicationRequest,
) -> Result<v2beta::DeactivateApplicationResponse> {
    let receipt = command::deactivate(ctx, &Reach::Instance, &request.project_id, &request.id).await?;
    Ok(v2beta::DeactivateApplicationResponse { deactivation_date: changed_at(&receipt) })
}

pub(super) async fn reactivate(
    ctx: &mut Context,
    request: v2beta::ReactivateApplicationRequest,
) -> Result<v2beta::ReactivateApplicationResponse> {
    let receipt = command::reactivate(ctx, &Reach::Instance, &request.project_id, &request.id).await?;
    Ok(v2beta::ReactivateApplicationResponse { reactivation_date: changed_at(&receipt) })
}

pub(super) async fn delete(
    ctx: &mut Context,
    request: v2beta::DeleteApplicationRequest,
) -> Result<v2beta::DeleteApplicationResponse> {
    let receipt = command::remove(ctx, &Reach::Instance, &request.project_id, &request.id).await?;
    Ok(v2beta::DeleteApplicationResponse { deletion_date: changed_at(&receipt) })
}

pub(super) async fn regenerate_secret(
    ctx: &mut Context,
    request: v2beta::RegenerateClientSecretRequest,
) -> Result<v2beta::RegenerateClientSecretResponse> {
    use v2beta::regenerate_client_secret_request::AppType;
    let of = match request.app_type {
        Some(AppType::IsOidc(true)) => SecretOf::Oidc,
        Some(AppType::IsApi(true)) => SecretOf::Api,
        Some(AppType::IsOidc(false) | AppType::IsApi(false)) | None => SecretOf::Any,
    };
    let (project_id, id) = (request.project_id, request.application_id);
    let (client_secret, receipt) = command::regenerate_secret(ctx, &Reach::Instance, &project_id, &id, of).await?;
    Ok(v2beta::RegenerateClientSecretResponse { client_secret, creation_date: changed_at(&receipt) })
}

pub(super) async fn get(
    ctx: &mut Context,
    request: v2beta::GetApplicationRequest,
) -> Result<v2beta::GetApplicationResponse> {
    recast(&api_v2::get(ctx, recast(&request)?).await?)
}

pub(super) async fn list(
    ctx: &mut Context,
    request: v2beta::ListApplicationsRequest,
) -> Result<v2beta::ListApplicationsResponse> {
    let page = page(ctx, request.pagination.as_ref())?;
    let sorting = api_v2::sorting(request.sorting_column);
    let mut filters = vec![filter::project(&request.project_id)];
    for search in request.filters {
        filters.push(search_filter(search)?);
    }
    let list = query::list_visible(ctx, filters, sorting, page).await?;
    recast(&v2::ListApplicationsResponse {
        applications: list.items.iter().map(|application| v2_config::application(ctx, application)).collect(),
        pagination: convert::pagination_v2(list.total, &page),
    })
}

fn search_filter(search: v2beta::ApplicationSearchFilter) -> Result<Condition> {
    use v2beta::application_search_filter::Filter;
    let only = |kind, yes| if yes { filter::kind(kind) } else { !filter::kind(kind) };
    Ok(match search.filter.ok_or(QUERY_INVALID)? {
        Filter::NameFilter(by) => filter::name(method(by.method)?, &by.name),
        Filter::StateFilter(state) => filter::state(state),
        Filter::ApiAppOnly(yes) => only(Kind::Api, yes),
        Filter::OidcAppOnly(yes) => only(Kind::Oidc, yes),
        Filter::SamlAppOnly(yes) => only(Kind::Saml, yes),
    })
}
