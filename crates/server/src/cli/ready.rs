//! `castellan ready`: asks the server on this machine whether it can serve (`spec: oauth.md 1.1`).

use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Empty};
use hyper_util::rt::TokioIo;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, SignatureScheme};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use crate::config::Settings;
use crate::failure::{Failure, Result};

/// How long the server may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Requests `/debug/ready`; only status 200 is success.
///
/// # Errors
/// The server does not run, does not answer in five seconds, or says that it is not ready and why.
pub(super) fn check(settings: &Settings) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new("the system gives no threads").because(error))?;
    runtime.block_on(async {
        tokio::time::timeout(PATIENCE, request(settings)).await.unwrap_or_else(|_| {
            Err(Failure::new(format!("not ready: no answer from port {} within 5 seconds", settings.port)))
        })
    })
}

async fn request(settings: &Settings) -> Result<()> {
    let port = settings.port;
    let stream = TcpStream::connect(("localhost", port)).await.map_err(|error| {
        Failure::new(format!(
            "not ready: nothing listens on localhost:{port}; is the server started with the same Port?"
        ))
        .because(error)
    })?;
    if settings.tls.enabled {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let failed = |error: rustls::Error| Failure::new("not ready: TLS cannot be used").because(error);
        let config = rustls::ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(failed)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(AnyCertificate(provider)))
            .with_no_client_auth();
        let name = ServerName::try_from("localhost").map_err(|error| Failure::new("not ready").because(error))?;
        let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
        let stream = connector.connect(name, stream).await.map_err(|error| {
            Failure::new(format!("not ready: localhost:{port} does not speak TLS; check TLS.Enabled")).because(error)
        })?;
        exchange(stream, port).await
    } else {
        exchange(stream, port).await
    }
}

async fn exchange(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, port: u16) -> Result<()> {
    let broken = |error: hyper::Error| {
        Failure::new(format!(
            "not ready: localhost:{port} does not answer as this server does; check Port and TLS.Enabled"
        ))
        .because(error)
    };
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
    tokio::spawn(connection);
    let request = http::Request::get("/debug/ready")
        .header(http::header::HOST, format!("localhost:{port}"))
        .body(Empty::<bytes::Bytes>::new())
        .map_err(|error| Failure::new("not ready").because(error))?;
    let response = sender.send_request(request).await.map_err(broken)?;
    let status = response.status();
    if status == http::StatusCode::OK {
        return Ok(());
    }
    let body = response.into_body().collect().await.map_err(broken)?.to_bytes();
    let reason: String = String::from_utf8_lossy(&body).chars().take(500).collect();
    Err(Failure::new(format!("not ready: {status}: {reason}")))
}

/// Accepts any certificate: the request stays on this machine and carries no secret.
#[derive(Debug)]
struct AnyCertificate(Arc<rustls::crypto::CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use castellan_kernel::SystemClock;

    use super::*;
    use crate::config::{Inputs, load};
    use crate::listener::{Listener, Stop, StopHandle};
    use crate::metrics::Metrics;

    /// Serves on a free port and gives the settings with which one would ask.
    async fn serve(settings: &[(&str, &str)], ready: Result<(), &'static str>) -> (Settings, StopHandle) {
        let flag = |(key, value): &(&str, &str)| ("--set".to_owned(), (*key).to_owned(), (*value).to_owned());
        let flags = [("Port", "0")].iter().chain(settings).map(flag).collect();
        let mut settings = load(&Inputs { flags, ..Inputs::default() }).unwrap().settings;
        let listener = Listener::bind(&settings, Metrics::new(&SystemClock)).await.unwrap();
        settings.port = listener.local_address().unwrap().port();
        let router = crate::debug::router(None, move || async move { ready.map_err(str::to_owned) });
        let (handle, stop) = Stop::by_hand();
        tokio::spawn(listener.serve(router, stop));
        (settings, handle)
    }

    #[tokio::test]
    async fn only_a_server_that_is_ready_is_success() {
        let (settings, _stop) = serve(&[], Ok(())).await;
        request(&settings).await.unwrap();
        let (settings, _stop) = serve(&[], Err("the database does not answer")).await;
        let failure = request(&settings).await.unwrap_err().to_string();
        assert!(failure.contains("not ready: 412") && failure.contains("the database does not answer"), "{failure}");
    }

    #[tokio::test]
    async fn a_server_with_tls_is_asked_over_tls_whatever_its_certificate() {
        let directory = tempfile::tempdir().unwrap();
        let made = rcgen::generate_simple_self_signed(["id.example".to_owned()]).unwrap();
        let (key, chain) = (directory.path().join("key.pem"), directory.path().join("cert.pem"));
        std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
        std::fs::write(&chain, made.cert.pem()).unwrap();
        let tls = [
            ("TLS.Enabled", "true"),
            ("TLS.KeyPath", key.to_str().unwrap()),
            ("TLS.CertPath", chain.to_str().unwrap()),
        ];
        let (mut settings, _stop) = serve(&tls, Ok(())).await;
        request(&settings).await.unwrap();
        settings.tls.enabled = false;
        assert!(request(&settings).await.unwrap_err().to_string().contains("TLS.Enabled"));
    }

    #[tokio::test]
    async fn without_a_server_the_port_is_named() {
        let (settings, stop) = serve(&[], Ok(())).await;
        stop.stop();
        tokio::time::sleep(Duration::from_millis(200)).await;
        let failure = request(&settings).await.unwrap_err().to_string();
        assert!(failure.contains(&format!("nothing listens on localhost:{}", settings.port)), "{failure}");
    }
}
