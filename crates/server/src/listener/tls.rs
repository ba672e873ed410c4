//! TLS by key and certificate in PEM. Files are looked at again and again; when they change, new connections get the
//! new certificate and running ones go on. Files that cannot be used leave the old certificate in place.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use zeroize::Zeroizing;

use crate::config::{SecretBytes, Tls as Settings};
use crate::failure::{Failure, Result};

/// HTTP/2 in the protocol negotiation (RFC 7301).
pub(super) const ALPN_HTTP2: &[u8] = b"h2";

/// Accepts TLS connections; clones share the certificate.
#[derive(Clone)]
pub(super) struct Tls {
    acceptor: TlsAcceptor,
    certificate: Arc<Certificate>,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

/// Stops looking at the files when dropped.
#[derive(Debug)]
pub(super) struct Reload(JoinHandle<()>);

impl Drop for Reload {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Key and certificate as read, both PEM.
#[derive(PartialEq, Eq)]
struct Pem {
    key: Zeroizing<Vec<u8>>,
    chain: Vec<u8>,
}

/// Where key and certificate come from; a path wins.
#[derive(Debug, Clone)]
struct Origin {
    key_path: Option<PathBuf>,
    key: SecretBytes,
    chain_path: Option<PathBuf>,
    chain: Vec<u8>,
}

impl Origin {
    fn read(&self) -> Result<Pem> {
        let file = |key: &str, path: &PathBuf| {
            std::fs::read(path)
                .map_err(|error| Failure::new(format!("{key} {} cannot be read", path.display())).because(error))
        };
        let key = match &self.key_path {
            Some(path) => file("TLS.KeyPath", path)?,
            None => self.key.expose().to_vec(),
        };
        let chain = match &self.chain_path {
            Some(path) => file("TLS.CertPath", path)?,
            None => self.chain.clone(),
        };
        Ok(Pem { key: Zeroizing::new(key), chain })
    }
}

/// The certificate in use.
#[derive(Debug)]
struct Certificate {
    origin: Origin,
    provider: Arc<CryptoProvider>,
    current: RwLock<Arc<CertifiedKey>>,
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _client_hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

/// Checks that key and certificate can be read and belong together.
fn certified(pem: &Pem, provider: &CryptoProvider) -> Result<Arc<CertifiedKey>> {
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&pem.chain)
        .collect::<Result<_, _>>()
        .map_err(|error| Failure::new("TLS.CertPath or TLS.Cert: the certificate is not valid PEM").because(error))?;
    if chain.is_empty() {
        return Err(Failure::new(
            "TLS.CertPath or TLS.Cert: there is no certificate in it (-----BEGIN CERTIFICATE-----)",
        ));
    }
    let key = PrivateKeyDer::from_pem_slice(&pem.key).map_err(|error| {
        Failure::new("TLS.KeyPath or TLS.Key: there is no private key in it (PKCS#8, PKCS#1 or SEC1 as PEM)")
            .because(error)
    })?;
    let key = provider
        .key_provider
        .load_private_key(key)
        .map_err(|error| Failure::new("TLS.KeyPath or TLS.Key: the private key cannot be used").because(error))?;
    let certified = CertifiedKey::new(chain, key);
    match certified.keys_match() {
        // Not every kind of key can be compared; then the handshake shows it.
        Ok(()) | Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::Unknown)) => Ok(Arc::new(certified)),
        Err(error) => Err(Failure::new("TLS: the private key does not belong to the certificate").because(error)),
    }
}

impl Tls {
    /// Reads key and certificate.
    pub fn new(settings: &Settings) -> Result<Self> {
        let origin = Origin {
            key_path: settings.key_path.clone(),
            key: settings.key.clone(),
            chain_path: settings.cert_path.clone(),
            chain: settings.cert.0.clone(),
        };
        let provider = Arc::new(aws_lc_rs::default_provider());
        let current = RwLock::new(certified(&origin.read()?, &provider)?);
        let certificate = Arc::new(Certificate { origin, provider: Arc::clone(&provider), current });
        let unusable = |error: rustls::Error| Failure::new("TLS cannot be used").because(error);
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(unusable)?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&certificate) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = vec![ALPN_HTTP2.to_vec(), b"http/1.1".to_vec()];
        config.ticketer = aws_lc_rs::Ticketer::new().map_err(unusable)?;
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)), certificate })
    }

    /// Does the handshake.
    pub async fn accept(&self, stream: TcpStream) -> std::io::Result<TlsStream<TcpStream>> {
        self.acceptor.accept(stream).await
    }

    /// Looks at the files every `interval` until the answer is dropped.
    pub fn watch(&self, interval: Duration) -> Reload {
        let certificate = Arc::clone(&self.certificate);
        Reload(tokio::spawn(async move {
            if certificate.origin.key_path.is_none() && certificate.origin.chain_path.is_none() {
                return;
            }
            let mut seen = certificate.origin.read().ok();
            let mut complained = false;
            loop {
                tokio::time::sleep(interval.max(Duration::from_millis(10))).await;
                let checked = certificate.origin.read().and_then(|pem| {
                    if seen.as_ref() == Some(&pem) {
                        return Ok(None);
                    }
                    Ok(Some((certified(&pem, &certificate.provider)?, pem)))
                });
                match checked {
                    Ok(None) => complained = false,
                    Ok(Some((certified, pem))) => {
                        *certificate.current.write().unwrap_or_else(PoisonError::into_inner) = certified;
                        (seen, complained) = (Some(pem), false);
                        tracing::info!("the TLS certificate was replaced");
                    }
                    // Key and certificate may be written one after the other; a lasting problem is told once.
                    Err(error) => {
                        if !complained {
                            tracing::warn!(%error, "the TLS certificate changed and cannot be used; the old one stays");
                        }
                        complained = true;
                    }
                }
            }
        }))
    }
}
