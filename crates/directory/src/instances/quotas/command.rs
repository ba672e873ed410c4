//! The rules for quotas of the context's instance.

use castellan_kernel::{Fault, Receipt, Result};
use castellan_rpc::Context;
use castellan_settings::Span;

use super::event::{QuotaRemoved, QuotaSet};
use super::{QuotaSignal, Terms, aggregate, sql};

const EXISTS: Fault = Fault::exists("COMMAND-WDfFf", "Errors.Quota.AlreadyExists");
const NOT_FOUND: Fault = Fault::not_found("COMMAND-WDfFf", "Errors.Quota.NotFound");
const UNIT_UNKNOWN: Fault = Fault::invalid("QUOTA-OTeSh", "Errors.Quota.Invalid.Unimplemented");
const INTERVAL_SHORT: Fault = Fault::invalid("QUOTA-R5otd", "Errors.Quota.Invalid.ResetInterval");
const PERCENT_LOW: Fault = Fault::invalid("QUOTA-pBfjq", "Errors.Quota.Invalid.Percent");
const URL_INVALID: Fault = Fault::invalid("QUOTA-bZ0Fj", "Errors.Quota.Invalid.CallURL");
const URL_RELATIVE: Fault = Fault::invalid("QUOTA-HAYmN", "Errors.Quota.Invalid.CallURL");

/// The units that exist.
const UNITS: std::ops::RangeInclusive<i32> = 1..=2;

/// Sets the quota of a unit that has none.
pub(super) async fn add(ctx: &mut Context, unit: i32, terms: Terms) -> Result<Receipt> {
    check(unit, &terms)?;
    if sql::find(ctx.tx().await?, unit).await?.is_some() {
        return Err(EXISTS.into());
    }
    set(ctx, unit, terms).await
}

/// Sets the quota of a unit, whether it has one or not; the same terms again change nothing.
pub(super) async fn set(ctx: &mut Context, unit: i32, mut terms: Terms) -> Result<Receipt> {
    check(unit, &terms)?;
    let instance = ctx.instance.id.clone();
    let stored = sql::find(ctx.tx().await?, unit).await?;
    for notification in &mut terms.notifications {
        notification.id = ctx.new_id();
    }
    let event = QuotaSet::changed(unit, &terms, stored.as_ref().map(|quota| &quota.terms));
    let has_notifications = event.has_notifications();
    let (id, receipt) = match &stored {
        Some(quota) if event.is_empty() => return Ok(quota.receipt(&instance)),
        Some(quota) => (quota.id.clone(), ctx.record(&aggregate(&quota.id, &instance), &event).await?),
        None => {
            let id = ctx.new_id();
            let receipt = ctx.record(&aggregate(&id, &instance), &event).await?;
            (id, receipt)
        }
    };
    if let (Some(quota), false) = (stored, has_notifications) {
        // Those that say the same keep their ids.
        terms.notifications = quota.terms.notifications;
    }
    sql::put(ctx.tx().await?, unit, &id, &terms, &receipt).await?;
    announce(ctx);
    Ok(receipt)
}

pub(super) async fn remove(ctx: &mut Context, unit: i32) -> Result<Receipt> {
    let instance = ctx.instance.id.clone();
    let quota = sql::find(ctx.tx().await?, unit).await?.ok_or(NOT_FOUND)?;
    let receipt = ctx.record(&aggregate(&quota.id, &instance), &QuotaRemoved { unit }).await?;
    sql::delete(ctx.tx().await?, unit).await?;
    announce(ctx);
    Ok(receipt)
}

/// Requests that come after the change are counted by it.
fn announce(ctx: &mut Context) {
    if let Ok(signal) = ctx.service::<QuotaSignal>() {
        ctx.after_commit(move || signal.raise());
    }
}

fn check(unit: i32, terms: &Terms) -> Result<()> {
    for notification in &terms.notifications {
        check_url(&notification.call_url)?;
        if notification.percent < 1 {
            return Err(PERCENT_LOW.into());
        }
    }
    if !UNITS.contains(&unit) {
        return Err(UNIT_UNKNOWN.into());
    }
    if terms.interval < Span::from_seconds(60) {
        return Err(INTERVAL_SHORT.into());
    }
    Ok(())
}

fn check_url(url: &str) -> Result<()> {
    if url.chars().any(|character| character.is_control() || character.is_whitespace()) {
        return Err(URL_INVALID.into());
    }
    let host = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"))
        .map(|rest| rest.split(['/', '?', '#']).next().unwrap_or_default());
    if host.is_none_or(str::is_empty) { Err(URL_RELATIVE.into()) } else { Ok(()) }
}
