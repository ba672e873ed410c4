//! Counting authenticated requests, beside them: storing what was counted, and making the calls that follow from it.

use std::sync::Arc;
use std::time::Duration;

use castellan_directory::instances::quotas::{RequestMeter, deliver_notifications};
use castellan_rpc::Environment;
use tokio::task::JoinHandle;

use crate::config::Settings;
use crate::listener::Stop;

/// How often counts are stored; a crash loses what was counted since.
const STORE_INTERVAL: Duration = Duration::from_secs(1);
/// After so many of these intervals, quotas and what other processes have counted are read again.
const REFRESH_EVERY: u32 = 10;
/// How often calls that failed before are looked for; new ones are made at once.
const RETRY_INTERVAL: Duration = Duration::from_secs(5);

/// The meter, if requests are counted at all.
pub(super) fn meter(env: &Arc<Environment>, settings: &Settings) -> Option<Arc<RequestMeter>> {
    settings.quotas.access.enabled.then(|| Arc::new(RequestMeter::new(Arc::clone(env))))
}

/// Starts the jobs.
pub(super) fn start(env: Arc<Environment>, meter: &Arc<RequestMeter>, stop: Stop) -> [JoinHandle<()>; 2] {
    [tokio::spawn(count(Arc::clone(meter), stop.clone())), tokio::spawn(call(env, stop))]
}

/// Stores what was counted last.
pub(super) async fn finish(meter: &RequestMeter) {
    if let Err(error) = meter.store().await {
        tracing::warn!(?error, "the last authenticated requests could not be counted");
    }
}

async fn count(meter: Arc<RequestMeter>, mut stop: Stop) {
    let mut ticks = tokio::time::interval(STORE_INTERVAL);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    for round in 0_u32.. {
        tokio::select! {
            () = stop.wait() => return,
            _ = ticks.tick() => {}
        }
        if let Err(error) = meter.store().await {
            tracing::warn!(?error, "authenticated requests could not be counted; trying again");
        }
        if round % REFRESH_EVERY == 0
            && let Err(error) = meter.refresh().await
        {
            tracing::warn!(?error, "quotas could not be read; those read before stay in force");
        }
    }
}

async fn call(env: Arc<Environment>, mut stop: Stop) {
    let appended = env.db.outbox_signal();
    let mut ticks = tokio::time::interval(RETRY_INTERVAL);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.wait() => return,
            () = appended.notified() => {}
            _ = ticks.tick() => {}
        }
        loop {
            match deliver_notifications(&env).await {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(?error, "quota notifications could not be sent; trying again");
                    break;
                }
            }
        }
    }
}
