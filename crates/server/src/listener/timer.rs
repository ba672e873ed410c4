//! The timer of one HTTP/1.1 connection. Owns that a deadline which is seldom reached costs next to nothing.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Instant;

use hyper::rt;
use tokio::time;

/// One timer of the runtime for all deadlines of a connection, each of which replaces the one before.
///
/// hyper starts to wait for the next header after each answer, and the header is there long before its deadline. A timer of the runtime
/// for each would lock the timers of all connections twice for each request, and wake the thread that waits for the network to tell it
/// of the new deadline. So the one timer stays where it is while deadlines move away, and goes after them when it fires.
#[derive(Clone)]
pub(super) struct ConnectionTimer(Arc<Mutex<Pin<Box<time::Sleep>>>>);

impl ConnectionTimer {
    /// For a connection that begins now.
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(Box::pin(time::sleep_until(time::Instant::now())))))
    }
}

impl rt::Timer for ConnectionTimer {
    fn sleep(&self, duration: std::time::Duration) -> Pin<Box<dyn rt::Sleep>> {
        self.sleep_until(self.now() + duration)
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn rt::Sleep>> {
        Box::pin(Deadline { timer: self.clone(), at: deadline.into() })
    }

    fn now(&self) -> Instant {
        time::Instant::now().into()
    }
}

/// Ready at its time, or a little later.
struct Deadline {
    timer: ConnectionTimer,
    at: time::Instant,
}

impl rt::Sleep for Deadline {}

impl Future for Deadline {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut timer = self.timer.0.lock().unwrap_or_else(PoisonError::into_inner);
        if timer.deadline() > self.at {
            timer.as_mut().reset(self.at);
        }
        loop {
            ready!(timer.as_mut().poll(context));
            if time::Instant::now() >= self.at {
                return Poll::Ready(());
            }
            timer.as_mut().reset(self.at);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use hyper::rt::Timer as _;

    use super::*;

    const SOON: Duration = Duration::from_millis(20);
    const LONG: Duration = Duration::from_secs(60);

    /// Looks at it once, as a connection does before a request has come.
    async fn is_over(sleep: &mut Pin<Box<dyn rt::Sleep>>) -> bool {
        std::future::poll_fn(|context| Poll::Ready(sleep.as_mut().poll(context).is_ready())).await
    }

    /// Waits for it; returns how long that took.
    async fn wait(sleep: Pin<Box<dyn rt::Sleep>>) -> Duration {
        let begun = Instant::now();
        time::timeout(LONG / 2, sleep).await.expect("the deadline is met");
        begun.elapsed()
    }

    #[tokio::test]
    async fn a_deadline_is_met_and_never_too_early_whatever_the_timer_was_set_for_before() {
        let timer = ConnectionTimer::new();
        assert!(wait(timer.sleep(SOON)).await >= SOON);

        let mut replaced = timer.sleep(SOON);
        assert!(!is_over(&mut replaced).await);
        drop(replaced);
        assert!(wait(timer.sleep(4 * SOON)).await >= 4 * SOON, "the one before was earlier");

        let mut replaced = timer.sleep(LONG);
        assert!(!is_over(&mut replaced).await);
        assert!(wait(timer.sleep(SOON)).await >= SOON, "the one before was later");
        assert!(!is_over(&mut replaced).await);
    }
}
