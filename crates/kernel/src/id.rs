//! Ids of resources: decimal numbers that grow with time (`spec: oauth.md 2.1`). Ids given by callers are free strings,
//! so nothing here reads an id.

use std::sync::Mutex;

use crate::{Clock, Rng, Timestamp};

/// 2019-04-29T00:00:00Z in microseconds, the epoch of the ids' time part.
const EPOCH_MICROS: i64 = 1_556_496_000_000_000;

/// Draws ids of 63 bits: 39 bits time in 10 ms units, 8 bits sequence, 16 bits machine.
///
/// Several processes on one database stay apart by their machine part, which is drawn at random at start.
#[derive(Debug)]
pub struct IdGenerator {
    machine: u16,
    last: Mutex<(i64, u16)>,
}

impl IdGenerator {
    /// A generator for this process.
    pub fn new(rng: &dyn Rng) -> Self {
        let mut bytes = [0; 2];
        rng.fill(&mut bytes);
        Self { machine: u16::from_le_bytes(bytes), last: Mutex::new((0, 0)) }
    }

    /// The next id. When more than 256 are drawn in 10 ms, the time part runs ahead of the clock instead of waiting.
    pub fn next(&self, clock: &dyn Clock) -> String {
        let now = (clock.now().micros() - EPOCH_MICROS).max(0) / 10_000;
        let mut last = self.last.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let (time, sequence) = match *last {
            (time, sequence) if time >= now && sequence < 255 => (time, sequence + 1),
            (time, _) if time >= now => (time + 1, 0),
            _ => (now, 0),
        };
        *last = (time, sequence);
        drop(last);
        ((time << 24) | (i64::from(sequence) << 16) | i64::from(self.machine)).to_string()
    }

    /// The time an id of ours was drawn, to 10 ms; `None` for ids of other making.
    pub fn time_of(id: &str) -> Option<Timestamp> {
        let number: i64 = id.parse().ok().filter(|number| *number > 0)?;
        Some(Timestamp::from_micros((number >> 24) * 10_000 + EPOCH_MICROS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FixedClock, SeededRng};

    #[test]
    fn ids_are_unique_growing_eighteen_digit_numbers() {
        let clock = FixedClock::new(Timestamp::parse("2026-06-01T00:00:00Z").unwrap());
        let ids = IdGenerator::new(&SeededRng::new(1));
        let drawn: Vec<String> = (0..2_000).map(|_| ids.next(&clock)).collect();
        assert!(drawn.iter().all(|id| id.len() == 18));
        assert!(drawn.windows(2).all(|pair| pair[0].parse::<i64>().unwrap() < pair[1].parse::<i64>().unwrap()));
    }
}
