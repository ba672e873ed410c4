//! The settings themselves: every key with its name, type, default and help, cut into one file per subject.
//! Read them as plain struct fields; how a value was given is no concern of the rest of the program.

mod database;
mod first_instance;
mod instance;
mod network;
mod observability;
mod oidc;
mod policies;
mod security;
mod transfer;

pub use database::{Database, Engine, Pool, Postgres, PostgresSsl, PostgresUser, Sqlite, SslMode};
pub use first_instance::{
    Email, FirstInstance, HumanTemplate, LoginClientTemplate, MachineKeyTemplate, MachineName, MachineTemplate,
    OrgTemplate, PatTemplate, Phone,
};
pub use instance::{
    DefaultInstance, Features, LoginV2Feature, OidcDefaults, SecretGenerator, SecretGenerators, WebKeyBits,
    WebKeyConfig, WebKeyCurve, WebKeyHasher, WebKeyType, WebKeys,
};
pub use network::{Actions, Limits, Outbound, OutboundGuard, Tls};
pub use observability::{
    AccessLog, Format, Formatter, Level, Log, LogStore, Metrics as MetricsSettings, MetricsType, Output, Tracing,
    TracingType,
};
pub use oidc::{BackChannelLogout, CustomEndpoints, DeviceAuthorization, Endpoint, Oidc, UserCode};
pub use policies::{
    DomainPolicy, LabelPolicy, LockoutPolicy, LoginPolicy, NotificationPolicy, PasswordAgePolicy,
    PasswordComplexityPolicy, PrivacyPolicy,
};
pub use security::{
    Authorization, EncryptionKeys, HashAlgorithm, Hasher, Hashing, KeyNames, KeySizes, Multifactors, OidcKeyNames,
    OneTimePassword, QuotaSwitch, Quotas, SystemDefaults, UserAgentCookie,
};

pub use transfer::ImportExport;

use std::path::PathBuf;
use std::time::Duration;

use super::key::section;
use super::structured::SystemUsers;

section! {
    /// Everything that can be configured.
    Settings {
        /// Directory for what the server keeps: the embedded database and the master key file. It is created if
        /// missing.
        "DataDir" => data_dir: PathBuf = "./castellan-data";
        /// TCP port of the listener; all protocols share it.
        "Port" => port: u16 = "8080";
        /// Port under which clients reach the server; empty: the same as `Port`.
        "ExternalPort" => configured_external_port: Option<u16> = "";
        /// Domain under which clients reach the server; the first instance answers on it.
        "ExternalDomain" => external_domain: String = "localhost";
        /// Whether clients reach the server over HTTPS, by its own TLS or by a proxy in front of it.
        "ExternalSecure" => external_secure: bool = "false";
        "TLS" => tls: Tls;
        /// Header with the host, looked at before the ones below (deprecated; `host` adds nothing to the request's
        /// own).
        "HTTP1HostHeader" => http1_host_header: String = "host";
        /// The same for HTTP/2 (deprecated).
        "HTTP2HostHeader" => http2_host_header: String = ":authority";
        /// Headers from which the instance's host is taken, in this order, before the request's own host.
        "InstanceHostHeaders" => instance_host_headers: Vec<String> = "x-zitadel-instance-host";
        /// Headers from which the public host is taken; it must be a trusted domain of the instance.
        "PublicHostHeaders" => public_host_headers: Vec<String> = "x-zitadel-public-host";
        "Server" => limits: Limits;
        "Database" => database: Database;
        /// Users that may call every instance with tokens they sign themselves: a map from a lower-case name to
        /// `Path` (file with the public key) or `KeyData` (the same in base64) and `Memberships`.
        "SystemAPIUsers" => system_api_users: SystemUsers = "";
        "InternalAuthZ" => internal_authz: Authorization;
        "SystemAuthZ" => system_authz: Authorization;
        "SystemDefaults" => system_defaults: SystemDefaults;
        "EncryptionKeys" => encryption_keys: EncryptionKeys;
        "UserAgentCookie" => user_agent_cookie: UserAgentCookie;
        "OIDC" => oidc: Oidc;
        "Actions" => actions: Actions;
        "Outbound" => outbound: Outbound;
        "Quotas" => quotas: Quotas;
        /// How long audit events are kept and shown; 0s: without end.
        "AuditLogRetention" => audit_log_retention: Duration = "0s";
        "ImportExport" => import_export: ImportExport;
        "DefaultInstance" => default_instance: DefaultInstance;
        "FirstInstance" => first_instance: FirstInstance;
        "Log" => log: Log;
        "LogStore" => log_store: LogStore;
        "Metrics" => metrics: observability::Metrics;
        "Tracing" => tracing: Tracing;
    }
}

impl Settings {
    /// The port under which clients reach the server.
    pub fn external_port(&self) -> u16 {
        self.configured_external_port.unwrap_or(self.port)
    }

    /// `http[s]://<ExternalDomain>[:<ExternalPort>]`; the port is left out when it is 0 or the scheme's own
    /// (`spec: oauth.md 1.3`). It is the audience of system users' tokens.
    pub fn external_base_url(&self) -> String {
        let scheme = if self.external_secure { "https" } else { "http" };
        match (self.external_port(), self.external_secure) {
            (0, _) | (443, true) | (80, false) => format!("{scheme}://{}", self.external_domain),
            (port, _) => format!("{scheme}://{}:{port}", self.external_domain),
        }
    }

    /// The file of the embedded database.
    pub fn sqlite_path(&self) -> PathBuf {
        let configured = &self.database.sqlite.path;
        configured.clone().unwrap_or_else(|| self.data_dir.join("castellan.db"))
    }

    /// The file of the master key when none is given.
    pub fn master_key_path(&self) -> PathBuf {
        self.data_dir.join("master.key")
    }
}
