//! Moves the log into the main file in the background, so that no command pays for it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use castellan_kernel::{Error, Result};
use rusqlite::{Connection, ErrorCode};

use super::committer::LONGEST_RESTART_WAIT;
use super::writer::Health;
use super::{Durability, open, unusable};

/// The log is moved when it holds this many pages (16 MiB), and again whenever it grew by as many. The more at once, the more of
/// them are new versions of the same page.
const CHECKPOINT_EVERY_PAGES: u64 = 4_000;
/// From this size on (64 MiB) the log is restarted between two groups if it does not restart by itself.
pub(super) const RESTART_AT_PAGES: u64 = 16_000;
/// Nothing written for this long: the log is moved and truncated.
const IDLE: Duration = Duration::from_secs(3);

/// What the committer and the thread share.
#[derive(Default)]
struct Activity {
    /// Commits so far.
    commits: AtomicU64,
    /// The thread found everything moved and sleeps until it is woken.
    asleep: AtomicBool,
}

/// The line to the thread that moves the log.
pub(super) struct Checkpoints {
    sender: Option<Sender<()>>,
    activity: Arc<Activity>,
    next_at: u64,
    last: u64,
    thread: Option<JoinHandle<()>>,
}

impl Checkpoints {
    /// Takes note that the log holds so many pages after a commit.
    pub(super) fn note(&mut self, pages: u64) {
        self.activity.commits.fetch_add(1, Ordering::SeqCst);
        if pages < self.last {
            self.next_at = CHECKPOINT_EVERY_PAGES;
        }
        self.last = pages;
        let due = pages >= self.next_at;
        if due {
            self.next_at = pages + CHECKPOINT_EVERY_PAGES;
        }
        if (due || self.activity.asleep.swap(false, Ordering::SeqCst))
            && let Some(sender) = &self.sender
            && sender.send(()).is_err()
        {
            self.sender = None;
        }
    }

    /// Ends the thread after it has moved everything.
    pub(super) fn close(&mut self) {
        self.sender = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the checkpoint thread panicked");
        }
    }
}

/// Starts the thread.
pub(super) fn start(path: &Path, durability: Durability, health: Arc<Health>) -> Result<Checkpoints> {
    let connection = open::checkpointer(path, durability).map_err(|cause| unusable(path, &cause))?;
    let (sender, wakes) = channel();
    let activity = Arc::new(Activity::default());
    let shared = Arc::clone(&activity);
    let thread = std::thread::Builder::new()
        .name("db-checkpoint".to_owned())
        .spawn(move || run(&connection, &wakes, &shared, &health))
        .map_err(Error::internal)?;
    Ok(Checkpoints { sender: Some(sender), activity, next_at: CHECKPOINT_EVERY_PAGES, last: 0, thread: Some(thread) })
}

fn run(connection: &Connection, wakes: &Receiver<()>, activity: &Activity, health: &Health) {
    let mut seen = 0;
    loop {
        let wake = if activity.asleep.load(Ordering::SeqCst) {
            wakes.recv().map_err(|_| RecvTimeoutError::Disconnected)
        } else {
            wakes.recv_timeout(IDLE)
        };
        // After a failed sync the log may lack what it claims to hold: nothing of it may reach the main file.
        if health.failure().is_some() {
            return;
        }
        let commits = activity.commits.load(Ordering::SeqCst);
        match wake {
            // Either the log has grown, or a first commit ended the sleep: then there is little to move yet.
            Ok(()) => {
                checkpoint(connection, "PASSIVE", health);
            }
            Err(RecvTimeoutError::Timeout) if commits != seen => seen = commits,
            Err(RecvTimeoutError::Timeout) => {
                if checkpoint(connection, "PASSIVE", health) && checkpoint(connection, "TRUNCATE", health) {
                    activity.asleep.store(true, Ordering::SeqCst);
                    // A commit in between did not see the sleeper.
                    if activity.commits.load(Ordering::SeqCst) != seen {
                        activity.asleep.store(false, Ordering::SeqCst);
                    }
                }
            }
            Err(RecvTimeoutError::Disconnected) => {
                checkpoint(connection, "TRUNCATE", health);
                return;
            }
        }
    }
}

/// Runs one checkpoint; says whether all of the log was moved.
fn checkpoint(connection: &Connection, mode: &str, health: &Health) -> bool {
    let result = connection.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?))
    });
    match result {
        Ok((busy, log, moved)) => {
            tracing::debug!(mode, busy, log, moved, "checkpoint");
            busy == 0 && log == moved
        }
        Err(cause) => {
            if cause.sqlite_error_code() == Some(ErrorCode::SystemIoFailure) {
                health.fail(&format!("a checkpoint failed: {cause}"));
            } else {
                tracing::warn!(%cause, mode, "a checkpoint failed and will be tried again");
            }
            false
        }
    }
}

/// Restarts the log on the writer's connection between two groups; returns the size at which to try again.
pub(super) fn restart(connection: Option<&Connection>, pages: u64) -> u64 {
    let Some(connection) = connection else { return pages + CHECKPOINT_EVERY_PAGES };
    let run = || -> rusqlite::Result<bool> {
        connection.busy_timeout(LONGEST_RESTART_WAIT)?;
        let busy = connection.query_row("PRAGMA wal_checkpoint(RESTART)", [], |row| row.get::<_, i64>(0));
        connection.busy_timeout(Duration::ZERO)?;
        Ok(busy? == 0)
    };
    match run() {
        Ok(true) => RESTART_AT_PAGES,
        Ok(false) => pages + 4 * CHECKPOINT_EVERY_PAGES,
        Err(cause) => {
            tracing::warn!(%cause, "the log could not be restarted and will be tried again");
            pages + 4 * CHECKPOINT_EVERY_PAGES
        }
    }
}
