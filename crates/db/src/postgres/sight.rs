//! What the server shows to whoever looks now, asked once for all who want to know it at the same time. Owns who waits for which
//! question.
//!
//! An answer is good for everyone who wanted to know before the question was sent: it shows whatever had been acknowledged by then.
//! So whoever comes while a question is under way waits for the next one, together with all others who come meanwhile.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use castellan_kernel::{Error, Result};
use deadpool_postgres::{Object, Pool};
use tokio::sync::oneshot;

use super::{client, errors};
use crate::{Statement, StatementScope};

/// Not among the statements that every engine must understand.
pub(super) static VISIBLE: Statement =
    Statement::new("SELECT pg_current_snapshot()::text", StatementScope::Global, file!(), line!());

/// How long everybody waits for an answer on one connection, which may have died.
const PATIENCE: Duration = Duration::from_secs(1);

/// The questions to one server.
pub(crate) struct Sight {
    pool: Pool,
    trips: Arc<AtomicU64>,
    asking: Mutex<Asking>,
}

#[derive(Default)]
struct Asking {
    /// Whether a question is under way.
    under_way: bool,
    /// Who waits for the next one.
    waiting: Vec<oneshot::Sender<Arc<str>>>,
}

impl Sight {
    pub(super) fn new(pool: Pool, trips: Arc<AtomicU64>) -> Arc<Self> {
        Arc::new(Self { pool, trips, asking: Mutex::default() })
    }

    /// The transactions whose effects are visible from now on at the least, as the server describes them.
    ///
    /// # Errors
    /// When the server does not answer.
    pub(super) async fn now(self: &Arc<Self>) -> Result<Arc<str>> {
        let (told, answer) = oneshot::channel();
        let begins = {
            let mut asking = self.lock();
            asking.waiting.push(told);
            !std::mem::replace(&mut asking.under_way, true)
        };
        if begins {
            // Not by whoever asks first, who may not wait for the end of it.
            let mut turn = Turn { sight: Arc::clone(self), ended: false };
            tokio::spawn(async move { turn.ask().await });
        }
        match answer.await {
            Ok(visible) => Ok(visible),
            Err(_) => ask(&client(&self.pool).await?, &self.trips).await,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Asking> {
        self.asking.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The one who asks for everybody.
struct Turn {
    sight: Arc<Sight>,
    ended: bool,
}

impl Turn {
    /// Asks for as long as somebody waits.
    async fn ask(&mut self) {
        while let Some(waiting) = self.next() {
            // Without an answer nobody is told, so that each asks by itself and learns what is wrong.
            let Some(visible) = self.answer().await else { continue };
            for told in waiting {
                // Who does not wait any more need not know.
                let _ = told.send(Arc::clone(&visible));
            }
        }
    }

    async fn answer(&self) -> Option<Arc<str>> {
        let client = client(&self.sight.pool).await.ok()?;
        match tokio::time::timeout(PATIENCE, ask(&client, &self.sight.trips)).await {
            Ok(answer) => answer.ok(),
            Err(_) => {
                // What is next on this connection would wait for the same answer.
                drop(Object::take(client));
                None
            }
        }
    }

    /// Everyone who waits; ends the turn when nobody does.
    fn next(&mut self) -> Option<Vec<oneshot::Sender<Arc<str>>>> {
        let mut asking = self.sight.lock();
        self.ended = asking.waiting.is_empty();
        asking.under_way = !self.ended;
        asking.under_way.then(|| std::mem::take(&mut asking.waiting))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if !self.ended {
            // It was cut off: whoever waits asks without it.
            *self.sight.lock() = Asking::default();
        }
    }
}

/// Asks the server by this connection.
pub(super) async fn ask(client: &Object, trips: &AtomicU64) -> Result<Arc<str>> {
    let known = client.statement_cache.size();
    let row = async {
        let statement = client.prepare_cached(VISIBLE.sql).await?;
        client.query_one(&statement, &[]).await
    };
    let row = row.await.map_err(|cause| errors::describe(None, &cause).into_error())?;
    let news = client.statement_cache.size().saturating_sub(known);
    trips.fetch_add(news as u64 + 1, Ordering::Relaxed);
    row.try_get::<_, &str>(0).map(Arc::from).map_err(Error::internal)
}
