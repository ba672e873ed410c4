//! When tables of the embedded database last changed. One process owns the knowledge; others that write to the same file
//! (a command beside the running server) leave a trace that the owner sees.

use std::fs::File;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::sync::atomic::{AtomicU64, Ordering};

use super::Tables;
use super::tables::TableSet;

/// Stands for a table whose rows are being committed: what readers see may change at any moment.
const CHANGING: u64 = u64::MAX;

/// The moments of all tables.
///
/// A moment is the number of changes before it. A reader notes the moment and then begins to read; so what it reads is at
/// least as new. A commit sets its tables to [`CHANGING`] before readers can see it and to a new moment after, and only then
/// is anyone told of it: a reading is true for as long as no table of it has a later moment than its own.
pub(crate) struct Changes {
    now: AtomicU64,
    last: Vec<AtomicU64>,
    tables: Tables,
    /// Where other processes leave their traces, and how much of it was seen.
    traces: Option<File>,
    seen: AtomicU64,
}

impl Changes {
    /// Knows of no change. `traces` is the file that grows when another process commits.
    pub(crate) fn new(tables: Tables, traces: Option<File>) -> Self {
        let last = (0..TableSet::PLACES).map(|_| AtomicU64::new(0)).collect();
        let seen = AtomicU64::new(traces.as_ref().map_or(0, length));
        Self { now: AtomicU64::new(1), last, tables, traces, seen }
    }

    pub(crate) fn tables(&self) -> &Tables {
        &self.tables
    }

    /// The moment at which a reader begins.
    pub(crate) fn now(&self) -> u64 {
        if let Some(traces) = &self.traces {
            let length = length(traces);
            if self.seen.load(Ordering::SeqCst) != length {
                // In this order: whoever finds the length seen must find the tables changed.
                self.finish(TableSet::EVERYTHING);
                self.seen.store(length, Ordering::SeqCst);
            }
        }
        self.now.load(Ordering::SeqCst)
    }

    /// Whether none of the tables has changed since that moment.
    pub(crate) fn unchanged_since(&self, tables: TableSet, moment: u64) -> bool {
        tables.places().all(|place| self.last[place].load(Ordering::SeqCst) <= moment)
    }

    /// Rows of these tables are about to be committed.
    pub(crate) fn begin(&self, tables: TableSet) {
        for place in tables.places() {
            self.last[place].store(CHANGING, Ordering::SeqCst);
        }
    }

    /// The commit has ended, however.
    pub(crate) fn finish(&self, tables: TableSet) {
        let moment = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        for place in tables.places() {
            self.last[place].store(moment, Ordering::SeqCst);
        }
    }
}

/// Leaves the trace of a commit by a process that does not own the knowledge.
///
/// # Errors
/// When the file cannot be written.
pub(crate) fn leave_trace(traces: &File) -> std::io::Result<()> {
    let mut traces = traces;
    traces.write_all(b".")
}

/// Nobody reads or writes at the place where this process is in the file; to ask for its end costs half of asking for its metadata.
fn length(traces: &File) -> u64 {
    let mut traces = traces;
    traces.seek(SeekFrom::End(0)).unwrap_or(u64::MAX)
}
