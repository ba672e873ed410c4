//! Reading to its end what nobody looks at.

use axum::body::Body;
use http_body_util::BodyExt as _;

/// Reads a request's body up to `limit` bytes and throws it away, before an answer that does not depend on it.
///
/// Over HTTP/2, an answer to a request that is still being sent resets the stream, and some clients (curl) then report the reset
/// instead of the answer. A body beyond the limit is cut off that way all the same.
pub async fn drain(mut body: Body, limit: usize) {
    let mut left = limit;
    while let Some(Ok(frame)) = body.frame().await {
        let length = frame.data_ref().map_or(0, bytes::Bytes::len);
        let Some(rest) = left.checked_sub(length) else { return };
        left = rest;
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::pin::Pin;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Context, Poll};

    use bytes::Bytes;
    use http_body::Frame;

    use super::*;

    /// Ten pieces of ten bytes, counting how many are taken.
    struct Pieces(Arc<AtomicUsize>);

    impl http_body::Body for Pieces {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            let taken = self.0.fetch_add(1, Ordering::Relaxed);
            Poll::Ready((taken < 10).then(|| Ok(Frame::data(Bytes::from_static(&[0; 10])))))
        }
    }

    async fn taken(limit: usize) -> usize {
        let count = Arc::new(AtomicUsize::new(0));
        drain(Body::new(Pieces(Arc::clone(&count))), limit).await;
        count.load(Ordering::Relaxed)
    }

    #[tokio::test]
    async fn a_body_is_read_to_its_end_but_not_beyond_the_limit() {
        assert_eq!((taken(100).await, taken(35).await), (11, 4));
    }
}
