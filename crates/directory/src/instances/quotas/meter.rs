//! Counting the authenticated requests of all instances. On the way of a request there is one look into memory; what was counted
//! is stored in the background, and the quotas themselves are read there too: now and then, and at once when one was changed in
//! this process.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use castellan_db::Retry;
use castellan_kernel::Result;
use castellan_rpc::{Environment, Meter};
use tokio::sync::Mutex;

use super::counter::{Counter, Uses};
use super::{REQUESTS, sql, usage};

type Admission<'a> = std::pin::Pin<Box<dyn Future<Output = bool> + Send + 'a>>;

/// Says that quotas have changed; a service, so that commands can raise it.
#[derive(Debug, Clone, Default)]
pub struct QuotaSignal(Arc<AtomicBool>);

impl QuotaSignal {
    /// Quotas have changed.
    pub fn raise(&self) {
        self.0.store(true, Ordering::Release);
    }

    fn take(&self) -> bool {
        self.0.load(Ordering::Acquire) && self.0.swap(false, Ordering::AcqRel)
    }
}

/// The counters of this process.
pub struct RequestMeter {
    env: Arc<Environment>,
    signal: QuotaSignal,
    counters: RwLock<HashMap<String, Arc<Counter>>>,
    /// Reading and storing take turns, so that nothing is counted twice.
    background: Mutex<()>,
}

impl std::fmt::Debug for RequestMeter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RequestMeter").field("counters", &self.counters).finish_non_exhaustive()
    }
}

impl RequestMeter {
    /// A meter that reads the quotas with the first request.
    pub fn new(env: Arc<Environment>) -> Self {
        let signal = env.services.get::<QuotaSignal>().map(|signal| (*signal).clone()).unwrap_or_default();
        signal.raise();
        Self { env, signal, counters: RwLock::default(), background: Mutex::default() }
    }

    /// Reads which instances have a quota, and how much of it is used.
    ///
    /// # Errors
    /// When storage does not answer; the quotas read before stay in force.
    pub async fn refresh(&self) -> Result<()> {
        let _turn = self.background.lock().await;
        let now = self.env.clock.now();
        let mut reads = self.env.db.snapshot(None);
        let granted = sql::granted(&mut reads, REQUESTS).await?;
        let mut counters = HashMap::with_capacity(granted.len());
        for (instance_id, grant) in granted {
            let counter = self.counter(&instance_id).unwrap_or_else(|| Arc::new(Counter::new(grant)));
            counter.renew(grant);
            if let Some(start) = grant.periods.start_at(now) {
                reads.scope(&instance_id);
                counter.know(start, sql::used(&mut reads, REQUESTS, start).await?);
            }
            counters.insert(instance_id, counter);
        }
        *self.counters.write().unwrap_or_else(PoisonError::into_inner) = counters;
        Ok(())
    }

    /// Stores what was counted since, and has those told who wanted to know.
    ///
    /// # Errors
    /// When storage does not answer; nothing that was counted is lost.
    pub async fn store(&self) -> Result<()> {
        let _turn = self.background.lock().await;
        let counters: Vec<_> = {
            let counters = self.counters.read().unwrap_or_else(PoisonError::into_inner);
            counters.iter().map(|(id, counter)| (id.clone(), Arc::clone(counter))).collect()
        };
        let mut outcome = Ok(());
        for (instance_id, counter) in counters {
            for uses in counter.take() {
                match self.store_one(&instance_id, uses).await {
                    Ok(Some(stored)) => counter.know(uses.period_start, stored),
                    // The quota is gone, and its counter with the next refresh.
                    Ok(None) => {}
                    Err(error) => {
                        counter.give_back(uses);
                        outcome = Err(error);
                    }
                }
            }
        }
        outcome
    }

    async fn store_one(&self, instance_id: &str, uses: Uses) -> Result<Option<u64>> {
        let mut retry = Retry::new(&self.env.db);
        loop {
            match usage::add(&self.env, instance_id, uses).await {
                Err(error) if error.is_conflict() && retry.again().await => {}
                outcome => return outcome,
            }
        }
    }

    fn counter(&self, instance_id: &str) -> Option<Arc<Counter>> {
        self.counters.read().unwrap_or_else(PoisonError::into_inner).get(instance_id).map(Arc::clone)
    }
}

impl Meter for RequestMeter {
    fn admit<'a>(&'a self, instance_id: &'a str) -> Admission<'a> {
        Box::pin(async move {
            if self.signal.take()
                && let Err(error) = self.refresh().await
            {
                self.signal.raise();
                tracing::warn!(?error, "quotas could not be read; those read before stay in force");
            }
            let counters = self.counters.read().unwrap_or_else(PoisonError::into_inner);
            counters.get(instance_id).is_none_or(|counter| counter.count(self.env.clock.now()))
        })
    }

    fn is_exhausted(&self, instance_id: &str) -> bool {
        let counters = self.counters.read().unwrap_or_else(PoisonError::into_inner);
        counters.get(instance_id).is_some_and(|counter| counter.is_exhausted(self.env.clock.now()))
    }
}
