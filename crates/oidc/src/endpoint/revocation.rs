//! Token revocation (RFC 7009), for OIDC applications.

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use castellan_crypto::opaque::OpaqueKey;
use castellan_db::Snapshot;
use castellan_projects::applications::ClientKind;
use castellan_rpc::Context;
use http::StatusCode;

use super::{Incoming, State, retrying};
use crate::client::{self, Credentials};
use crate::error::{OAuthError, OAuthResult};
use crate::presented::{self, TokenKind};
use crate::session;

pub(super) async fn answer(state: &State, incoming: &Incoming, look: Snapshot) -> OAuthResult<Response> {
    let credentials = client::credentials(incoming.authorization(), &incoming.parameters)?
        .ok_or_else(|| OAuthError::invalid_request("client_id or client_assertion must be provided"))?;
    let request = Arc::new((credentials, incoming.parameters.require("token")?.to_owned()));
    retrying(state, incoming, look, |ctx, look| {
        drop(look);
        let request = Arc::clone(&request);
        Box::pin(async move { revoke(ctx, &request.0, &request.1).await })
    })
    .await?;
    Ok(StatusCode::OK.into_response())
}

async fn revoke(ctx: &mut Context, credentials: &Credentials, token: &str) -> OAuthResult<()> {
    let (seal, now, issuer) = (ctx.service::<OpaqueKey>()?, ctx.now(), Arc::clone(&ctx.origin));
    let client = client::authenticate(ctx.tx().await?, credentials, &issuer, now).await??;
    if client.kind != ClientKind::Oidc {
        return Err(OAuthError::invalid_client("no active client not found"));
    }
    let Ok(presented) = presented::read(ctx.tx().await?, &seal, &issuer, token, now).await? else {
        return Ok(());
    };
    let own = presented.kind == TokenKind::Access && presented.audience.contains(&client.client_id);
    let Some(session_id) = presented.session_id.filter(|_| own) else {
        return Err(
            OAuthError::invalid_client("token was not issued for this client").with_status(StatusCode::UNAUTHORIZED)
        );
    };
    session::revoke(ctx, &session_id, &presented.org_id).await?;
    Ok(())
}
