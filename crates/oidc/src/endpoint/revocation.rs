//! Token revocation (RFC 7009), for OIDC applications.

use axum::response::{IntoResponse, Response};
use castellan_crypto::opaque::OpaqueKey;
use castellan_projects::applications::ClientKind;
use http::StatusCode;

use super::{Incoming, State, retrying};
use crate::client;
use crate::error::{OAuthError, OAuthResult};
use crate::presented::{self, TokenKind};
use crate::session;

pub(super) async fn answer(state: &State, incoming: Incoming) -> OAuthResult<Response> {
    let credentials = client::credentials(incoming.authorization(), &incoming.parameters)?
        .ok_or_else(|| OAuthError::invalid_request("client_id or client_assertion must be provided"))?;
    let token = incoming.parameters.require("token")?.to_owned();
    retrying(state, &incoming, async |ctx| {
        let (seal, now) = (ctx.service::<OpaqueKey>()?, ctx.now());
        let client = client::authenticate(ctx.tx().await?, &credentials, &incoming.origin, now).await??;
        if client.kind != ClientKind::Oidc {
            return Err(OAuthError::invalid_client("no active client not found"));
        }
        let Ok(presented) = presented::read(ctx.tx().await?, &seal, &incoming.origin, &token, now).await? else {
            return Ok(());
        };
        let own = presented.kind == TokenKind::Access && presented.audience.contains(&client.client_id);
        let Some(session_id) = presented.session_id.filter(|_| own) else {
            return Err(OAuthError::invalid_client("token was not issued for this client")
                .with_status(StatusCode::UNAUTHORIZED));
        };
        session::revoke(ctx, &session_id, &presented.org_id).await?;
        Ok(())
    })
    .await?;
    Ok(StatusCode::OK.into_response())
}
