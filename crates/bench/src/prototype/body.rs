//! The body of an answer: at most one piece, and the trailers of gRPC.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use hyper::body::{Body, Frame, SizeHint};

/// One piece, perhaps with trailers.
#[derive(Debug, Default)]
pub struct Piece {
    data: Option<Bytes>,
    trailers: Option<HeaderMap>,
}

impl Piece {
    /// An ordinary body.
    pub fn new(data: impl Into<Bytes>) -> Self {
        Self { data: Some(data.into()).filter(|data| !data.is_empty()), trailers: None }
    }

    /// A message of gRPC, which says in its trailers that all went well.
    pub fn grpc(message: &[u8]) -> Self {
        let length = u32::try_from(message.len()).unwrap_or_default().to_be_bytes();
        let data = [&[0], length.as_slice(), message].concat();
        let mut trailers = HeaderMap::with_capacity(1);
        trailers.insert("grpc-status", HeaderValue::from_static("0"));
        Self { data: Some(data.into()), trailers: Some(trailers) }
    }
}

impl Body for Piece {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let data = self.data.take().map(Frame::data);
        Poll::Ready(data.or_else(|| self.trailers.take().map(Frame::trailers)).map(Ok))
    }

    fn is_end_stream(&self) -> bool {
        self.data.is_none() && self.trailers.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.data.as_ref().map_or(0, |data| data.len() as u64))
    }
}
