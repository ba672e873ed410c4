//! Management v1: conversion only, no rules.

use castellan_kernel::{Fault, Result, TextMethod};
use castellan_proto::zitadel::{management::v1, org};
use castellan_rpc::{Context, convert};

use super::query::Sorting;
use super::{OrgDomain, ValidationType, command, query, verification};

const QUERY_INVALID: Fault = Fault::invalid("ORG-Ags42", "List.Query.Invalid");

pub(super) async fn add(ctx: &mut Context, request: v1::AddOrgDomainRequest) -> Result<v1::AddOrgDomainResponse> {
    let org_id = ctx.caller.org.clone();
    let receipt = command::add(ctx, &org_id, &request.domain).await?;
    Ok(v1::AddOrgDomainResponse { details: convert::added(&receipt) })
}

pub(super) async fn list(ctx: &mut Context, request: v1::ListOrgDomainsRequest) -> Result<v1::ListOrgDomainsResponse> {
    use org::v1::domain_search_query::Query;
    let filters = request
        .queries
        .into_iter()
        .map(|query| match query.query.ok_or(QUERY_INVALID)? {
            Query::DomainNameQuery(query) => {
                Ok((query.name, TextMethod::from_number(query.method).ok_or(QUERY_INVALID)?))
            }
        })
        .collect::<Result<Vec<_>>>()?;
    let page = convert::page_v1(request.query.as_ref());
    let list = query::list(ctx, ctx.caller.org.clone(), filters, &Sorting::Created, page).await?;
    Ok(v1::ListOrgDomainsResponse {
        details: convert::list_v1(list.total, ctx.now()),
        result: list.items.iter().map(wire).collect(),
    })
}

pub(super) async fn remove(
    ctx: &mut Context,
    request: v1::RemoveOrgDomainRequest,
) -> Result<v1::RemoveOrgDomainResponse> {
    let org_id = ctx.caller.org.clone();
    let receipt = command::remove(ctx, &org_id, &request.domain).await?;
    Ok(v1::RemoveOrgDomainResponse { details: convert::changed(&receipt) })
}

pub(super) async fn set_primary(
    ctx: &mut Context,
    request: v1::SetPrimaryOrgDomainRequest,
) -> Result<v1::SetPrimaryOrgDomainResponse> {
    let org_id = ctx.caller.org.clone();
    let receipt = command::set_primary(ctx, &org_id, &request.domain).await?;
    Ok(v1::SetPrimaryOrgDomainResponse { details: convert::changed(&receipt) })
}

pub(super) async fn generate_validation(
    ctx: &mut Context,
    request: v1::GenerateOrgDomainValidationRequest,
) -> Result<v1::GenerateOrgDomainValidationResponse> {
    let org_id = ctx.caller.org.clone();
    let kind = ValidationType::from_number(request.r#type.into());
    let validation = verification::generate(ctx, &org_id, &request.domain, kind).await?;
    Ok(v1::GenerateOrgDomainValidationResponse { token: validation.code, url: validation.url })
}

pub(super) async fn validate(
    ctx: &mut Context,
    request: v1::ValidateOrgDomainRequest,
) -> Result<v1::ValidateOrgDomainResponse> {
    let org_id = ctx.caller.org.clone();
    let receipt = verification::verify(ctx, &org_id, &request.domain).await?;
    Ok(v1::ValidateOrgDomainResponse { details: convert::changed(&receipt) })
}

fn wire(domain: &OrgDomain) -> org::v1::Domain {
    org::v1::Domain {
        org_id: domain.org_id.clone(),
        details: convert::read(domain.sequence, domain.created_at, domain.changed_at, &domain.org_id),
        domain_name: domain.domain.clone(),
        is_verified: domain.is_verified,
        is_primary: domain.is_primary,
        validation_type: domain.validation_type as i32,
    }
}
