//! A statement that runs: done already when the embedded engine could answer on the spot, which is the rule there.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use castellan_kernel::{Error, Result};

/// The outcome of a statement, to be awaited.
///
/// What a room awaits is this small future and not the state machines of both engines, which would be compiled into every
/// handler.
#[must_use = "await it for the outcome"]
pub struct Running<'a, T>(State<'a, T>);

enum State<'a, T> {
    Done(Option<Result<T>>),
    Waiting(Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>),
}

impl<'a, T> Running<'a, T> {
    /// The outcome is there.
    pub fn done(outcome: Result<T>) -> Self {
        Self(State::Done(Some(outcome)))
    }

    /// With another outcome, if it succeeds.
    pub(crate) fn map<U>(self, change: impl FnOnce(T) -> U + Send + 'a) -> Running<'a, U>
    where
        T: 'a,
    {
        match self.0 {
            State::Done(outcome) => Running(State::Done(outcome.map(|outcome| outcome.map(change)))),
            State::Waiting(future) => Running::waiting(async move { future.await.map(change) }),
        }
    }

    /// The outcome comes later.
    pub(crate) fn waiting(future: impl Future<Output = Result<T>> + Send + 'a) -> Self {
        Self(State::Waiting(Box::pin(future)))
    }
}

impl<T: Unpin> Future for Running<'_, T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<T>> {
        match &mut self.0 {
            State::Done(outcome) => Poll::Ready(
                outcome
                    .take()
                    .unwrap_or_else(|| Err(Error::internal("the outcome of a statement was asked for twice"))),
            ),
            State::Waiting(future) => future.as_mut().poll(context),
        }
    }
}
