//! The listener: TLS and limits. And the way out: what the server itself may connect to.

use std::path::PathBuf;
use std::time::Duration;

use castellan_outbound::DenyList;

use crate::config::key::section;
use crate::config::secret::SecretBytes;
use crate::config::value::{Bytes, NameServers};

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

section! {
    /// Requests to addresses that administrators and tenants have chosen: web hooks, metadata, proofs of domains.
    Actions {
        "HTTP" => http: OutboundGuard;
    }
}

section! {
    /// What these requests must not reach.
    OutboundGuard {
        /// Addresses, networks and names (with everything below them) that are never connected to, whatever name leads
        /// there. A list replaces the default one, which has this machine, private networks and link-local addresses.
        "DenyList" => deny_list: DenyList = "localhost,0.0.0.0/8,10.0.0.0/8,100.64.0.0/10,127.0.0.0/8,169.254.0.0/16,172.16.0.0/12,192.0.0.0/24,192.168.0.0/16,198.18.0.0/15,224.0.0.0/4,240.0.0.0/4,::,::1,fc00::/7,fe80::/10,fec0::/10,ff00::/8";
    }
}

section! {
    /// How these requests are made.
    Outbound {
        /// Name servers to ask, as `address` or `address:port`; empty: those of the system.
        "NameServers" => name_servers: NameServers = "";
        /// How long a request may take as a whole.
        "Timeout" => timeout: Duration = "10s";
    }
}
