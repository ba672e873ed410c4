//! One kept-alive connection to the server under test, over HTTP/1.1 or HTTP/2, as cheap as it can be: requests are made
//! before the run and only cloned for sending.

use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;

use crate::failure::{Failure, Result};

/// How long an answer may take before it counts as an error.
const PATIENCE: Duration = Duration::from_secs(30);

/// The server under test.
#[derive(Debug, Clone)]
pub struct Target {
    authority: String,
    is_http2: bool,
}

impl Target {
    /// Reads a base URL such as `http://localhost:8080`.
    pub fn parse(url: &str, is_http2: bool) -> Result<Self> {
        let uri: Uri = url.parse().map_err(|cause| Failure::of(&format!("{url} is not a URL"), cause))?;
        let authority = uri.authority().ok_or_else(|| Failure::new(format!("{url} names no host")))?;
        if uri.scheme_str() != Some("http") {
            return Err(Failure::new(format!(
                "{url}: only http is driven, so that TLS of the driver is not measured; give the server's plain port"
            )));
        }
        let port = authority.port_u16().unwrap_or(80);
        Ok(Self { authority: format!("{}:{port}", authority.host()), is_http2 })
    }

    /// The same server over this version of HTTP.
    pub fn over(&self, is_http2: bool) -> Self {
        Self { is_http2, ..self.clone() }
    }

    /// Opens a connection.
    pub async fn connect(&self) -> Result<Connection> {
        let refused = |cause: std::io::Error| {
            Failure::of(&format!("{} cannot be reached, is it running?", self.authority), cause)
        };
        let stream = TcpStream::connect(&self.authority).await.map_err(refused)?;
        stream.set_nodelay(true).map_err(refused)?;
        let io = TokioIo::new(stream);
        let broken = |cause: hyper::Error| Failure::of(&format!("{} does not speak HTTP", self.authority), cause);
        let sender = if self.is_http2 {
            let (sender, driver) = http2::handshake(TokioExecutor::new(), io).await.map_err(broken)?;
            tokio::spawn(driver);
            Sender::Two(sender)
        } else {
            let (sender, driver) = http1::handshake(io).await.map_err(broken)?;
            tokio::spawn(driver);
            Sender::One(sender)
        };
        Ok(Connection { sender, authority: self.authority.clone() })
    }
}

/// A request that can be sent again and again.
#[derive(Debug, Clone)]
pub struct Prepared {
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Bytes,
}

impl Prepared {
    /// A request without a body.
    pub fn get(path: impl Into<String>) -> Self {
        Self { method: Method::GET, path: path.into(), headers: HeaderMap::new(), body: Bytes::new() }
    }

    /// A request with a JSON body.
    pub fn json(method: Method, path: impl Into<String>, body: &serde_json::Value) -> Self {
        Self { method, body: body.to_string().into(), ..Self::get(path) }.with(CONTENT_TYPE, "application/json")
    }

    /// A form.
    pub fn form(path: impl Into<String>, pairs: &[(&str, &str)]) -> Self {
        let body = serde_urlencoded::to_string(pairs).unwrap_or_default();
        Self { method: Method::POST, body: body.into(), ..Self::get(path) }
            .with(CONTENT_TYPE, "application/x-www-form-urlencoded")
    }

    /// A gRPC call of a method with an empty request.
    pub fn grpc(path: &str) -> Self {
        Self { method: Method::POST, body: Bytes::from_static(&[0; 5]), ..Self::get(path) }
            .with(CONTENT_TYPE, "application/grpc")
            .with(HeaderName::from_static("te"), "trailers")
    }

    /// The same with a bearer token.
    #[must_use]
    pub fn bearer(self, token: &str) -> Self {
        self.with(AUTHORIZATION, &format!("Bearer {token}"))
    }

    /// The same with a header; one that no header can be is left out.
    #[must_use]
    pub fn with(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: StatusCode,
    /// The gRPC status, where there is one.
    pub grpc_status: Option<String>,
    /// The body.
    pub body: Bytes,
}

impl Answer {
    /// Whether the request was done; otherwise a short name of the error.
    pub fn check(&self) -> std::result::Result<(), String> {
        match &self.grpc_status {
            _ if !self.status.is_success() => Err(format!("status {}", self.status.as_u16())),
            Some(status) if status != "0" => Err(format!("grpc-status {status}")),
            _ => Ok(()),
        }
    }

    /// A text field of a JSON answer.
    pub fn text(&self, field: &str) -> Option<String> {
        let json: serde_json::Value = serde_json::from_slice(&self.body).ok()?;
        json.get(field)?.as_str().map(str::to_owned)
    }
}

enum Sender {
    One(http1::SendRequest<Full<Bytes>>),
    Two(http2::SendRequest<Full<Bytes>>),
}

/// An open connection.
pub struct Connection {
    sender: Sender,
    authority: String,
}

impl Connection {
    /// Sends a request and reads the whole answer. The error is a short name of what happened.
    pub async fn send(&mut self, prepared: &Prepared) -> std::result::Result<Answer, String> {
        let sent = tokio::time::timeout(PATIENCE, self.exchange(prepared)).await;
        sent.map_err(|_| "no answer in time".to_owned())?.map_err(|cause| format!("connection: {cause}"))
    }

    async fn exchange(
        &mut self,
        prepared: &Prepared,
    ) -> std::result::Result<Answer, Box<dyn std::error::Error + Send + Sync>> {
        let mut request = Request::new(Full::new(prepared.body.clone()));
        *request.method_mut() = prepared.method.clone();
        *request.headers_mut() = prepared.headers.clone();
        let response = match &mut self.sender {
            Sender::One(sender) => {
                *request.uri_mut() = prepared.path.parse()?;
                request.headers_mut().insert(HOST, HeaderValue::from_str(&self.authority)?);
                sender.ready().await?;
                sender.send_request(request).await?
            }
            Sender::Two(sender) => {
                *request.uri_mut() = format!("http://{}{}", self.authority, prepared.path).parse()?;
                sender.ready().await?;
                sender.send_request(request).await?
            }
        };
        let (parts, body) = response.into_parts();
        let collected = body.collect().await?;
        let grpc_status = collected
            .trailers()
            .and_then(|trailers| trailers.get("grpc-status"))
            .or_else(|| parts.headers.get("grpc-status"))
            .and_then(|status| status.to_str().ok())
            .map(str::to_owned);
        Ok(Answer { status: parts.status, grpc_status, body: collected.to_bytes() })
    }
}
