//! One command in the open group: its statements, its savepoint, and taking back what it wrote.

use std::ops::DerefMut;

use castellan_kernel::{Error, Result};
use rusqlite::Connection;

use super::group::Group;
use super::writer::Writer;
use super::{convert, errors};
use crate::DatabaseError;
use crate::call::Call;
use crate::deferred::{Deferred, Refusals, translate};
use crate::memory::TableSet;

/// A command that holds the lock; dropping it takes back what it wrote.
pub(super) struct OpenCommand<W: DerefMut<Target = Writer>> {
    writer: W,
    ended: bool,
    /// Whether it has a savepoint.
    guarded: bool,
    /// Rows that the connection had changed before.
    changes_before: u64,
}

impl<W: DerefMut<Target = Writer>> OpenCommand<W> {
    /// Begins it in the open group, and sets its savepoint if it needs one.
    pub(super) fn begin(writer: W) -> Result<Self> {
        let (guarded, changes_before) = (writer.is_careful(), writer.connection.total_changes());
        let mut command = Self { writer, ended: true, guarded, changes_before };
        if guarded {
            command.run_plain("SAVEPOINT command")?;
        }
        command.ended = false;
        Ok(command)
    }

    /// The tables that commands which are not committed yet have touched, this one included.
    pub(super) fn uncommitted(&self) -> TableSet {
        self.writer.written
    }

    fn run_plain(&mut self, sql: &'static str) -> Result<()> {
        let connection = &self.writer.connection;
        let run = connection.prepare_cached(sql).and_then(|mut statement| statement.raw_execute());
        let run = run.map(drop).map_err(|cause| errors::describe(connection, None, &cause));
        run.map_err(|failure| self.after_failure(failure))
    }

    /// Some failures (disk full, I/O) make `SQLite` roll back the whole transaction, not only the statement.
    fn after_failure(&mut self, failure: DatabaseError) -> Error {
        if self.writer.connection.is_autocommit() {
            self.ended = true;
            self.writer.abandon_group(&failure.to_string());
        }
        failure.into_error()
    }

    /// Runs a statement.
    pub(super) fn run<T>(&mut self, call: &Call<'_>, how: How<T>) -> Result<T> {
        self.check()?;
        self.note_touched(call);
        how(call, &self.writer.connection).map_err(|failure| self.after_failure(failure))
    }

    /// Does writes that were deferred.
    pub(super) fn write(&mut self, deferred: &[Deferred]) -> Result<()> {
        // The events of a command follow each other, and are the same statement.
        for alike in deferred.chunk_by(|one, next| std::ptr::eq(one.statement, next.statement)) {
            self.check()?;
            if let Some(first) = alike.first() {
                self.note_touched(&first.as_call());
            }
            let calls = alike.iter().map(Deferred::as_call);
            convert::execute_each(calls, &self.writer.connection).map_err(|(place, failure)| {
                let refusals = alike.get(place).map_or(Refusals::default(), |write| write.refusals);
                translate(self.after_failure(failure), refusals)
            })?;
        }
        Ok(())
    }

    /// Whether more can be done in it.
    fn check(&self) -> Result<()> {
        if self.ended {
            return Err(Error::internal("the transaction was rolled back by an earlier failure"));
        }
        Ok(())
    }

    fn note_touched(&mut self, call: &Call<'_>) {
        let touched = self.writer.ownership.written_by(call);
        self.writer.written = self.writer.written.with(touched);
    }

    /// Keeps what the command wrote.
    pub(super) fn keep(&mut self) -> Result<()> {
        self.check()?;
        if self.guarded {
            self.run_plain("RELEASE command")?;
        }
        self.ended = true;
        Ok(())
    }

    /// The group that it is in.
    pub(super) fn group(&mut self) -> Result<&mut Group> {
        self.writer.group.as_mut().ok_or_else(|| Error::internal("a command without a group"))
    }
}

impl<W: DerefMut<Target = Writer>> Drop for OpenCommand<W> {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        if !self.guarded {
            if self.writer.connection.total_changes() != self.changes_before {
                self.writer.abandon_command();
            }
            return;
        }
        let undone = self
            .run_plain("ROLLBACK TO command")
            .and_then(|()| if self.ended { Ok(()) } else { self.run_plain("RELEASE command") });
        if let Err(cause) = undone
            && !self.ended
        {
            self.writer.abandon_group(&format!("a command could not be undone: {cause:?}"));
        }
    }
}

/// How a statement runs: for its rows or for the number of changes.
pub(super) type How<T> = fn(&Call<'_>, &Connection) -> Result<T, DatabaseError>;
