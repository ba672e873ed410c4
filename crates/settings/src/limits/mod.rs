//! What the operator of the system allows instances. RPCs: System SetLimits, BulkSetLimits, ResetLimits. Document `limits`. Events
//! `limits.set`, `limits.reset`. Rules: spec oauth.md 6.4, api.md 4.16.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use castellan_db::{Connection, global_statement};
use castellan_kernel::{Fault, Owner, Receipt, Result};
use castellan_proto::methods::system_v1;
use castellan_proto::zitadel::system::v1;
use castellan_rpc::{AuditEvent, Context, Instance, Registry, convert};
use serde::Serialize;

use crate::defaults::{LimitsSet, own_aggregate};
use crate::documents::Limits;
use crate::policies::event;
use crate::span::Span;
use crate::store;

const NONE_GIVEN: Fault = Fault::invalid("COMMAND-4M9vs", "Errors.Limits.NoneSpecified");
const NOT_FOUND: Fault = Fault::not_found("COMMAND-9JToT", "Errors.Limits.NotFound");
const INSTANCE_NOT_FOUND: Fault = Fault::not_found("COMMA-AE3GS", "Errors.Instance.NotFound");

#[derive(Serialize)]
struct LimitsReset {}

impl AuditEvent for LimitsReset {
    const TYPE: &'static str = "limits.reset";
}

/// Whether the connection's instance is blocked: it then answers nothing but the System API.
///
/// # Errors
/// When storage does not answer.
pub async fn is_blocked(connection: &mut Connection) -> Result<bool> {
    Ok(store::of_instance::<Limits>(connection).await?.value.block == Some(true))
}

pub(crate) fn register(registry: &mut Registry) {
    registry
        .room("settings/limits")
        .command::<system_v1::SetLimits>(v1_set)
        .command::<system_v1::BulkSetLimits>(v1_bulk_set)
        .command::<system_v1::ResetLimits>(v1_reset);
}

async fn v1_set(ctx: &mut Context, request: v1::SetLimitsRequest) -> Result<v1::SetLimitsResponse> {
    let receipt = set(ctx, &given(&request)).await?;
    Ok(v1::SetLimitsResponse { details: convert::changed(&receipt) })
}

/// All or nothing: one transaction over all instances.
async fn v1_bulk_set(ctx: &mut Context, request: v1::BulkSetLimitsRequest) -> Result<v1::BulkSetLimitsResponse> {
    let mut target_details = Vec::with_capacity(request.limits.len());
    let mut last = None;
    for limits in &request.limits {
        let known = global_statement!("SELECT 1 FROM instances WHERE id = $1");
        if ctx.tx().await?.row(known, &[limits.instance_id.as_str().into()]).await?.is_none() {
            return Err(INSTANCE_NOT_FOUND.into());
        }
        ctx.enter(Arc::new(Instance { id: limits.instance_id.clone(), ..Instance::default() }));
        let receipt = set(ctx, &given(limits)).await?;
        target_details.extend(convert::changed(&receipt));
        last = Some(receipt);
    }
    Ok(v1::BulkSetLimitsResponse { details: last.as_ref().and_then(convert::changed), target_details })
}

async fn v1_reset(ctx: &mut Context, _: v1::ResetLimitsRequest) -> Result<v1::ResetLimitsResponse> {
    if !store::reset::<Limits>(ctx.tx().await?, &Owner::Instance).await? {
        return Err(NOT_FOUND.into());
    }
    let aggregate = own_aggregate(ctx, "limits");
    let receipt = ctx.record(&aggregate, &LimitsReset {}).await?;
    Ok(v1::ResetLimitsResponse { details: convert::changed(&receipt) })
}

fn given(request: &v1::SetLimitsRequest) -> Limits {
    Limits {
        audit_log_retention: request.audit_log_retention.as_ref().map(|retention| Span::from_proto(Some(retention))),
        block: request.block,
    }
}

/// Sets what is given for the context's instance; the rest stays.
async fn set(ctx: &mut Context, limits: &Limits) -> Result<Receipt> {
    if *limits == Limits::default() {
        return Err(NONE_GIVEN.into());
    }
    let stored = store::of_instance::<Limits>(ctx.tx().await?).await?;
    let new = Limits {
        audit_log_retention: limits.audit_log_retention.or(stored.value.audit_log_retention),
        block: limits.block.or(stored.value.block),
    };
    if new == stored.value {
        return Ok(Receipt {
            sequence: stored.sequence,
            created_at: None,
            changed_at: stored.changed_at,
            owner: ctx.instance.id.clone(),
        });
    }
    let payload = event::difference(&event::fields(&stored.value)?, event::fields(&new)?);
    let aggregate = own_aggregate(ctx, "limits");
    let receipt = ctx.record(&aggregate, &LimitsSet(payload)).await?;
    store::put(ctx.tx().await?, &Owner::Instance, &new, &receipt).await?;
    Ok(receipt)
}
