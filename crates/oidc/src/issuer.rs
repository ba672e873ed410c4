//! The keys that sign and verify the tokens of an instance, with the opened keys kept by id.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use castellan_crypto::jose::{Jwk, SigningKey, VerifyingKey};
use castellan_db::{Connection, Recalled, Remember, statement};
use castellan_kernel::{Error, Result};
use castellan_rpc::Environment;
use castellan_settings::web_keys;

/// More opened keys than this are not kept; an instance has two of them.
const KEPT: usize = 10_000;

/// Opened keys by instance and key id. A key's material never changes under its id, so an entry cannot go stale: whether
/// the key is still there is asked of storage on every use.
struct Kept<T>(Mutex<HashMap<(String, String), Arc<T>>>);

impl<T> Kept<T> {
    fn new() -> Self {
        Self(Mutex::new(HashMap::new()))
    }

    fn get_or(&self, id: (String, String), make: impl FnOnce() -> Result<T>) -> Result<Arc<T>> {
        if let Some(key) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&id) {
            return Ok(Arc::clone(key));
        }
        let key = Arc::new(make()?);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(id, Arc::clone(&key));
        Ok(key)
    }
}

static VERIFIERS: LazyLock<Kept<VerifyingKey>> = LazyLock::new(Kept::new);
/// Opening an RSA key, which checks it, costs more than a signature.
static SIGNERS: LazyLock<Kept<SigningKey>> = LazyLock::new(Kept::new);

/// The active signing key of the instance that the connection is bound to.
///
/// # Errors
/// Internal, when the instance has none.
pub async fn signing_key(env: &Environment, connection: &mut Connection) -> Result<Arc<SigningKey>> {
    let name = connection.key(&[]);
    let recording = match connection.recall::<ActiveKey>(name).await? {
        Recalled::Known(active) => return Ok(Arc::clone(&active.0)),
        Recalled::Unknown(recording) => recording,
    };
    let sealed = web_keys::active_key(connection).await?;
    let key = SIGNERS.get_or((sealed.instance_id.clone(), sealed.id.clone()), || sealed.open(env))?;
    Ok(Arc::clone(&connection.keep(recording, ActiveKey(key)).0))
}

/// The key that is active in an instance.
struct ActiveKey(Arc<SigningKey>);

impl Remember for ActiveKey {
    const BUDGET: u64 = 1 << 20;

    fn weight(&self) -> u64 {
        // The opened key is held by the list above.
        size_of::<Self>() as u64
    }
}

/// The key of that id, if the instance publishes it.
///
/// # Errors
/// When storage does not answer.
pub async fn verifying_keys(connection: &mut Connection, kid: &str) -> Result<Option<Arc<VerifyingKey>>> {
    let statement = statement!("SELECT instance_id, public_jwk FROM web_keys WHERE instance_id = $1 AND id = $2");
    let Some(row) = connection.row(statement, &[kid.into()]).await? else { return Ok(None) };
    let key = VERIFIERS.get_or((row.text(0)?, kid.to_owned()), || {
        let jwk: Jwk = row.json(1)?;
        VerifyingKey::from_jwk(&jwk).map_err(Error::internal)
    })?;
    Ok(Some(key))
}
