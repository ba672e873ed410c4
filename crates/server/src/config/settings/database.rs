//! Where data is kept: the embedded SQLite, or PostgreSQL as soon as one of its connection keys is given.

use std::path::PathBuf;
use std::time::Duration;

use crate::config::key::section;
use crate::config::secret::Secret;
use crate::config::value::choice;

/// Which database holds the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Engine {
    /// The embedded one.
    #[default]
    Sqlite,
    /// PostgreSQL, or a database that speaks its protocol.
    Postgres,
}

choice! {
    /// How far a connection to PostgreSQL is protected, with libpq's names.
    SslMode("disable, allow, prefer, require, verify-ca, verify-full") {
        /// Never TLS.
        Disable = "disable",
        /// TLS only if the server insists.
        Allow = "allow",
        /// TLS if the server offers it.
        Prefer = "prefer",
        /// TLS always, any certificate.
        Require = "require",
        /// TLS with a certificate of a known authority.
        VerifyCa = "verify-ca",
        /// The same, and for the host's name.
        VerifyFull = "verify-full",
    }
}

section! {
    /// The database.
    Database {
        "sqlite" => sqlite: Sqlite;
        "postgres" => postgres: Postgres;
    }
    derived {
        /// Which of the two is used.
        engine: Engine,
    }
}

section! {
    /// The embedded database.
    Sqlite {
        /// File of the embedded database; empty: `castellan.db` in `DataDir`.
        "Path" => path: Option<PathBuf> = "";
    }
}

section! {
    /// PostgreSQL. Giving the DSN, the host, the port, the database or the user selects it instead of the embedded
    /// database.
    Postgres {
        /// Connection string, such as `postgresql://user:password@host:5432/castellan?sslmode=verify-full`; when set,
        /// the single fields are ignored.
        "DSN" => dsn: Secret = "";
        /// Host name or address.
        "Host" => host: String = "localhost";
        /// TCP port.
        "Port" => port: u16 = "5432";
        /// Name of the database; it must exist.
        "Database" => database: String = "zitadel";
        "User" => user: PostgresUser;
        "Pool" => pool: Pool;
        /// Connections that this process opens at most.
        "MaxOpenConns" => max_open_connections: u32 = "10";
        /// How long to wait for the database at start; 0s: do not wait.
        "AwaitInitialConn" => await_initial_connection: Duration = "0s";
    }
}

section! {
    /// Who connects to PostgreSQL, and how.
    PostgresUser {
        /// User name.
        "Username" => username: String = "zitadel";
        /// Password.
        "Password" => password: Secret = "";
        "SSL" => ssl: PostgresSsl;
    }
}

section! {
    /// TLS towards PostgreSQL.
    PostgresSsl {
        /// How far the connection is protected.
        "Mode" => mode: SslMode = "disable";
        /// File with the certificates of the authorities to trust, in PEM; empty: the system's.
        "RootCert" => root_cert: Option<PathBuf> = "";
        /// File with the client certificate, in PEM.
        "Cert" => cert: Option<PathBuf> = "";
        /// File with the client's private key, in PEM.
        "Key" => key: Option<PathBuf> = "";
    }
}

section! {
    /// The pool of connections to PostgreSQL.
    Pool {
        /// How long a request waits for a free connection before it fails.
        "WaitTimeout" => wait_timeout: Duration = "10s";
    }
}
