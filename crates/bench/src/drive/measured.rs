//! What a run measured.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;

use crate::client::Trouble;
use crate::failure::{Failure, Result};

/// What a run measured.
#[derive(Debug, Clone)]
pub struct Measured {
    /// Latencies of good iterations, in microseconds. In an open loop they count from when an iteration was due, so that a
    /// server that stalls does not hide it by slowing the driver down.
    pub latencies: Histogram<u64>,
    /// Failed iterations by the short name of the error.
    pub errors: BTreeMap<String, u64>,
    /// Iterations of an open loop that were due and never sent, because all connections waited for answers.
    pub unsent: u64,
    /// Seconds that were counted.
    pub seconds: f64,
}

impl Measured {
    /// Nothing yet.
    ///
    /// # Errors
    /// None that can happen; the histogram's bounds are checked.
    pub fn new() -> Result<Self> {
        // From one microsecond to two minutes, with three significant digits.
        let latencies =
            Histogram::new_with_bounds(1, 120_000_000, 3).map_err(|cause| Failure::of("the histogram", cause))?;
        Ok(Self { latencies, errors: BTreeMap::new(), unsent: 0, seconds: 0.0 })
    }

    /// Notes a good iteration.
    pub fn good(&mut self, micros: u64) {
        self.latencies.saturating_record(micros.max(1));
    }

    /// Notes a failed iteration.
    pub fn failed(&mut self, trouble: &Trouble) {
        *self.errors.entry(trouble.to_string()).or_default() += 1;
    }

    /// Good iterations per second.
    #[allow(clippy::cast_precision_loss, reason = "a number for people")]
    pub fn per_second(&self) -> f64 {
        if self.seconds > 0.0 { self.latencies.len() as f64 / self.seconds } else { 0.0 }
    }

    /// A latency in milliseconds: of good iterations, this part was at least as fast.
    #[allow(clippy::cast_precision_loss, reason = "a number for people")]
    pub fn milliseconds(&self, quantile: f64) -> f64 {
        self.latencies.value_at_quantile(quantile) as f64 / 1_000.0
    }

    /// Failed iterations.
    pub fn failures(&self) -> u64 {
        self.errors.values().sum()
    }

    /// Adds what other connections measured at the same time.
    ///
    /// # Errors
    /// None that can happen; all histograms have the same bounds.
    pub fn merge(&mut self, other: &Self) -> Result<()> {
        self.latencies.add(&other.latencies).map_err(|cause| Failure::of("the histogram", cause))?;
        for (error, count) in &other.errors {
            *self.errors.entry(error.clone()).or_default() += count;
        }
        self.unsent += other.unsent;
        self.seconds = self.seconds.max(other.seconds);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measurements_of_connections_add_up() {
        let mut all = Measured::new().unwrap();
        for micros in [100, 200, 300] {
            let mut one = Measured::new().unwrap();
            one.good(micros);
            one.failed(&Trouble::Refused("status 500".to_owned()));
            one.seconds = 2.0;
            one.unsent = 1;
            all.merge(&one).unwrap();
        }
        assert_eq!((all.latencies.len(), all.errors["status 500"], all.failures(), all.unsent), (3, 3, 3, 3));
        assert!((all.per_second() - 1.5).abs() < f64::EPSILON);
        assert!((0.199..=0.201).contains(&all.milliseconds(0.5)));
    }

    #[test]
    fn the_histogram_takes_what_is_too_short_and_too_long() {
        let mut measured = Measured::new().unwrap();
        measured.good(0);
        measured.good(u64::MAX);
        assert_eq!(measured.latencies.len(), 2);
        assert!(measured.milliseconds(1.0) >= 120_000.0);
    }
}
