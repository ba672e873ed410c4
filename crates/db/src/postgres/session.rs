//! Statements of one unit of work on one connection of the pool.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Waker};

use castellan_kernel::{Error, Result};
use deadpool_postgres::{Object, Pool};
use tokio_postgres::types::{ToSql, Type};

use super::convert::{self, Parameter};
use super::{client, errors};
use crate::call::Call;
use crate::row::Row;

/// What a session may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Reads and writes in one serializable transaction.
    Write,
    /// Reads of one state.
    Snapshot,
    /// Reads of the newest state, each on its own.
    Single,
}

impl Mode {
    fn begin(self) -> Option<&'static str> {
        match self {
            Self::Write => Some("BEGIN ISOLATION LEVEL SERIALIZABLE READ WRITE"),
            Self::Snapshot => Some("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"),
            Self::Single => None,
        }
    }
}

/// A session; takes a connection at its first statement.
pub(crate) struct Session {
    pool: Pool,
    mode: Mode,
    client: Option<Object>,
    begun: bool,
}

/// What a statement is run for.
enum Answer {
    Rows(Vec<tokio_postgres::Row>),
    Changed(u64),
}

impl Session {
    pub(super) fn new(pool: Pool, mode: Mode) -> Self {
        Self { pool, mode, client: None, begun: false }
    }

    /// Whether this is a transaction.
    pub(crate) fn writes(&self) -> bool {
        self.mode == Mode::Write
    }

    /// Which transactions this session sees the effects of, as the server describes it. Before the first statement it costs one
    /// round trip and begins nothing.
    pub(crate) async fn visible(&mut self) -> Result<String> {
        let own;
        let client = match &self.client {
            Some(client) => client,
            None => {
                own = client(&self.pool).await?;
                &own
            }
        };
        let row = async {
            let statement = client.prepare_cached("SELECT pg_current_snapshot()::text").await?;
            client.query_one(&statement, &[]).await
        };
        let row = row.await.map_err(|cause| errors::describe(None, &cause).into_error())?;
        row.try_get(0).map_err(Error::internal)
    }

    /// Runs a statement for its rows. Texts that vary (`dynamic`) are not kept prepared.
    pub(crate) async fn rows(&mut self, call: Call<'_>, dynamic: bool) -> Result<Vec<Row>> {
        match self.run(call, dynamic, true).await? {
            Answer::Rows(rows) => convert::rows(&rows, call.origin).map_err(crate::DatabaseError::into_error),
            Answer::Changed(_) => Ok(Vec::new()),
        }
    }

    /// Runs a statement for the number of rows that it changed.
    pub(crate) async fn execute(&mut self, call: Call<'_>, dynamic: bool) -> Result<u64> {
        match self.run(call, dynamic, false).await? {
            Answer::Changed(changed) => Ok(changed),
            Answer::Rows(rows) => Ok(rows.len() as u64),
        }
    }

    async fn run(&mut self, call: Call<'_>, dynamic: bool, for_rows: bool) -> Result<Answer> {
        let client = match &mut self.client {
            Some(client) => client,
            empty => empty.insert(client(&self.pool).await?),
        };
        let begin = if self.begun { None } else { self.mode.begin() };
        // Before it is sent: a future that is dropped while it waits must still be rolled back.
        self.begun |= begin.is_some();
        let parameters: Vec<Parameter<'_>> = call
            .instance
            .map(Parameter::Instance)
            .into_iter()
            .chain(call.values.iter().map(Parameter::Value))
            .collect();
        let statement = async {
            if dynamic {
                run_typed(client, call.sql, &parameters, for_rows).await
            } else {
                run_prepared(client, call.sql, &parameters, for_rows).await
            }
        };
        let result = match begin {
            None => statement.await,
            Some(begin) => {
                // Both go out before either answer is awaited.
                let (begun, result) = tokio::join!(biased; client.batch_execute(begin), statement);
                begun.and(result)
            }
        };
        result.map_err(|cause| {
            if errors::is_outdated_plan(&cause) {
                client.statement_cache.clear();
            }
            errors::describe(Some(call.origin), &cause).into_error()
        })
    }

    /// Commits. Without a statement there is nothing to commit.
    pub(crate) async fn commit(mut self) -> Result<()> {
        let Some(client) = &self.client else { return Ok(()) };
        if !self.begun {
            return Err(Error::internal("a session without a transaction was committed"));
        }
        let committed = client.batch_execute("COMMIT").await;
        // Rolled back by the server in case of an error; the drop must not be asked to do it when all went well.
        self.begun = committed.is_err();
        committed.map_err(|cause| errors::describe_commit(&cause).into_error())
    }
}

async fn run_prepared(
    client: &Object,
    sql: &str,
    parameters: &[Parameter<'_>],
    for_rows: bool,
) -> Result<Answer, tokio_postgres::Error> {
    let statement = client.prepare_cached(sql).await?;
    let parameters: Vec<&(dyn ToSql + Sync)> =
        parameters.iter().map(|parameter| -> &(dyn ToSql + Sync) { parameter }).collect();
    if for_rows {
        client.query(&statement, &parameters).await.map(Answer::Rows)
    } else {
        client.execute(&statement, &parameters).await.map(Answer::Changed)
    }
}

async fn run_typed(
    client: &Object,
    sql: &str,
    parameters: &[Parameter<'_>],
    for_rows: bool,
) -> Result<Answer, tokio_postgres::Error> {
    let parameters: Vec<(&(dyn ToSql + Sync), Type)> = parameters
        .iter()
        .map(|parameter| -> (&(dyn ToSql + Sync), Type) { (parameter, parameter.announced_type()) })
        .collect();
    if for_rows {
        client.query_typed(sql, &parameters).await.map(Answer::Rows)
    } else {
        client.execute_typed(sql, &parameters).await.map(Answer::Changed)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let (Some(client), true) = (&self.client, self.begun) {
            // The first poll puts the message into the connection's queue, ahead of whatever its next user sends; nobody needs
            // the answer.
            let rollback = pin!(client.batch_execute("ROLLBACK"));
            let _ = rollback.poll(&mut Context::from_waker(Waker::noop()));
        }
    }
}
