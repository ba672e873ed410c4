//! The key that signs new tokens: sealed as it is stored, and opened.

use castellan_crypto::jose::{Algorithm, SigningKey};
use castellan_crypto::keyring::{KeyName, Keyring};
use castellan_db::Connection;
use castellan_kernel::{Error, Fault, Result};
use castellan_rpc::Environment;

use super::command::seal_context;
use super::sql;

const NO_ACTIVE: Fault = Fault::internal("QUERY-Opoh7", "Errors.WebKey.NoActive");

/// A signing key whose private half is still sealed.
pub struct SealedKey {
    /// The instance that it signs for.
    pub instance_id: String,
    /// Its id, the `kid` of tokens.
    pub id: String,
    algorithm: Algorithm,
    private: String,
}

impl SealedKey {
    /// Opens the private half. For RSA that costs more than a signature, so callers keep the opened key by instance and id.
    ///
    /// # Errors
    /// Internal when the private half does not open.
    pub fn open(&self, env: &Environment) -> Result<SigningKey> {
        let private = env
            .services
            .get::<Keyring>()?
            .open_secret(KeyName::Oidc, &seal_context(&self.instance_id, &self.id), &self.private)
            .map_err(Error::internal)?;
        SigningKey::from_pkcs8(&*self.id, self.algorithm, &private).map_err(Error::internal)
    }
}

/// The key that signs new tokens of the connection's instance.
///
/// # Errors
/// `QUERY-Opoh7` when no key is active.
pub async fn active_key(connection: &mut Connection) -> Result<SealedKey> {
    let instance_id = connection.instance().unwrap_or_default().to_owned();
    let (id, algorithm, private) = sql::active(connection).await?.ok_or(NO_ACTIVE)?;
    Ok(SealedKey { instance_id, id, algorithm, private })
}
