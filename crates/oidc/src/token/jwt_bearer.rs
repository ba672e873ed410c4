//! `urn:ietf:params:oauth:grant-type:jwt-bearer` (RFC 7523 2.1): a service user with an assertion signed by its key.

use castellan_crypto::assertion::{self, Rules};
use castellan_crypto::jose::VerifyingKey;
use castellan_db::{Recalled, Remember, Snapshot};
use castellan_directory::users::keys;
use castellan_kernel::{Error, Fault, Result, Timestamp};
use castellan_rpc::Context;

use std::sync::Arc;

use super::{MachineUser, TokenAnswer, TokenRequest, issue, requested_scopes};
use crate::error::{OAuthError, OAuthResult};
use crate::session::{AuthMethod, TokenReason};

const NOT_ACTIVE: Fault = Fault::precondition("OIDC-shBou", "Errors.User.NotActive");

/// Seconds that clocks may differ.
const OFFSET: i64 = 1;

/// The public key of a service user, made ready.
struct UserKey {
    key: VerifyingKey,
    expires_at: Timestamp,
}

impl Remember for UserKey {
    const BUDGET: u64 = 2 << 20;

    fn weight(&self) -> u64 {
        // What the cryptographic library holds of an RSA key.
        2048
    }
}

impl UserKey {
    /// The key, unless it has expired or cannot be read.
    async fn read(look: &mut Snapshot, user_id: &str, key_id: &str, now: Timestamp) -> Result<Option<Arc<Self>>> {
        let name = look.key(&[user_id, key_id]);
        let recording = match look.recall::<Self>(name).await? {
            Recalled::Known(key) => return Ok(Some(key).filter(|key| now < key.expires_at)),
            Recalled::Unknown(recording) => recording,
        };
        let Some(stored) = keys::verification_key(look, user_id, key_id, now).await? else { return Ok(None) };
        let Ok(key) = VerifyingKey::from_pem(&stored.pem) else { return Ok(None) };
        Ok(Some(look.keep(recording, Self { key, expires_at: stored.expires_at })))
    }
}

pub(super) async fn grant(ctx: &mut Context, mut look: Snapshot, request: &TokenRequest) -> OAuthResult<TokenAnswer> {
    let text = request.parameters.require("assertion")?;
    let invalid = || OAuthError::invalid_grant("invalid assertion");
    let peeked = assertion::peek(text).map_err(|_| invalid())?;
    let (Some(user_id), Some(key_id)) = (peeked.issuer(), peeked.kid()) else { return Err(invalid()) };
    let (user_id, key_id) = (user_id.to_owned(), key_id.to_owned());

    let now = ctx.now();
    look.announce(|| [keys::verification_question(&user_id, &key_id, now), MachineUser::by_id_question(&user_id)]);
    look.announce(issue::questions);
    let key = UserKey::read(&mut look, &user_id, &key_id, now).await?.ok_or_else(invalid)?;
    let rules = Rules { audience: &ctx.origin, issuer: Some(&user_id), now, offset_seconds: OFFSET };
    peeked.verify(&key.key, &rules).map_err(|_| invalid())?;

    let user = MachineUser::by_id(&mut look, &user_id).await?.ok_or_else(invalid)?;
    if !user.is_active {
        return Err(Error::from(NOT_ACTIVE).into());
    }
    let scopes = requested_scopes(request, &user)?;
    issue::tokens(ctx, look, request, &user, scopes, AuthMethod::PrivateKey, TokenReason::JwtProfile).await
}
