//! A server at rest gives back the memory that work has left with it. Owns what counts as rest.

use std::time::Duration;

use tokio::task::JoinHandle;

use crate::listener::Stop;
use crate::metrics::processor_seconds;

/// How often it looks.
const INTERVAL: Duration = Duration::from_secs(20);
/// Seconds of a processor's time within that interval up to which a server rests: the probes of an orchestrator are no work.
const AT_REST: f64 = 0.05;

/// Looks now and then; where the system does not say what the process does, never.
pub(super) fn start(mut stop: Stop) -> JoinHandle<()> {
    tokio::spawn(async move {
        let Some(used) = processor_seconds() else { return };
        let mut rest = Rest { used, has_worked: true };
        loop {
            tokio::select! {
                () = stop.wait() => return,
                () = tokio::time::sleep(INTERVAL) => {}
            }
            if processor_seconds().is_some_and(|used| rest.begins(used)) {
                castellan_allocator::give_back_unused();
                castellan_allocator::forget_program();
            }
        }
    })
}

/// What a server has done so far.
struct Rest {
    /// Seconds of processor time at the last look.
    used: f64,
    /// Whether it has worked since it rested.
    has_worked: bool,
}

impl Rest {
    /// Whether the first interval of rest after work has passed, with so many seconds used by now.
    fn begins(&mut self, used: f64) -> bool {
        let before = std::mem::replace(&mut self.used, used);
        if used - before > AT_REST {
            self.has_worked = true;
            return false;
        }
        std::mem::take(&mut self.has_worked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rest_begins_once_after_work() {
        let mut rest = Rest { used: 1.0, has_worked: true };
        assert!(rest.begins(1.01), "after the start");
        assert!(!rest.begins(1.02), "it rests already");
        assert!(!rest.begins(9.0), "it works");
        assert!(!rest.begins(20.0));
        assert!(rest.begins(20.0));
        assert!(!rest.begins(20.0));
    }
}
