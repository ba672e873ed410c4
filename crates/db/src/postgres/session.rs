//! Statements of one unit of work on one connection of the pool.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::task::{Context, Waker};

use castellan_kernel::{Error, Result};
use deadpool_postgres::{Object, Pool};

use super::pipeline::{Answer, Failed, Request, exchange};
use super::sight::{Sight, VISIBLE, ask};
use super::waiting::Announced;
use super::{client, convert, errors};
use crate::call::{Call, Cost};
use crate::deferred::{Deferred, translate};
use crate::events::insertion;
use crate::row::{Origin, Row};
use crate::{Question, Refusal, Text};

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
    trips: Arc<AtomicU64>,
    sight: Arc<Sight>,
    mode: Mode,
    client: Option<Object>,
    begun: bool,
    /// Reads that will follow.
    announced: Vec<Announced>,
    /// Writes that nobody waits for.
    deferred: Vec<Deferred>,
}

impl Session {
    pub(super) fn new(pool: Pool, trips: Arc<AtomicU64>, sight: Arc<Sight>, mode: Mode) -> Self {
        Self { pool, trips, sight, mode, client: None, begun: false, announced: Vec::new(), deferred: Vec::new() }
    }

    /// Whether this is a transaction.
    pub(crate) fn writes(&self) -> bool {
        self.mode == Mode::Write
    }

    /// Which transactions this session sees the effects of, as the server describes it. Before the first statement it costs one
    /// round trip, which it shares with others who ask at the same time, and begins nothing. Where it `will_read` anyway, a snapshot
    /// begins with it, and what was announced comes along.
    pub(crate) async fn visible(&mut self, will_read: bool) -> Result<Arc<str>> {
        if will_read && self.mode == Mode::Snapshot && !self.announced.is_empty() {
            let origin = Origin::Statement(&VISIBLE);
            let call = Call { sql: VISIBLE.sql, instance: None, values: &[], cost: Cost::Small, origin };
            let rows = self.rows(call).await?;
            return rows.first().ok_or_else(|| Error::internal("nothing is visible"))?.text(0).map(Arc::from);
        }
        match &self.client {
            Some(client) => ask(client, &self.trips).await,
            None => self.sight.now().await,
        }
    }

    /// Sends this read with the next statement.
    pub(crate) fn announce(&mut self, question: Question, instance: Option<Text>) {
        self.announced.push(Announced { question, instance, rows: None });
    }

    /// Sends this write with the next statement or the commit; returns how many there are to send.
    pub(crate) fn defer(&mut self, deferred: Deferred) -> usize {
        self.announced.clear();
        self.deferred.push(deferred);
        self.deferred.len()
    }

    /// How many writes wait to be sent.
    pub(crate) fn deferred(&self) -> usize {
        self.deferred.len()
    }

    /// Sends the deferred writes now.
    pub(crate) async fn flush(&mut self) -> Result<()> {
        self.run(None, false).await.map(drop)
    }

    /// Runs a statement for its rows.
    pub(crate) async fn rows(&mut self, call: Call<'_>) -> Result<Vec<Row>> {
        if let Some(at) = self.announced.iter().position(|announced| announced.is(&call))
            && let Some(rows) = self.announced[at].rows.take()
        {
            self.announced.swap_remove(at);
            return Ok(rows);
        }
        match self.run(Some((call, true)), false).await? {
            Some(Answer::Rows(rows)) => convert::rows(&rows, call.origin).map_err(crate::DatabaseError::into_error),
            _ => Ok(Vec::new()),
        }
    }

    /// Runs a statement for the number of rows that it changed.
    pub(crate) async fn execute(&mut self, call: Call<'_>) -> Result<u64> {
        self.announced.clear();
        match self.run(Some((call, false)), false).await? {
            Some(Answer::Changed(changed)) => Ok(changed),
            _ => Ok(0),
        }
    }

    /// Commits. Without a statement there is nothing to commit.
    pub(crate) async fn commit(mut self) -> Result<()> {
        if self.client.is_none() && self.deferred.is_empty() {
            return Ok(());
        }
        if !self.writes() {
            return Err(Error::internal("a session without a transaction was committed"));
        }
        self.announced.clear();
        self.run(None, true).await.map(drop)
    }

    /// Sends the deferred writes, the announced reads, this statement and the commit in one go.
    async fn run(&mut self, call: Option<(Call<'_>, bool)>, commit: bool) -> Result<Option<Answer>> {
        let client = match &mut self.client {
            Some(client) => client,
            empty => empty.insert(client(&self.pool).await?),
        };
        let begin = if self.begun { None } else { self.mode.begin() };
        // Before it is sent: a future that is dropped while it waits must still be rolled back.
        self.begun |= begin.is_some();
        let deferred = std::mem::take(&mut self.deferred);
        let mut requests: Vec<Request<'_>> = deferred.iter().map(Request::of_deferred).collect();
        let writes = requests.len();
        let own = |announced: &Announced| call.as_ref().is_some_and(|(call, for_rows)| *for_rows && announced.is(call));
        self.announced.retain(|announced| !own(announced));
        let asked: Vec<usize> = (0..self.announced.len()).filter(|at| self.announced[*at].rows.is_none()).collect();
        requests.extend(asked.iter().map(|at| Request::of_announced(&self.announced[*at])));
        if let Some((call, for_rows)) = &call {
            let request = Request::new(call.sql, call.instance, call.values, call.origin);
            requests.push(Request { for_rows: *for_rows, ..request });
        }
        let mut answers = match exchange(client, begin, &requests, commit, &self.trips).await {
            Ok(answers) => answers,
            Err(failed) => {
                if errors::is_outdated_plan(&failed.cause) {
                    client.statement_cache.clear();
                }
                // The server has rolled back what it refused to commit.
                self.begun &= !(failed.committing && failed.cause.as_db_error().is_some());
                return Err(describe(&requests, &failed));
            }
        };
        self.begun &= !commit;
        let last = if call.is_some() { answers.pop() } else { None };
        for (at, answer) in asked.into_iter().zip(answers.drain(writes..)) {
            if let Answer::Rows(rows) = answer {
                let origin = Origin::Statement(self.announced[at].question.statement);
                let rows = convert::rows(&rows, origin).map_err(crate::DatabaseError::into_error)?;
                self.announced[at].rows = Some(rows);
            }
        }
        Ok(last)
    }
}

fn describe(requests: &[Request<'_>], failed: &Failed) -> Error {
    let request = failed.at.and_then(|at| requests.get(at));
    let origin = request.map(|request| request.origin);
    let mut error = if failed.committing {
        errors::describe_commit(origin, &failed.cause)
    } else {
        errors::describe(origin, &failed.cause)
    };
    // Somebody else appended to the same aggregate in the meantime.
    let appends = matches!(origin, Some(Origin::Statement(statement)) if std::ptr::eq(statement, insertion()));
    if appends && matches!(error.refusal, Refusal::Unique(_)) {
        error.refusal = Refusal::Conflict;
    }
    translate(error.into_error(), request.map_or(&[], |request| request.refusals))
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
