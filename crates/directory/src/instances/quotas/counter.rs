//! The count of one quota in this process. Requests are counted here, and nowhere else on their way.

use std::sync::{Mutex, PoisonError};

use castellan_kernel::Timestamp;

use super::period::Periods;

/// What a counter needs to know of its quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Grant {
    pub periods: Periods,
    pub amount: u64,
    pub is_limit: bool,
}

/// Uses of one period that are not stored yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Uses {
    pub period_start: Timestamp,
    pub count: u64,
}

#[derive(Debug)]
struct State {
    grant: Grant,
    period_start: Option<Timestamp>,
    /// What is stored, of all processes, as far as this one knows.
    stored: u64,
    pending: u64,
    /// What was not stored of periods that are over.
    ended: Vec<Uses>,
}

impl State {
    fn is_used_up(&self) -> bool {
        self.grant.is_limit && self.stored.saturating_add(self.pending) >= self.grant.amount
    }

    fn enter(&mut self, period_start: Timestamp) {
        if self.period_start == Some(period_start) {
            return;
        }
        if let (Some(period_start), 1..) = (self.period_start, self.pending) {
            self.ended.push(Uses { period_start, count: self.pending });
        }
        (self.period_start, self.stored, self.pending) = (Some(period_start), 0, 0);
    }
}

/// A counter.
#[derive(Debug)]
pub(super) struct Counter(Mutex<State>);

impl Counter {
    pub fn new(grant: Grant) -> Self {
        Self(Mutex::new(State { grant, period_start: None, stored: 0, pending: 0, ended: Vec::new() }))
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts one use; `false` when nothing is left of a quota that is a limit. Before the first period everything is free.
    pub fn count(&self, now: Timestamp) -> bool {
        let mut state = self.state();
        let Some(start) = state.grant.periods.start_at(now) else { return true };
        state.enter(start);
        if state.is_used_up() {
            return false;
        }
        state.pending += 1;
        true
    }

    /// Whether nothing is left.
    pub fn is_exhausted(&self, now: Timestamp) -> bool {
        let state = self.state();
        state.grant.periods.start_at(now).is_some_and(|start| {
            let is_new = state.period_start != Some(start);
            state.grant.is_limit && if is_new { state.grant.amount == 0 } else { state.is_used_up() }
        })
    }

    /// The quota is what it says now. Where its periods are others than before, what is used is not known any more.
    pub fn renew(&self, grant: Grant) {
        let mut state = self.state();
        if state.grant.periods != grant.periods {
            (state.period_start, state.stored, state.pending) = (None, 0, 0);
            state.ended.clear();
        }
        state.grant = grant;
    }

    /// So much of a period is stored, this process's share included.
    pub fn know(&self, period_start: Timestamp, stored: u64) {
        let mut state = self.state();
        // A period that begins later than the one that was asked about is not disturbed.
        if state.period_start.is_none_or(|current| current <= period_start) {
            state.enter(period_start);
            state.stored = stored;
        }
    }

    /// Hands out what is to be stored.
    pub fn take(&self) -> Vec<Uses> {
        let mut state = self.state();
        let mut uses = std::mem::take(&mut state.ended);
        if let (Some(period_start), 1..) = (state.period_start, state.pending) {
            uses.push(Uses { period_start, count: state.pending });
            // Still counted as used until storage says what it has.
            state.stored += state.pending;
            state.pending = 0;
        }
        uses
    }

    /// Takes back what could not be stored.
    pub fn give_back(&self, uses: Uses) {
        let mut state = self.state();
        if state.period_start == Some(uses.period_start) {
            state.stored = state.stored.saturating_sub(uses.count);
            state.pending += uses.count;
        } else {
            state.ended.push(uses);
        }
    }
}

#[cfg(test)]
mod tests {
    use castellan_settings::Span;

    use super::*;

    fn counter(is_limit: bool) -> Counter {
        let periods = Periods { starts_at: Timestamp::from_seconds(100), interval: Span::from_seconds(60) };
        Counter::new(Grant { periods, amount: 2, is_limit })
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    #[test]
    fn a_limit_lets_as_many_through_as_it_grants_in_every_period() {
        let counter = counter(true);
        let admitted: Vec<bool> = [99, 100, 101, 102, 160].map(|time| counter.count(at(time))).into();
        assert_eq!(admitted, [true, true, true, false, true]);
        assert!(counter.count(at(161)) && counter.is_exhausted(at(162)));
        assert!(!counter.is_exhausted(at(99)) && !counter.is_exhausted(at(220)));
    }

    #[test]
    fn what_is_no_limit_is_counted_beyond_the_amount() {
        let counter = counter(false);
        assert!((0..5).all(|_| counter.count(at(100))));
        assert_eq!(counter.take(), [Uses { period_start: at(100), count: 5 }]);
    }

    #[test]
    fn uses_are_handed_out_once_and_by_their_period() {
        let counter = counter(true);
        for time in [100, 160, 161] {
            counter.count(at(time));
        }
        let [first, second] = counter.take()[..] else { panic!("two periods") };
        assert_eq!((first.count, second.count), (1, 2));
        assert!(counter.take().is_empty() && !counter.count(at(162)));
        counter.give_back(second);
        assert_eq!(counter.take(), [second]);
    }

    #[test]
    fn other_periods_begin_anew_and_another_amount_does_not() {
        let counter = counter(true);
        assert!(counter.count(at(100)) && counter.count(at(100)) && !counter.count(at(100)));
        let mut grant = counter.state().grant;
        grant.amount = 3;
        counter.renew(grant);
        assert!(counter.count(at(101)) && !counter.count(at(101)));
        grant.periods.starts_at = at(101);
        counter.renew(grant);
        assert!(counter.count(at(101)));
        assert_eq!(counter.take(), [Uses { period_start: at(101), count: 1 }]);
    }

    #[test]
    fn what_other_processes_have_stored_counts() {
        let counter = counter(true);
        assert!(counter.count(at(100)));
        counter.take();
        counter.know(at(100), 2);
        assert!(!counter.count(at(101)));
    }
}
