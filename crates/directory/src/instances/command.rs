//! The rules for storing, renaming and removing instances. Creating one whole is done above this slice: it needs projects.

use castellan_kernel::{Fault, Receipt, Result};
use castellan_rpc::{Context, Instance};

use super::event::{DefaultLanguageSet, InstanceAdded, InstanceChanged, InstanceRemoved, aggregate};
use super::sql;

const NAME_EMPTY: Fault = Fault::invalid("INST-092mid", "Errors.Invalid.Argument");
const NOT_FOUND: Fault = Fault::not_found("COMMA-AE3GS", "Errors.Instance.NotFound");

/// Stores a new instance, which the context must have entered, and records its name and default language.
///
/// # Errors
/// When storage does not answer.
pub async fn insert(ctx: &mut Context, instance: &Instance, console_app_id: &str) -> Result<Receipt> {
    let aggregate = aggregate(ctx);
    ctx.record(&aggregate, &InstanceAdded { name: &instance.name }).await?;
    let language = DefaultLanguageSet { language: &instance.default_language };
    let receipt = ctx.record(&aggregate, &language).await?;
    sql::insert(ctx.tx().await?, instance, console_app_id, &receipt).await?;
    Ok(receipt)
}

/// Renames the context's instance; the same name again changes nothing.
pub(super) async fn rename(ctx: &mut Context, name: &str) -> Result<Receipt> {
    let name = name.trim();
    if name.is_empty() {
        return Err(NAME_EMPTY.into());
    }
    let id = ctx.instance.id.clone();
    let stored = sql::find(ctx.tx().await?, &id).await?.ok_or(NOT_FOUND)?;
    if stored.instance.name == name {
        return Ok(Receipt { sequence: stored.sequence, created_at: None, changed_at: stored.changed_at, owner: id });
    }
    let receipt = ctx.record(&aggregate(ctx), &InstanceChanged { name }).await?;
    sql::rename(ctx.tx().await?, &id, name, &receipt).await?;
    Ok(receipt)
}

/// Removes the context's instance with everything in it; `None` when there is none.
pub(super) async fn remove(ctx: &mut Context) -> Result<Option<Receipt>> {
    let id = ctx.instance.id.clone();
    if id.is_empty() || sql::find(ctx.tx().await?, &id).await?.is_none() {
        return Ok(None);
    }
    let receipt = ctx.record(&aggregate(ctx), &InstanceRemoved {}).await?;
    sql::delete(ctx.tx().await?, &id).await?;
    Ok(Some(receipt))
}
