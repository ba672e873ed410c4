//! `client_credentials` (RFC 6749 4.4): a service user with its login name and secret.

use castellan_crypto::secrets;
use castellan_db::Snapshot;
use castellan_kernel::Fault;
use castellan_rpc::Context;

use super::{MachineUser, TokenAnswer, TokenRequest, issue, requested_scopes};
use crate::client::{Credentials, credentials};
use crate::error::{OAuthError, OAuthResult};
use crate::session::{AuthMethod, TokenReason};

const NO_SECRET: Fault = Fault::precondition("OIDC-pieP8", "Errors.User.Machine.Secret.NotExisting");
const WRONG_SECRET: Fault = Fault::invalid("OIDC-wpLe1", "Errors.User.Machine.Secret.Invalid");
const NOT_ACTIVE: Fault = Fault::precondition("OIDC-shBou", "Errors.User.NotActive");

pub(super) async fn grant(ctx: &mut Context, mut look: Snapshot, request: &TokenRequest) -> OAuthResult<TokenAnswer> {
    let (id, secret) = match credentials(request.authorization.as_deref(), &request.parameters)? {
        Some(Credentials::Secret { id, secret }) => (id, secret),
        Some(Credentials::Assertion(_)) | None => {
            return Err(OAuthError::invalid_request("client_id and client_secret must be provided"));
        }
    };
    look.announce(issue::questions);
    let user = MachineUser::by_login_name(&mut look, &id)
        .await?
        .ok_or_else(|| OAuthError::invalid_client("client not found"))?;
    let hash = user.secret_hash.as_deref().filter(|_| user.is_machine).ok_or(NO_SECRET).map_err(kernel)?;
    if !secrets::verify_secret(hash, &secret).unwrap_or(false) {
        return Err(kernel(WRONG_SECRET));
    }
    if !user.is_active {
        return Err(kernel(NOT_ACTIVE));
    }
    let scopes = requested_scopes(request, &user)?;
    issue::tokens(ctx, look, request, &user, scopes, AuthMethod::Password, TokenReason::ClientCredentials).await
}

fn kernel(fault: Fault) -> OAuthError {
    castellan_kernel::Error::from(fault).into()
}
