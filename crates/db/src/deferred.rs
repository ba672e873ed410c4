//! Writes whose result nobody waits for: they are done together with the next statement or with the commit.

use castellan_kernel::{Error, Fault, Result};

use crate::call::{Call, Cost};
use crate::connection::{Session, scoped};
use crate::error::refusal;
use crate::row::Origin;
use crate::{Connection, Refusal, Running, Statement, Text, Value};

/// What it means when a rule of the schema refuses a row: the name of a unique index or constraint
/// ([`Violation::name`](crate::Violation::name)), or `<table>.<column>` of a column without a value, and the fault for it.
pub type Refusals = &'static [(&'static str, Fault)];

/// So many writes are kept back at most.
const MOST: usize = 100;

/// A write that is kept back.
pub(crate) struct Deferred {
    pub(crate) statement: &'static Statement,
    pub(crate) instance: Option<Text>,
    pub(crate) values: Vec<Value>,
    pub(crate) refusals: Refusals,
}

impl Deferred {
    /// What an engine needs to run it.
    pub(crate) fn as_call(&self) -> Call<'_> {
        Call {
            sql: self.statement.sql,
            instance: self.instance.as_deref(),
            values: &self.values,
            cost: Cost::Small,
            origin: Origin::Statement(self.statement),
        }
    }
}

impl Connection {
    /// Runs a write whose number of rows does not matter. On PostgreSQL it is sent with the next statement of the transaction or
    /// with its commit; on the embedded engine, a transaction that does nothing else never waits for its turn. What it fails with is
    /// the error of that call. `refusals` say what a refused row means.
    ///
    /// # Errors
    /// As [`Connection::execute`], with the faults of `refusals`.
    pub fn defer(&mut self, statement: &'static Statement, values: Vec<Value>, refusals: Refusals) -> Running<'_, ()> {
        let is_kept_back = match &self.session {
            Session::Postgres(session) => session.writes(),
            Session::SqliteWrite(session) => !session.has_turn(),
            Session::SqliteRead(_) => false,
        };
        if !is_kept_back {
            let told = move |outcome: Result<u64>| outcome.map(drop).map_err(|error| translate(error, refusals));
            return match self.execute_now(statement, &values) {
                Some(outcome) => Running::done(told(outcome)),
                None => Running::waiting(async move { told(self.execute(statement, &values).await) }),
            };
        }
        match self.keep_back(statement, values, refusals) {
            Ok(count) if count < MOST => Running::done(Ok(())),
            Ok(_) => Running::waiting(self.settle()),
            Err(refusal) => Running::done(Err(refusal)),
        }
    }

    /// Keeps a write back; returns how many are kept.
    fn keep_back(&mut self, statement: &'static Statement, values: Vec<Value>, refusals: Refusals) -> Result<usize> {
        self.refuse_if_lost()?;
        let instance = scoped(self.instance.as_deref(), statement.scope)?.map(Text::from);
        let deferred = Deferred { statement, instance, values, refusals };
        Ok(match &mut self.session {
            Session::Postgres(session) => session.defer(deferred),
            Session::SqliteWrite(session) => session.defer(deferred),
            Session::SqliteRead(_) => 0,
        })
    }

    /// Waits for the writes that were deferred so far, for those who must know which of several things was refused.
    ///
    /// # Errors
    /// As [`Connection::defer`].
    pub async fn settle(&mut self) -> Result<()> {
        self.refuse_if_lost()?;
        let settled = match &mut self.session {
            Session::Postgres(session) if session.deferred() > 0 => Box::pin(session.flush()).await,
            Session::SqliteWrite(session) if session.has_deferred() => Box::pin(session.take_turn()).await,
            Session::Postgres(_) | Session::SqliteWrite(_) | Session::SqliteRead(_) => Ok(()),
        };
        self.note_failure(settled)
    }
}

/// The fault that the refusals have for this error, else the error as it was.
pub(crate) fn translate(error: Error, refusals: Refusals) -> Error {
    let name = match refusal(&error) {
        Some(Refusal::Unique(violation) | Refusal::Missing(violation)) => violation.name.as_str(),
        _ => return error,
    };
    match refusals.iter().find(|(rule, _)| *rule == name) {
        Some((_, fault)) => Error::from(*fault).because(error),
        None => error,
    }
}
