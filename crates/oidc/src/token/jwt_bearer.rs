//! `urn:ietf:params:oauth:grant-type:jwt-bearer` (RFC 7523 2.1): a service user with an assertion signed by its key.

use castellan_crypto::assertion::{self, Rules};
use castellan_crypto::jose::VerifyingKey;
use castellan_directory::users::keys;
use castellan_kernel::{Error, Fault};
use castellan_rpc::Context;

use super::{MachineUser, TokenAnswer, TokenRequest, issue, requested_scopes};
use crate::error::{OAuthError, OAuthResult};
use crate::session::{AuthMethod, TokenReason};

const NOT_ACTIVE: Fault = Fault::precondition("OIDC-shBou", "Errors.User.NotActive");

/// Seconds that clocks may differ.
const OFFSET: i64 = 1;

pub(super) async fn grant(ctx: &mut Context, request: &TokenRequest) -> OAuthResult<TokenAnswer> {
    let text = request.parameters.require("assertion")?;
    let invalid = || OAuthError::invalid_grant("invalid assertion");
    let peeked = assertion::peek(text).map_err(|_| invalid())?;
    let (Some(user_id), Some(key_id)) = (peeked.issuer(), peeked.kid()) else { return Err(invalid()) };
    let (user_id, key_id) = (user_id.to_owned(), key_id.to_owned());

    let mut look = ctx.look();
    let now = ctx.now();
    let pem = keys::verification_key(&mut look, &user_id, &key_id, now).await?.ok_or_else(invalid)?;
    let key = VerifyingKey::from_pem(&pem).map_err(|_| invalid())?;
    let rules = Rules { audience: &ctx.origin, issuer: Some(&user_id), now, offset_seconds: OFFSET };
    peeked.verify(&key, &rules).map_err(|_| invalid())?;

    let user = MachineUser::by_id(&mut look, &user_id).await?.ok_or_else(invalid)?;
    if !user.is_active {
        return Err(Error::from(NOT_ACTIVE).into());
    }
    let scopes = requested_scopes(request, &user)?;
    issue::tokens(ctx, look, request, &user, scopes, AuthMethod::PrivateKey, TokenReason::JwtProfile).await
}
