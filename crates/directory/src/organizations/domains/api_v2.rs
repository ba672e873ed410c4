//! v2 and v2beta side by side: conversion only, no rules. Their messages are the same on the wire.

use castellan_kernel::{Fault, Result, TextMethod};
use castellan_proto::zitadel::org::{v2, v2beta};
use castellan_rpc::{Context, convert};
use castellan_settings::wire::{twin, via};

use super::query::Sorting;
use super::{OrgDomain, ValidationType, command, query, verification};

const QUERY_INVALID: Fault = Fault::invalid("ORG-Ags89", "List.Query.Invalid");

pub(super) async fn add(
    ctx: &mut Context,
    request: v2::AddOrganizationDomainRequest,
) -> Result<v2::AddOrganizationDomainResponse> {
    let receipt = command::add(ctx, &request.organization_id, &request.domain).await?;
    Ok(v2::AddOrganizationDomainResponse { creation_date: Some(convert::timestamp(receipt.changed_at)) })
}

pub(super) async fn list(
    ctx: &mut Context,
    request: v2::ListOrganizationDomainsRequest,
) -> Result<v2::ListOrganizationDomainsResponse> {
    use v2::domain_search_filter::Filter;
    let sorting = match request.sorting_column() {
        v2::DomainFieldName::Name => Sorting::Name,
        v2::DomainFieldName::Unspecified | v2::DomainFieldName::CreationDate => Sorting::Created,
    };
    let page = convert::page_filter_v2(ctx.env().page_limits, request.pagination.as_ref())?;
    let filters = request
        .filters
        .into_iter()
        .map(|filter| match filter.filter.ok_or(QUERY_INVALID)? {
            Filter::DomainFilter(filter) => {
                Ok((filter.domain, TextMethod::from_number(filter.method).ok_or(QUERY_INVALID)?))
            }
        })
        .collect::<Result<Vec<_>>>()?;
    let list = query::list(ctx, request.organization_id, filters, &sorting, page).await?;
    Ok(v2::ListOrganizationDomainsResponse {
        pagination: convert::pagination_v2(list.total, &page),
        domains: list.items.iter().map(wire).collect(),
    })
}

pub(super) async fn delete(
    ctx: &mut Context,
    request: v2::DeleteOrganizationDomainRequest,
) -> Result<v2::DeleteOrganizationDomainResponse> {
    let receipt = command::remove(ctx, &request.organization_id, &request.domain).await?;
    Ok(v2::DeleteOrganizationDomainResponse { deletion_date: Some(convert::timestamp(receipt.changed_at)) })
}

pub(super) async fn generate_validation(
    ctx: &mut Context,
    request: v2::GenerateOrganizationDomainValidationRequest,
) -> Result<v2::GenerateOrganizationDomainValidationResponse> {
    let kind = ValidationType::from_number(request.r#type.into());
    let validation = verification::generate(ctx, &request.organization_id, &request.domain, kind).await?;
    Ok(v2::GenerateOrganizationDomainValidationResponse { token: validation.code, url: validation.url })
}

pub(super) async fn verify(
    ctx: &mut Context,
    request: v2::VerifyOrganizationDomainRequest,
) -> Result<v2::VerifyOrganizationDomainResponse> {
    let receipt = verification::verify(ctx, &request.organization_id, &request.domain).await?;
    Ok(v2::VerifyOrganizationDomainResponse { change_date: Some(convert::timestamp(receipt.changed_at)) })
}

pub(super) async fn beta_add(
    ctx: &mut Context,
    request: v2beta::AddOrganizationDomainRequest,
) -> Result<v2beta::AddOrganizationDomainResponse> {
    via(add(ctx, twin(&request)?).await)
}

pub(super) async fn beta_list(
    ctx: &mut Context,
    request: v2beta::ListOrganizationDomainsRequest,
) -> Result<v2beta::ListOrganizationDomainsResponse> {
    via(list(ctx, twin(&request)?).await)
}

pub(super) async fn beta_delete(
    ctx: &mut Context,
    request: v2beta::DeleteOrganizationDomainRequest,
) -> Result<v2beta::DeleteOrganizationDomainResponse> {
    via(delete(ctx, twin(&request)?).await)
}

pub(super) async fn beta_generate_validation(
    ctx: &mut Context,
    request: v2beta::GenerateOrganizationDomainValidationRequest,
) -> Result<v2beta::GenerateOrganizationDomainValidationResponse> {
    via(generate_validation(ctx, twin(&request)?).await)
}

pub(super) async fn beta_verify(
    ctx: &mut Context,
    request: v2beta::VerifyOrganizationDomainRequest,
) -> Result<v2beta::VerifyOrganizationDomainResponse> {
    via(verify(ctx, twin(&request)?).await)
}

fn wire(domain: &OrgDomain) -> v2::Domain {
    v2::Domain {
        organization_id: domain.org_id.clone(),
        domain: domain.domain.clone(),
        is_verified: domain.is_verified,
        is_primary: domain.is_primary,
        validation_type: domain.validation_type as i32,
    }
}
