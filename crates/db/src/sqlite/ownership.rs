//! Which process knows what changes in the file: the first that opens it. It alone may keep what it has read; every other
//! process that commits leaves a trace for it.

use std::fs::{File, OpenOptions};
use std::path::Path;
use std::sync::Arc;

use rusqlite::Connection;

use super::backup::beside;
use super::open::create_private;
use crate::call::Call;
use crate::memory::{Changes, TableSet, Tables, leave_trace};
use crate::row::Origin;

/// What this process is to the file.
pub(super) enum Ownership {
    /// It opened the file first.
    Owner {
        /// When tables changed.
        changes: Arc<Changes>,
        /// Locked for as long as this process lives.
        _lock: File,
    },
    /// Another process owns the knowledge.
    Guest {
        /// Grows with each commit.
        traces: File,
    },
}

impl Ownership {
    /// Asks for the knowledge of a file whose schema is up to date.
    ///
    /// # Errors
    /// When the schema cannot be read, or the files beside the database not be opened.
    pub(super) fn claim(path: &Path, connection: &Connection) -> std::io::Result<Self> {
        let (lock, traces) = (beside(path, ".owner"), beside(path, ".traces"));
        create_private(&lock);
        create_private(&traces);
        let lock = OpenOptions::new().write(true).open(lock)?;
        let traces = OpenOptions::new().append(true).open(traces)?;
        if lock.try_lock().is_err() {
            // It may have brought the schema up to date.
            leave_trace(&traces)?;
            return Ok(Self::Guest { traces });
        }
        let tables = Tables::read(connection).map_err(std::io::Error::other)?;
        // Nobody reads older traces.
        traces.set_len(0)?;
        Ok(Self::Owner { changes: Arc::new(Changes::new(tables, Some(traces))), _lock: lock })
    }

    /// The knowledge, if it is this process's.
    pub(super) fn changes(&self) -> Option<&Arc<Changes>> {
        match self {
            Self::Owner { changes, .. } => Some(changes),
            Self::Guest { .. } => None,
        }
    }

    /// The tables that a statement may change.
    pub(super) fn written_by(&self, call: &Call<'_>) -> TableSet {
        match (self, call.origin) {
            (Self::Owner { changes, .. }, Origin::Statement(statement)) => {
                changes.tables().of_static(statement.sql).written
            }
            (Self::Owner { changes, .. }, Origin::Dynamic(_)) => changes.tables().of(call.sql).written,
            (Self::Guest { .. }, _) => TableSet::EMPTY,
        }
    }

    /// A commit of these tables begins.
    pub(super) fn begin(&self, written: TableSet) {
        match self {
            Self::Owner { changes, .. } => changes.begin(written),
            // While this process still holds the lock on the file: a command of the owner, which needs the lock, sees it.
            Self::Guest { traces } => tell(traces),
        }
    }

    /// The commit has ended.
    pub(super) fn finish(&self, written: TableSet) {
        match self {
            Self::Owner { changes, .. } if written != TableSet::EMPTY => changes.finish(written),
            Self::Owner { .. } => {}
            // And again, for readers who looked in between.
            Self::Guest { traces } => tell(traces),
        }
    }
}

fn tell(traces: &File) {
    if let Err(cause) = leave_trace(traces) {
        tracing::error!(%cause, "the running server could not be told of a change: restart it");
    }
}
