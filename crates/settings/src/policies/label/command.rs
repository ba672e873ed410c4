//! The rules for branding: changes touch the preview only, activation copies it.

use castellan_kernel::{Fault, Owner, Receipt, Result};
use castellan_rpc::{AuditEvent, Context};
use serde::Serialize;

use super::asset_command;
use crate::documents::{LabelPolicy, LabelPreview};
use crate::policies::{Policy as _, event};
use crate::store;

const ORG_ACTIVATE_NOT_FOUND: Fault = Fault::not_found("ORG-34mSE", "Errors.Org.LabelPolicy.NotFound");
const INSTANCE_ACTIVATE_NOT_FOUND: Fault = Fault::not_found("INSTANCE-6M23e", "Errors.Instance.LabelPolicy.NotFound");

#[derive(Serialize)]
struct InstanceActivated {}
impl AuditEvent for InstanceActivated {
    const TYPE: &'static str = "instance.policy.label.activated";
}

#[derive(Serialize)]
struct OrgActivated {}
impl AuditEvent for OrgActivated {
    const TYPE: &'static str = "org.policy.label.activated";
}

pub(super) async fn add(ctx: &mut Context, org_id: &str, value: LabelPolicy) -> Result<Receipt> {
    let owner = Owner::Org(org_id.to_owned());
    value.validate(&owner, true)?;
    if store::get::<LabelPreview>(ctx.tx().await?, &owner).await?.is_some() {
        return Err(LabelPolicy::FAULTS.org_exists.into());
    }
    let receipt = event::added(ctx, &owner, &value).await?;
    store::put(ctx.tx().await?, &owner, &LabelPreview(value), &receipt).await?;
    Ok(receipt)
}

pub(super) async fn change(
    ctx: &mut Context,
    owner: &Owner,
    edit: impl FnOnce(&LabelPolicy) -> LabelPolicy + Send,
) -> Result<Receipt> {
    let (missing, unchanged) = match owner {
        Owner::Instance => (LabelPolicy::FAULTS.instance_missing, LabelPolicy::FAULTS.instance_unchanged),
        Owner::Org(_) => (LabelPolicy::FAULTS.org_missing, LabelPolicy::FAULTS.org_unchanged),
    };
    let stored = store::get::<LabelPreview>(ctx.tx().await?, owner).await?;
    let value = edit(&stored.as_ref().map(|stored| stored.value.0.clone()).unwrap_or_default());
    value.validate(owner, false)?;
    let old = stored.ok_or(missing)?.value.0;
    if old == value {
        return Err(unchanged.into());
    }
    let receipt = event::changed(ctx, owner, &old, &value).await?;
    store::put(ctx.tx().await?, owner, &LabelPreview(value), &receipt).await?;
    Ok(receipt)
}

pub(super) async fn activate(ctx: &mut Context, owner: &Owner) -> Result<Receipt> {
    let stored = store::get::<LabelPreview>(ctx.tx().await?, owner).await?;
    let aggregate = event::aggregate(ctx, owner);
    let (preview, receipt) = match owner {
        Owner::Instance => {
            let preview = stored.ok_or(INSTANCE_ACTIVATE_NOT_FOUND)?;
            (preview, ctx.record(&aggregate, &InstanceActivated {}).await?)
        }
        Owner::Org(_) => {
            let preview = stored.ok_or(ORG_ACTIVATE_NOT_FOUND)?;
            (preview, ctx.record(&aggregate, &OrgActivated {}).await?)
        }
    };
    store::put(ctx.tx().await?, owner, &preview.value.0, &receipt).await?;
    asset_command::sweep(ctx, owner).await?;
    Ok(receipt)
}

pub(super) async fn remove(ctx: &mut Context, org_id: &str) -> Result<Receipt> {
    let owner = Owner::Org(org_id.to_owned());
    let tx = ctx.tx().await?;
    if !store::reset::<LabelPreview>(tx, &owner).await? {
        return Err(LabelPolicy::FAULTS.org_reset_missing.into());
    }
    store::reset::<LabelPolicy>(tx, &owner).await?;
    asset_command::sweep(ctx, &owner).await?;
    event::removed::<LabelPolicy>(ctx, org_id).await
}
