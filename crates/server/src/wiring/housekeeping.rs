//! Work that runs beside the requests: removing sessions whose tokens have ended.

use std::sync::Arc;
use std::time::Duration;

use castellan_rpc::Environment;
use tokio::task::JoinHandle;

use crate::listener::Stop;

/// How often the job looks.
const INTERVAL: Duration = Duration::from_secs(60);
/// Ended sessions are kept this long, so that an introspection that raced the end still finds them.
const GRACE_SECONDS: i64 = 3_600;
/// At most so many rows in one transaction, so that no command waits long behind the job.
const BATCH: i64 = 500;

/// Starts the job.
pub(super) fn start(env: Arc<Environment>, mut stop: Stop) -> JoinHandle<()> {
    tokio::spawn(async move {
        // The first look waits as well: a start has better things to do, and a server that restarts often has little to remove.
        let mut ticks = tokio::time::interval_at(tokio::time::Instant::now() + INTERVAL, INTERVAL);
        loop {
            tokio::select! {
                () = stop.wait() => return,
                _ = ticks.tick() => {}
            }
            let before = env.clock.now().plus_seconds(-GRACE_SECONDS);
            loop {
                match castellan_oidc::remove_ended_sessions(&env.db, before, BATCH).await {
                    Ok(removed) if removed >= BATCH.unsigned_abs() => {}
                    Ok(_) => break,
                    Err(error) => {
                        tracing::warn!(?error, "ended sessions could not be removed; trying again in a minute");
                        break;
                    }
                }
            }
        }
    })
}
