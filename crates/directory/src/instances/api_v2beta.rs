//! v2beta: other names and numbers for a list's request, else the same on the wire; conversion only.

use castellan_kernel::{Fault, Result};
use castellan_proto::zitadel::filter::v2::InIDsFilter;
use castellan_proto::zitadel::instance::{v2, v2beta};
use castellan_rpc::Context;
use castellan_settings::wire::{twin, via};

use super::api_v2;

const QUERY_INVALID: Fault = Fault::invalid("INST-3m0se", "List.Query.Invalid");

pub(super) async fn get(ctx: &mut Context, request: v2beta::GetInstanceRequest) -> Result<v2beta::GetInstanceResponse> {
    via(api_v2::get(ctx, twin(&request)?).await)
}

pub(super) async fn update(
    ctx: &mut Context,
    request: v2beta::UpdateInstanceRequest,
) -> Result<v2beta::UpdateInstanceResponse> {
    via(api_v2::update(ctx, twin(&request)?).await)
}

pub(super) async fn delete(
    ctx: &mut Context,
    request: v2beta::DeleteInstanceRequest,
) -> Result<v2beta::DeleteInstanceResponse> {
    via(api_v2::delete(ctx, twin(&request)?).await)
}

pub(super) async fn list(
    ctx: &mut Context,
    request: v2beta::ListInstancesRequest,
) -> Result<v2beta::ListInstancesResponse> {
    use v2beta::query::Query;
    let filters = request
        .queries
        .into_iter()
        .map(|query| {
            let filter = match query.query.ok_or(QUERY_INVALID)? {
                Query::IdQuery(query) => v2::filter::Filter::InIdsFilter(InIDsFilter { ids: query.ids }),
                Query::DomainQuery(query) => {
                    v2::filter::Filter::CustomDomainsFilter(v2::CustomDomainsFilter { domains: query.domains })
                }
            };
            Ok(v2::Filter { filter: Some(filter) })
        })
        .collect::<Result<Vec<_>>>()?;
    let request = v2::ListInstancesRequest {
        pagination: request.pagination.as_ref().map(twin).transpose()?,
        sorting_column: request.sorting_column.unwrap_or_default(),
        filters,
    };
    via(api_v2::list(ctx, request).await)
}
