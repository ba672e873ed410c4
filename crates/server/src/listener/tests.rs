//! Both versions of HTTP on one port, requests that finish while the server stops, certificates that change.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::get;
use bytes::Bytes;
use castellan_kernel::SystemClock;
use http_body_util::{BodyExt, Empty};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use super::*;
use crate::config::{Inputs, load};

struct Server {
    address: SocketAddr,
    stop: StopHandle,
    task: JoinHandle<()>,
}

async fn serve(settings: &[(&str, &str)]) -> Server {
    let mut flags = vec![("--port".to_owned(), "Port".to_owned(), "0".to_owned())];
    flags.extend(settings.iter().map(|(key, value)| ("--set".to_owned(), (*key).to_owned(), (*value).to_owned())));
    let settings = load(&Inputs { flags, ..Inputs::default() }).unwrap().settings;
    let router = Router::new()
        .route("/", get(|| async { "hello" }))
        .route("/version", get(|version: http::Version| async move { format!("{version:?}") }))
        .route(
            "/panic",
            get(|| async {
                if true {
                    panic!("on purpose")
                }
            }),
        )
        .route(
            "/slow",
            get(|| async {
                sleep(Duration::from_millis(400)).await;
                "finished"
            }),
        )
        .layer(tower_http::catch_panic::CatchPanicLayer::new());
    let listener = Listener::bind(&settings, Metrics::new(&SystemClock)).await.unwrap();
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, listener.local_address().unwrap().port()));
    let (handle, stop) = Stop::by_hand();
    Server { address, stop: handle, task: tokio::spawn(listener.serve(router, stop)) }
}

type Sender1 = hyper::client::conn::http1::SendRequest<Empty<Bytes>>;
type Sender2 = hyper::client::conn::http2::SendRequest<Empty<Bytes>>;

async fn http1(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) -> Sender1 {
    let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    sender
}

async fn http2(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) -> Sender2 {
    let (sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    sender
}

fn request(path: &str) -> http::Request<Empty<Bytes>> {
    http::Request::get(format!("http://localhost{path}")).header("host", "localhost").body(Empty::new()).unwrap()
}

async fn text(response: http::Response<Incoming>) -> (u16, String) {
    let status = response.status().as_u16();
    (status, String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap())
}

async fn connect(server: &Server) -> TcpStream {
    TcpStream::connect(server.address).await.unwrap()
}

#[tokio::test]
async fn one_port_speaks_both_versions_without_tls() {
    let server = serve(&[]).await;
    let mut one = http1(connect(&server).await).await;
    assert_eq!(text(one.send_request(request("/version")).await.unwrap()).await, (200, "HTTP/1.1".to_owned()));
    let mut two = http2(connect(&server).await).await;
    assert_eq!(text(two.send_request(request("/version")).await.unwrap()).await, (200, "HTTP/2.0".to_owned()));
}

#[tokio::test]
async fn a_preface_that_arrives_in_pieces_is_still_http2() {
    let server = serve(&[]).await;
    let (client, relay) = tokio::io::duplex(64 * 1024);
    let mut upstream = connect(&server).await;
    tokio::spawn(async move {
        let mut relay = relay;
        // The first bytes go one by one.
        for _ in 0..20 {
            let byte = relay.read_u8().await.unwrap();
            upstream.write_u8(byte).await.unwrap();
            upstream.flush().await.unwrap();
            sleep(Duration::from_millis(1)).await;
        }
        let _ = tokio::io::copy_bidirectional(&mut relay, &mut upstream).await;
    });
    let mut two = http2(client).await;
    assert_eq!(text(two.send_request(request("/version")).await.unwrap()).await.1, "HTTP/2.0");
}

#[tokio::test]
async fn a_request_in_flight_finishes_over_http1_while_the_server_stops() {
    let server = serve(&[]).await;
    let mut idle = http1(connect(&server).await).await;
    text(idle.send_request(request("/")).await.unwrap()).await;
    let mut sender = http1(connect(&server).await).await;
    let slow = tokio::spawn(async move { text(sender.send_request(request("/slow")).await.unwrap()).await });
    sleep(Duration::from_millis(100)).await;
    server.stop.stop();
    sleep(Duration::from_millis(50)).await;
    assert!(TcpStream::connect(server.address).await.is_err(), "nothing is accepted any more");
    assert_eq!(slow.await.unwrap(), (200, "finished".to_owned()));
    timeout(Duration::from_secs(5), server.task).await.expect("the server ends").unwrap();
    assert!(idle.send_request(request("/")).await.is_err(), "the idle connection was closed");
}

#[tokio::test]
async fn a_request_in_flight_finishes_over_http2_and_no_new_one_is_taken() {
    let server = serve(&[]).await;
    let mut sender = http2(connect(&server).await).await;
    let mut other = sender.clone();
    let slow = tokio::spawn(async move { text(sender.send_request(request("/slow")).await.unwrap()).await });
    sleep(Duration::from_millis(100)).await;
    server.stop.stop();
    assert_eq!(slow.await.unwrap(), (200, "finished".to_owned()));
    timeout(Duration::from_secs(5), server.task).await.expect("the server ends").unwrap();
    assert!(other.send_request(request("/")).await.is_err());
}

#[tokio::test]
async fn the_server_does_not_wait_longer_than_configured_nor_after_a_second_word() {
    let server = serve(&[("Server.ShutdownTimeout", "50ms")]).await;
    let mut sender = http1(connect(&server).await).await;
    let slow = tokio::spawn(async move { sender.send_request(request("/slow")).await.is_ok() });
    sleep(Duration::from_millis(50)).await;
    let started = Instant::now();
    server.stop.stop();
    server.task.await.unwrap();
    assert!(started.elapsed() < Duration::from_millis(300));
    slow.abort();

    let server = serve(&[]).await;
    let mut sender = http1(connect(&server).await).await;
    tokio::spawn(async move { sender.send_request(request("/slow")).await.is_ok() });
    sleep(Duration::from_millis(50)).await;
    let started = Instant::now();
    server.stop.stop();
    server.stop.stop();
    server.task.await.unwrap();
    assert!(started.elapsed() < Duration::from_millis(300));
}

#[tokio::test]
async fn silent_and_slow_clients_do_not_hold_a_connection() {
    let server = serve(&[("Server.HeaderReadTimeout", "100ms")]).await;
    for beginning in ["", "PRI * HT", "GET / HTTP/1.1\r\nhost: x\r\n"] {
        let mut stream = connect(&server).await;
        stream.write_all(beginning.as_bytes()).await.unwrap();
        let mut rest = Vec::new();
        let closed = timeout(Duration::from_secs(5), stream.read_to_end(&mut rest)).await;
        assert!(closed.is_ok(), "{beginning:?} keeps the connection open");
    }
}

#[tokio::test]
async fn a_header_over_the_limit_is_refused() {
    let server = serve(&[("Server.MaxHeaderBytes", "8192")]).await;
    let mut sender = http1(connect(&server).await).await;
    let mut large = request("/");
    large.headers_mut().insert("x-large", "v".repeat(20_000).parse().unwrap());
    assert_eq!(sender.send_request(large).await.unwrap().status(), 431);
}

#[tokio::test]
async fn connections_over_the_limit_wait_for_a_free_place() {
    let server = serve(&[("Server.MaxConnections", "1")]).await;
    let mut first = http1(connect(&server).await).await;
    text(first.send_request(request("/")).await.unwrap()).await;
    let mut second = http1(connect(&server).await).await;
    let answer = tokio::spawn(async move { text(second.send_request(request("/")).await.unwrap()).await });
    sleep(Duration::from_millis(100)).await;
    assert!(!answer.is_finished());
    drop(first);
    assert_eq!(timeout(Duration::from_secs(5), answer).await.unwrap().unwrap().0, 200);
}

#[tokio::test]
async fn a_handler_that_panics_answers_500_and_the_connection_goes_on() {
    let server = serve(&[]).await;
    let mut sender = http2(connect(&server).await).await;
    assert_eq!(sender.send_request(request("/panic")).await.unwrap().status(), 500);
    assert_eq!(sender.send_request(request("/")).await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let server = serve(&[]).await;
    let port = server.address.port().to_string();
    let flags = vec![("--port".to_owned(), "Port".to_owned(), port.clone())];
    let settings = load(&Inputs { flags, ..Inputs::default() }).unwrap().settings;
    let failure = Listener::bind(&settings, Metrics::new(&SystemClock)).await.unwrap_err().to_string();
    assert!(failure.contains(&format!("port {port} is in use")) && failure.contains("--port"), "{failure}");
}

/// Writes a new self-signed certificate with its key and gives its bytes.
fn certificate(directory: &Path) -> CertificateDer<'static> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(directory.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
    std::fs::write(directory.join("cert.pem"), made.cert.pem()).unwrap();
    CertificateDer::from_pem_slice(made.cert.pem().as_bytes()).unwrap()
}

async fn serve_tls(directory: &Path) -> Server {
    let path = |name: &str| directory.join(name).display().to_string();
    let (key, chain) = (path("key.pem"), path("cert.pem"));
    serve(&[
        ("TLS.Enabled", "true"),
        ("TLS.KeyPath", &key),
        ("TLS.CertPath", &chain),
        ("Server.CertificateCheckInterval", "20ms"),
    ])
    .await
}

async fn tls(
    server: &Server,
    trusted: &CertificateDer<'static>,
    protocol: &[u8],
) -> std::io::Result<tokio_rustls::client::TlsStream<TcpStream>> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    connector.connect(ServerName::try_from("localhost").unwrap(), connect(server).await).await
}

#[tokio::test]
async fn tls_speaks_the_version_that_was_negotiated() {
    let directory = tempfile::tempdir().unwrap();
    let trusted = certificate(directory.path());
    let server = serve_tls(directory.path()).await;
    let mut one = http1(tls(&server, &trusted, b"http/1.1").await.unwrap()).await;
    assert_eq!(text(one.send_request(request("/version")).await.unwrap()).await.1, "HTTP/1.1");
    let mut two = http2(tls(&server, &trusted, b"h2").await.unwrap()).await;
    assert_eq!(text(two.send_request(request("/version")).await.unwrap()).await.1, "HTTP/2.0");
}

#[tokio::test]
async fn a_changed_certificate_serves_new_connections_and_leaves_running_ones_alone() {
    let directory = tempfile::tempdir().unwrap();
    let old = certificate(directory.path());
    let server = serve_tls(directory.path()).await;
    let mut running = http2(tls(&server, &old, b"h2").await.unwrap()).await;
    assert_eq!(running.send_request(request("/")).await.unwrap().status(), 200);

    let new = certificate(directory.path());
    let mut fresh = None;
    for _ in 0..200 {
        sleep(Duration::from_millis(20)).await;
        if let Ok(stream) = tls(&server, &new, b"h2").await {
            fresh = Some(stream);
            break;
        }
    }
    let mut fresh = http2(fresh.expect("the new certificate is served")).await;
    assert_eq!(fresh.send_request(request("/")).await.unwrap().status(), 200);
    assert_eq!(running.send_request(request("/")).await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_broken_certificate_file_leaves_the_old_certificate_in_place() {
    let directory = tempfile::tempdir().unwrap();
    let trusted = certificate(directory.path());
    let server = serve_tls(directory.path()).await;
    std::fs::write(directory.path().join("cert.pem"), "half a file").unwrap();
    sleep(Duration::from_millis(100)).await;
    assert!(tls(&server, &trusted, b"h2").await.is_ok());
}

#[tokio::test]
async fn a_key_that_does_not_belong_to_the_certificate_is_refused_at_start() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    certificate(one.path());
    certificate(two.path());
    let path = |directory: &Path, name: &str| directory.join(name).display().to_string();
    let flag = |key: &str, value: String| ("--set".to_owned(), key.to_owned(), value);
    let flags = vec![
        flag("Port", "0".to_owned()),
        flag("TLS.Enabled", "true".to_owned()),
        flag("TLS.KeyPath", path(one.path(), "key.pem")),
        flag("TLS.CertPath", path(two.path(), "cert.pem")),
    ];
    let settings = load(&Inputs { flags, ..Inputs::default() }).unwrap().settings;
    let failure = Listener::bind(&settings, Metrics::new(&SystemClock)).await.unwrap_err().to_string();
    assert!(failure.contains("does not belong to the certificate"), "{failure}");
}

#[tokio::test]
async fn a_connection_has_room_for_nothing_but_what_it_speaks() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stream, _) = tokio::join!(TcpStream::connect(address), listener.accept());
    let settings = load(&Inputs::default()).unwrap().settings;
    let connection = Connection {
        service: Router::new(),
        tls: None,
        limits: settings.limits,
        peer: address,
        watcher: GracefulShutdown::new().watcher(),
        stop: Stop::by_hand().1,
    };
    let bytes = size_of_val(&connection.run(stream.unwrap()));
    assert!(bytes <= 1_500, "{bytes} bytes for each connection, beside those of its protocol");
}
