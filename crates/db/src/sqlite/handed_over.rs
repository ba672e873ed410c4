//! Commands that only write, handed over to the committer whole: they never wait for the lock, and whoever serves their requests goes
//! on with others meanwhile.

use std::sync::{Mutex, MutexGuard, PoisonError};

use castellan_kernel::Result;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::command::OpenCommand;
use super::writer::{Health, PAUSE_FOR_FOREIGN_LOCK, Writer, closed};
use crate::deferred::Deferred;

/// The writes of one command.
pub(super) struct Batch {
    writes: Vec<Deferred>,
    told: oneshot::Sender<Told>,
}

/// What becomes of a batch, together with the batch: memory is best given back where it was asked for.
pub(super) type Told = (Result<()>, Vec<Deferred>);

/// What waits to be written; `None` when nobody writes any more.
pub(super) struct HandedOver(Mutex<Option<Vec<Batch>>>);

impl HandedOver {
    /// Nothing waits.
    pub(super) fn new() -> Self {
        Self(Mutex::new(Some(Vec::new())))
    }

    /// Adds the writes of a command. Returns where the outcome will be told, and whether nothing waited before, so that the committer
    /// must be woken.
    ///
    /// # Errors
    /// Unavailable when the database is closed.
    pub(super) fn add(&self, writes: Vec<Deferred>) -> Result<(oneshot::Receiver<Told>, bool)> {
        let (told, outcome) = oneshot::channel();
        let mut waiting = self.lock();
        let batches = waiting.as_mut().ok_or_else(closed)?;
        let is_first = batches.is_empty();
        batches.push(Batch { writes, told });
        Ok((outcome, is_first))
    }

    /// How many commands wait.
    pub(super) fn len(&self) -> usize {
        self.lock().as_ref().map_or(0, Vec::len)
    }

    /// Refuses everything from now on, and whoever waits.
    pub(super) fn close(&self) {
        *self.lock() = None;
    }

    /// Runs everything that waits, and what comes meanwhile, in the open group. There is an end to it: whoever handed something
    /// over waits for the outcome of the group.
    pub(super) fn run(&self, writer: &mut Writer, health: &Health) {
        loop {
            let batches = self.lock().as_mut().map(std::mem::take).unwrap_or_default();
            if batches.is_empty() {
                return;
            }
            let since = Instant::now();
            for batch in batches {
                batch.run(writer, health, since);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Vec<Batch>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Batch {
    fn run(self, writer: &mut Writer, health: &Health, since: Instant) {
        if self.told.is_closed() {
            return;
        }
        match self.write(writer, health, since) {
            // What becomes of the group becomes of the command. Without one, nobody is told, which is an error for who waits.
            Ok(()) => {
                if let Some(group) = &mut writer.group {
                    group.join(self);
                }
            }
            Err(error) => self.tell(Err(error)),
        }
    }

    /// Does all of the writes or none.
    fn write(&self, writer: &mut Writer, health: &Health, since: Instant) -> Result<()> {
        while writer.try_open_group(health, since)?.is_none() {
            std::thread::sleep(PAUSE_FOR_FOREIGN_LOCK);
        }
        let mut command = OpenCommand::begin(writer)?;
        command.write(&self.writes)?;
        command.keep()
    }

    /// Tells the command what became of it.
    pub(super) fn tell(self, outcome: Result<()>) {
        // Who does not wait any more need not know.
        let _ = self.told.send((outcome, self.writes));
    }
}
