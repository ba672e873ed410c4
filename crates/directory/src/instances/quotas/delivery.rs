//! Telling those who wanted to know how much of a quota is used: calls to the addresses that the operator of the system gave,
//! again and again for a while if nobody answers.

use std::sync::Arc;

use castellan_db::OutboxItem;
use castellan_kernel::{Error, Result};
use castellan_outbound::Client;
use castellan_rpc::{Context, Environment};
use serde::Deserialize;

use super::event::{NotificationSent, Threshold};
use super::{NOTIFICATION, aggregate};

/// Calls made in one round; each may take as long as the client's timeout.
const BATCH: u32 = 5;
/// How long nobody else takes up a call that somebody is about to make.
const LEASE_SECONDS: i64 = 300;
/// A call is given up after so many tries, about half a day after the first.
const MAX_ATTEMPTS: u64 = 16;
/// The pause after the first try; it doubles with every further one.
const FIRST_PAUSE_SECONDS: i64 = 10;
/// The longest pause.
const LONGEST_PAUSE_SECONDS: i64 = 3_600;
/// Nothing in the answers is of interest.
const MAX_ANSWER: usize = 64 * 1_024;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payload {
    quota_id: String,
    #[serde(rename = "dueEventID")]
    due_event_id: String,
    notification: Threshold,
}

/// Makes the calls that are due, a few at a time; how many there were.
///
/// # Errors
/// When storage does not answer. Calls that fail are no error: they are made again later.
pub async fn deliver_notifications(env: &Arc<Environment>) -> Result<usize> {
    let client = env.services.get::<Client>()?;
    let now = env.clock.now();
    let mut tx = env.db.begin(None);
    let items = tx.claim_outbox(NOTIFICATION, now, now.plus_seconds(LEASE_SECONDS), BATCH).await?;
    tx.commit().await?;
    let count = items.len();
    for item in items {
        deliver(env, &client, item).await?;
    }
    Ok(count)
}

async fn deliver(env: &Arc<Environment>, client: &Client, item: OutboxItem) -> Result<()> {
    let payload: Payload = match serde_json::from_value(item.payload) {
        Ok(payload) => payload,
        Err(cause) => {
            tracing::error!(%cause, item = item.id, "a quota notification cannot be read and is dropped");
            return finish(env, item.id).await;
        }
    };
    let document = serde_json::to_value(&payload.notification).map_err(Error::internal)?;
    let failure = match client.post_json(&payload.notification.call_url, &document, MAX_ANSWER).await {
        Ok(answer) if answer.is_success() => None,
        Ok(answer) => Some(format!("the answer had the status {}", answer.status)),
        Err(failure) => Some(failure.to_string()),
    };
    let Some(failure) = failure else { return delivered(env, item.id, &item.instance_id, payload).await };
    let gives_up = item.attempts >= MAX_ATTEMPTS;
    tracing::warn!(
        instance = item.instance_id,
        attempts = item.attempts,
        gives_up,
        failure,
        "a quota notification failed"
    );
    if gives_up {
        return finish(env, item.id).await;
    }
    let mut tx = env.db.begin(None);
    tx.retry_outbox(item.id, env.clock.now().plus_seconds(pause(item.attempts)), &failure).await?;
    tx.commit().await
}

async fn finish(env: &Environment, item: i64) -> Result<()> {
    let mut tx = env.db.begin(None);
    tx.finish_outbox(item).await?;
    tx.commit().await
}

fn pause(attempts: u64) -> i64 {
    let doubled = FIRST_PAUSE_SECONDS.saturating_mul(1 << attempts.saturating_sub(1).min(20));
    doubled.min(LONGEST_PAUSE_SECONDS)
}

async fn delivered(env: &Arc<Environment>, item: i64, instance_id: &str, payload: Payload) -> Result<()> {
    let instance = crate::instances::by_id(&mut env.db.single_reads(None), instance_id).await?;
    // Of an instance that is gone, nothing is recorded.
    let Some(instance) = instance else { return finish(env, item).await };
    let mut ctx = Context::internal(Arc::clone(env), Arc::new(instance), "QUOTA");
    let event = NotificationSent { threshold: payload.notification, due_event_id: payload.due_event_id };
    ctx.record(&aggregate(&payload.quota_id, instance_id), &event).await?;
    ctx.tx().await?.finish_outbox(item).await?;
    ctx.commit().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_an_hour() {
        assert_eq!([1, 2, 3, 9, 10, 60].map(pause), [10, 20, 40, 2_560, 3_600, 3_600]);
    }
}
