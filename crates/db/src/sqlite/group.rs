//! Commands that share a commit, and how they are told of it.

use std::sync::Arc;

use castellan_kernel::{Error, Result};
use tokio::sync::watch;

use super::handed_over::Batch;
use crate::{DatabaseError, Refusal};

/// How a group ended.
#[derive(Debug, Clone)]
pub(super) enum Outcome {
    /// On disk.
    Durable,
    /// Nothing of it was kept; its commands may run again.
    RolledBack(Arc<str>),
    /// Nobody knows what is on disk.
    Unknown(Arc<str>),
}

impl Outcome {
    /// What a command of the group answers.
    pub(super) fn into_result(self) -> Result<()> {
        match self {
            Self::Durable => Ok(()),
            Self::RolledBack(reason) => Err(DatabaseError::new(Refusal::Conflict, None, reason).into_error()),
            Self::Unknown(reason) => Err(Error::internal(reason.to_string())),
        }
    }
}

/// The commands between one `BEGIN` and its `COMMIT`.
pub(super) struct Group {
    /// Tells those who had the lock.
    told: watch::Sender<Option<Outcome>>,
    /// Those who handed their writes over.
    handed_over: Vec<Batch>,
}

impl Group {
    /// Nobody is in it yet.
    pub(super) fn new() -> Self {
        Self { told: watch::Sender::new(None), handed_over: Vec::new() }
    }

    /// Where the outcome will be told.
    pub(super) fn subscribe(&self) -> watch::Receiver<Option<Outcome>> {
        self.told.subscribe()
    }

    /// Has the outcome told to a command whose writes were handed over and have been done.
    pub(super) fn join(&mut self, batch: Batch) {
        self.handed_over.push(batch);
    }

    /// Tells everyone who waits.
    pub(super) fn settle(self, outcome: Outcome) {
        for batch in self.handed_over {
            batch.tell(outcome.clone().into_result());
        }
        self.told.send_replace(Some(outcome));
    }

    /// How many commands have ended in it and wait for its outcome.
    pub(super) fn len(&self) -> usize {
        self.told.receiver_count() + self.handed_over.len()
    }

    /// Whether there are such.
    pub(super) fn is_awaited(&self) -> bool {
        self.len() > 0
    }
}

/// How many commands a group had better have, when the one before had so many and others wait already.
///
/// A commit costs the same for few and for many. While many clients write at once and keep the processors busy, what has come during
/// one commit is a small part of what is about to come, and waiting a little for more of it costs nobody anything. Few clients
/// would all wait for the commit that waits for them.
pub(super) fn wanted(before: usize, waiting: usize) -> usize {
    const MANY: usize = 20;
    let under_way = before + waiting;
    if under_way < MANY { 0 } else { under_way * 3 / 5 }
}

#[cfg(test)]
mod tests {
    use super::wanted;

    #[test]
    fn a_group_waits_for_company_only_where_many_write_at_once() {
        assert_eq!(wanted(0, 1), 0, "one client");
        assert_eq!(wanted(8, 8), 0, "sixteen clients, half of them in the commit before");
        assert!(wanted(10, 10) > 10, "many: more than wait already");
        assert!(wanted(30, 34) < 64, "never all of them: while a group is committed, others have work");
    }
}
