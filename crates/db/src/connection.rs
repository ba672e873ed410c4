//! What rooms run their statements on: a [`Connection`], which is a read [`Snapshot`] or a write [`Tx`].

use std::ops::{Deref, DerefMut};

use castellan_kernel::{Error, Result, Timestamp};

use crate::call::{Call, Cost};
use crate::row::Origin;
use crate::{DynamicStatement, EngineKind, Row, Statement, StatementScope, Value};
use crate::{postgres, sqlite};

/// The engine's side of a connection.
pub(crate) enum Session {
    SqliteRead(sqlite::ReadSession),
    SqliteWrite(sqlite::WriteSession),
    Postgres(postgres::Session),
}

/// What a transaction remembers about the events and outbox items that it appended.
#[derive(Debug, Default)]
pub(crate) struct Appended {
    pub(crate) event_time: Option<Timestamp>,
    pub(crate) events: i64,
    pub(crate) outbox: bool,
}

/// Statements of one unit of work, on one instance or on none.
///
/// Nothing reaches the database before the first statement. After a failed statement a transaction is lost on both engines:
/// every further statement and the commit are refused, so return the error. Where a conflict is expected, write
/// `ON CONFLICT`.
pub struct Connection {
    instance: Option<String>,
    session: Session,
    lost: bool,
    pub(crate) appended: Appended,
}

impl Connection {
    pub(crate) fn new(instance: Option<&str>, session: Session) -> Self {
        Self { instance: instance.map(str::to_owned), session, lost: false, appended: Appended::default() }
    }

    /// Goes on with another instance: its id is `$1` of the statements from here on.
    pub fn scope(&mut self, instance_id: &str) {
        self.instance = Some(instance_id.to_owned());
    }

    /// The instance whose id is `$1`, if one is set.
    pub fn instance(&self) -> Option<&str> {
        self.instance.as_deref()
    }

    /// Which engine this is.
    pub fn engine(&self) -> EngineKind {
        match self.session {
            Session::SqliteRead(_) | Session::SqliteWrite(_) => EngineKind::Sqlite,
            Session::Postgres(_) => EngineKind::Postgres,
        }
    }

    /// Runs a statement for all its rows. `values` are `$2` and up in an instance's scope, else `$1` and up.
    ///
    /// # Errors
    /// A conflict (`Error::is_conflict`) when the transaction must run again; internal otherwise, with a
    /// [`DatabaseError`](crate::DatabaseError) as the cause.
    pub async fn rows(&mut self, statement: &'static Statement, values: &[Value]) -> Result<Vec<Row>> {
        let origin = Origin::Statement(statement);
        self.query(statement.sql, statement.scope, values, origin, cost(statement)).await
    }

    /// Runs a statement for its first row.
    ///
    /// # Errors
    /// As [`Connection::rows`].
    pub async fn row(&mut self, statement: &'static Statement, values: &[Value]) -> Result<Option<Row>> {
        Ok(self.rows(statement, values).await?.into_iter().next())
    }

    /// Runs a statement for the number of rows that it changed.
    ///
    /// # Errors
    /// As [`Connection::rows`]; also on a snapshot, which only reads.
    pub async fn execute(&mut self, statement: &'static Statement, values: &[Value]) -> Result<u64> {
        let origin = Origin::Statement(statement);
        self.change(statement.sql, statement.scope, values, origin, cost(statement)).await
    }

    /// Runs a built statement for the number of rows that it changed.
    ///
    /// # Errors
    /// As [`Connection::execute`].
    pub async fn execute_dynamic(&mut self, statement: &DynamicStatement) -> Result<u64> {
        let origin = Origin::Dynamic(statement.label);
        self.change(&statement.sql, statement.scope, &statement.values, origin, Cost::Unknown).await
    }

    async fn change(
        &mut self,
        sql: &str,
        scope: StatementScope,
        values: &[Value],
        origin: Origin,
        cost: Cost,
    ) -> Result<u64> {
        self.refuse_if_lost()?;
        let instance = scoped(self.instance.as_deref(), scope)?;
        let call = Call { sql, instance, values, cost, origin };
        let result = match &mut self.session {
            Session::SqliteWrite(session) => session.execute(call).await,
            Session::Postgres(session) if session.writes() => session.execute(call, dynamic(origin)).await,
            Session::SqliteRead(_) | Session::Postgres(_) => {
                return Err(Error::internal(format!("{origin}: a snapshot only reads")));
            }
        };
        self.note_failure(result)
    }

    /// Runs a built statement for all its rows.
    ///
    /// # Errors
    /// As [`Connection::rows`].
    pub async fn rows_dynamic(&mut self, statement: &DynamicStatement) -> Result<Vec<Row>> {
        let origin = Origin::Dynamic(statement.label);
        self.query(&statement.sql, statement.scope, &statement.values, origin, Cost::Unknown).await
    }

    async fn query(
        &mut self,
        sql: &str,
        scope: StatementScope,
        values: &[Value],
        origin: Origin,
        cost: Cost,
    ) -> Result<Vec<Row>> {
        self.refuse_if_lost()?;
        let instance = scoped(self.instance.as_deref(), scope)?;
        let call = Call { sql, instance, values, cost, origin };
        let result = match &mut self.session {
            Session::SqliteRead(session) => session.rows(call).await,
            Session::SqliteWrite(session) => session.rows(call).await,
            Session::Postgres(session) => session.rows(call, dynamic(origin)).await,
        };
        self.note_failure(result)
    }

    fn writes(&self) -> bool {
        match &self.session {
            Session::SqliteRead(_) => false,
            Session::SqliteWrite(_) => true,
            Session::Postgres(session) => session.writes(),
        }
    }

    fn refuse_if_lost(&self) -> Result<()> {
        if self.lost {
            return Err(Error::internal(
                "a statement of this transaction failed before, so nothing more can be done in it",
            ));
        }
        Ok(())
    }

    fn note_failure<T>(&mut self, result: Result<T>) -> Result<T> {
        self.lost |= result.is_err() && self.writes();
        result
    }
}

fn cost(statement: &Statement) -> Cost {
    if statement.heavy { Cost::Heavy } else { Cost::Small }
}

/// Whether the text varies, so that keeping it prepared would fill memory.
fn dynamic(origin: Origin) -> bool {
    matches!(origin, Origin::Dynamic(_))
}

fn scoped(instance: Option<&str>, scope: StatementScope) -> Result<Option<&str>> {
    match (scope, instance) {
        (StatementScope::Global, _) => Ok(None),
        (StatementScope::Instance, Some(instance)) => Ok(Some(instance)),
        (StatementScope::Instance, None) => {
            Err(Error::internal("a statement of one instance ran on a connection without one"))
        }
    }
}

/// Reads; all statements see the state that the first one saw.
pub struct Snapshot(Connection);

impl Snapshot {
    pub(crate) fn new(instance: Option<&str>, session: Session) -> Self {
        Self(Connection::new(instance, session))
    }
}

impl Deref for Snapshot {
    type Target = Connection;
    fn deref(&self) -> &Connection {
        &self.0
    }
}

impl DerefMut for Snapshot {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.0
    }
}

/// A serializable transaction. Dropping it rolls back.
///
/// The embedded engine runs one transaction at a time: keep slow work (hashing, HTTP) out of it, and never begin a second
/// one while holding a first, since it would wait for itself.
pub struct Tx {
    connection: Connection,
    outbox: std::sync::Arc<tokio::sync::Notify>,
}

impl Tx {
    pub(crate) fn new(instance: Option<&str>, session: Session, outbox: std::sync::Arc<tokio::sync::Notify>) -> Self {
        Self { connection: Connection::new(instance, session), outbox }
    }

    /// Keeps everything; returns when it is durable.
    ///
    /// # Errors
    /// A conflict when the transaction must run again; internal when a statement failed before or the outcome is unknown.
    pub async fn commit(self) -> Result<()> {
        self.connection.refuse_if_lost()?;
        let Self { connection, outbox } = self;
        match connection.session {
            Session::SqliteWrite(session) => session.commit().await?,
            Session::Postgres(session) => session.commit().await?,
            Session::SqliteRead(_) => {}
        }
        if connection.appended.outbox {
            outbox.notify_waiters();
        }
        Ok(())
    }

    /// Undoes everything.
    pub fn rollback(self) {
        drop(self);
    }
}

impl Deref for Tx {
    type Target = Connection;
    fn deref(&self) -> &Connection {
        &self.connection
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.connection
    }
}
