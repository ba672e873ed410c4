//! Userinfo (OpenID Connect Core 5.3).

use axum::body::Bytes;
use axum::response::Response;
use castellan_crypto::opaque::OpaqueKey;
use castellan_db::{Connection, Recalled, Remember, Snapshot};
use castellan_kernel::{Error, Timestamp};
use http::StatusCode;
use serde_json::Value;

use super::{Incoming, State};
use crate::claims::{Claims, RoleQuestion, Subject};
use crate::error::{OAuthError, OAuthResult, json_bytes};
use crate::presented::{self, Presented, Refusal};

/// The answer to a token, for as long as that lives.
struct UserInfo {
    body: Bytes,
    until: Timestamp,
}

impl Remember for UserInfo {
    const BUDGET: u64 = 2 << 20;

    fn weight(&self) -> u64 {
        self.body.len() as u64
    }
}

/// The body for a user, a client and scopes, which is the same for each of the tokens that a machine draws.
struct Told(Bytes);

impl Remember for Told {
    const BUDGET: u64 = 1 << 20;

    fn weight(&self) -> u64 {
        self.0.len() as u64
    }
}

pub(super) async fn answer(state: &State, incoming: &Incoming, mut look: Snapshot) -> OAuthResult<Response> {
    let token = token(incoming)?;
    let now = state.env.clock.now();
    let key = presented::key(&incoming.instance.id, &incoming.origin, token, "");
    let recording = match look.recall::<UserInfo>(key).await? {
        Recalled::Known(info) if now < info.until => return Ok(json_bytes(StatusCode::OK, info.body.clone())),
        Recalled::Known(_) => return Err(refused(Refusal::Invalid)),
        Recalled::Unknown(recording) => recording,
    };
    let seal = state.env.services.get::<OpaqueKey>()?;
    look.announce(|| {
        let asked = presented::question(&seal, token, now);
        asked.into_iter().flat_map(|(user_id, token)| [token, Subject::question(&user_id)])
    });
    let presented = presented::read(&mut look, &seal, &incoming.origin, token, now).await?.map_err(refused)?;
    let body = body(&mut look, incoming, &presented).await?;
    let info = look.keep(recording, UserInfo { body, until: presented.expires_at });
    Ok(json_bytes(StatusCode::OK, info.body.clone()))
}

/// The token of the header, or of the form or query (RFC 6750 2).
fn token(incoming: &Incoming) -> OAuthResult<&str> {
    let unauthorized = |text: &str| OAuthError::invalid_request(text).with_status(StatusCode::UNAUTHORIZED);
    match incoming.authorization() {
        Some(header) => header
            .strip_prefix("Bearer ")
            .filter(|token| !token.is_empty() && !token.contains(' '))
            .ok_or_else(|| unauthorized("invalid auth header: it must be `Bearer <token>`")),
        None => incoming.parameters.get("access_token")?.ok_or_else(|| unauthorized("access token missing")),
    }
}

fn refused(refusal: Refusal) -> OAuthError {
    let text = match refusal {
        Refusal::Invalid => "access token invalid",
        Refusal::UserNotActive => "no active user",
    };
    OAuthError::access_denied(text).with_status(StatusCode::UNAUTHORIZED)
}

async fn body(look: &mut Snapshot, incoming: &Incoming, presented: &Presented) -> OAuthResult<Bytes> {
    let scopes = presented.scopes.to_text();
    let key = look.key(&[&incoming.origin, &presented.user_id, &presented.client_id, &scopes]);
    let recording = match look.recall::<Told>(key).await? {
        Recalled::Known(told) => return Ok(told.0.clone()),
        Recalled::Unknown(recording) => recording,
    };
    let claims = claims(look, incoming, presented).await?;
    let body = serde_json::to_vec(&claims).map_err(Error::internal)?;
    Ok(look.keep(recording, Told(body.into())).0.clone())
}

async fn claims(connection: &mut Connection, incoming: &Incoming, presented: &Presented) -> OAuthResult<Claims> {
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
    let mut claims = Claims::with_capacity(8);
    claims.insert("sub".to_owned(), Value::from(subject.id.as_str()));
    claims.extend(subject.standard_claims(&presented.scopes, &incoming.origin));
    claims.extend(subject.reserved_claims(connection, &presented.scopes, &question).await?);
    Ok(claims)
}
