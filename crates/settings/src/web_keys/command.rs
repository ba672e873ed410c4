//! The rules for making, activating and deleting keys.

use castellan_crypto::jose::SigningKey;
use castellan_crypto::keyring::{KeyName, Keyring};
use castellan_kernel::{Error, Fault, Receipt, Result};
use castellan_rpc::{Aggregate, Context};
use zeroize::Zeroizing;

use super::event::{Activated, Added, Deactivated, Removed, SealedKey};
use super::{State, WebKeyKind, sql};

const NOT_FOUND: Fault = Fault::not_found("COMMAND-teiG3", "Errors.WebKey.NotFound");
const ACTIVE_DELETE: Fault = Fault::precondition("COMMAND-Chai1", "Errors.WebKey.ActiveDelete");

/// A key pair that has no id yet: made before the transaction, stored in it.
pub struct GeneratedKey {
    kind: WebKeyKind,
    private: Zeroizing<Vec<u8>>,
}

/// Makes a key pair. Takes tens of milliseconds and more for RSA: call it off the async workers and before the transaction.
///
/// # Errors
/// Internal, if the provider fails.
pub fn generate(kind: WebKeyKind) -> Result<GeneratedKey> {
    let key = match kind.rsa_bits() {
        Some(bits) => SigningKey::generate_rsa("", bits, kind.algorithm()),
        None => SigningKey::generate("", kind.algorithm()),
    };
    let private = key.and_then(|key| key.to_pkcs8()).map_err(Error::internal)?;
    Ok(GeneratedKey { kind, private })
}

/// Stores the first keys of a new instance and activates the first of them.
///
/// # Errors
/// When storage does not answer.
pub async fn insert_initial(ctx: &mut Context, keys: Vec<GeneratedKey>) -> Result<()> {
    let mut first = None;
    for key in keys {
        let (id, _) = insert(ctx, &key).await?;
        first.get_or_insert(id);
    }
    match first {
        Some(id) => activate(ctx, &id).await.map(|_| ()),
        None => Ok(()),
    }
}

/// [`generate`] and [`insert_initial`] in one, where no transaction is held up by the making of keys.
///
/// # Errors
/// As those.
pub async fn create_initial(ctx: &mut Context, kind: WebKeyKind, count: usize) -> Result<()> {
    let make = move || (0..count).map(|_| generate(kind)).collect::<Result<Vec<_>>>();
    let keys = tokio::task::spawn_blocking(make).await.map_err(Error::internal)??;
    insert_initial(ctx, keys).await
}

/// Makes a key; it signs at once only where no other does.
pub(super) async fn create(ctx: &mut Context, kind: WebKeyKind) -> Result<(String, Receipt)> {
    let key = tokio::task::spawn_blocking(move || generate(kind)).await.map_err(Error::internal)??;
    let (id, receipt) = insert(ctx, &key).await?;
    if sql::active_id(ctx.tx().await?).await?.is_none() {
        activate(ctx, &id).await?;
    }
    Ok((id, receipt))
}

pub(super) async fn activate(ctx: &mut Context, id: &str) -> Result<Receipt> {
    let (state, stored) = sql::find(ctx.tx().await?, id).await?.ok_or(NOT_FOUND)?;
    if state == State::Active {
        return Ok(stored);
    }
    if let Some(old) = sql::active_id(ctx.tx().await?).await? {
        let receipt = ctx.record(&aggregate(ctx, &old), &Deactivated {}).await?;
        sql::set_state(ctx.tx().await?, &old, State::Inactive, &receipt).await?;
    }
    let receipt = ctx.record(&aggregate(ctx, id), &Activated {}).await?;
    sql::set_state(ctx.tx().await?, id, State::Active, &receipt).await?;
    Ok(receipt)
}

/// `None` when there is no such key.
pub(super) async fn delete(ctx: &mut Context, id: &str) -> Result<Option<Receipt>> {
    let Some((state, _)) = sql::find(ctx.tx().await?, id).await? else { return Ok(None) };
    if state == State::Active {
        return Err(ACTIVE_DELETE.into());
    }
    sql::delete(ctx.tx().await?, id).await?;
    ctx.record(&aggregate(ctx, id), &Removed {}).await.map(Some)
}

async fn insert(ctx: &mut Context, generated: &GeneratedKey) -> Result<(String, Receipt)> {
    let (id, kind) = (ctx.new_id(), generated.kind);
    let key = SigningKey::from_pkcs8(id.as_str(), kind.algorithm(), &generated.private).map_err(Error::internal)?;
    let keyring = ctx.service::<Keyring>()?;
    let sealed = keyring.seal(KeyName::Oidc, &seal_context(&ctx.instance.id, &id), &generated.private, ctx.rng());
    let (config_type, config) = kind.event_config();
    let public_key = key.public_jwk();
    let event = Added {
        private_key: SealedKey { key_id: KeyName::Oidc.default_id() },
        public_key: &public_key,
        config,
        config_type,
    };
    let receipt = ctx.record(&aggregate(ctx, &id), &event).await?;
    sql::insert(ctx.tx().await?, &id, &public_key, kind, sealed, &receipt).await?;
    Ok((id, receipt))
}

/// What binds a sealed private half to its row.
pub(super) fn seal_context(instance_id: &str, id: &str) -> String {
    format!("web-key:{instance_id}:{id}")
}

fn aggregate(ctx: &Context, id: &str) -> Aggregate {
    Aggregate::new("web_key", id, &ctx.instance.id)
}
