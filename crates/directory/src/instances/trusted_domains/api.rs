//! Admin, v2 and v2beta side by side: conversion and the choice of permissions, no other rules.

use castellan_db::query::{Condition, List};
use castellan_kernel::{Fault, Page, Permission, Result, TextMethod};
use castellan_proto::zitadel::admin::v1 as admin;
use castellan_proto::zitadel::instance::{v1, v2, v2beta};
use castellan_rpc::{Context, convert};
use castellan_settings::wire::{twin, via};

use super::{TrustedDomain, command, sql};
use crate::instances::require_either;

const QUERY_INVALID: Fault = Fault::invalid("INST-Ags42", "List.Query.Invalid");
const NOT_FOUND: Fault = Fault::not_found("COMMA-de3z9", "Errors.Instance.Domain.NotFound");

pub(super) async fn admin_list(
    ctx: &mut Context,
    request: admin::ListInstanceTrustedDomainsRequest,
) -> Result<admin::ListInstanceTrustedDomainsResponse> {
    use v1::trusted_domain_search_query::Query;
    let filters = request
        .queries
        .into_iter()
        .map(|query| match query.query.ok_or(QUERY_INVALID)? {
            Query::DomainQuery(query) => by_domain(&query.domain, query.method),
        })
        .collect::<Result<Vec<_>>>()?;
    // v1 counts the columns of custom domains here, of which trusted ones have two.
    let by_name = request.sorting_column == v1::DomainFieldName::Domain as i32;
    let list = list(ctx, filters, by_name, convert::page_v1(request.query.as_ref())).await?;
    Ok(admin::ListInstanceTrustedDomainsResponse {
        details: convert::list_v1(list.total, ctx.now()),
        sorting_column: request.sorting_column,
        result: list.items.iter().map(v1_domain).collect(),
    })
}

pub(super) async fn admin_add(
    ctx: &mut Context,
    request: admin::AddInstanceTrustedDomainRequest,
) -> Result<admin::AddInstanceTrustedDomainResponse> {
    let receipt = command::add(ctx, &request.domain).await?;
    Ok(admin::AddInstanceTrustedDomainResponse { details: convert::added(&receipt) })
}

pub(super) async fn admin_remove(
    ctx: &mut Context,
    request: admin::RemoveInstanceTrustedDomainRequest,
) -> Result<admin::RemoveInstanceTrustedDomainResponse> {
    let receipt = command::remove(ctx, &request.domain).await?.ok_or(NOT_FOUND)?;
    Ok(admin::RemoveInstanceTrustedDomainResponse { details: convert::changed(&receipt) })
}

pub(super) async fn v2_list(
    ctx: &mut Context,
    request: v2::ListTrustedDomainsRequest,
) -> Result<v2::ListTrustedDomainsResponse> {
    use v2::trusted_domain_filter::Filter;
    require_either(ctx, Permission::SystemInstanceRead, Permission::IamRead)?;
    let page = convert::page_filter_v2(ctx.env().page_limits, request.pagination.as_ref())?;
    let by_name = request.sorting_column() == v2::TrustedDomainFieldName::Domain;
    let filters = request
        .filters
        .into_iter()
        .map(|filter| match filter.filter.ok_or(QUERY_INVALID)? {
            Filter::DomainFilter(filter) => by_domain(&filter.domain, filter.method),
        })
        .collect::<Result<Vec<_>>>()?;
    let list = list(ctx, filters, by_name, page).await?;
    Ok(v2::ListTrustedDomainsResponse {
        trusted_domain: list.items.iter().map(v2_domain).collect(),
        pagination: convert::pagination_v2(list.total, &page),
    })
}

pub(super) async fn v2_add(
    ctx: &mut Context,
    request: v2::AddTrustedDomainRequest,
) -> Result<v2::AddTrustedDomainResponse> {
    require_either(ctx, Permission::SystemInstanceWrite, Permission::IamWrite)?;
    let receipt = command::add(ctx, &request.trusted_domain).await?;
    Ok(v2::AddTrustedDomainResponse { creation_date: Some(convert::timestamp(receipt.changed_at)) })
}

pub(super) async fn v2_remove(
    ctx: &mut Context,
    request: v2::RemoveTrustedDomainRequest,
) -> Result<v2::RemoveTrustedDomainResponse> {
    require_either(ctx, Permission::SystemInstanceWrite, Permission::IamWrite)?;
    let receipt = command::remove(ctx, &request.trusted_domain).await?;
    let deletion_date = receipt.map(|receipt| convert::timestamp(receipt.changed_at));
    Ok(v2::RemoveTrustedDomainResponse { deletion_date })
}

pub(super) async fn v2beta_list(
    ctx: &mut Context,
    request: v2beta::ListTrustedDomainsRequest,
) -> Result<v2beta::ListTrustedDomainsResponse> {
    via(v2_list(ctx, twin(&request)?).await)
}

pub(super) async fn v2beta_add(
    ctx: &mut Context,
    request: v2beta::AddTrustedDomainRequest,
) -> Result<v2beta::AddTrustedDomainResponse> {
    via(v2_add(ctx, twin(&request)?).await)
}

pub(super) async fn v2beta_remove(
    ctx: &mut Context,
    request: v2beta::RemoveTrustedDomainRequest,
) -> Result<v2beta::RemoveTrustedDomainResponse> {
    via(v2_remove(ctx, twin(&request)?).await)
}

async fn list(ctx: &mut Context, filters: Vec<Condition>, by_name: bool, page: Page) -> Result<List<TrustedDomain>> {
    let mut select = sql::select().page(page);
    for filter in filters {
        select = select.and(filter);
    }
    let select = if by_name { select.order_by(&["t.domain"]) } else { select.order_by(&["t.created_at", "t.domain"]) };
    ctx.read().await?.list(&select, sql::read).await
}

/// Stored domains are in lower case, so both columns are the same one.
fn by_domain(domain: &str, method: i32) -> Result<Condition> {
    let method = TextMethod::from_number(method).ok_or(QUERY_INVALID)?;
    Ok(Condition::text("t.domain", "t.domain", method, domain))
}

fn v1_domain(domain: &TrustedDomain) -> v1::TrustedDomain {
    v1::TrustedDomain {
        details: convert::read(domain.sequence, domain.created_at, domain.created_at, &domain.instance_id),
        domain: domain.domain.clone(),
    }
}

fn v2_domain(domain: &TrustedDomain) -> v2::TrustedDomain {
    v2::TrustedDomain {
        instance_id: domain.instance_id.clone(),
        creation_date: Some(convert::timestamp(domain.created_at)),
        domain: domain.domain.clone(),
    }
}
