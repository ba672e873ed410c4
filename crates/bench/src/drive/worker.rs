//! One thread's share of the connections.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};

use super::pace::Alarm;
use super::{Measured, Pace, Plan, Times};
use crate::client::{Connection, Target, Trouble};
use crate::failure::{Failure, Result};
use crate::scenario::{Actor, Scenario};

/// The connections that a thread drives.
pub struct Share {
    pub target: Target,
    pub scenario: Arc<Scenario>,
    pub plan: Plan,
    /// Which run of this process it is.
    pub run: u32,
    /// The numbers of its connections.
    pub workers: Vec<usize>,
    /// Good iterations of all threads so far, for whoever watches.
    pub done: Arc<AtomicU64>,
}

impl Share {
    /// Opens its connections.
    pub async fn connect(&self) -> Result<Vec<Connection>> {
        let mut connections = Vec::with_capacity(self.workers.len());
        for _ in &self.workers {
            connections.push(self.target.connect().await?);
        }
        Ok(connections)
    }

    /// Drives them until the end.
    pub async fn work(self, connections: Vec<Connection>, times: Times) -> Result<Measured> {
        // One histogram for all connections of the thread: many would not stay in the caches.
        let measured = Rc::new(RefCell::new(Measured::new()?));
        let share = Rc::new(self);
        let mut running = Vec::with_capacity(connections.len());
        for (connection, number) in connections.into_iter().zip(share.workers.clone()) {
            let worker = Worker {
                share: Rc::clone(&share),
                times,
                measured: Rc::clone(&measured),
                pace: share.plan.rate.map(|rate| Pace::of(rate, share.plan.connections, number)),
                number: 0,
                actor: Actor::new(connection, share.run, number, share.scenario.slots()),
            };
            running.push(tokio::task::spawn_local(worker.run()));
        }
        for worker in running {
            worker.await.map_err(|cause| Failure::of("a connection of the driver", cause))??;
        }
        let all = measured.borrow().clone();
        Ok(all)
    }
}

struct Worker {
    share: Rc<Share>,
    times: Times,
    measured: Rc<RefCell<Measured>>,
    pace: Option<Pace>,
    /// The number of the next iteration.
    number: u32,
    actor: Actor,
}

impl Worker {
    async fn run(mut self) -> Result<()> {
        // What is under way at the end is not waited for. One timer for all iterations costs nothing.
        if let Ok(ended) = timeout_at(self.times.end, self.iterate()).await {
            ended?;
        }
        if let Some(pace) = self.pace {
            // One may be under way.
            let left = pace.due_before(self.times.begin, self.number, self.times.end).saturating_sub(1);
            self.measured.borrow_mut().unsent += left;
        }
        Ok(())
    }

    async fn iterate(&mut self) -> Result<()> {
        let timer = |cause| Failure::of("a timer of the driver", cause);
        let alarm = self.pace.is_some().then(Alarm::new).transpose().map_err(timer)?;
        let mut now = Instant::now();
        loop {
            let mut started = now;
            if let (Some(pace), Some(alarm)) = (self.pace, &alarm) {
                started = pace.due(self.times.begin, self.number);
                if started >= self.times.end {
                    return Ok(());
                }
                alarm.ring_at(started).await.map_err(timer)?;
            }
            let outcome = self.share.scenario.iterate(&mut self.actor, self.number).await;
            now = Instant::now();
            self.number = self.number.wrapping_add(1);
            self.note(&outcome, started, now);
            if matches!(outcome, Err(Trouble::Broken(_))) {
                self.reconnect().await;
                now = Instant::now();
            }
        }
    }

    fn note(&self, outcome: &std::result::Result<(), Trouble>, started: Instant, finished: Instant) {
        if finished < self.times.count_from || finished > self.times.end {
            return;
        }
        match outcome {
            Ok(()) => {
                self.share.done.fetch_add(1, Ordering::Relaxed);
                let micros = u64::try_from((finished - started).as_micros()).unwrap_or(u64::MAX);
                self.measured.borrow_mut().good(micros);
            }
            Err(trouble) => self.measured.borrow_mut().failed(trouble),
        }
    }

    /// A connection that broke is of no use; a server that is down must not make the driver spin.
    async fn reconnect(&mut self) {
        loop {
            sleep(Duration::from_millis(50)).await;
            if let Ok(fresh) = self.share.target.connect().await {
                self.actor.connection = fresh;
                return;
            }
        }
    }
}
