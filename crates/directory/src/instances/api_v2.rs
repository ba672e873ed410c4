//! v2: conversion and the choice of permissions, no other rules.

use castellan_kernel::{Fault, Permission, Result};
use castellan_proto::zitadel::instance::v2;
use castellan_rpc::{Context, convert};

use super::domains::{self, InstanceDomain};
use super::query::{self, Filter, Sorting};
use super::{RUNNING, StoredInstance, VERSION, command, require_either};

const ID_EMPTY: Fault = Fault::invalid("COMMA-VeS2zI", "Errors.Invalid.Argument");
const QUERY_INVALID: Fault = Fault::invalid("INST-3m0se", "List.Query.Invalid");

pub(super) async fn get(ctx: &mut Context, _: v2::GetInstanceRequest) -> Result<v2::GetInstanceResponse> {
    require_either(ctx, Permission::SystemInstanceRead, Permission::IamRead)?;
    let (stored, domains) = query::get(ctx).await?;
    Ok(v2::GetInstanceResponse { instance: Some(wire(&stored, &domains)) })
}

pub(super) async fn list(ctx: &mut Context, request: v2::ListInstancesRequest) -> Result<v2::ListInstancesResponse> {
    use v2::filter::Filter as Wire;
    let sorting = match request.sorting_column() {
        v2::FieldName::Id => Sorting::Id,
        v2::FieldName::Name => Sorting::Name,
        v2::FieldName::Unspecified | v2::FieldName::CreationDate => Sorting::Created,
    };
    let page = convert::page_filter_v2(ctx.env().page_limits, request.pagination.as_ref())?;
    let filters = request
        .filters
        .into_iter()
        .map(|filter| {
            Ok(match filter.filter.ok_or(QUERY_INVALID)? {
                Wire::InIdsFilter(filter) => Filter::Ids(filter.ids),
                Wire::CustomDomainsFilter(filter) => Filter::Domains(filter.domains),
            })
        })
        .collect::<Result<Vec<_>>>()?;
    let list = query::list(ctx, filters, sorting, page).await?;
    Ok(v2::ListInstancesResponse {
        instances: list.items.iter().map(|(stored, domains)| wire(stored, domains)).collect(),
        pagination: convert::pagination_v2(list.total, &page),
    })
}

pub(super) async fn update(
    ctx: &mut Context,
    request: v2::UpdateInstanceRequest,
) -> Result<v2::UpdateInstanceResponse> {
    require_either(ctx, Permission::SystemInstanceWrite, Permission::IamWrite)?;
    let receipt = command::rename(ctx, &request.instance_name).await?;
    Ok(v2::UpdateInstanceResponse { change_date: Some(convert::timestamp(receipt.changed_at)) })
}

pub(super) async fn delete(
    ctx: &mut Context,
    request: v2::DeleteInstanceRequest,
) -> Result<v2::DeleteInstanceResponse> {
    // Without an id the host's instance is in context; to lose a tenant by a forgotten field would be too easy.
    if request.instance_id.trim().is_empty() {
        return Err(ID_EMPTY.into());
    }
    let receipt = command::remove(ctx).await?;
    Ok(v2::DeleteInstanceResponse { deletion_date: receipt.map(|receipt| convert::timestamp(receipt.changed_at)) })
}

fn wire(stored: &StoredInstance, domains: &[InstanceDomain]) -> v2::Instance {
    let instance = &stored.instance;
    v2::Instance {
        id: instance.id.clone(),
        change_date: Some(convert::timestamp(stored.changed_at)),
        creation_date: Some(convert::timestamp(instance.created_at)),
        state: RUNNING,
        name: instance.name.clone(),
        version: VERSION.to_owned(),
        custom_domains: domains.iter().map(domains::v2_domain).collect(),
    }
}
