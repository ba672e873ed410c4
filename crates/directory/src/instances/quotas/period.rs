//! Periods of a quota: intervals of equal length from its start on.

use castellan_kernel::Timestamp;
use castellan_settings::Span;

/// Where periods begin and how long they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Periods {
    pub starts_at: Timestamp,
    pub interval: Span,
}

impl Periods {
    /// The start of the period that this time is in; `None` before the first one.
    pub fn start_at(self, now: Timestamp) -> Option<Timestamp> {
        let (first, length) = (self.starts_at.micros(), self.interval.micros().max(1));
        let passed = now.micros().checked_sub(first).filter(|passed| *passed >= 0)?;
        Some(Timestamp::from_micros(first + passed - passed % length))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_lasts_an_interval_and_the_first_one_begins_with_the_quota() {
        let at = Timestamp::from_seconds;
        let periods = Periods { starts_at: at(100), interval: Span::from_seconds(60) };
        assert_eq!(periods.start_at(at(99)), None);
        assert_eq!(periods.start_at(at(100)), Some(at(100)));
        assert_eq!(periods.start_at(at(159)), Some(at(100)));
        assert_eq!(periods.start_at(at(160)), Some(at(160)));
        assert_eq!(periods.start_at(at(100 + 3_600)), Some(at(3_700)));
    }
}
