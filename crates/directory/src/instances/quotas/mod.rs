//! Quotas: how much of a unit an instance may use per interval, and whom to tell when a part of it is used. Authenticated requests
//! are counted ([`RequestMeter`]), and refused where the quota is a limit. RPCs: System AddQuota, SetQuota, RemoveQuota. Tables
//! `quotas`, `quota_usage`. Events `quota.*`, one stream per quota. Rules: spec api.md 1.10 and 4.16, oauth.md 6.4.

mod api;
mod command;
mod counter;
mod delivery;
mod event;
mod meter;
mod period;
mod sql;
#[cfg(test)]
mod tests;
mod usage;

use castellan_kernel::{Receipt, Timestamp};
use castellan_proto::methods::system_v1 as system;
use castellan_rpc::{Aggregate, Registry};
use castellan_settings::Span;
use serde::{Deserialize, Serialize};

pub use delivery::deliver_notifications;
pub use meter::{QuotaSignal, RequestMeter};

/// The unit that is counted here: `REQUESTS_ALL_AUTHENTICATED`.
const REQUESTS: i32 = 1;

/// Calls to those who are to be told, in the outbox.
const NOTIFICATION: &str = "quota.notification";

/// Whom to tell when that part of the quota is used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Notification {
    id: String,
    percent: u32,
    /// Again for every further multiple.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    repeat: bool,
    #[serde(rename = "callUrl")]
    call_url: String,
}

impl Notification {
    /// Whether it says the same; the id does not count.
    fn is_like(&self, other: &Self) -> bool {
        (self.percent, self.repeat, &self.call_url) == (other.percent, other.repeat, &other.call_url)
    }
}

/// What a quota grants.
#[derive(Debug, Clone)]
struct Terms {
    starts_at: Timestamp,
    interval: Span,
    amount: u64,
    /// Whether what goes beyond is refused.
    is_limit: bool,
    notifications: Vec<Notification>,
}

/// A stored quota.
#[derive(Debug, Clone)]
struct Quota {
    id: String,
    terms: Terms,
    created_at: Timestamp,
    changed_at: Timestamp,
    sequence: u64,
}

impl Quota {
    /// The receipt of the change that made the quota what it is.
    fn receipt(&self, owner: &str) -> Receipt {
        Receipt {
            sequence: self.sequence,
            created_at: Some(self.created_at),
            changed_at: self.changed_at,
            owner: owner.to_owned(),
        }
    }
}

fn aggregate(id: &str, instance_id: &str) -> Aggregate {
    Aggregate::new("quota", id, instance_id)
}

pub(super) fn register(registry: &mut Registry) {
    registry
        .room("directory/instances/quotas")
        .command::<system::AddQuota>(api::add)
        .command::<system::SetQuota>(api::set)
        .command::<system::RemoveQuota>(api::remove);
}
