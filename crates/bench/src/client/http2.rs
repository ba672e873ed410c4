//! HTTP/2, by hyper: for gRPC, where its frames cannot be written by hand as cheaply as those of HTTP/1.1.

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{Answer, PATIENCE, Prepared, Trouble};

/// One connection, with one stream at a time.
pub struct Http2 {
    sender: SendRequest<Full<Bytes>>,
    body: Bytes,
}

impl Http2 {
    pub(super) async fn open(stream: TcpStream) -> hyper::Result<Self> {
        let (sender, driver) = handshake(TokioExecutor::new(), TokioIo::new(stream)).await?;
        tokio::spawn(driver);
        Ok(Self { sender, body: Bytes::new() })
    }

    pub(super) async fn send(&mut self, request: &Prepared, values: &[String]) -> Result<Answer<'_>, Trouble> {
        let request = request.http2(values).map_err(Trouble::Broken)?;
        let exchange = timeout(PATIENCE, self.exchange(request)).await;
        let (status, grpc_status) = exchange
            .map_err(|_| Trouble::Broken("no answer in time".to_owned()))?
            .map_err(|cause| Trouble::Broken(cause.to_string()))?;
        Ok(Answer { status, grpc_status, body: &self.body })
    }

    async fn exchange(&mut self, request: http::Request<Bytes>) -> hyper::Result<(u16, Option<u32>)> {
        self.sender.ready().await?;
        let response = self.sender.send_request(request.map(Full::new)).await?;
        let (parts, body) = response.into_parts();
        let collected = body.collect().await?;
        let trailer = collected.trailers().and_then(|trailers| trailers.get("grpc-status"));
        let grpc_status = trailer.or_else(|| parts.headers.get("grpc-status")).and_then(|status| status.to_str().ok());
        let grpc_status = grpc_status.and_then(|status| status.parse().ok());
        self.body = collected.to_bytes();
        Ok((parts.status.as_u16(), grpc_status))
    }
}
