//! Userinfo (OpenID Connect Core 5.3).

use axum::response::Response;
use castellan_crypto::opaque::OpaqueKey;
use http::StatusCode;
use serde_json::Value;

use super::{Incoming, State};
use crate::claims::{Claims, RoleQuestion, Subject};
use crate::error::{OAuthError, OAuthResult, json};
use crate::presented::{self, Refusal};

pub(super) async fn answer(state: &State, incoming: Incoming) -> OAuthResult<Response> {
    let unauthorized = |error: OAuthError| error.with_status(StatusCode::UNAUTHORIZED);
    let token = match incoming.authorization() {
        Some(header) => {
            header.strip_prefix("Bearer ").filter(|token| !token.is_empty() && !token.contains(' ')).ok_or_else(
                || unauthorized(OAuthError::invalid_request("invalid auth header: it must be `Bearer <token>`")),
            )?
        }
        None => incoming
            .parameters
            .get("access_token")?
            .ok_or_else(|| unauthorized(OAuthError::invalid_request("access token missing")))?,
    };
    let mut ctx = incoming.context(state, false);
    let (seal, now) = (ctx.service::<OpaqueKey>()?, ctx.now());
    let presented =
        presented::read(ctx.read().await?, &seal, &incoming.origin, token, now).await?.map_err(|refusal| {
            unauthorized(OAuthError::access_denied(match refusal {
                Refusal::Invalid => "access token invalid",
                Refusal::UserNotActive => "no active user",
            }))
        })?;
    let connection = ctx.read().await?;
    let subject = Subject::read(connection, &presented.user_id).await?;
    let client = match presented.client_id.as_str() {
        "" => None,
        id => castellan_projects::applications::client_by_id(connection, id).await?,
    };
    let question = RoleQuestion {
        client_project: client.as_ref().map(|client| client.project_id.as_str()),
        project_asserts: client.as_ref().is_some_and(|client| client.project_role_assertion),
        is_introspection: false,
        api_project: &incoming.instance.project_id,
    };
    let mut claims = Claims::new();
    claims.insert("sub".to_owned(), Value::from(subject.id.as_str()));
    claims.extend(subject.standard_claims(&presented.scopes, &incoming.origin));
    claims.extend(subject.reserved_claims(connection, &presented.scopes, &question).await?);
    Ok(json(StatusCode::OK, &claims))
}
