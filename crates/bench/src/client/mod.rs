//! The driver's own client. It shares the machine with the server, so what it spends on a request decides what can be
//! measured: HTTP/1.1 is written by hand over the socket, requests are encoded before the run, answers are read into one
//! buffer per connection and parsed only as far as the next step needs. HTTP/2 is hyper's.

mod answer;
mod chunked;
mod http1;
mod http2;
mod prepared;
mod request;
mod response;

use std::fmt;
use std::time::Duration;

use http::Uri;
use tokio::net::TcpStream;

pub use answer::Answer;
pub use prepared::Prepared;
pub use request::Request;

use crate::failure::{Failure, Result};

/// How long an answer may take before it counts as an error.
const PATIENCE: Duration = Duration::from_secs(30);

/// What kept an iteration from being counted: a short name, so that equal ones can be counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// The connection is of no more use.
    Broken(String),
    /// The server answered, but not what the scenario needs.
    Refused(String),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broken(text) => write!(f, "connection: {text}"),
            Self::Refused(text) => f.write_str(text),
        }
    }
}

/// The server under test.
#[derive(Debug, Clone)]
pub struct Target {
    /// Where it listens.
    address: String,
    /// What it is called: the `Host` of requests.
    host: String,
    is_http2: bool,
}

impl Target {
    /// Reads a base URL such as `http://localhost:8080`.
    ///
    /// # Errors
    /// For anything else than an absolute `http` URL.
    pub fn parse(url: &str, is_http2: bool) -> Result<Self> {
        let uri: Uri = url.parse().map_err(|cause| Failure::of(&format!("{url} is not a URL"), cause))?;
        let authority = uri.authority().ok_or_else(|| Failure::new(format!("{url} names no host")))?;
        if uri.scheme_str() != Some("http") {
            return Err(Failure::new(format!(
                "{url}: only http is driven, so that TLS of the driver is not measured; give the server's plain port"
            )));
        }
        let port = authority.port_u16().unwrap_or(80);
        let address = format!("{}:{port}", authority.host());
        Ok(Self { host: authority.as_str().to_owned(), address, is_http2 })
    }

    /// The same server over this version of HTTP.
    pub fn over(&self, is_http2: bool) -> Self {
        Self { is_http2, ..self.clone() }
    }

    /// The same server, asked for another of its domains.
    pub fn named(&self, domain: &str) -> Self {
        let host = match self.host.rsplit_once(':') {
            Some((_, port)) => format!("{domain}:{port}"),
            None => domain.to_owned(),
        };
        Self { host, ..self.clone() }
    }

    /// The base URL under which it is asked.
    pub fn url(&self) -> String {
        format!("http://{}", self.host)
    }

    /// Opens a connection.
    ///
    /// # Errors
    /// When nobody listens, or who listens does not speak HTTP/2 though it shall.
    pub async fn connect(&self) -> Result<Connection> {
        let refused =
            |cause: std::io::Error| Failure::of(&format!("{} cannot be reached, is it running?", self.address), cause);
        let stream = TcpStream::connect(&self.address).await.map_err(refused)?;
        stream.set_nodelay(true).map_err(refused)?;
        if self.is_http2 {
            let opened = http2::Http2::open(stream).await;
            let opened =
                opened.map_err(|cause| Failure::of(&format!("{} does not speak HTTP/2", self.address), cause))?;
            Ok(Connection::Two(opened))
        } else {
            Ok(Connection::One(http1::Http1::new(stream)))
        }
    }
}

/// A kept-alive connection with one request at a time.
pub enum Connection {
    /// HTTP/1.1.
    One(http1::Http1),
    /// HTTP/2.
    Two(http2::Http2),
}

impl Connection {
    /// Sends a request, with these values in its places, and reads the whole answer.
    ///
    /// # Errors
    /// [`Trouble::Broken`] when the server hung up, answered nonsense or not in time.
    pub async fn send(&mut self, request: &Prepared, values: &[String]) -> std::result::Result<Answer<'_>, Trouble> {
        match self {
            Self::One(connection) => connection.send(request, values).await,
            Self::Two(connection) => connection.send(request, values).await,
        }
    }
}
