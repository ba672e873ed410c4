//! The thread that commits groups, syncs the log outside the lock, and only then tells the waiters.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use castellan_kernel::{Error, Result};
use tokio::sync::{Mutex, oneshot};

use super::checkpoint::{self, Checkpoints};
use super::writer::{Health, Outcome, Writer};
use super::{Durability, unusable};

/// What the committer is told.
pub(super) enum Signal {
    /// A command began a transaction.
    GroupOpened,
    /// Finish and end.
    Close(oneshot::Sender<()>),
}

pub(super) struct Committer {
    writer: Arc<Mutex<Writer>>,
    health: Arc<Health>,
    log: Option<File>,
    checkpoints: Checkpoints,
    restart_at: u64,
}

impl Committer {
    /// Starts the thread; it ends when the returned sender is gone, or on [`Signal::Close`].
    pub(super) fn start(
        path: &Path,
        durability: Durability,
        writer: Arc<Mutex<Writer>>,
        health: Arc<Health>,
        checkpoints: Checkpoints,
    ) -> Result<Sender<Signal>> {
        let log = match durability {
            Durability::Full => Some(open_log(path).map_err(|cause| unusable(path, &cause))?),
            Durability::None => None,
        };
        let committer = Self { writer, health, log, checkpoints, restart_at: checkpoint::RESTART_AT_PAGES };
        let (sender, signals) = channel();
        std::thread::Builder::new()
            .name("db-committer".to_owned())
            .spawn(move || committer.run(&signals))
            .map_err(Error::internal)?;
        Ok(sender)
    }

    fn run(mut self, signals: &Receiver<Signal>) {
        while let Ok(signal) = signals.recv() {
            match signal {
                Signal::GroupOpened => self.commit(),
                Signal::Close(done) => {
                    self.commit();
                    self.checkpoints.close();
                    // The one who closes may have given up waiting.
                    let _ = done.send(());
                    return;
                }
            }
        }
        self.checkpoints.close();
    }

    fn commit(&mut self) {
        let mut writer = self.writer.blocking_lock();
        let committed = writer.commit_group(&self.health);
        if let Some((_, pages)) = &committed
            && *pages >= self.restart_at
        {
            self.restart_at = checkpoint::restart(writer.idle_connection(), *pages);
        }
        drop(writer);
        let Some((group, pages)) = committed else { return };
        if pages > 0
            && let Some(Err(cause)) = self.log.as_ref().map(File::sync_data)
        {
            let reason = format!("the database's log could not be synced: {cause}");
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

/// Opens the log for syncing and makes the names of both files durable.
fn open_log(path: &Path) -> std::io::Result<File> {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    let log = OpenOptions::new().read(true).write(true).open(PathBuf::from(name))?;
    log.sync_all()?;
    sync_directory(path)?;
    Ok(log)
}

/// Makes the names in the directory of `path` durable.
pub(super) fn sync_directory(path: &Path) -> std::io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    if cfg!(unix) { File::open(parent)?.sync_all() } else { Ok(()) }
}

/// How long a restart of the log may wait for readers, with the lock held.
pub(super) const LONGEST_RESTART_WAIT: Duration = Duration::from_millis(50);
