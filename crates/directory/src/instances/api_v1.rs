//! System and Admin v1: conversion only, no rules.

use castellan_kernel::{Fault, Result};
use castellan_proto::zitadel::{admin, instance::v1, system::v1 as system};
use castellan_rpc::{Context, convert};

use super::domains::{self, InstanceDomain};
use super::query::{self, Filter, Sorting};
use super::{RUNNING, StoredInstance, VERSION, command};

const NOT_FOUND: Fault = Fault::not_found("COMMA-AE3GS", "Errors.Instance.NotFound");
const QUERY_INVALID: Fault = Fault::invalid("INST-3m0se", "List.Query.Invalid");

pub(super) async fn list(
    ctx: &mut Context,
    request: system::ListInstancesRequest,
) -> Result<system::ListInstancesResponse> {
    use v1::query::Query;
    let sorting = match request.sorting_column() {
        v1::FieldName::Id => Sorting::Id,
        v1::FieldName::Name => Sorting::Name,
        v1::FieldName::Unspecified | v1::FieldName::CreationDate => Sorting::Created,
    };
    let filters = request
        .queries
        .into_iter()
        .map(|query| {
            Ok(match query.query.ok_or(QUERY_INVALID)? {
                Query::IdQuery(query) => Filter::Ids(query.ids),
                Query::DomainQuery(query) => Filter::Domains(query.domains),
            })
        })
        .collect::<Result<Vec<_>>>()?;
    let page = convert::page_v1(request.query.as_ref());
    let list = query::list(ctx, filters, sorting, page).await?;
    Ok(system::ListInstancesResponse {
        details: convert::list_v1(list.total, ctx.now()),
        sorting_column: request.sorting_column,
        result: list.items.iter().map(|(stored, domains)| instance(stored, domains)).collect(),
    })
}

pub(super) async fn get(ctx: &mut Context, _: system::GetInstanceRequest) -> Result<system::GetInstanceResponse> {
    let (stored, domains) = query::get(ctx).await?;
    Ok(system::GetInstanceResponse { instance: Some(detail(&stored, &domains)) })
}

pub(super) async fn get_my(
    ctx: &mut Context,
    _: admin::v1::GetMyInstanceRequest,
) -> Result<admin::v1::GetMyInstanceResponse> {
    let (stored, domains) = query::get(ctx).await?;
    Ok(admin::v1::GetMyInstanceResponse { instance: Some(detail(&stored, &domains)) })
}

pub(super) async fn update(
    ctx: &mut Context,
    request: system::UpdateInstanceRequest,
) -> Result<system::UpdateInstanceResponse> {
    let receipt = command::rename(ctx, &request.instance_name).await?;
    Ok(system::UpdateInstanceResponse { details: convert::changed(&receipt) })
}

pub(super) async fn remove(
    ctx: &mut Context,
    _: system::RemoveInstanceRequest,
) -> Result<system::RemoveInstanceResponse> {
    let receipt = command::remove(ctx).await?.ok_or(NOT_FOUND)?;
    Ok(system::RemoveInstanceResponse { details: convert::changed(&receipt) })
}

fn instance(stored: &StoredInstance, domains: &[InstanceDomain]) -> v1::Instance {
    let v1::InstanceDetail { id, details, state, name, version, domains } = detail(stored, domains);
    v1::Instance { id, details, state, name, version, domains }
}

fn detail(stored: &StoredInstance, domains: &[InstanceDomain]) -> v1::InstanceDetail {
    let instance = &stored.instance;
    v1::InstanceDetail {
        id: instance.id.clone(),
        details: convert::read(stored.sequence, instance.created_at, stored.changed_at, &instance.id),
        state: RUNNING,
        name: instance.name.clone(),
        version: VERSION.to_owned(),
        domains: domains.iter().map(domains::v1_domain).collect(),
    }
}
