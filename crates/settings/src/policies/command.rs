//! Adding, changing, removing and reading policies of any kind, for the instance or an organization.

use castellan_kernel::{Owner, Receipt, Result};
use castellan_rpc::Context;

use super::{Policy, event};
use crate::store::{self, Stored};

/// Gives an organization an override of the instance's policy.
///
/// # Errors
/// The kind's errors for values that may not be and for an override that exists.
pub async fn add<P: Policy>(ctx: &mut Context, org_id: &str, value: &P) -> Result<Receipt> {
    let owner = Owner::Org(org_id.to_owned());
    value.validate(&owner, true)?;
    if store::get::<P>(ctx.tx().await?, &owner).await?.is_some() {
        return Err(P::FAULTS.org_exists.into());
    }
    store_added(ctx, &owner, value).await
}

/// Gives a new instance its policy.
///
/// # Errors
/// The kind's errors for values that may not be.
pub async fn insert_default<P: Policy>(ctx: &mut Context, value: &P) -> Result<Receipt> {
    value.validate(&Owner::Instance, true)?;
    store_added(ctx, &Owner::Instance, value).await
}

async fn store_added<P: Policy>(ctx: &mut Context, owner: &Owner, value: &P) -> Result<Receipt> {
    let receipt = event::added(ctx, owner, value).await?;
    store::put(ctx.tx().await?, owner, value, &receipt).await?;
    Ok(receipt)
}

/// Changes the policy of this owner; `edit` gets the stored one and returns what shall hold.
///
/// # Errors
/// The kind's errors for values that may not be, for a policy that is not there and for a change of nothing.
pub async fn change<P: Policy>(ctx: &mut Context, owner: &Owner, edit: impl FnOnce(&P) -> P + Send) -> Result<Receipt> {
    let (missing, unchanged) = match owner {
        Owner::Instance => (P::FAULTS.instance_missing, P::FAULTS.instance_unchanged),
        Owner::Org(_) => (P::FAULTS.org_missing, P::FAULTS.org_unchanged),
    };
    let stored = store::get::<P>(ctx.tx().await?, owner).await?;
    let value = edit(&stored.as_ref().map(|stored| stored.value.clone()).unwrap_or_default());
    value.validate(owner, false)?;
    let old = stored.ok_or(missing)?.value;
    if old == value {
        return Err(unchanged.into());
    }
    let receipt = event::changed(ctx, owner, &old, &value).await?;
    store::put(ctx.tx().await?, owner, &value, &receipt).await?;
    Ok(receipt)
}

/// Removes an organization's override; it then inherits the instance's policy.
///
/// # Errors
/// The kind's error when there is none.
pub async fn remove<P: Policy>(ctx: &mut Context, org_id: &str) -> Result<Receipt> {
    if !store::reset::<P>(ctx.tx().await?, &Owner::Org(org_id.to_owned())).await? {
        return Err(P::FAULTS.org_reset_missing.into());
    }
    event::removed::<P>(ctx, org_id).await
}

/// What is in force for an organization.
///
/// # Errors
/// When storage does not answer.
pub async fn read<P: Policy>(ctx: &mut Context, org_id: &str) -> Result<Stored<P>> {
    store::effective(ctx.read().await?, org_id).await
}

/// What the instance has.
///
/// # Errors
/// When storage does not answer.
pub async fn read_default<P: Policy>(ctx: &mut Context) -> Result<Stored<P>> {
    store::of_instance(ctx.read().await?).await
}
