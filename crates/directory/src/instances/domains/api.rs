//! System, Admin, v2 and v2beta side by side: conversion and the choice of permissions, no other rules.

use castellan_db::query::{Condition, List};
use castellan_kernel::{Fault, Page, Permission, Result, TextMethod};
use castellan_proto::zitadel::instance::{v1, v2, v2beta};
use castellan_proto::zitadel::{admin::v1 as admin, system::v1 as system};
use castellan_rpc::{Context, convert};
use castellan_settings::wire::{twin, via};

use super::{InstanceDomain, command, sql};
use crate::instances::require_either;

const QUERY_INVALID: Fault = Fault::invalid("INST-Ags42", "List.Query.Invalid");
const NOT_FOUND: Fault = Fault::not_found("INSTANCE-8ls9f", "Errors.Instance.Domain.NotFound");

pub(super) async fn exists(
    ctx: &mut Context,
    request: system::ExistsDomainRequest,
) -> Result<system::ExistsDomainResponse> {
    let domain = request.domain.trim().to_lowercase();
    Ok(system::ExistsDomainResponse { exists: sql::exists(ctx.read().await?, &domain).await? })
}

pub(super) async fn system_list(
    ctx: &mut Context,
    request: system::ListDomainsRequest,
) -> Result<system::ListDomainsResponse> {
    let page = convert::page_v1(request.query.as_ref());
    let list = list(ctx, v1_filters(request.queries)?, request.sorting_column, page).await?;
    Ok(system::ListDomainsResponse {
        details: convert::list_v1(list.total, ctx.now()),
        sorting_column: request.sorting_column,
        result: list.items.iter().map(v1_domain).collect(),
    })
}

pub(super) async fn admin_list(
    ctx: &mut Context,
    request: admin::ListInstanceDomainsRequest,
) -> Result<admin::ListInstanceDomainsResponse> {
    let page = convert::page_v1(request.query.as_ref());
    let list = list(ctx, v1_filters(request.queries)?, request.sorting_column, page).await?;
    Ok(admin::ListInstanceDomainsResponse {
        details: convert::list_v1(list.total, ctx.now()),
        sorting_column: request.sorting_column,
        result: list.items.iter().map(v1_domain).collect(),
    })
}

pub(super) async fn system_remove(
    ctx: &mut Context,
    request: system::RemoveDomainRequest,
) -> Result<system::RemoveDomainResponse> {
    let receipt = command::remove(ctx, &request.domain).await?.ok_or(NOT_FOUND)?;
    Ok(system::RemoveDomainResponse { details: convert::changed(&receipt) })
}

pub(super) async fn system_set_primary(
    ctx: &mut Context,
    request: system::SetPrimaryDomainRequest,
) -> Result<system::SetPrimaryDomainResponse> {
    let receipt = command::set_primary(ctx, &request.domain).await?;
    Ok(system::SetPrimaryDomainResponse { details: convert::changed(&receipt) })
}

pub(super) async fn v2_remove(
    ctx: &mut Context,
    request: v2::RemoveCustomDomainRequest,
) -> Result<v2::RemoveCustomDomainResponse> {
    let receipt = command::remove(ctx, &request.custom_domain).await?;
    let deletion_date = receipt.map(|receipt| convert::timestamp(receipt.changed_at));
    Ok(v2::RemoveCustomDomainResponse { deletion_date })
}

pub(super) async fn v2_list(
    ctx: &mut Context,
    request: v2::ListCustomDomainsRequest,
) -> Result<v2::ListCustomDomainsResponse> {
    use v2::custom_domain_filter::Filter;
    require_either(ctx, Permission::SystemInstanceRead, Permission::IamRead)?;
    let page = convert::page_filter_v2(ctx.env().page_limits, request.pagination.as_ref())?;
    let filters = request
        .filters
        .into_iter()
        .map(|filter| {
            Ok(match filter.filter.ok_or(QUERY_INVALID)? {
                Filter::DomainFilter(filter) => by_domain(&filter.domain, filter.method)?,
                Filter::GeneratedFilter(generated) => Condition::equals("d.is_generated", generated),
                Filter::PrimaryFilter(primary) => Condition::equals("d.is_primary", primary),
            })
        })
        .collect::<Result<Vec<_>>>()?;
    let list = list(ctx, filters, request.sorting_column, page).await?;
    Ok(v2::ListCustomDomainsResponse {
        domains: list.items.iter().map(v2_domain).collect(),
        pagination: convert::pagination_v2(list.total, &page),
    })
}

pub(super) async fn v2beta_remove(
    ctx: &mut Context,
    request: v2beta::RemoveCustomDomainRequest,
) -> Result<v2beta::RemoveCustomDomainResponse> {
    via(v2_remove(ctx, twin(&request)?).await)
}

pub(super) async fn v2beta_list(
    ctx: &mut Context,
    request: v2beta::ListCustomDomainsRequest,
) -> Result<v2beta::ListCustomDomainsResponse> {
    use v2beta::domain_search_query::Query;
    let filters = request
        .queries
        .iter()
        .map(|query| {
            let filter = match query.query.as_ref().ok_or(QUERY_INVALID)? {
                Query::DomainQuery(query) => v2::custom_domain_filter::Filter::DomainFilter(twin(query)?),
                Query::GeneratedQuery(query) => v2::custom_domain_filter::Filter::GeneratedFilter(query.generated),
                Query::PrimaryQuery(query) => v2::custom_domain_filter::Filter::PrimaryFilter(query.primary),
            };
            Ok(v2::CustomDomainFilter { filter: Some(filter) })
        })
        .collect::<Result<Vec<_>>>()?;
    let request = v2::ListCustomDomainsRequest {
        instance_id: request.instance_id,
        pagination: request.pagination.as_ref().map(twin).transpose()?,
        sorting_column: request.sorting_column,
        filters,
    };
    via(v2_list(ctx, request).await)
}

/// The domains of the context's instance. The columns have the same numbers in all versions.
async fn list(ctx: &mut Context, filters: Vec<Condition>, column: i32, page: Page) -> Result<List<InstanceDomain>> {
    let mut select = sql::select().page(page);
    for filter in filters {
        select = select.and(filter);
    }
    let select = match v1::DomainFieldName::try_from(column) {
        Ok(v1::DomainFieldName::Domain) => select.order_by(&["d.domain"]),
        Ok(v1::DomainFieldName::Primary) => select.order_by(&["d.is_primary", "d.domain"]),
        Ok(v1::DomainFieldName::Generated) => select.order_by(&["d.is_generated", "d.domain"]),
        _ => select.order_by(&["d.created_at", "d.domain"]),
    };
    ctx.read().await?.list(&select, sql::read).await
}

fn v1_filters(queries: Vec<v1::DomainSearchQuery>) -> Result<Vec<Condition>> {
    use v1::domain_search_query::Query;
    queries
        .into_iter()
        .map(|query| {
            Ok(match query.query.ok_or(QUERY_INVALID)? {
                Query::DomainQuery(query) => by_domain(&query.domain, query.method)?,
                Query::GeneratedQuery(query) => Condition::equals("d.is_generated", query.generated),
                Query::PrimaryQuery(query) => Condition::equals("d.is_primary", query.primary),
            })
        })
        .collect()
}

/// Stored domains are in lower case, so both columns are the same one.
fn by_domain(domain: &str, method: i32) -> Result<Condition> {
    let method = TextMethod::from_number(method).ok_or(QUERY_INVALID)?;
    Ok(Condition::text("d.domain", "d.domain", method, domain))
}

pub(in crate::instances) fn v1_domain(domain: &InstanceDomain) -> v1::Domain {
    v1::Domain {
        details: convert::read(domain.sequence, domain.created_at, domain.changed_at, &domain.instance_id),
        domain: domain.domain.clone(),
        primary: domain.is_primary,
        generated: domain.is_generated,
    }
}

pub(in crate::instances) fn v2_domain(domain: &InstanceDomain) -> v2::CustomDomain {
    v2::CustomDomain {
        instance_id: domain.instance_id.clone(),
        creation_date: Some(convert::timestamp(domain.created_at)),
        domain: domain.domain.clone(),
        primary: domain.is_primary,
        generated: domain.is_generated,
    }
}
