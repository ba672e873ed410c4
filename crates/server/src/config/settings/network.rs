//! The listener: TLS and limits.

use std::path::PathBuf;
use std::time::Duration;

use crate::config::key::section;
use crate::config::secret::SecretBytes;
use crate::config::value::Bytes;

section! {
    /// The server's own TLS. A path wins over the inline form; files are read again when they change.
    Tls {
        /// Serve HTTPS with the key and certificate below. Behind a proxy that ends TLS leave it off and set
        /// `ExternalSecure`.
        "Enabled" => enabled: bool = "false";
        /// File with the private key in PEM.
        "KeyPath" => key_path: Option<PathBuf> = "";
        /// The private key in PEM, as base64.
        "Key" => key: SecretBytes = "";
        /// File with the certificate and its chain in PEM.
        "CertPath" => cert_path: Option<PathBuf> = "";
        /// The certificate and its chain in PEM, as base64.
        "Cert" => cert: Bytes = "";
    }
}

section! {
    /// Limits of the listener.
    Limits {
        /// Connections served at the same time; more wait until one closes.
        "MaxConnections" => max_connections: u32 = "10000";
        /// How long a client may take to send the header of a request, and to finish the TLS handshake.
        "HeaderReadTimeout" => header_read_timeout: Duration = "30s";
        /// Size in bytes that the header of a request may have.
        "MaxHeaderBytes" => max_header_bytes: u32 = "65536";
        /// How long requests in flight may take to finish after SIGTERM or SIGINT.
        "ShutdownTimeout" => shutdown_timeout: Duration = "30s";
        /// How often certificate files are looked at for changes.
        "CertificateCheckInterval" => certificate_check_interval: Duration = "10s";
    }
}
