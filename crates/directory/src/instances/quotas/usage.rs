//! Storing what was used of a quota, and what follows from it: who wanted to know is told, once for every part that was used.

use std::collections::BTreeMap;
use std::sync::Arc;

use castellan_kernel::Result;
use castellan_rpc::{Context, Environment, Instance};
use serde_json::json;

use super::counter::Uses;
use super::event::{NotificationDue, Threshold};
use super::{NOTIFICATION, Notification, Quota, REQUESTS, aggregate, sql};

/// Multiples of a repeated notification that are told at once, when many were passed since the last look: the last ones.
const MAX_AT_ONCE: usize = 10;

/// Adds uses to what is stored; what is stored then, or `None` when the instance has no such quota any more.
pub(super) async fn add(env: &Arc<Environment>, instance_id: &str, uses: Uses) -> Result<Option<u64>> {
    let instance = Instance { id: instance_id.to_owned(), ..Instance::default() };
    let mut ctx = Context::internal(Arc::clone(env), Arc::new(instance), "QUOTA");
    let Some(quota) = sql::find(ctx.tx().await?, REQUESTS).await? else {
        ctx.rollback();
        return Ok(None);
    };
    let (used, mut notified) = sql::add_used(ctx.tx().await?, REQUESTS, uses).await?;
    let due: Vec<_> = due(&quota.terms.notifications, used, quota.terms.amount, &notified);
    for (notification, threshold) in &due {
        tell(&mut ctx, &quota, notification, *threshold, used, uses).await?;
        notified.insert(notification.id.clone(), *threshold);
    }
    if !due.is_empty() {
        sql::set_notified(ctx.tx().await?, REQUESTS, uses.period_start, &notified).await?;
    }
    ctx.commit().await?;
    Ok(Some(used))
}

async fn tell(
    ctx: &mut Context,
    quota: &Quota,
    notification: &Notification,
    threshold: u64,
    used: u64,
    uses: Uses,
) -> Result<()> {
    let threshold = Threshold {
        unit: REQUESTS,
        id: notification.id.clone(),
        call_url: notification.call_url.clone(),
        period_start: uses.period_start.to_rfc3339(),
        threshold,
        usage: used,
    };
    let instance_id = ctx.instance.id.clone();
    let due = ctx.record(&aggregate(&quota.id, &instance_id), &NotificationDue(threshold.clone())).await?;
    let payload = json!({"quotaId": quota.id, "dueEventID": due.sequence.to_string(), "notification": threshold});
    let now = ctx.now();
    ctx.tx().await?.append_outbox(NOTIFICATION, &payload, now).await
}

/// The notifications that are due, each with the percentage that was reached.
fn due<'a>(
    notifications: &'a [Notification],
    used: u64,
    amount: u64,
    notified: &BTreeMap<String, u64>,
) -> Vec<(&'a Notification, u64)> {
    let reached = match amount {
        0 => 100,
        _ => u64::try_from(u128::from(used) * 100 / u128::from(amount)).unwrap_or(u64::MAX),
    };
    let mut due = Vec::new();
    for notification in notifications {
        let percent = u64::from(notification.percent.max(1));
        let (before, now) = (notified.get(&notification.id).map_or(0, |last| last / percent), reached / percent);
        let now = if notification.repeat { now } else { now.min(1) };
        let first = now.saturating_sub(MAX_AT_ONCE as u64).max(before);
        due.extend((first + 1..=now).map(|multiple| (notification, multiple * percent)));
    }
    due
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notification(percent: u32, repeat: bool) -> Notification {
        Notification { id: "n".into(), percent, repeat, call_url: String::new() }
    }

    fn reached(notification: &Notification, used: u64, last: u64) -> Vec<u64> {
        let notified = BTreeMap::from([("n".to_owned(), last)]);
        let notifications = [notification.clone()];
        due(&notifications, used, 10, &notified).into_iter().map(|(_, threshold)| threshold).collect()
    }

    #[test]
    fn a_notification_is_due_once_when_its_part_is_used() {
        let half = notification(50, false);
        assert!(reached(&half, 4, 0).is_empty());
        assert_eq!(reached(&half, 5, 0), [50]);
        assert!(reached(&half, 20, 50).is_empty());
    }

    #[test]
    fn a_repeated_notification_is_due_for_every_multiple() {
        let half = notification(50, true);
        assert_eq!(reached(&half, 11, 0), [50, 100]);
        assert_eq!(reached(&half, 20, 100), [150, 200]);
        assert_eq!(reached(&notification(1, true), 1_000, 0).len(), MAX_AT_ONCE);
        assert_eq!(reached(&notification(1, true), 1_000, 0).last(), Some(&10_000));
    }

    #[test]
    fn an_amount_of_nothing_is_used_up_with_the_first_use() {
        let all = [notification(100, true)];
        assert_eq!(due(&all, 1, 0, &BTreeMap::new()), [(&all[0], 100)]);
    }
}
