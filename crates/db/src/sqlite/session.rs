//! What one unit of work does on the connection that writes.

use std::sync::Arc;

use castellan_kernel::{Error, Result};
use tokio::sync::OwnedMutexGuard;

use super::command::{How, OpenCommand};
use super::convert::{self, OwnedCall};
use super::writer::{Shared, Writer};
use crate::call::{Call, Cost};
use crate::deferred::Deferred;
use crate::memory::TableSet;
use crate::row::Row;

/// A session that writes. It takes the lock at its first statement that is not deferred.
pub(crate) struct WriteSession {
    shared: Arc<Shared>,
    command: Option<OpenCommand<OwnedMutexGuard<Writer>>>,
    /// Writes that come before anything else; none once it has the lock.
    deferred: Vec<Deferred>,
}

impl WriteSession {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, command: None, deferred: Vec::new() }
    }

    /// Waits until it is this command's turn; nobody else writes from then on.
    pub(crate) async fn take_turn(&mut self) -> Result<()> {
        if self.command.is_none() {
            self.command = Some(self.open().await?);
        }
        Ok(())
    }

    /// Whether it is this command's turn.
    pub(crate) fn has_turn(&self) -> bool {
        self.command.is_some()
    }

    /// Keeps a write back until something else is to be done; returns how many there are. Not for those who have their turn.
    pub(crate) fn defer(&mut self, deferred: Deferred) -> usize {
        self.deferred.push(deferred);
        self.deferred.len()
    }

    /// Whether writes are kept back.
    pub(crate) fn has_deferred(&self) -> bool {
        !self.deferred.is_empty()
    }

    async fn open(&mut self) -> Result<OpenCommand<OwnedMutexGuard<Writer>>> {
        let mut command = self.shared.open_command().await?;
        command.write(&std::mem::take(&mut self.deferred))?;
        Ok(command)
    }

    /// The tables that commands which are not committed yet have touched, this one included.
    pub(crate) fn uncommitted(&self) -> TableSet {
        self.command.as_ref().map_or(TableSet::EMPTY, OpenCommand::uncommitted)
    }

    /// Runs a statement for its rows if that needs no waiting.
    pub(crate) fn rows_now(&mut self, call: &Call<'_>) -> Option<Result<Vec<Row>>> {
        self.run_now(call, convert::rows)
    }

    /// Runs a statement for the number of rows that it changed if that needs no waiting.
    pub(crate) fn execute_now(&mut self, call: &Call<'_>) -> Option<Result<u64>> {
        self.run_now(call, convert::execute)
    }

    fn run_now<T>(&mut self, call: &Call<'_>, how: How<T>) -> Option<Result<T>> {
        let command = self.command.as_mut().filter(|_| call.cost != Cost::Heavy)?;
        Some(command.run(call, how))
    }

    /// Runs a statement for its rows; `heavy` ones leave the async worker.
    pub(crate) async fn rows(&mut self, call: Call<'_>) -> Result<Vec<Row>> {
        self.run(call, convert::rows).await
    }

    /// Runs a statement for the number of rows that it changed; `heavy` ones leave the async worker.
    pub(crate) async fn execute(&mut self, call: Call<'_>) -> Result<u64> {
        self.run(call, convert::execute).await
    }

    async fn run<T: Send + 'static>(&mut self, call: Call<'_>, how: How<T>) -> Result<T> {
        let mut command = match self.command.take() {
            Some(command) => command,
            None => self.open().await?,
        };
        if call.cost != Cost::Heavy {
            return self.command.insert(command).run(&call, how);
        }
        let owned = OwnedCall::from(call);
        let (command, result) = tokio::task::spawn_blocking(move || {
            let result = command.run(&owned.as_call(), how);
            (command, result)
        })
        .await
        .map_err(Error::internal)?;
        self.command = Some(command);
        result
    }

    /// Keeps everything and waits until it is durable. Without a statement there is nothing to wait for.
    pub(crate) async fn commit(mut self) -> Result<()> {
        let Some(mut command) = self.command.take() else { return self.commit_deferred().await };
        command.keep()?;
        let mut outcome = command.group()?.subscribe();
        drop(command);
        let outcome = outcome.wait_for(Option::is_some).await.map(|outcome| (*outcome).clone());
        outcome.ok().flatten().ok_or_else(committer_ended)?.into_result()
    }

    /// Whoever only writes need not have a turn.
    async fn commit_deferred(self) -> Result<()> {
        if self.deferred.is_empty() {
            return Ok(());
        }
        let outcome = self.shared.hand_over(self.deferred)?;
        let (outcome, _writes) = outcome.await.map_err(|_| committer_ended())?;
        outcome
    }
}

fn committer_ended() -> Error {
    Error::internal("the committer ended before the command was durable")
}
