//! One TCP port for HTTP/1.1 and HTTP/2, plain (h2c by prior knowledge) or with TLS (by ALPN), with limits on what a
//! client may hold, and an end that lets requests in flight finish.

mod stop;
mod timer;
mod tls;

#[cfg(test)]
mod tests;

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use castellan_rpc::http::ConnectionInfo;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

pub use self::stop::{Stop, StopHandle};
use self::timer::ConnectionTimer;
use crate::config::{Limits, Settings};
use crate::failure::{Failure, Result};
use crate::metrics::Metrics;

/// What a client that speaks HTTP/2 without TLS sends first (RFC 9113 section 3.4).
const HTTP2_PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// How long a silent HTTP/2 connection is left before it is asked whether it still lives, and how long it may take.
const PING_INTERVAL: Duration = Duration::from_secs(60);
const PING_PATIENCE: Duration = Duration::from_secs(20);

/// Requests that a client may have in flight on one HTTP/2 connection.
const STREAMS: u32 = 250;

/// The address that the server answers on.
#[derive(Debug)]
pub struct Listener {
    tcp: TcpListener,
    tls: Option<tls::Tls>,
    limits: Limits,
    metrics: Metrics,
}

impl Listener {
    /// Takes the configured port on all addresses and reads the certificate. Nothing is answered before
    /// [`Self::serve`].
    ///
    /// # Errors
    /// The port is taken or not allowed, or the key and certificate cannot be used.
    pub async fn bind(settings: &Settings, metrics: Metrics) -> Result<Self> {
        let tls = settings.tls.enabled.then(|| tls::Tls::new(&settings.tls)).transpose()?;
        let port = settings.port;
        let tcp = match TcpListener::bind((Ipv6Addr::UNSPECIFIED, port)).await {
            Err(error) if error.kind() != io::ErrorKind::AddrInUse => {
                // Without IPv6 on this machine.
                TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).await
            }
            bound => bound,
        };
        let tcp = tcp.map_err(|error| {
            let advice = match error.kind() {
                io::ErrorKind::AddrInUse => "is in use: stop the other program, or choose another port with --port",
                io::ErrorKind::PermissionDenied => "is not allowed for this user: choose one above 1023 with --port",
                _ => "cannot be listened on: choose another with --port",
            };
            Failure::new(format!("port {port} {advice}")).because(error)
        })?;
        Ok(Self { tcp, tls, limits: settings.limits.clone(), metrics })
    }

    /// The address that was taken; with port 0 in the configuration, the one the system chose.
    ///
    /// # Errors
    /// The system does not say.
    pub fn local_address(&self) -> Result<SocketAddr> {
        self.tcp.local_addr().map_err(|error| Failure::new("the listener has no address").because(error))
    }

    /// Serves until `stop` says so; then accepts nothing more, lets requests in flight finish within the configured
    /// time and returns. A second word of `stop` ends the waiting at once.
    ///
    /// The service answers its own panics; one that is not caught ends its connection.
    pub async fn serve<S: Serve>(self, service: S, mut stop: Stop) {
        let Self { tcp, tls, limits, metrics } = self;
        let reload = tls.as_ref().map(|tls| tls.watch(limits.certificate_check_interval));
        let connections = GracefulShutdown::new();
        let slots = Arc::new(Semaphore::new(limits.max_connections.max(1) as usize));
        loop {
            let accepted = async {
                let slot = Arc::clone(&slots).acquire_owned().await;
                (slot, tcp.accept().await)
            };
            let (slot, accepted) = tokio::select! {
                biased;
                () = stop.wait() => break,
                accepted = accepted => accepted,
            };
            let (stream, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    if !is_about_one_connection(&error) {
                        // Out of file descriptors, for example: others must close first.
                        tracing::warn!(%error, "a connection could not be accepted");
                        sleep(Duration::from_millis(100)).await;
                    }
                    continue;
                }
            };
            let connection = Connection {
                service: service.clone(),
                tls: tls.clone(),
                limits: limits.clone(),
                peer,
                watcher: connections.watcher(),
                stop: stop.clone(),
            };
            let presence = metrics.connection();
            tokio::spawn(async move {
                connection.run(stream).await;
                drop((presence, slot));
            });
        }
        drop(tcp);
        drop(reload);
        let open = connections.count();
        tracing::info!(connections = open, "stopping: requests in flight may finish");
        tokio::select! {
            () = connections.shutdown() => tracing::info!("stopped"),
            () = sleep(limits.shutdown_timeout) => {
                tracing::warn!("stopped: requests were still in flight after Server.ShutdownTimeout");
            }
            () = stop.wait_again() => tracing::warn!("stopped at once"),
        }
    }
}

/// Whether accepting failed because that client had already gone.
fn is_about_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

/// What answers the requests.
pub trait Serve: Clone + Send + Sync + 'static {
    /// An answer to come.
    type Answer: Future<Output = Response<Body>> + Send;

    /// Answers one request; [`ConnectionInfo`] is in its extensions.
    fn answer(&self, request: Request<Body>) -> Self::Answer;
}

/// One connection with what it needs.
struct Connection<S> {
    service: S,
    tls: Option<tls::Tls>,
    limits: Limits,
    peer: SocketAddr,
    watcher: Watcher,
    stop: Stop,
}

/// The protocol that a client has chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    Http1,
    Http2,
}

impl<S: Serve> Connection<S> {
    async fn run(self, stream: TcpStream) {
        // Answers are small and complete; waiting for more to send only delays them.
        let _ = stream.set_nodelay(true);
        // Boxed, as what follows: a connection has room for nothing but what it speaks.
        if let Some(tls) = self.tls.clone() {
            Box::pin(self.run_tls(tls, stream)).await;
        } else {
            self.run_plain(stream).await;
        }
    }

    async fn run_tls(self, tls: tls::Tls, stream: TcpStream) {
        let (patience, mut stop) = (self.limits.header_read_timeout, self.stop.clone());
        let handshake = tokio::select! {
            handshake = timeout(patience, tls.accept(stream)) => handshake,
            () = stop.wait() => return,
        };
        match handshake {
            Ok(Ok(stream)) => {
                let http2 = stream.get_ref().1.alpn_protocol() == Some(tls::ALPN_HTTP2);
                self.speak(stream, if http2 { Version::Http2 } else { Version::Http1 }).await;
            }
            Ok(Err(error)) => tracing::debug!(peer = %self.peer, %error, "the TLS handshake failed"),
            Err(_) => tracing::debug!(peer = %self.peer, "the TLS handshake took too long"),
        }
    }

    async fn run_plain(self, stream: TcpStream) {
        let (patience, mut stop) = (self.limits.header_read_timeout, self.stop.clone());
        let chosen = tokio::select! {
            chosen = timeout(patience, version(&stream)) => chosen,
            () = stop.wait() => return,
        };
        if let Ok(Ok(Some(version))) = chosen {
            self.speak(stream, version).await;
        }
    }

    async fn speak(self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, version: Version) {
        let Self { service, limits, peer, watcher, tls, .. } = self;
        let connection = ConnectionInfo { tls: tls.is_some(), peer };
        let service = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(connection);
            let answer = service.answer(request);
            async move { Ok::<_, Infallible>(answer.await) }
        });
        let ended = match version {
            Version::Http1 => {
                let mut builder = http1::Builder::new();
                builder
                    // Otherwise each request that waits for storage costs another look at the socket, and a buffer for what is not there.
                    .half_close(true)
                    .timer(ConnectionTimer::new())
                    .header_read_timeout(limits.header_read_timeout)
                    .max_buf_size(limits.max_header_bytes.max(8192) as usize);
                Box::pin(watcher.watch(builder.serve_connection(TokioIo::new(stream), service))).await
            }
            Version::Http2 => {
                let mut builder = http2::Builder::new(TokioExecutor::new());
                builder
                    .timer(TokioTimer::new())
                    .keep_alive_interval(PING_INTERVAL)
                    .keep_alive_timeout(PING_PATIENCE)
                    .max_concurrent_streams(STREAMS)
                    .max_header_list_size(limits.max_header_bytes);
                Box::pin(watcher.watch(builder.serve_connection(TokioIo::new(stream), service))).await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%peer, %error, "a connection ended with an error");
        }
    }
}

/// Looks at the first bytes without taking them; `None` when the client left.
async fn version(stream: &TcpStream) -> io::Result<Option<Version>> {
    let mut buffer = [0; HTTP2_PREFACE.len()];
    loop {
        let seen = stream.peek(&mut buffer).await?;
        if seen == 0 {
            return Ok(None);
        }
        if buffer[..seen] != HTTP2_PREFACE[..seen] {
            return Ok(Some(Version::Http1));
        }
        if seen == buffer.len() {
            return Ok(Some(Version::Http2));
        }
        // The rest of the preface is on its way; peeking again at once would only spin.
        sleep(Duration::from_millis(2)).await;
    }
}
