//! What rooms run their statements on: a [`Connection`], which is a read [`Snapshot`] or a write [`Tx`].

use std::borrow::Cow;
use std::ops::{Deref, DerefMut};

use std::sync::Arc;

use castellan_kernel::{Error, Result, Timestamp};

use crate::call::{Call, Cost};
use crate::memory::{Memory, Recalled, Recording, Remember, TableSet, Truth};
use crate::row::Origin;
use crate::{DynamicStatement, EngineKind, Row, Running, Statement, StatementScope, Text, Value};
use crate::{postgres, sqlite};

/// The engine's side of a connection. Small, since it moves with each of the futures around a request.
pub(crate) enum Session {
    SqliteRead(sqlite::ReadSession),
    SqliteWrite(sqlite::WriteSession),
    Postgres(Box<postgres::Session>),
}

/// What a transaction remembers about the events and outbox items that it appended.
#[derive(Debug, Default)]
pub(crate) struct Appended {
    pub(crate) event_time: Option<Timestamp>,
    pub(crate) events: i64,
    pub(crate) outbox: bool,
    /// The last sequences of the aggregates, which nobody else can append to until this transaction has ended.
    pub(crate) sequences: Vec<Sequence>,
}

/// The last sequence of one aggregate.
#[derive(Debug)]
pub(crate) struct Sequence {
    pub(crate) instance: Text,
    pub(crate) aggregate_type: Cow<'static, str>,
    pub(crate) aggregate_id: Text,
    pub(crate) last: u64,
}

/// Statements of one unit of work, on one instance or on none.
///
/// Nothing reaches the database before the first statement. After a failed statement a transaction is lost on both engines:
/// every further statement and the commit are refused, so return the error. Where a conflict is expected, write
/// `ON CONFLICT`.
pub struct Connection {
    pub(crate) instance: Option<Text>,
    pub(crate) session: Session,
    lost: bool,
    pub(crate) appended: Appended,
    memory: Option<Arc<Memory>>,
    /// The moment at which this connection began to look.
    view: Option<u64>,
    /// The tables that the readings in progress have read, one inside the other.
    readings: Vec<TableSet>,
    /// What is remembered once everything is committed.
    foreseen: Vec<Foreseen>,
}

/// Puts a value into the memory.
type Foreseen = Box<dyn FnOnce(&Memory) + Send + Sync>;

/// When a connection looked: what it read there can be told again for as long as nothing of it has changed since.
#[derive(Debug, Clone, Copy)]
pub struct Moment(Option<u64>);

impl Connection {
    pub(crate) fn new(instance: Option<&str>, session: Session, memory: Option<Arc<Memory>>) -> Self {
        Self {
            instance: instance.map(Text::from),
            session,
            lost: false,
            appended: Appended::default(),
            memory,
            view: None,
            readings: Vec::new(),
            foreseen: Vec::new(),
        }
    }

    /// The value of kind `T` that was kept under `key`, if it is still what reading it again would make. Otherwise the reading
    /// begins: whatever statements run on this connection until [`Connection::keep`] are what the value is made of. `key` must
    /// name everything else that it depends on, the instance first.
    ///
    /// A transaction on the embedded engine, which runs alone, uses what no open command has touched; one on PostgreSQL
    /// remembers nothing, because the server must see what it reads.
    ///
    /// # Errors
    /// When storage does not answer.
    pub async fn recall<T: Remember>(&mut self, key: Vec<u8>) -> Result<Recalled<T>> {
        if let Some(memory) = self.memory.clone() {
            let view = self.look(&memory).await?;
            if let Some((value, tables)) = memory.get::<T>(&key, view, self.uncommitted()) {
                self.note_read(tables);
                return Ok(Recalled::Known(value));
            }
            self.readings.push(TableSet::EMPTY);
        }
        Ok(Recalled::Unknown(Recording::new(key, self.readings.len().saturating_sub(1))))
    }

    /// Ends the reading of a value and keeps it for the next who asks.
    pub fn keep<T: Remember>(&mut self, recording: Recording, value: T) -> Arc<T> {
        let value = Arc::new(value);
        if let (Some(memory), Some(view)) = (self.memory.clone(), self.view) {
            let tables = self.readings.drain(recording.depth..).fold(TableSet::EMPTY, TableSet::with);
            self.note_read(tables);
            if tables.is_disjoint(self.uncommitted()) {
                memory.put(recording, Arc::clone(&value), tables, view);
            }
        }
        value
    }

    /// The value of kind `T` that was foreseen under `key`, if it is still true. It is handed out once.
    ///
    /// # Errors
    /// When storage does not answer.
    pub async fn foreseen<T: Remember>(&mut self, key: &[u8]) -> Result<Option<Arc<T>>> {
        let Some(memory) = self.memory.clone().filter(|_| self.engine() == EngineKind::Sqlite) else { return Ok(None) };
        let view = self.look(&memory).await?;
        let known = memory.take::<T>(key, view, self.uncommitted());
        Ok(known.map(|(value, tables)| {
            self.note_read(tables);
            value
        }))
    }

    /// When this connection began to look, to be told before it is dropped.
    pub fn moment(&self) -> Moment {
        // The server names what it shows, and a commit changes that name.
        Moment(self.view.filter(|_| self.engine() == EngineKind::Sqlite))
    }

    /// Has a value remembered under `key` once this transaction is committed, for its first use: what a `statement` that finds rows
    /// by whole unique keys will find then, made of rows that this transaction adds and of what was read at that `moment`. Whatever
    /// changes of those tables from there on makes it forgotten. The embedded engine alone remembers so.
    pub fn foresee<T: Remember>(
        &mut self,
        moment: Moment,
        key: Vec<u8>,
        statement: &'static Statement,
        value: impl FnOnce() -> T,
    ) {
        debug_assert!(statement.keyed, "{} may find other rows than those that were read", statement.sql);
        let (Some(memory), Moment(Some(moment)), EngineKind::Sqlite) = (&self.memory, moment, self.engine()) else {
            return;
        };
        let (tables, value) = (memory.tables_of(statement.sql).present(), Arc::new(value()));
        self.foreseen.push(Box::new(move |memory| memory.put(Recording::new(key, 0), value, tables, moment)));
    }

    /// The tables that hold rows which may never be committed.
    fn uncommitted(&self) -> TableSet {
        match &self.session {
            Session::SqliteWrite(session) => session.uncommitted(),
            Session::SqliteRead(_) | Session::Postgres(_) => TableSet::EMPTY,
        }
    }

    /// Begins to look, at the newest moment.
    async fn look(&mut self, memory: &Memory) -> Result<u64> {
        if let Session::SqliteWrite(session) = &mut self.session
            && !session.has_turn()
        {
            // Once it is this command's turn, nobody else commits. Boxed: whoever need not wait for it needs no room for it.
            let turn = Box::pin(session.take_turn()).await;
            self.note_failure(turn)?;
        }
        if let Some(view) = self.view {
            return Ok(view);
        }
        let view = match (memory.truth(), &mut self.session) {
            (Truth::Changes(changes), _) => changes.now(),
            (Truth::Epochs(epochs), Session::Postgres(session)) => {
                // Boxed as well: futures of the embedded engine need no room for what only the other one waits for.
                epochs.of(&Box::pin(session.visible(epochs.is_moving())).await?)
            }
            (Truth::Epochs(_), _) => return Err(Error::internal("epochs are PostgreSQL's")),
        };
        self.view = Some(view);
        Ok(view)
    }

    fn note_read(&mut self, tables: TableSet) {
        if let Some(reading) = self.readings.last_mut() {
            *reading = reading.with(tables);
        }
    }

    /// Goes on with another instance: its id is `$1` of the statements from here on.
    pub fn scope(&mut self, instance_id: &str) {
        self.instance = Some(instance_id.into());
    }

    /// Under what a value of this instance is kept that depends on these parts beside rows; see [`Connection::recall`].
    pub fn key(&self, parts: &[&str]) -> Vec<u8> {
        let instance = self.instance.as_deref().unwrap_or_default();
        crate::memory::key_of(std::iter::once(instance).chain(parts.iter().copied()).map(str::as_bytes))
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
    pub fn rows<'a>(&'a mut self, statement: &'static Statement, values: &'a [Value]) -> Running<'a, Vec<Row>> {
        let origin = Origin::Statement(statement);
        self.query(statement.sql, statement.scope, values, origin, cost(statement))
    }

    /// Runs a statement for its first row.
    ///
    /// # Errors
    /// As [`Connection::rows`].
    pub fn row<'a>(&'a mut self, statement: &'static Statement, values: &'a [Value]) -> Running<'a, Option<Row>> {
        let first = |rows: Vec<Row>| rows.into_iter().next();
        let origin = Origin::Statement(statement);
        self.query(statement.sql, statement.scope, values, origin, cost(statement)).map(first)
    }

    /// Runs a statement for the number of rows that it changed.
    ///
    /// # Errors
    /// As [`Connection::rows`]; also on a snapshot, which only reads.
    pub fn execute<'a>(&'a mut self, statement: &'static Statement, values: &'a [Value]) -> Running<'a, u64> {
        let origin = Origin::Statement(statement);
        self.change(statement.sql, statement.scope, values, origin, cost(statement))
    }

    /// The same where that needs no waiting.
    pub(crate) fn execute_now(&mut self, statement: &'static Statement, values: &[Value]) -> Option<Result<u64>> {
        let origin = Origin::Statement(statement);
        self.change_now(statement.sql, statement.scope, values, origin, cost(statement))
    }

    /// Runs a built statement for the number of rows that it changed.
    ///
    /// # Errors
    /// As [`Connection::execute`].
    pub fn execute_dynamic<'a>(&'a mut self, statement: &'a DynamicStatement) -> Running<'a, u64> {
        let origin = Origin::Dynamic(statement.label);
        self.change(&statement.sql, statement.scope, &statement.values, origin, Cost::Unknown)
    }

    /// Runs a built statement for all its rows.
    ///
    /// # Errors
    /// As [`Connection::rows`].
    pub fn rows_dynamic<'a>(&'a mut self, statement: &'a DynamicStatement) -> Running<'a, Vec<Row>> {
        #[cfg(any(test, feature = "testing"))]
        crate::testing::plans::note(statement);
        let origin = Origin::Dynamic(statement.label);
        self.query(&statement.sql, statement.scope, &statement.values, origin, Cost::Unknown)
    }

    fn change<'a>(
        &'a mut self,
        sql: &'a str,
        scope: StatementScope,
        values: &'a [Value],
        origin: Origin,
        cost: Cost,
    ) -> Running<'a, u64> {
        if let Some(outcome) = self.change_now(sql, scope, values, origin, cost) {
            return Running::done(outcome);
        }
        Running::waiting(async move {
            let instance = scoped(self.instance.as_deref(), scope)?;
            let call = Call { sql, instance, values, cost, origin };
            let outcome = match &mut self.session {
                Session::SqliteWrite(session) => session.execute(call).await,
                Session::Postgres(session) => session.execute(call).await,
                Session::SqliteRead(_) => Err(Error::internal("a snapshot only reads")),
            };
            self.note_failure(outcome)
        })
    }

    /// The outcome where it is to be had without waiting.
    fn change_now(
        &mut self,
        sql: &str,
        scope: StatementScope,
        values: &[Value],
        origin: Origin,
        cost: Cost,
    ) -> Option<Result<u64>> {
        let instance = match self.refuse_if_lost().and_then(|()| scoped(self.instance.as_deref(), scope)) {
            Ok(instance) => instance,
            Err(refusal) => return Some(Err(refusal)),
        };
        let call = Call { sql, instance, values, cost, origin };
        let outcome = match &mut self.session {
            Session::SqliteWrite(session) => session.execute_now(&call)?,
            Session::Postgres(session) if session.writes() => return None,
            Session::SqliteRead(_) | Session::Postgres(_) => {
                Err(Error::internal(format!("{origin}: a snapshot only reads")))
            }
        };
        Some(self.note_failure(outcome))
    }

    fn query<'a>(
        &'a mut self,
        sql: &'a str,
        scope: StatementScope,
        values: &'a [Value],
        origin: Origin,
        cost: Cost,
    ) -> Running<'a, Vec<Row>> {
        match self.query_now(sql, scope, values, origin, cost) {
            Ok(outcome) => Running::done(outcome),
            Err(cost) => Running::waiting(self.query_later(sql, scope, values, origin, cost)),
        }
    }

    /// The outcome where it is to be had without waiting; else what the statement is known to cost by now.
    fn query_now(
        &mut self,
        sql: &str,
        scope: StatementScope,
        values: &[Value],
        origin: Origin,
        cost: Cost,
    ) -> Result<Result<Vec<Row>>, Cost> {
        if let (Some(memory), false) = (&self.memory, self.readings.is_empty()) {
            let tables = match origin {
                Origin::Statement(statement) if statement.keyed => memory.tables_of(statement.sql).present(),
                Origin::Statement(statement) => memory.tables_of(statement.sql),
                Origin::Dynamic(_) => memory.tables_of_built(sql),
            };
            self.note_read(tables);
        }
        let instance = match self.refuse_if_lost().and_then(|()| scoped(self.instance.as_deref(), scope)) {
            Ok(instance) => instance,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let call = Call { sql, instance, values, cost, origin };
        let outcome = match &mut self.session {
            Session::SqliteRead(session) => session.rows_now(&call)?,
            Session::SqliteWrite(session) => session.rows_now(&call).ok_or(cost)?,
            Session::Postgres(_) => return Err(cost),
        };
        self.note_missing(origin, &outcome);
        Ok(self.note_failure(outcome))
    }

    async fn query_later(
        &mut self,
        sql: &str,
        scope: StatementScope,
        values: &[Value],
        origin: Origin,
        cost: Cost,
    ) -> Result<Vec<Row>> {
        let instance = scoped(self.instance.as_deref(), scope)?;
        let call = Call { sql, instance, values, cost, origin };
        let outcome = match &mut self.session {
            Session::SqliteRead(session) => session.rows(call).await,
            Session::SqliteWrite(session) => session.rows(call).await,
            Session::Postgres(session) => session.rows(call).await,
        };
        self.note_missing(origin, &outcome);
        self.note_failure(outcome)
    }

    /// A key that was not found may come.
    fn note_missing(&mut self, origin: Origin, outcome: &Result<Vec<Row>>) {
        if let (Origin::Statement(statement), Some(memory)) = (origin, &self.memory)
            && statement.keyed
            && !self.readings.is_empty()
            && outcome.as_ref().map_or(true, Vec::is_empty)
        {
            let tables = memory.tables_of(statement.sql);
            self.note_read(tables);
        }
    }

    fn writes(&self) -> bool {
        match &self.session {
            Session::SqliteRead(_) => false,
            Session::SqliteWrite(_) => true,
            Session::Postgres(session) => session.writes(),
        }
    }

    pub(crate) fn refuse_if_lost(&self) -> Result<()> {
        if self.lost {
            return Err(Error::internal(
                "a statement of this transaction failed before, so nothing more can be done in it",
            ));
        }
        Ok(())
    }

    pub(crate) fn note_failure<T>(&mut self, result: Result<T>) -> Result<T> {
        self.lost |= result.is_err() && self.writes();
        result
    }
}

fn cost(statement: &Statement) -> Cost {
    if statement.heavy { Cost::Heavy } else { Cost::Small }
}

/// `$1`, where the statement is on one instance.
pub(crate) fn scoped(instance: Option<&str>, scope: StatementScope) -> Result<Option<&str>> {
    match (scope, instance) {
        (StatementScope::Global, _) => Ok(None),
        (StatementScope::Instance, Some(instance)) => Ok(Some(instance)),
        (StatementScope::Instance, None) => {
            Err(Error::internal("a statement of one instance ran on a connection without one"))
        }
    }
}

/// Reads; all statements see the state that the first one saw.
pub struct Snapshot(Box<Connection>);

impl Snapshot {
    pub(crate) fn new(instance: Option<&str>, session: Session, memory: Option<Arc<Memory>>) -> Self {
        Self(Box::new(Connection::new(instance, session, memory)))
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
    connection: Box<Connection>,
    outbox: Arc<tokio::sync::Notify>,
}

impl Tx {
    pub(crate) fn new(
        instance: Option<&str>,
        session: Session,
        memory: Option<Arc<Memory>>,
        outbox: Arc<tokio::sync::Notify>,
    ) -> Self {
        Self { connection: Box::new(Connection::new(instance, session, memory)), outbox }
    }

    /// Keeps everything; returns when it is durable.
    ///
    /// # Errors
    /// A conflict when the transaction must run again; internal when a statement failed before or the outcome is unknown.
    pub async fn commit(self) -> Result<()> {
        let Self { connection, outbox } = self;
        connection.refuse_if_lost()?;
        let Connection { session, memory, foreseen, appended, .. } = *connection;
        let Appended { outbox: has_work, .. } = appended;
        match session {
            Session::SqliteWrite(session) => session.commit().await?,
            Session::Postgres(session) => Box::pin(session.commit()).await?,
            Session::SqliteRead(_) => {}
        }
        if let Some(memory) = &memory {
            foreseen.into_iter().for_each(|remember| remember(memory));
        }
        if has_work {
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
