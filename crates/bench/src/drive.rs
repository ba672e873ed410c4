//! The run: connections that send as fast as they can (closed loop) or at a fixed rate (open loop), and what they measured.

use std::collections::BTreeMap;
use std::io::{IsTerminal as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hdrhistogram::Histogram;
use tokio::time::{Instant, sleep, sleep_until};

use crate::connection::Target;
use crate::failure::{Failure, Result};
use crate::scenario::Scenario;

/// How a run is done.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Connections, each with one request at a time.
    pub connections: usize,
    /// Time before anything is counted.
    pub warm_up: Duration,
    /// Time that is counted.
    pub duration: Duration,
    /// Iterations per second over all connections; `None` for as many as possible.
    pub rate: Option<f64>,
}

/// What a run measured.
#[derive(Debug)]
pub struct Measured {
    /// Latencies of good iterations, in microseconds. In an open loop they count from when an iteration was due, so that a
    /// server that stalls does not hide it by slowing the driver down.
    pub latencies: Histogram<u64>,
    /// Failed iterations by the short name of the error.
    pub errors: BTreeMap<String, u64>,
    /// Seconds that were counted.
    pub seconds: f64,
}

impl Measured {
    /// Nothing yet.
    pub fn new() -> Result<Self> {
        // From one microsecond to two minutes, with three significant digits.
        let latencies =
            Histogram::new_with_bounds(1, 120_000_000, 3).map_err(|cause| Failure::of("the histogram", cause))?;
        Ok(Self { latencies, errors: BTreeMap::new(), seconds: 0.0 })
    }

    /// Good iterations per second.
    #[allow(clippy::cast_precision_loss, reason = "a number for people")]
    pub fn per_second(&self) -> f64 {
        if self.seconds > 0.0 { self.latencies.len() as f64 / self.seconds } else { 0.0 }
    }

    /// Adds what another connection measured at the same time.
    pub fn merge(&mut self, other: &Self) -> Result<()> {
        self.latencies.add(&other.latencies).map_err(|cause| Failure::of("the histogram", cause))?;
        for (error, count) in &other.errors {
            *self.errors.entry(error.clone()).or_default() += count;
        }
        self.seconds = self.seconds.max(other.seconds);
        Ok(())
    }
}

/// When the iterations of one connection are due: every `step`, shifted so that connections do not act in unison.
#[derive(Debug, Clone, Copy)]
struct Pace {
    step: Duration,
    shift: Duration,
}

impl Pace {
    #[allow(clippy::cast_precision_loss, reason = "a number of connections is small")]
    fn of(rate: f64, connections: usize, worker: usize) -> Self {
        let step = Duration::from_secs_f64(connections as f64 / rate);
        Self { step, shift: step.mul_f64(worker as f64 / connections as f64) }
    }

    fn due(self, start: Instant, number: u32) -> Instant {
        start + self.shift + self.step * number
    }
}

/// Runs a prepared scenario; `watch` is called when counting begins.
pub async fn drive(target: &Target, scenario: Arc<Scenario>, plan: &Plan, watch: impl FnOnce()) -> Result<Measured> {
    let mut connections = Vec::with_capacity(plan.connections);
    for _ in 0..plan.connections {
        connections.push(target.connect().await?);
    }
    let done = Arc::new(AtomicU64::new(0));
    let begin = Instant::now();
    let (count_from, end) = (begin + plan.warm_up, begin + plan.warm_up + plan.duration);
    let mut workers = Vec::with_capacity(plan.connections);
    for (worker, mut connection) in connections.into_iter().enumerate() {
        let (scenario, target, done) = (Arc::clone(&scenario), target.clone(), Arc::clone(&done));
        let pace = plan.rate.map(|rate| Pace::of(rate, plan.connections, worker));
        workers.push(tokio::spawn(async move {
            let mut measured = Measured::new()?;
            let mut number = 0_u32;
            loop {
                let started = match pace {
                    Some(pace) => {
                        let due = pace.due(begin, number);
                        sleep_until(due).await;
                        due
                    }
                    None => Instant::now(),
                };
                if started >= end {
                    break;
                }
                let outcome = scenario.iterate(&mut connection, worker, number).await;
                number += 1;
                let finished = Instant::now();
                if started >= count_from && finished <= end + Duration::from_secs(1) {
                    match outcome {
                        Ok(()) => {
                            done.fetch_add(1, Ordering::Relaxed);
                            let micros = u64::try_from((finished - started).as_micros()).unwrap_or(u64::MAX);
                            measured.latencies.saturating_record(micros.max(1));
                        }
                        Err(ref error) => *measured.errors.entry(error.clone()).or_default() += 1,
                    }
                }
                // A connection that broke is of no use; a server that is down must not make the driver spin.
                if outcome.as_ref().is_err_and(|error| error.starts_with("connection")) {
                    sleep(Duration::from_millis(50)).await;
                    match target.connect().await {
                        Ok(fresh) => connection = fresh,
                        Err(_) if Instant::now() < end => {}
                        Err(cause) => return Err(cause),
                    }
                }
            }
            Ok::<_, Failure>(measured)
        }));
    }
    sleep_until(count_from).await;
    watch();
    progress(&done, count_from, end).await;

    let mut all = Measured::new()?;
    for worker in workers {
        all.merge(&worker.await.map_err(|cause| Failure::of("a connection", cause))??)?;
    }
    all.seconds = plan.duration.as_secs_f64();
    Ok(all)
}

/// A line that is rewritten every second, where somebody can see it.
async fn progress(done: &AtomicU64, begin: Instant, end: Instant) {
    let mut error = std::io::stderr();
    let mut before = 0;
    while Instant::now() + Duration::from_secs(1) <= end {
        sleep(Duration::from_secs(1)).await;
        let now = done.load(Ordering::Relaxed);
        if error.is_terminal() {
            let (spent, all) = (begin.elapsed().as_secs(), (end - begin).as_secs());
            // The line is for people only; when it cannot be written, nothing is lost.
            let _ = write!(error, "\r{spent} of {all} s, {} per second   ", now - before);
        }
        before = now;
    }
    sleep_until(end).await;
    if error.is_terminal() {
        let _ = writeln!(error);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_loop_spreads_its_iterations_evenly() {
        let start = Instant::now();
        let due = |worker, number| (Pace::of(100.0, 4, worker).due(start, number) - start).as_millis();
        assert_eq!([due(0, 0), due(1, 0), due(2, 0), due(3, 0), due(0, 1)], [0, 10, 20, 30, 40]);
    }

    #[test]
    fn measurements_of_connections_add_up() {
        let mut all = Measured::new().unwrap();
        for micros in [100, 200, 300] {
            let mut one = Measured::new().unwrap();
            one.latencies.saturating_record(micros);
            one.errors.insert("status 500".to_owned(), 1);
            one.seconds = 2.0;
            all.merge(&one).unwrap();
        }
        assert_eq!((all.latencies.len(), all.errors["status 500"]), (3, 3));
        assert!((all.per_second() - 1.5).abs() < f64::EPSILON);
        assert!((199..=201).contains(&all.latencies.value_at_quantile(0.5)));
    }
}
