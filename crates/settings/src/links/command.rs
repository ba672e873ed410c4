//! The rules for links: an owner's list is replaced as a whole, and removing it shows the list of the level above again.

use castellan_kernel::{Owner, Receipt, Result, Timestamp};
use castellan_rpc::{AuditEvent, Context};
use serde::Serialize;

use super::Links;
use crate::owner::require_known;
use crate::policies::event::aggregate;
use crate::store;

#[derive(Serialize)]
struct InstanceSet<'a> {
    links: &'a Links,
}
impl AuditEvent for InstanceSet<'_> {
    const TYPE: &'static str = "instance.settings.links.set";
}

#[derive(Serialize)]
struct InstanceRemoved {}
impl AuditEvent for InstanceRemoved {
    const TYPE: &'static str = "instance.settings.links.removed";
}

#[derive(Serialize)]
struct OrgSet<'a> {
    links: &'a Links,
}
impl AuditEvent for OrgSet<'_> {
    const TYPE: &'static str = "org.settings.links.set";
}

#[derive(Serialize)]
struct OrgRemoved {}
impl AuditEvent for OrgRemoved {
    const TYPE: &'static str = "org.settings.links.removed";
}

/// Replaces the owner's list; the same one again changes nothing. Returns when it changed last.
///
/// # Errors
/// `SETTINGS-Org1n` when there is no such organization.
pub(super) async fn set(ctx: &mut Context, owner: &Owner, links: &Links) -> Result<Timestamp> {
    let tx = ctx.tx().await?;
    require_known(tx, owner).await?;
    if let Some(stored) = store::get::<Links>(tx, owner).await?.filter(|stored| stored.value == *links) {
        return Ok(stored.changed_at);
    }
    let aggregate = aggregate(ctx, owner);
    let receipt: Receipt = match owner {
        Owner::Instance => ctx.record(&aggregate, &InstanceSet { links }).await?,
        Owner::Org(_) => ctx.record(&aggregate, &OrgSet { links }).await?,
    };
    store::put(ctx.tx().await?, owner, links, &receipt).await?;
    Ok(receipt.changed_at)
}

/// Removes the owner's list; where there is none, nothing happens. Returns when it was removed, if it was.
///
/// # Errors
/// `SETTINGS-Org1n` when there is no such organization.
pub(super) async fn reset(ctx: &mut Context, owner: &Owner) -> Result<Option<Timestamp>> {
    let tx = ctx.tx().await?;
    require_known(tx, owner).await?;
    if !store::reset::<Links>(tx, owner).await? {
        return Ok(None);
    }
    let aggregate = aggregate(ctx, owner);
    let receipt = match owner {
        Owner::Instance => ctx.record(&aggregate, &InstanceRemoved {}).await?,
        Owner::Org(_) => ctx.record(&aggregate, &OrgRemoved {}).await?,
    };
    Ok(Some(receipt.changed_at))
}
