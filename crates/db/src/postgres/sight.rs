//! What the server shows to whoever looks now, asked once for all who want to know it at the same time. Owns who waits for which
//! question.
//!
//! An answer is good for everyone who wanted to know before the question was sent: it shows whatever had been acknowledged by then.
//! So whoever comes while a question is under way waits for the next one, together with all others who come meanwhile.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use castellan_kernel::{Error, Result};
use deadpool_postgres::{Object, Pool};
use tokio::sync::oneshot;

use super::pipeline::{Answer, Request, exchange};
use super::{client, errors};
use crate::row::Origin;
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
    let request = Request::new(VISIBLE.sql, None, &[], Origin::Statement(&VISIBLE));
    let answers = exchange(client, None, &[request], false, trips).await;
    let answers = answers.map_err(|failed| errors::describe(None, &failed.cause).into_error())?;
    match answers.first() {
        Some(Answer::Rows(rows)) if !rows.is_empty() => {
            rows[0].try_get::<_, &str>(0).map(Arc::from).map_err(Error::internal)
        }
        _ => Err(Error::internal("nothing is visible")),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::{TcpListener, TcpStream};
    use tokio::task::JoinSet;

    use super::*;
    use crate::PostgresOptions;
    use crate::postgres::Engine;

    /// A way to the server whose first connection can be cut without either end being told. Returns its port.
    async fn way(server: String, is_cut: Arc<AtomicBool>) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            let mut is_first = true;
            loop {
                let (client, _) = listener.accept().await.unwrap();
                let (mut from_client, mut to_client) = client.into_split();
                let (mut from_server, mut to_server) = TcpStream::connect(&server).await.unwrap().into_split();
                let can_be_cut = std::mem::take(&mut is_first);
                let is_cut = Arc::clone(&is_cut);
                tokio::spawn(async move { tokio::io::copy(&mut from_server, &mut to_client).await });
                tokio::spawn(async move {
                    let mut buffer = [0; 4_096];
                    while let Ok(length @ 1..) = from_client.read(&mut buffer).await {
                        if !(can_be_cut && is_cut.load(Ordering::SeqCst)) {
                            to_server.write_all(&buffer[..length]).await.unwrap();
                        }
                    }
                });
            }
        });
        port
    }

    #[tokio::test]
    async fn a_dead_connection_does_not_keep_everybody_waiting() {
        let Some(address) = std::env::var("TEST_POSTGRES").ok().filter(|address| !address.is_empty()) else { return };
        let (before, rest) = address.rsplit_once('@').unwrap();
        let (server, database) = rest.split_once('/').unwrap();
        let is_cut = Arc::new(AtomicBool::new(false));
        let port = way(server.to_owned(), Arc::clone(&is_cut)).await;
        let options = PostgresOptions::parse(&format!("{before}@127.0.0.1:{port}/{database}")).unwrap();
        let sight = Sight::new(Engine::pool(options).unwrap().pool, Arc::default());
        sight.now().await.unwrap();

        is_cut.store(true, Ordering::SeqCst);
        let mut readers = JoinSet::new();
        for _ in 0..5 {
            let sight = Arc::clone(&sight);
            readers.spawn(async move { tokio::time::timeout(10 * PATIENCE, sight.now()).await });
        }
        while let Some(answer) = readers.join_next().await {
            answer.unwrap().expect("an answer by another connection").unwrap();
        }
    }
}
