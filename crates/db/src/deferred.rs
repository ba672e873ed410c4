//! Writes whose result nobody waits for: they are sent together with the next statement or with the commit.

use castellan_kernel::{Error, Fault, Result};

use crate::connection::{Session, scoped};
use crate::error::refusal;
use crate::{Connection, Refusal, Statement, Value};

/// What it means when a rule of the schema refuses a row: the name of a unique index or constraint
/// ([`Violation::name`](crate::Violation::name)), or `<table>.<column>` of a column without a value, and the fault for it.
pub type Refusals = &'static [(&'static str, Fault)];

/// So many writes are kept back at most.
const MOST: usize = 100;

impl Connection {
    /// Runs a write whose number of rows does not matter. On PostgreSQL it is sent with the next statement of the transaction or
    /// with its commit, and what it fails with is the error of that call. `refusals` say what a refused row means.
    ///
    /// # Errors
    /// As [`Connection::execute`], with the faults of `refusals`.
    pub async fn defer(&mut self, statement: &'static Statement, values: Vec<Value>, refusals: Refusals) -> Result<()> {
        self.refuse_if_lost()?;
        if let Session::Postgres(session) = &mut self.session
            && session.writes()
        {
            let instance = scoped(self.instance.as_deref(), statement.scope)?.map(str::to_owned);
            session.defer(statement, instance, values, refusals);
            let sent = if session.deferred() < MOST { Ok(()) } else { Box::pin(session.flush()).await };
            return self.note_failure(sent);
        }
        self.execute(statement, &values).await.map(drop).map_err(|error| translate(error, refusals))
    }

    /// Waits for the writes that were deferred so far, for those who must know which of several things was refused.
    ///
    /// # Errors
    /// As [`Connection::defer`].
    pub async fn settle(&mut self) -> Result<()> {
        self.refuse_if_lost()?;
        let Session::Postgres(session) = &mut self.session else { return Ok(()) };
        let sent = if session.deferred() == 0 { Ok(()) } else { Box::pin(session.flush()).await };
        self.note_failure(sent)
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
