//! The key that signs new tokens, opened.

use std::sync::Arc;

use castellan_crypto::jose::SigningKey;
use castellan_crypto::keyring::{KeyName, Keyring};
use castellan_db::Connection;
use castellan_kernel::{Error, Fault, Result};
use castellan_rpc::Environment;

use super::command::seal_context;
use super::sql;

const NO_ACTIVE: Fault = Fault::internal("QUERY-Opoh7", "Errors.WebKey.NoActive");

/// The key that signs new tokens of the connection's instance. Opening an RSA key costs more than a signature, so callers keep it
/// by instance and id.
///
/// # Errors
/// `QUERY-Opoh7` when no key is active; internal when its private half does not open.
pub async fn active_signer(env: &Environment, connection: &mut Connection) -> Result<Arc<SigningKey>> {
    let instance_id = connection.instance().unwrap_or_default().to_owned();
    let (id, algorithm, sealed) = sql::active(connection).await?.ok_or(NO_ACTIVE)?;
    let private = env
        .services
        .get::<Keyring>()?
        .open_secret(KeyName::Oidc, &seal_context(&instance_id, &id), &sealed)
        .map_err(Error::internal)?;
    SigningKey::from_pkcs8(id, algorithm, &private).map(Arc::new).map_err(Error::internal)
}
