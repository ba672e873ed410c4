//! The thread that commits groups, syncs the log outside the lock, and only then tells the waiters.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use castellan_kernel::{Error, Result};
use tokio::sync::{Mutex, oneshot};

use super::Durability;
use super::checkpoint::{self, Checkpoints};
use super::group::{Outcome, wanted};
use super::handed_over::HandedOver;
use super::precedence::give_way;
use super::writer::{Health, Writer};

/// How long a group waits for company at once.
const PAUSE_FOR_COMPANY: Duration = Duration::from_micros(150);

/// And how often, while commands keep coming.
const MOST_PAUSES: u32 = 4;

/// What the committer is told.
pub(super) enum Signal {
    /// There is something to commit.
    Work,
    /// Finish and end.
    Close(oneshot::Sender<()>),
}

impl Drop for Committer {
    fn drop(&mut self) {
        // Also after a panic: without this thread, commands would wait for ever.
        self.end();
    }
}

/// Brings everything that was written to the log onto the disk.
pub(super) type SyncLog = Box<dyn Fn() -> std::io::Result<()> + Send>;

/// How the log reaches the disk.
pub(super) struct Log {
    /// Brings what was there when it was opened, and the names of the files, onto the disk.
    pub(super) settle: SyncLog,
    pub(super) sync: SyncLog,
}

pub(super) struct Committer {
    writer: Arc<Mutex<Writer>>,
    health: Arc<Health>,
    handed_over: Arc<HandedOver>,
    log: Log,
    checkpoints: Checkpoints,
    restart_at: u64,
    /// How many commands the last group had.
    last_group: usize,
}

impl Committer {
    /// Starts the thread; it ends when the returned sender is gone, or on [`Signal::Close`].
    pub(super) fn start(
        writer: Arc<Mutex<Writer>>,
        health: Arc<Health>,
        handed_over: Arc<HandedOver>,
        log: Log,
        checkpoints: Checkpoints,
    ) -> Result<Sender<Signal>> {
        let restart_at = checkpoint::RESTART_AT_PAGES;
        let committer = Self { writer, health, handed_over, log, checkpoints, restart_at, last_group: 0 };
        let (sender, signals) = channel();
        std::thread::Builder::new()
            .name("db-committer".to_owned())
            .spawn(move || committer.run(&signals))
            .map_err(Error::internal)?;
        Ok(sender)
    }

    fn run(mut self, signals: &Receiver<Signal>) {
        give_way();
        // Here and not where the log is opened: nobody who only reads has to wait for the disk.
        if let Err(cause) = (self.log.settle)() {
            self.health.fail(&unsynced(&cause));
        }
        while let Ok(signal) = signals.recv() {
            match signal {
                Signal::Work => {
                    self.gather();
                    self.commit();
                }
                Signal::Close(done) => {
                    self.commit();
                    self.end();
                    self.checkpoints.close();
                    // The one who closes may have given up waiting.
                    let _ = done.send(());
                    return;
                }
            }
        }
        self.checkpoints.close();
    }

    /// Refuses commands from now on.
    fn end(&self) {
        self.writer.blocking_lock().close();
        self.handed_over.close();
    }

    /// Waits for company, for as long as some comes.
    fn gather(&self) {
        let mut waiting = self.handed_over.len();
        let wanted = wanted(self.last_group, waiting);
        for _ in 0..MOST_PAUSES {
            if waiting == 0 || waiting >= wanted {
                return;
            }
            std::thread::sleep(PAUSE_FOR_COMPANY);
            let before = std::mem::replace(&mut waiting, self.handed_over.len());
            if waiting == before {
                return;
            }
        }
    }

    fn commit(&mut self) {
        let mut writer = self.writer.blocking_lock();
        self.handed_over.run(&mut writer, &self.health);
        let committed = writer.commit_group(&self.health);
        if let Some((_, pages)) = &committed
            && *pages >= self.restart_at
        {
            self.restart_at = checkpoint::restart(writer.idle_connection(), *pages);
        }
        drop(writer);
        let Some((group, pages)) = committed else { return };
        self.last_group = group.len();
        if pages > 0
            && let Err(cause) = (self.log.sync)()
        {
            let reason = unsynced(&cause);
            self.health.fail(&reason);
            group.settle(Outcome::Unknown(reason.into()));
            return;
        }
        group.settle(Outcome::Durable);
        if pages > 0 {
            if pages < checkpoint::RESTART_AT_PAGES {
                self.restart_at = checkpoint::RESTART_AT_PAGES;
            }
            self.checkpoints.note(pages);
        }
    }
}

fn unsynced(cause: &std::io::Error) -> String {
    format!("the database's log could not be synced: {cause}")
}

/// Opens the log for syncing.
pub(super) fn open_log(path: &Path, durability: Durability) -> std::io::Result<Log> {
    if durability == Durability::None {
        return Ok(Log { settle: Box::new(|| Ok(())), sync: Box::new(|| Ok(())) });
    }
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    let log = Arc::new(OpenOptions::new().read(true).write(true).open(PathBuf::from(name))?);
    let (opened, path) = (Arc::clone(&log), path.to_owned());
    let settle = move || opened.sync_all().and_then(|()| sync_directory(&path));
    Ok(Log { settle: Box::new(settle), sync: Box::new(move || log.sync_data()) })
}

/// Makes the names in the directory of `path` durable.
pub(super) fn sync_directory(path: &Path) -> std::io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    if cfg!(unix) { File::open(parent)?.sync_all() } else { Ok(()) }
}

/// How long a restart of the log may wait for readers, with the lock held.
pub(super) const LONGEST_RESTART_WAIT: Duration = Duration::from_millis(50);
