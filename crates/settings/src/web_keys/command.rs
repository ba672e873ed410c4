//! The rules for making, activating and deleting keys.

use castellan_crypto::jose::SigningKey;
use castellan_crypto::keyring::{KeyName, Keyring};
use castellan_kernel::{Error, Fault, Receipt, Result};
use castellan_rpc::{Aggregate, Context};

use super::event::{Activated, Added, Deactivated, Removed, SealedKey};
use super::{State, WebKeyKind, sql};

const NOT_FOUND: Fault = Fault::not_found("COMMAND-teiG3", "Errors.WebKey.NotFound");
const ACTIVE_DELETE: Fault = Fault::precondition("COMMAND-Chai1", "Errors.WebKey.ActiveDelete");

/// Makes `count` key pairs with new ids. Takes tens of milliseconds for an RSA key, so call it before the transaction begins.
///
/// # Errors
/// Internal, if the provider fails.
pub async fn generate(ctx: &Context, kind: WebKeyKind, count: usize) -> Result<Vec<SigningKey>> {
    let ids: Vec<String> = (0..count).map(|_| ctx.new_id()).collect();
    let make = move || {
        ids.into_iter()
            .map(|id| match kind.rsa_bits() {
                Some(bits) => SigningKey::generate_rsa(id, bits, kind.algorithm()),
                None => SigningKey::generate(id, kind.algorithm()),
            })
            .collect::<Result<_, _>>()
    };
    tokio::task::spawn_blocking(make).await.map_err(Error::internal)?.map_err(Error::internal)
}

/// Stores the first keys of a new instance and activates the first of them.
///
/// # Errors
/// When storage does not answer.
pub async fn insert_initial(ctx: &mut Context, kind: WebKeyKind, keys: &[SigningKey]) -> Result<()> {
    for key in keys {
        insert(ctx, kind, key).await?;
    }
    match keys.first() {
        Some(first) => activate(ctx, first.kid()).await.map(|_| ()),
        None => Ok(()),
    }
}

/// [`generate`] and [`insert_initial`] in one, where no transaction is held up by the making of keys.
///
/// # Errors
/// As those.
pub async fn create_initial(ctx: &mut Context, kind: WebKeyKind, count: usize) -> Result<()> {
    let keys = generate(ctx, kind, count).await?;
    insert_initial(ctx, kind, &keys).await
}

/// Makes a key; it signs at once only where no other does.
pub(super) async fn create(ctx: &mut Context, kind: WebKeyKind) -> Result<(String, Receipt)> {
    let keys = generate(ctx, kind, 1).await?;
    let key = keys.first().ok_or_else(|| Error::internal("no key was made"))?;
    let receipt = insert(ctx, kind, key).await?;
    if sql::active_id(ctx.tx().await?).await?.is_none() {
        activate(ctx, key.kid()).await?;
    }
    Ok((key.kid().to_owned(), receipt))
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

async fn insert(ctx: &mut Context, kind: WebKeyKind, key: &SigningKey) -> Result<Receipt> {
    let id = key.kid();
    let keyring = ctx.service::<Keyring>()?;
    let private = key.to_pkcs8().map_err(Error::internal)?;
    let sealed = keyring.seal(KeyName::Oidc, &seal_context(&ctx.instance.id, id), &private, ctx.rng());
    let (config_type, config) = kind.event_config();
    let public_key = key.public_jwk();
    let event = Added {
        private_key: SealedKey { key_id: KeyName::Oidc.default_id() },
        public_key: &public_key,
        config,
        config_type,
    };
    let receipt = ctx.record(&aggregate(ctx, id), &event).await?;
    sql::insert(ctx.tx().await?, id, &public_key, kind, sealed, &receipt).await?;
    Ok(receipt)
}

/// What binds a sealed private half to its row.
pub(super) fn seal_context(instance_id: &str, id: &str) -> String {
    format!("web-key:{instance_id}:{id}")
}

fn aggregate(ctx: &Context, id: &str) -> Aggregate {
    Aggregate::new("web_key", id, &ctx.instance.id)
}
