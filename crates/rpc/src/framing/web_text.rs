//! `application/grpc-web-text`: gRPC-Web in base64, for browsers without binary bodies. Requests become binary gRPC-Web and
//! answers text again, frame by frame.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use ::http::{HeaderValue, Request, Response, header};
use axum::body::{Body, HttpBody};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::{Bytes, BytesMut};
use http_body::Frame;

const BINARY: HeaderValue = HeaderValue::from_static("application/grpc-web+proto");
const TEXT: HeaderValue = HeaderValue::from_static("application/grpc-web-text+proto");

/// Whether a content type is the text form (with or without `+proto`, parameters aside).
pub fn is_text(content_type: &HeaderValue) -> bool {
    let media_type = content_type.as_bytes().split(|&byte| byte == b';').next().unwrap_or_default().trim_ascii();
    matches!(media_type, b"application/grpc-web-text" | b"application/grpc-web-text+proto")
}

/// Makes a text request binary.
pub fn unwrap(request: Request<Body>) -> Request<Body> {
    let mut request = request.map(|body| Body::new(Decoded { inner: body, rest: BytesMut::new() }));
    request.headers_mut().insert(header::CONTENT_TYPE, BINARY);
    request.headers_mut().remove(header::CONTENT_LENGTH);
    request
}

/// Makes a binary answer text.
pub fn wrap(response: Response<Body>) -> Response<Body> {
    let mut response = response.map(|body| Body::new(Encoded(body)));
    response.headers_mut().insert(header::CONTENT_TYPE, TEXT);
    response.headers_mut().remove(header::CONTENT_LENGTH);
    response
}

struct Decoded {
    inner: Body,
    /// The beginning of a group of four characters.
    rest: BytesMut,
}

impl HttpBody for Decoded {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        loop {
            match ready!(Pin::new(&mut self.inner).poll_frame(cx)) {
                Some(Ok(frame)) => {
                    let Ok(data) = frame.into_data() else { continue };
                    self.rest.extend_from_slice(&data);
                    let whole = self.rest.len() / 4 * 4;
                    if whole == 0 {
                        continue;
                    }
                    let groups = self.rest.split_to(whole);
                    return Poll::Ready(Some(decode(&groups).map(Frame::data)));
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None if self.rest.is_empty() => return Poll::Ready(None),
                None => {
                    self.rest.clear();
                    return Poll::Ready(Some(Err(axum::Error::new(std::io::Error::other(
                        "the grpc-web-text body ends inside a base64 group of four characters",
                    )))));
                }
            }
        }
    }
}

/// Clients encode piece by piece, so padding may stand at the end of every group.
fn decode(groups: &[u8]) -> Result<Bytes, axum::Error> {
    let mut decoded = Vec::with_capacity(groups.len() / 4 * 3);
    let mut rest = groups;
    while !rest.is_empty() {
        let end = rest.iter().position(|&byte| byte == b'=').map_or(rest.len(), |padding| (padding / 4 + 1) * 4);
        let (piece, tail) = rest.split_at(end.min(rest.len()));
        STANDARD.decode_vec(piece, &mut decoded).map_err(axum::Error::new)?;
        rest = tail;
    }
    Ok(Bytes::from(decoded))
}

struct Encoded(Body);

impl HttpBody for Encoded {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = ready!(Pin::new(&mut self.0).poll_frame(cx));
        Poll::Ready(frame.map(|frame| frame.map(|frame| frame.map_data(|data| Bytes::from(STANDARD.encode(data))))))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;
    use http_body_util::BodyExt as _;

    #[test]
    fn both_spellings_of_the_text_form_are_known() {
        for (content_type, expected) in [
            ("application/grpc-web-text", true),
            ("application/grpc-web-text+proto; charset=utf-8", true),
            ("application/grpc-web", false),
            ("application/grpc-web-text+json", false),
        ] {
            assert_eq!(is_text(&HeaderValue::from_static(content_type)), expected, "{content_type}");
        }
    }

    #[tokio::test]
    async fn padding_in_the_middle_and_frames_that_cut_groups_are_read() {
        let body = unwrap(Request::new(Body::new(Chunks(VecDeque::from(["YQ", "==Ym", "M=", "ZGVm"]))))).into_body();
        assert_eq!(body.collect().await.unwrap().to_bytes(), "abcdef".as_bytes());
        assert!(unwrap(Request::new(Body::from("YWI"))).into_body().collect().await.is_err());
        assert!(unwrap(Request::new(Body::from("!!!!"))).into_body().collect().await.is_err());
    }

    struct Chunks(VecDeque<&'static str>);

    impl HttpBody for Chunks {
        type Data = Bytes;
        type Error = axum::Error;
        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
            Poll::Ready(self.0.pop_front().map(|chunk| Ok(Frame::data(Bytes::from(chunk)))))
        }
    }
}
