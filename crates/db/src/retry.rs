//! Running a transaction again that lost against another one.
//!
//! Serializable transactions of `PostgreSQL` fail when they could have seen each other's writes, and also when they only touched
//! the same pages. Who lost once tries again at once, since the winner is done by then. The second loss puts a writer into a
//! queue of this process: those run one after the other, so that each round somebody gets through. Without that, writers of
//! equal length keep beating each other.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::time::{Instant, sleep, timeout_at};

use crate::Db;

/// How long a transaction is tried at most.
const PATIENCE: Duration = Duration::from_secs(15);

/// So many losses are tried again without waiting for a turn.
const AT_ONCE: u32 = 1;

/// The longest pause between two tries.
const LONGEST_PAUSE: u64 = 40;

/// The queue of those who lost.
pub(crate) type Queue = Arc<Mutex<()>>;

/// The tries of one transaction.
#[derive(Debug)]
pub struct Retry {
    queue: Queue,
    until: Instant,
    losses: u32,
    turn: Option<OwnedMutexGuard<()>>,
}

impl Retry {
    /// Before the first try.
    pub fn new(db: &Db) -> Self {
        Self::with_patience(Arc::clone(db.retry_queue()), PATIENCE)
    }

    fn with_patience(queue: Queue, patience: Duration) -> Self {
        Self { queue, until: Instant::now() + patience, losses: 0, turn: None }
    }

    /// To be called when a try failed with a conflict: returns when the next one may begin, with `false` when it has been tried
    /// for too long and the conflict is the answer.
    pub async fn again(&mut self) -> bool {
        self.losses += 1;
        if self.losses <= AT_ONCE {
            return Instant::now() < self.until;
        }
        if self.turn.is_none() {
            self.turn = timeout_at(self.until, Arc::clone(&self.queue).lock_owned()).await.ok();
        } else {
            // Only writers that did not lose yet and those of other processes can be in the way; let them get out of it.
            let spread = u64::from(self.until.saturating_duration_since(Instant::now()).subsec_nanos()) % 8;
            let pause = u64::from(self.losses * self.losses).min(LONGEST_PAUSE) + spread;
            sleep(Duration::from_millis(pause)).await;
        }
        self.turn.is_some() && Instant::now() < self.until
    }

    /// How often it was tried in vain.
    pub const fn losses(&self) -> u32 {
        self.losses
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn those_who_lost_run_one_after_the_other() {
        let queue = Queue::default();
        let mut first = Retry::with_patience(Arc::clone(&queue), PATIENCE);
        let mut second = Retry::with_patience(queue, PATIENCE);
        for retry in [&mut first, &mut second] {
            assert!(retry.again().await, "the first loss is tried again at once");
        }
        assert!(first.again().await);
        let waiting = tokio::spawn(async move { second.again().await });
        sleep(Duration::from_millis(50)).await;
        assert!(!waiting.is_finished(), "the first one still has its turn");
        assert!(first.again().await, "a further loss does not take the turn away");
        drop(first);
        assert!(waiting.await.unwrap());
    }

    #[tokio::test]
    async fn patience_has_an_end() {
        let queue = Queue::default();
        let _held = Arc::clone(&queue).lock_owned().await;
        let mut retry = Retry::with_patience(Arc::clone(&queue), Duration::from_millis(20));
        assert!(retry.again().await);
        assert!(!retry.again().await);
        assert_eq!(retry.losses(), 2);
    }
}
