//! Token introspection (RFC 7662).

use axum::response::Response;
use castellan_crypto::opaque::OpaqueKey;
use castellan_kernel::Timestamp;
use castellan_projects::applications::Client;
use http::StatusCode;
use serde::Serialize;
use serde_json::json as value;

use super::{Incoming, State};
use crate::claims::{Claims, RoleQuestion, Subject};
use crate::client::{self, ClientRefusal};
use crate::error::{OAuthError, OAuthResult, json};
use crate::presented::{self, Presented, TokenKind};
use crate::texts::Texts;

pub(super) async fn answer(state: &State, incoming: Incoming) -> OAuthResult<Response> {
    let inactive = || json(StatusCode::OK, &value!({ "active": false }));
    let credentials = client::credentials(incoming.authorization(), &incoming.parameters)?
        .ok_or_else(|| OAuthError::invalid_client("client must be authenticated"))?;
    let mut ctx = incoming.context(state, false);
    let (seal, now) = (ctx.service::<OpaqueKey>()?, ctx.now());
    let client = match client::authenticate(ctx.read().await?, &credentials, &incoming.origin, now).await? {
        // A public client proves nothing by its id and may not look into tokens (RFC 7662 2.1).
        Ok(client) if !client.is_public() => client,
        Err(ClientRefusal::MalformedAssertion) => return Ok(inactive()),
        Ok(_) | Err(_) => {
            return Err(OAuthError::unauthorized_client("the client is unknown or did not authenticate"));
        }
    };
    let token = incoming.parameters.require("token")?;
    let Ok(presented) = presented::read(ctx.read().await?, &seal, &incoming.origin, token, now).await? else {
        return Ok(inactive());
    };
    let meant_for_caller = presented.kind == TokenKind::Personal
        || presented.audience.contains(&client.client_id)
        || presented.audience.contains(&client.project_id);
    if !meant_for_caller {
        return Ok(inactive());
    }
    let claims = claims(&mut ctx, &incoming, presented, &client).await?;
    Ok(json(StatusCode::OK, &claims))
}

/// What an active token stands for (RFC 7662 2.2).
#[derive(Serialize)]
struct Introspection<'a> {
    active: bool,
    #[serde(skip_serializing_if = "String::is_empty")]
    scope: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    client_id: String,
    token_type: &'static str,
    exp: i64,
    iat: i64,
    nbf: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_time: Option<i64>,
    sub: String,
    #[serde(skip_serializing_if = "Texts::is_empty")]
    aud: Texts,
    #[serde(skip_serializing_if = "Option::is_none")]
    amr: Option<[&'static str; 1]>,
    iss: &'a str,
    jti: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    #[serde(flatten)]
    claims: Claims,
}

async fn claims<'a>(
    ctx: &mut castellan_rpc::Context,
    incoming: &'a Incoming,
    presented: Presented,
    client: &Client,
) -> OAuthResult<Introspection<'a>> {
    let connection = ctx.read().await?;
    let subject = Subject::read(connection, &presented.user_id).await?;
    let question = RoleQuestion {
        client_project: Some(&client.project_id),
        project_asserts: client.project_role_assertion,
        is_introspection: true,
        api_project: &incoming.instance.project_id,
    };
    let mut claims = subject.standard_claims(&presented.scopes, &incoming.origin);
    claims.extend(subject.reserved_claims(connection, &presented.scopes, &question).await?);
    let mut aud = presented.audience;
    if presented.kind == TokenKind::Personal {
        aud.push(&client.client_id);
        aud.push(&client.project_id);
    }
    Ok(Introspection {
        active: true,
        scope: presented.scopes.to_text(),
        client_id: presented.client_id,
        token_type: "Bearer",
        exp: presented.expires_at.seconds(),
        iat: presented.issued_at.seconds(),
        nbf: presented.issued_at.seconds(),
        auth_time: presented.auth_time.map(Timestamp::seconds),
        sub: presented.user_id,
        aud,
        amr: (presented.auth_method == "password").then_some(["pwd"]),
        iss: &incoming.origin,
        jti: presented.token_id,
        username: presented.scopes.contains("profile").then_some(subject.preferred_login_name),
        claims,
    })
}
