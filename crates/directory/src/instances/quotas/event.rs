//! Events of this room, exactly as `spec: events.json` has them.

use castellan_rpc::AuditEvent;
use serde::{Deserialize, Serialize};

use super::{Notification, Terms};

/// Only what changed is there, and always the unit.
#[derive(Serialize)]
pub(super) struct QuotaSet<'a> {
    unit: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    /// Nanoseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    interval: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notifications: Option<&'a [Notification]>,
}

impl<'a> QuotaSet<'a> {
    /// What of the new terms differs from the old ones; without old ones, everything.
    pub fn changed(unit: i32, new: &'a Terms, old: Option<&Terms>) -> Self {
        let differs = |same: &dyn Fn(&Terms) -> bool| old.is_none_or(|old| !same(old));
        Self {
            unit,
            from: differs(&|old| old.starts_at == new.starts_at).then(|| new.starts_at.to_rfc3339()),
            interval: differs(&|old| old.interval == new.interval).then(|| new.interval.nanos()),
            amount: differs(&|old| old.amount == new.amount).then_some(new.amount),
            limit: differs(&|old| old.is_limit == new.is_limit).then_some(new.is_limit),
            notifications: differs(&|old| alike(&old.notifications, &new.notifications))
                .then_some(new.notifications.as_slice()),
        }
    }

    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.from.is_none()
            && self.interval.is_none()
            && self.amount.is_none()
            && self.limit.is_none()
            && self.notifications.is_none()
    }

    /// Whether the notifications are others than before.
    pub fn has_notifications(&self) -> bool {
        self.notifications.is_some()
    }
}

fn alike(old: &[Notification], new: &[Notification]) -> bool {
    old.len() == new.len() && old.iter().zip(new).all(|(old, new)| old.is_like(new))
}

impl AuditEvent for QuotaSet<'_> {
    const TYPE: &'static str = "quota.set";
}

#[derive(Serialize)]
pub(super) struct QuotaRemoved {
    pub unit: i32,
}

impl AuditEvent for QuotaRemoved {
    const TYPE: &'static str = "quota.removed";
}

/// How far a quota is used; also the document that is sent to those who wanted to know.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Threshold {
    pub unit: i32,
    pub id: String,
    #[serde(rename = "callURL")]
    pub call_url: String,
    pub period_start: String,
    /// The percentage that was reached.
    pub threshold: u64,
    pub usage: u64,
}

/// Somebody is to be told.
#[derive(Serialize)]
pub(super) struct NotificationDue(pub Threshold);

impl AuditEvent for NotificationDue {
    const TYPE: &'static str = "quota.notificationdue";
}

/// Somebody was told.
#[derive(Serialize)]
pub(super) struct NotificationSent {
    #[serde(flatten)]
    pub threshold: Threshold,
    #[serde(rename = "dueEventID")]
    pub due_event_id: String,
}

impl AuditEvent for NotificationSent {
    const TYPE: &'static str = "quota.notified";
}
