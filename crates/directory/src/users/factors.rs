//! Second factors and signed-in sessions as lists. RPCs: Auth ListMyAuthFactors, ListMyRefreshTokens, RevokeMyRefreshToken,
//! RevokeAllMyRefreshTokens, ListMyUserSessions; Management ListHumanAuthFactors; user v2 ListAuthenticationFactors. No table: this
//! server registers no second factors and issues no refresh tokens yet, so nobody has any. Rules: spec api.md 4.1.6 and 4.16.

#[cfg(test)]
mod tests;

use castellan_kernel::{Fault, Permission, Result};
use castellan_proto::methods::{auth_v1 as auth, management_v1 as management, user_v2};
use castellan_proto::zitadel::{auth::v1 as auth_v1, management::v1 as management_v1, user::v2};
use castellan_rpc::{Context, Registry, convert};

use super::head::{Reach, UserHead};

const USER_NOT_FOUND: Fault = Fault::not_found("QUERY-Dfbg2", "Errors.User.NotFound");
const TOKEN_ID_MISSING: Fault = Fault::invalid("COMMAND-GVDgf", "Errors.IDMissing");
const TOKEN_NOT_FOUND: Fault = Fault::not_found("COMMAND-BHt2w", "Errors.User.RefreshToken.NotFound");

pub(super) fn register(registry: &mut Registry) {
    registry
        .room("directory/users/factors")
        .query::<auth::ListMyAuthFactors>(list_my_factors)
        .query::<auth::ListMyRefreshTokens>(list_my_refresh_tokens)
        .command::<auth::RevokeMyRefreshToken>(revoke_my_refresh_token)
        .command::<auth::RevokeAllMyRefreshTokens>(revoke_all_my_refresh_tokens)
        .query::<auth::ListMyUserSessions>(list_my_sessions)
        .query::<management::ListHumanAuthFactors>(v1_list)
        .query::<user_v2::ListAuthenticationFactors>(v2_list);
}

async fn list_my_factors(
    _: &mut Context,
    _: auth_v1::ListMyAuthFactorsRequest,
) -> Result<auth_v1::ListMyAuthFactorsResponse> {
    Ok(auth_v1::ListMyAuthFactorsResponse { result: Vec::new() })
}

/// A user that is not there has no factors either.
async fn v1_list(
    _: &mut Context,
    _: management_v1::ListHumanAuthFactorsRequest,
) -> Result<management_v1::ListHumanAuthFactorsResponse> {
    Ok(management_v1::ListHumanAuthFactorsResponse { result: Vec::new() })
}

async fn v2_list(
    ctx: &mut Context,
    request: v2::ListAuthenticationFactorsRequest,
) -> Result<v2::ListAuthenticationFactorsResponse> {
    let user = UserHead::find(ctx.read().await?, &Reach::Instance, &request.user_id).await?.ok_or(USER_NOT_FOUND)?;
    ctx.caller.require_or_self(Permission::UserRead, &user.org_id, &user.id)?;
    Ok(v2::ListAuthenticationFactorsResponse { result: Vec::new() })
}

async fn list_my_refresh_tokens(
    ctx: &mut Context,
    _: auth_v1::ListMyRefreshTokensRequest,
) -> Result<auth_v1::ListMyRefreshTokensResponse> {
    Ok(auth_v1::ListMyRefreshTokensResponse { details: convert::list_v1(0, ctx.now()), result: Vec::new() })
}

async fn revoke_my_refresh_token(
    _: &mut Context,
    request: auth_v1::RevokeMyRefreshTokenRequest,
) -> Result<auth_v1::RevokeMyRefreshTokenResponse> {
    Err(if request.id.is_empty() { TOKEN_ID_MISSING } else { TOKEN_NOT_FOUND }.into())
}

async fn revoke_all_my_refresh_tokens(
    _: &mut Context,
    _: auth_v1::RevokeAllMyRefreshTokensRequest,
) -> Result<auth_v1::RevokeAllMyRefreshTokensResponse> {
    Ok(auth_v1::RevokeAllMyRefreshTokensResponse {})
}

/// Sessions of the server's own login pages in the caller's browser.
async fn list_my_sessions(
    _: &mut Context,
    _: auth_v1::ListMyUserSessionsRequest,
) -> Result<auth_v1::ListMyUserSessionsResponse> {
    Ok(auth_v1::ListMyUserSessionsResponse { result: Vec::new() })
}
