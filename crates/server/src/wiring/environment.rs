//! The environment that every request gets: storage, time, randomness, roles, services.

use std::sync::Arc;

use castellan_crypto::keyring::{KeyName, MasterKey};
use castellan_crypto::opaque::OpaqueKey;
use castellan_crypto::password::{PasswordHasher, Scheme};
use castellan_db::{Db, DbOptions, PostgresOptions, PostgresTls, SqliteOptions, TlsMode};
use castellan_kernel::{IdGenerator, PageLimits, Rng, RoleTable, SystemClock, SystemRng};
use castellan_rpc::hosts::HostOptions;
use castellan_rpc::{Environment, Services};

use super::{Process, keys, system_users, template};
use crate::config::{Engine, HashAlgorithm, Settings, SslMode};
use crate::failure::{Failure, Result};

/// Opens the database that the configuration names, with an up-to-date schema.
pub(super) async fn open_database(settings: &Settings) -> Result<Db> {
    let options = match settings.database.engine {
        Engine::Sqlite => {
            let path = settings.sqlite_path();
            crate::master_key::create_directory(path.parent().unwrap_or(&settings.data_dir))?;
            DbOptions::Sqlite(SqliteOptions::new(path))
        }
        Engine::Postgres => DbOptions::Postgres(postgres(settings)?),
    };
    Ok(Db::open(options).await?)
}

fn postgres(settings: &Settings) -> Result<PostgresOptions> {
    let postgres = &settings.database.postgres;
    let mut options = if postgres.dsn.is_empty() {
        let password = Some(postgres.user.password.expose()).filter(|password| !password.is_empty());
        let mut options =
            PostgresOptions::at(&postgres.host, postgres.port, &postgres.database, &postgres.user.username, password);
        let ssl = &postgres.user.ssl;
        options.tls = PostgresTls {
            mode: match ssl.mode {
                SslMode::Disable => TlsMode::Disable,
                SslMode::Allow | SslMode::Prefer => TlsMode::Prefer,
                SslMode::Require => TlsMode::Require,
                SslMode::VerifyCa => TlsMode::VerifyCa,
                SslMode::VerifyFull => TlsMode::VerifyFull,
            },
            root_certificate: ssl.root_cert.clone(),
            client_certificate: ssl.cert.clone(),
            client_key: ssl.key.clone(),
        };
        options
    } else {
        PostgresOptions::parse(postgres.dsn.expose())?
    };
    options.max_connections = usize::try_from(postgres.max_open_connections).unwrap_or(10).max(1);
    options.connect_timeout = postgres.pool.wait_timeout;
    Ok(options)
}

/// The master key as the key ring wants it.
pub(super) fn master_key(key: &crate::master_key::MasterKey) -> Result<MasterKey> {
    MasterKey::new(key.expose()).map_err(|cause| Failure::new("the master key cannot be used").because(cause))
}

/// Everything that requests need.
pub(super) async fn build(process: &Process) -> Result<Arc<Environment>> {
    let settings = &process.settings;
    let rng: Arc<dyn Rng> = Arc::new(SystemRng::default());
    // What may be wrong in the configuration is looked at before anything is written.
    let users = system_users::system_users(settings)?;
    let hasher = PasswordHasher::new(scheme(settings), Arc::clone(&rng))
        .map_err(|cause| Failure::new("SystemDefaults.PasswordHasher cannot be used").because(cause))?;
    let master = master_key(&process.master_key)?;

    let outbound = castellan_outbound::Client::new(&castellan_outbound::Options {
        deny: settings.actions.http.deny_list.clone(),
        name_servers: settings.outbound.name_servers.0.clone(),
        hosts: Vec::new(),
        timeout: settings.outbound.timeout,
    })
    .map_err(|cause| Failure::new("requests to the outside cannot be prepared").because(cause))?;

    let db = open_database(settings).await?;
    let ring = keys::open_ring(&db, settings, &master, &*rng).await?;
    let mut services = Services::default();
    services.insert(OpaqueKey::new(ring.key(KeyName::Oidc), settings.encryption_keys.oidc.legacy_token));
    services.insert(ring);
    services.insert(hasher);
    services.insert(outbound);
    services.insert(castellan_directory::instances::quotas::QuotaSignal::default());
    services.insert(users);
    services.insert(template::instance_template(settings));
    services.insert(castellan_directory::audit::ConfiguredRetention(settings.audit_log_retention.into()));
    if let Some(directory) = &settings.import_export.directory {
        services.insert(castellan_transfer::TransferDirectory(directory.clone()));
    }
    let roles = |table: &Option<RoleTable>| table.clone().unwrap_or_default();
    Ok(Arc::new(Environment {
        db,
        clock: Arc::new(SystemClock),
        ids: IdGenerator::new(&*rng),
        rng,
        roles: roles(&settings.internal_authz.role_permission_mappings),
        system_roles: system_roles(&settings.system_authz.role_permission_mappings),
        page_limits: PageLimits {
            default: settings.system_defaults.default_query_limit.into(),
            max: settings.system_defaults.max_query_limit.into(),
        },
        hosts: HostOptions {
            instance_headers: settings.instance_host_headers.clone(),
            public_headers: settings.public_host_headers.clone(),
            external_secure: settings.external_secure,
            external_domain: settings.external_domain.clone(),
        },
        services,
    }))
}

/// The default table of system users knows system and instance roles only (`spec: oauth.md 6.3`).
fn system_roles(configured: &Option<RoleTable>) -> RoleTable {
    configured
        .clone()
        .unwrap_or_else(|| RoleTable::default().only(|role| role.starts_with("SYSTEM_") || role.starts_with("IAM_")))
}

fn scheme(settings: &Settings) -> Scheme {
    let hasher = &settings.system_defaults.password_hasher.hasher;
    match hasher.algorithm {
        HashAlgorithm::Bcrypt => Scheme::Bcrypt { cost: hasher.cost.unwrap_or(14) },
        _ => {
            let Scheme::Argon2id { memory_kib, iterations, parallelism } = Scheme::default() else {
                return Scheme::default();
            };
            Scheme::Argon2id {
                memory_kib: hasher.memory.unwrap_or(memory_kib),
                iterations: hasher.time.unwrap_or(iterations),
                parallelism: hasher.threads.unwrap_or(parallelism),
            }
        }
    }
}
