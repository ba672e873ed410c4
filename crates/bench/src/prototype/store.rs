//! Durable rows with group commit: one thread writes what has come in since the last sync, and who asked goes on after it.

use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::failure::{Failure, Result};

/// The most transactions that share a commit.
const GROUP: usize = 1_024;

/// A row: what it is found by, and what it holds.
pub type Row = (String, String);

struct Job {
    rows: Vec<Row>,
    done: oneshot::Sender<bool>,
}

/// A table with one secondary index, in a file.
pub struct Store {
    jobs: Option<Sender<Job>>,
    writer: Option<JoinHandle<()>>,
}

impl Store {
    /// Creates the file in a directory.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn create(directory: &Path) -> Result<Self> {
        let connection = open(directory).map_err(|cause| Failure::of("SQLite", cause))?;
        let (jobs, incoming) = channel();
        let writer = std::thread::spawn(move || write(connection, &incoming));
        Ok(Self { jobs: Some(jobs), writer: Some(writer) })
    }

    /// Writes rows; returns when they are on the disk, with whether they are.
    pub async fn commit(&self, rows: Vec<Row>) -> bool {
        let (done, is_done) = oneshot::channel();
        let sent = self.jobs.as_ref().is_some_and(|jobs| jobs.send(Job { rows, done }).is_ok());
        sent && is_done.await.unwrap_or(false)
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(writer) = self.writer.take() {
            // A writer that ended early has told those who waited.
            let _ = writer.join();
        }
    }
}

fn open(directory: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(directory.join("prototype.db"))?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -4096;
         CREATE TABLE items (id INTEGER PRIMARY KEY, key TEXT NOT NULL, payload TEXT NOT NULL);
         CREATE INDEX items_by_key ON items (key)",
    )?;
    Ok(connection)
}

fn write(mut connection: Connection, incoming: &Receiver<Job>) {
    while let Ok(first) = incoming.recv() {
        let jobs: Vec<Job> = std::iter::once(first).chain(incoming.try_iter().take(GROUP - 1)).collect();
        let is_written = group(&mut connection, &jobs).is_ok();
        for job in jobs {
            // Who does not wait any more need not know.
            let _ = job.done.send(is_written);
        }
    }
}

fn group(connection: &mut Connection, jobs: &[Job]) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    {
        let mut insert = transaction.prepare_cached("INSERT INTO items (key, payload) VALUES (?1, ?2)")?;
        for (key, payload) in jobs.iter().flat_map(|job| &job.rows) {
            insert.execute([key, payload])?;
        }
    }
    transaction.commit()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_was_acknowledged_is_in_the_file() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::create(directory.path()).unwrap();
        let row = |key: &str| (key.to_owned(), "payload".to_owned());
        let (one, two) = tokio::join!(store.commit(vec![row("a"), row("b")]), store.commit(vec![row("c")]));
        assert!(one && two);
        drop(store);
        let connection = Connection::open(directory.path().join("prototype.db")).unwrap();
        let count: i64 = connection.query_row("SELECT count(*) FROM items", [], |row| row.get(0)).unwrap();
        assert_eq!(count, 3);
    }
}
