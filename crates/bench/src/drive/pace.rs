//! Open loop: when iterations are due, whatever the server does.

use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
};
use tokio::io::unix::AsyncFd;
use tokio::time::Instant;

/// When the iterations of one connection are due: every `step`, shifted so that connections do not act in unison.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    step: Duration,
    shift: Duration,
}

impl Pace {
    /// The pace of one of the connections that share a rate.
    #[allow(clippy::cast_precision_loss, reason = "a number of connections is small")]
    pub fn of(rate: f64, connections: usize, worker: usize) -> Self {
        let step = Duration::from_secs_f64(connections as f64 / rate);
        Self { step, shift: step.mul_f64(worker as f64 / connections as f64) }
    }

    /// When an iteration is due.
    pub fn due(self, start: Instant, number: u32) -> Instant {
        start + self.shift + self.step.mul_f64(f64::from(number))
    }

    /// How many iterations from this one on are due before `end`.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number of iterations")]
    pub fn due_before(self, start: Instant, number: u32, end: Instant) -> u64 {
        let left = end.saturating_duration_since(self.due(start, number));
        (left.as_secs_f64() / self.step.as_secs_f64()).ceil() as u64
    }
}

/// A clock that wakes a connection when its iteration is due. Timers of the runtime are good to a millisecond, which would be
/// most of the latency of a fast server; this one is the kernel's.
pub struct Alarm(AsyncFd<OwnedFd>);

impl Alarm {
    /// A clock of its own for a connection.
    ///
    /// # Errors
    /// When the process has too many open files.
    #[allow(deprecated, reason = "it is unsound for descriptors that somebody else may close; this one is owned")]
    pub fn new() -> io::Result<Self> {
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        Ok(Self(AsyncFd::new(timerfd_create(TimerfdClockId::Monotonic, flags)?)?))
    }

    /// Returns at `due`, at once when that is over.
    ///
    /// # Errors
    /// When the kernel does not set the timer.
    pub async fn ring_at(&self, due: Instant) -> io::Result<()> {
        let left = due.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(());
        }
        let at =
            Timespec { tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX), tv_nsec: left.subsec_nanos().into() };
        let once = Itimerspec { it_interval: Timespec { tv_sec: 0, tv_nsec: 0 }, it_value: at };
        timerfd_settime(self.0.get_ref(), TimerfdTimerFlags::empty(), &once)?;
        let mut times = [0_u8; 8];
        self.0.async_io(tokio::io::Interest::READABLE, |timer| Ok(rustix::io::read(timer, &mut times)?)).await?;
        Ok(())
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
    fn what_is_due_and_was_not_sent_can_be_counted() {
        let start = Instant::now();
        let end = start + Duration::from_secs(1);
        let pace = Pace::of(100.0, 4, 0);
        assert_eq!([0, 1, 24, 25, 99].map(|number| pace.due_before(start, number, end)), [25, 24, 1, 0, 0]);
        let all: u64 = (0..4).map(|worker| Pace::of(100.0, 4, worker).due_before(start, 0, end)).sum();
        assert_eq!(all, 100);
    }

    #[tokio::test]
    async fn an_alarm_rings_in_time_and_at_once_when_it_is_late() {
        let alarm = Alarm::new().unwrap();
        for _ in 0..3 {
            let begin = Instant::now();
            alarm.ring_at(begin + Duration::from_millis(3)).await.unwrap();
            assert!(begin.elapsed() >= Duration::from_millis(3));
            alarm.ring_at(begin).await.unwrap();
        }
    }
}
