//! Where the server is and how it is reached.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use castellan_kernel::{Error, Kind, Result};
use tokio_postgres::Config;
use tokio_postgres::config::SslMode;

/// How the connection is protected, as libpq's `sslmode` has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TlsMode {
    /// No TLS.
    Disable,
    /// TLS if the server offers it; the certificate is not checked.
    #[default]
    Prefer,
    /// TLS; the certificate is not checked.
    Require,
    /// TLS; the certificate must be signed by a trusted authority.
    VerifyCa,
    /// TLS; the certificate must be signed by a trusted authority and be made out to the host.
    VerifyFull,
}

impl TlsMode {
    pub(super) fn negotiation(self) -> SslMode {
        match self {
            Self::Disable => SslMode::Disable,
            Self::Prefer => SslMode::Prefer,
            Self::Require | Self::VerifyCa | Self::VerifyFull => SslMode::Require,
        }
    }
}

impl FromStr for TlsMode {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Ok(match text {
            "disable" => Self::Disable,
            "prefer" | "allow" => Self::Prefer,
            "require" => Self::Require,
            "verify-ca" => Self::VerifyCa,
            "verify-full" => Self::VerifyFull,
            other => {
                return Err(invalid(&format!(
                    "unknown SSL mode {other:?}; use disable, prefer, require, verify-ca or verify-full"
                )));
            }
        })
    }
}

/// The certificates of a protected connection; all PEM files.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PostgresTls {
    /// What is checked.
    pub mode: TlsMode,
    /// The authorities that are trusted; without it those of the system.
    pub root_certificate: Option<PathBuf>,
    /// The certificate that the client shows; needs `client_key`.
    pub client_certificate: Option<PathBuf>,
    /// Its private key.
    pub client_key: Option<PathBuf>,
}

/// A PostgreSQL database.
#[derive(Debug, Clone)]
pub struct PostgresOptions {
    pub(super) config: Box<Config>,
    /// How the connection is protected.
    pub tls: PostgresTls,
    /// The most connections at a time.
    pub max_connections: usize,
    /// How long a request waits for a connection, free or new.
    pub connect_timeout: Duration,
}

impl PostgresOptions {
    fn new(config: Config, tls: PostgresTls) -> Self {
        Self { config: Box::new(config), tls, max_connections: 10, connect_timeout: Duration::from_secs(15) }
    }

    /// A database by its parts; a host that begins with `/` is the directory of a Unix socket.
    pub fn at(host: &str, port: u16, database: &str, user: &str, password: Option<&str>) -> Self {
        let mut config = Config::new();
        config.host(host).port(port).dbname(database).user(user);
        if let Some(password) = password {
            config.password(password);
        }
        Self::new(config, PostgresTls::default())
    }

    /// A database by its address, `postgres://user:password@host:5432/database?sslmode=verify-full` or
    /// `host=… dbname=… user=…`. Also reads libpq's `sslmode`, `sslrootcert`, `sslcert` and `sslkey`.
    ///
    /// # Errors
    /// Invalid argument that says what is wrong with it.
    pub fn parse(address: &str) -> Result<Self> {
        let mut tls = PostgresTls::default();
        let mut take = |name: &str, value: &str| -> Result<bool> {
            match name {
                "sslmode" => tls.mode = value.parse()?,
                "sslrootcert" => tls.root_certificate = Some(value.into()),
                "sslcert" => tls.client_certificate = Some(value.into()),
                "sslkey" => tls.client_key = Some(value.into()),
                _ => return Ok(false),
            }
            Ok(true)
        };
        let mut rest = Vec::new();
        let remaining = if address.starts_with("postgres://") || address.starts_with("postgresql://") {
            let (place, query) = address.split_once('?').unwrap_or((address, ""));
            for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
                let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
                if !take(name, &percent_decode(value)?)? {
                    rest.push(parameter);
                }
            }
            if rest.is_empty() { place.to_owned() } else { format!("{place}?{}", rest.join("&")) }
        } else {
            for parameter in address.split_whitespace() {
                let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
                if !take(name, value)? {
                    rest.push(parameter);
                }
            }
            rest.join(" ")
        };
        // The library's own text may quote the address, and with it the password.
        let config = remaining.parse::<Config>().map_err(|_| {
            invalid("expected postgres://user:password@host:5432/database or host=… dbname=… user=… password=…")
        })?;
        Ok(Self::new(config, tls))
    }

    /// The same server with another database on it.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn with_database(&self, name: &str) -> Self {
        let mut other = self.clone();
        other.config.dbname(name);
        other
    }
}

fn invalid(text: &str) -> Error {
    Error::bare(Kind::InvalidArgument, format!("the PostgreSQL address is not valid: {text}"))
}

fn percent_decode(text: &str) -> Result<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
            let (Some(high), Some(low)) = (digit(rest.next()), digit(rest.next())) else {
                return Err(invalid("a % must be followed by two hexadecimal digits"));
            };
            bytes.push(u8::try_from(high * 16 + low).unwrap_or_default());
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).map_err(|_| invalid("a value is not UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_and_modes_are_read_from_addresses_of_both_forms() {
        let url =
            "postgres://ann:secret@db.example:5433/app?sslmode=verify-full&sslrootcert=%2Fca.pem&application_name=x";
        let options = PostgresOptions::parse(url).unwrap();
        assert_eq!(options.tls.mode, TlsMode::VerifyFull);
        assert_eq!(options.tls.root_certificate, Some("/ca.pem".into()));
        assert_eq!((options.config.get_dbname(), options.config.get_application_name()), (Some("app"), Some("x")));
        let options = PostgresOptions::parse("host=db user=ann sslmode=disable").unwrap();
        assert_eq!((options.tls.mode, options.config.get_user()), (TlsMode::Disable, Some("ann")));
    }

    #[test]
    fn a_wrong_address_is_explained_without_its_password() {
        let error = PostgresOptions::parse("postgres://ann:secret@[x/app").unwrap_err().to_string();
        assert!(error.contains("expected postgres://") && !error.contains("secret"), "{error}");
        let error = PostgresOptions::parse("host=db sslmode=yes").unwrap_err().to_string();
        assert!(error.contains("unknown SSL mode \"yes\""), "{error}");
    }
}
