//! The rules for setting and resetting flags.

use std::sync::Arc;

use castellan_kernel::{Fault, Owner, Receipt, Result};
use castellan_rpc::{Aggregate, Context, Instance};

use super::event;
use crate::defaults::own_aggregate;
use crate::documents::{self, Features};
use crate::store::{self, Stored};

const SYSTEM_NOTHING: Fault = Fault::internal("COMMAND-Oop8a", "Errors.NoChangesFound");
const INSTANCE_NOTHING: Fault = Fault::invalid("COMMAND-Vigh1", "Errors.NoChangesFound");

/// Sets the flags that are present in `flags`, leaving the others; unchanged ones are not recorded.
///
/// # Errors
/// `COMMAND-Vigh1` when no flag is present.
pub async fn set_of_instance(ctx: &mut Context, flags: &Features) -> Result<Receipt> {
    if flags.values().iter().all(|(_, value)| value.is_none()) {
        return Err(INSTANCE_NOTHING.into());
    }
    let stored = store::of_instance::<Features>(ctx.tx().await?).await?;
    let merged = stored.value.overlaid_with(flags);
    let aggregate = own_aggregate(ctx, "feature");
    let mut last = None;
    for ((flag, old), (_, new)) in stored.value.values().into_iter().zip(merged.values()) {
        if let Some(new) = new.filter(|new| old.as_ref() != Some(new)) {
            last = Some(event::instance::record_set(ctx, &aggregate, flag, &new).await?);
        }
    }
    let Some(receipt) = last else { return Ok(receipt_of(&stored, &ctx.instance.id)) };
    store::put(ctx.tx().await?, &Owner::Instance, &merged, &receipt).await?;
    Ok(receipt)
}

/// Removes all flags of the instance; without any, nothing is recorded.
pub(super) async fn reset_of_instance(ctx: &mut Context) -> Result<Receipt> {
    let stored = store::of_instance::<Features>(ctx.tx().await?).await?;
    if stored.value == Features::default() {
        return Ok(receipt_of(&stored, &ctx.instance.id));
    }
    let receipt = ctx.record(&own_aggregate(ctx, "feature"), &event::instance::Reset {}).await?;
    store::put(ctx.tx().await?, &Owner::Instance, &Features::default(), &receipt).await?;
    Ok(receipt)
}

/// Sets the flags that are present in `flags` for the whole system.
pub(super) async fn set_of_system(ctx: &mut Context, flags: &Features) -> Result<Receipt> {
    if flags.values().iter().all(|(_, value)| value.is_none()) {
        return Err(SYSTEM_NOTHING.into());
    }
    leave_instance(ctx);
    let stored = documents::system(ctx.tx().await?).await?;
    let merged = stored.value.overlaid_with(flags);
    let aggregate = system_aggregate();
    let mut last = None;
    for ((flag, old), (_, new)) in stored.value.values().into_iter().zip(merged.values()) {
        if let Some(new) = new.filter(|new| old.as_ref() != Some(new)) {
            last = Some(event::system::record_set(ctx, &aggregate, flag, &new).await?);
        }
    }
    let Some(receipt) = last else { return Ok(receipt_of(&stored, SYSTEM)) };
    documents::put_system(ctx.tx().await?, &merged, &receipt).await?;
    Ok(receipt)
}

/// Removes all flags of the system.
pub(super) async fn reset_of_system(ctx: &mut Context) -> Result<Receipt> {
    leave_instance(ctx);
    let stored = documents::system(ctx.tx().await?).await?;
    if stored.value == Features::default() {
        return Ok(receipt_of(&stored, SYSTEM));
    }
    let receipt = ctx.record(&system_aggregate(), &event::system::Reset {}).await?;
    documents::put_system(ctx.tx().await?, &Features::default(), &receipt).await?;
    Ok(receipt)
}

const SYSTEM: &str = "SYSTEM";

fn system_aggregate() -> Aggregate {
    Aggregate::new("feature", SYSTEM, SYSTEM)
}

/// Flags of the system belong to no instance, whatever host was called; neither do their events.
fn leave_instance(ctx: &mut Context) {
    ctx.enter(Arc::new(Instance::default()));
}

fn receipt_of(stored: &Stored<Features>, owner: &str) -> Receipt {
    Receipt { sequence: stored.sequence, created_at: None, changed_at: stored.changed_at, owner: owner.to_owned() }
}
