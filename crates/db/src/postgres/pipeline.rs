//! Statements that travel together: all are sent before the first answer is awaited, so that they take one round trip.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};

use deadpool_postgres::Object;
use tokio_postgres::Error;
use tokio_postgres::types::{ToSql, Type};

use super::convert::Parameter;
use crate::Value;
use crate::deferred::Refusals;
use crate::row::Origin;

/// One statement to send.
pub(super) struct Request<'a> {
    pub sql: &'a str,
    pub parameters: Vec<Parameter<'a>>,
    /// Whether the text varies, so that keeping it prepared would fill memory.
    pub dynamic: bool,
    pub for_rows: bool,
    pub origin: Origin,
    pub refusals: Refusals,
}

impl<'a> Request<'a> {
    /// A fixed statement that no refusals are known of.
    pub(super) fn new(sql: &'a str, instance: Option<&'a str>, values: &'a [Value], origin: Origin) -> Self {
        let instance = instance.map(Parameter::Instance).into_iter();
        let parameters = instance.chain(values.iter().map(Parameter::Value)).collect();
        Self { sql, parameters, dynamic: matches!(origin, Origin::Dynamic(_)), for_rows: true, origin, refusals: &[] }
    }
}

/// What a statement was run for.
pub(super) enum Answer {
    Rows(Vec<tokio_postgres::Row>),
    Changed(u64),
    /// Of `BEGIN` and `COMMIT`.
    Done,
}

/// What went wrong, and at which of the requests; `None` for `BEGIN` and `COMMIT`.
pub(super) struct Failed {
    pub at: Option<usize>,
    pub cause: Error,
    /// Whether `COMMIT` had been sent.
    pub committing: bool,
}

type Sending<'a> = Pin<Box<dyn Future<Output = Result<Answer, Error>> + Send + 'a>>;

/// Runs the requests in their order, between `begin` and `COMMIT` where these are wanted; adds to `trips` how often it waits.
pub(super) async fn exchange(
    client: &Object,
    begin: Option<&'static str>,
    requests: &[Request<'_>],
    commit: bool,
    trips: &AtomicU64,
) -> Result<Vec<Answer>, Failed> {
    let known = client.statement_cache.size();
    // A statement that must first be prepared would be overtaken by those after it.
    let mut prepared = Vec::with_capacity(requests.len());
    for (at, request) in requests.iter().enumerate() {
        prepared.push(if request.dynamic {
            None
        } else {
            let statement = client.prepare_cached(request.sql).await;
            Some(statement.map_err(|cause| Failed { at: Some(at), cause, committing: false })?)
        });
    }
    let news = client.statement_cache.size().saturating_sub(known);
    trips.fetch_add(news as u64 + 1, Ordering::Relaxed);
    let mut sent: Vec<(Option<usize>, Sending<'_>)> = Vec::with_capacity(requests.len() + 2);
    if let Some(begin) = begin {
        send(&mut sent, None, plain(client, begin))?;
    }
    for (at, (request, statement)) in requests.iter().zip(prepared).enumerate() {
        // One that cannot even be sent ends here: the commit must not follow without it.
        match statement {
            Some(statement) => send(&mut sent, Some(at), fixed(client, request, statement))?,
            None => send(&mut sent, Some(at), varying(client, request))?,
        }
    }
    if commit {
        send(&mut sent, None, plain(client, "COMMIT"))?;
    }
    let mut answers = Vec::with_capacity(requests.len());
    for (at, answer) in sent {
        let answer = answer.await.map_err(|cause| Failed { at, cause, committing: commit })?;
        if at.is_some() {
            answers.push(answer);
        }
    }
    Ok(answers)
}

/// Sends: the first poll of a statement of the driver puts its message into the connection's queue.
fn send<'a>(
    sent: &mut Vec<(Option<usize>, Sending<'a>)>,
    at: Option<usize>,
    statement: impl Future<Output = Result<Answer, Error>> + Send + 'a,
) -> Result<(), Failed> {
    let mut statement: Sending<'a> = Box::pin(statement);
    match statement.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Pending => sent.push((at, statement)),
        Poll::Ready(Ok(answer)) => sent.push((at, Box::pin(std::future::ready(Ok(answer))))),
        Poll::Ready(Err(cause)) => return Err(Failed { at, cause, committing: false }),
    }
    Ok(())
}

async fn plain(client: &Object, text: &str) -> Result<Answer, Error> {
    client.batch_execute(text).await.map(|()| Answer::Done)
}

async fn fixed(client: &Object, request: &Request<'_>, statement: tokio_postgres::Statement) -> Result<Answer, Error> {
    let parameters: Vec<&(dyn ToSql + Sync)> =
        request.parameters.iter().map(|parameter| -> &(dyn ToSql + Sync) { parameter }).collect();
    if request.for_rows {
        client.query(&statement, &parameters).await.map(Answer::Rows)
    } else {
        client.execute(&statement, &parameters).await.map(Answer::Changed)
    }
}

async fn varying(client: &Object, request: &Request<'_>) -> Result<Answer, Error> {
    let parameters: Vec<(&(dyn ToSql + Sync), Type)> = request
        .parameters
        .iter()
        .map(|parameter| -> (&(dyn ToSql + Sync), Type) { (parameter, parameter.announced_type()) })
        .collect();
    if request.for_rows {
        client.query_typed(request.sql, &parameters).await.map(Answer::Rows)
    } else {
        client.execute_typed(request.sql, &parameters).await.map(Answer::Changed)
    }
}
