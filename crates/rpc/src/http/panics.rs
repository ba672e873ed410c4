//! A panic in a handler ends one request with an internal error, not the connection.

use std::any::Any;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::Poll;

use bytes::Bytes;
use castellan_kernel::Kind;
use castellan_proto::zitadel::v1::ErrorDetail;
use prost::Message as _;

use crate::call::{Failure, FailureDetail};

/// Runs a future to its end; a panic inside becomes the failure that `spec: api.md 1.8` gives it, and an entry in the log. The
/// future stays where it is pinned, so that it is not stored twice.
///
/// # Errors
/// Internal, `Errors.Internal (RECOVER)`, when the future panicked.
pub async fn catch<T>(what: &str, mut future: Pin<&mut impl Future<Output = T>>) -> Result<T, Failure> {
    poll_fn(|context| {
        // The future is dropped after a panic and never polled again, so nobody sees a half-changed value.
        match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(value)) => Poll::Ready(Ok(value)),
            Err(panic) => {
                tracing::error!(request = what, panic = text_of(&*panic), "a handler panicked");
                Poll::Ready(Err(recovered()))
            }
        }
    })
    .await
}

fn text_of(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("(no text)")
}

fn recovered() -> Failure {
    let detail = ErrorDetail { id: "RECOVER".to_owned(), message: "Errors.Internal".to_owned() };
    Failure {
        kind: Kind::Internal,
        message: "Errors.Internal (RECOVER)".to_owned(),
        detail: Some(FailureDetail { type_name: "zitadel.v1.ErrorDetail", value: Bytes::from(detail.encode_to_vec()) }),
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use super::*;

    #[tokio::test]
    async fn a_panic_becomes_an_internal_failure_without_its_text() {
        let failure = catch("test", pin!(async { panic!("secret") })).await.unwrap_err();
        assert_eq!((failure.kind, failure.message.as_str()), (Kind::Internal, "Errors.Internal (RECOVER)"));
        assert_eq!(catch("test", pin!(async { 7 })).await.unwrap(), 7);
    }
}
