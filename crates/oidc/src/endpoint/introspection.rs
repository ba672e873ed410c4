//! Token introspection (RFC 7662).

use std::sync::Arc;

use axum::body::Bytes;
use axum::response::Response;
use castellan_crypto::opaque::OpaqueKey;
use castellan_db::{Recalled, Remember, Snapshot};
use castellan_kernel::{Error, Result, Timestamp};
use castellan_projects::applications::Client;
use http::StatusCode;
use serde::Serialize;
use serde_json::json as value;
use serde_json::value::{RawValue, to_raw_value};

use super::{Incoming, State};
use crate::claims::{Claims, RoleQuestion, Subject};
use crate::client::{self, ClientRefusal};
use crate::error::{OAuthError, OAuthResult, json, json_bytes};
use crate::presented::{self, Presented, TokenKind};

pub(super) async fn answer(state: &State, incoming: &Incoming, mut look: Snapshot) -> OAuthResult<Response> {
    let inactive = || json(StatusCode::OK, &value!({ "active": false }));
    let credentials = client::credentials(incoming.authorization(), &incoming.parameters)?
        .ok_or_else(|| OAuthError::invalid_client("client must be authenticated"))?;
    let now = state.env.clock.now();
    let seal = state.env.services.get::<OpaqueKey>()?;
    look.announce(|| {
        let token = incoming.parameters.get("token").ok().flatten();
        let asked = token.and_then(|token| presented::question(&seal, token, now));
        let of_token = asked.into_iter().flat_map(|(user_id, token)| [token, Subject::question(&user_id)]);
        client::questions(&credentials, now).into_iter().chain(of_token)
    });
    let client = match client::authenticate(&mut look, &credentials, &incoming.origin, now).await? {
        // A public client proves nothing by its id and may not look into tokens (RFC 7662 2.1).
        Ok(client) if !client.is_public() => client,
        Err(ClientRefusal::MalformedAssertion) => return Ok(inactive()),
        Ok(_) | Err(_) => {
            return Err(OAuthError::unauthorized_client("the client is unknown or did not authenticate"));
        }
    };
    let token = incoming.parameters.require("token")?;
    let Some(active) = ActiveToken::read(&seal, incoming, &mut look, token, now).await? else {
        return Ok(inactive());
    };
    if !active.is_meant_for(&client) {
        return Ok(inactive());
    }
    Ok(json_bytes(StatusCode::OK, claims(&mut look, incoming, &active, &client).await?))
}

/// An active token whose long lists are written already: tokens for hundreds of projects have tens of kilobytes of them.
struct ActiveToken {
    presented: Presented,
    scope: Box<RawValue>,
    audience: Box<RawValue>,
}

impl Remember for ActiveToken {
    const BUDGET: u64 = 4 << 20;

    fn weight(&self) -> u64 {
        // Once as text, once written.
        2 * (self.scope.get().len() + self.audience.get().len()) as u64 + 1024
    }
}

impl ActiveToken {
    async fn read(
        seal: &OpaqueKey,
        incoming: &Incoming,
        look: &mut Snapshot,
        token: &str,
        now: Timestamp,
    ) -> Result<Option<Arc<Self>>> {
        let key = presented::key(&incoming.instance.id, &incoming.origin, token, "");
        let recording = match look.recall::<Self>(key).await? {
            Recalled::Known(active) => return Ok(Some(active).filter(|active| now < active.presented.expires_at)),
            Recalled::Unknown(recording) => recording,
        };
        let Ok(presented) = presented::read(look, seal, &incoming.origin, token, now).await? else {
            return Ok(None);
        };
        let scope = to_raw_value(&presented.scopes.to_text()).map_err(Error::internal)?;
        let audience = to_raw_value(&presented.audience).map_err(Error::internal)?;
        Ok(Some(look.keep(recording, Self { presented, scope, audience })))
    }

    fn is_meant_for(&self, client: &Client) -> bool {
        self.presented.kind == TokenKind::Personal
            || self.presented.audience.contains(&client.client_id)
            || self.presented.audience.contains(&client.project_id)
    }
}

/// What an active token stands for (RFC 7662 2.2).
#[derive(Serialize)]
struct Introspection<'a> {
    active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "str::is_empty")]
    client_id: &'a str,
    token_type: &'static str,
    exp: i64,
    iat: i64,
    nbf: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_time: Option<i64>,
    sub: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    aud: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    amr: Option<[&'static str; 1]>,
    iss: &'a str,
    jti: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    #[serde(flatten)]
    claims: Claims,
}

async fn claims(look: &mut Snapshot, incoming: &Incoming, active: &ActiveToken, client: &Client) -> OAuthResult<Bytes> {
    let presented = &active.presented;
    let subject = Subject::read(look, &presented.user_id).await?;
    let question = RoleQuestion {
        client_project: Some(&client.project_id),
        project_asserts: client.project_role_assertion,
        is_introspection: true,
        api_project: &incoming.instance.project_id,
    };
    let mut claims = subject.standard_claims(&presented.scopes, &incoming.origin);
    claims.extend(subject.reserved_claims(look, &presented.scopes, &question).await?);
    // A personal access token is for whoever is shown it.
    let own_audience = match presented.kind {
        TokenKind::Personal => Some(to_raw_value(&[&client.client_id, &client.project_id]).map_err(Error::internal)?),
        TokenKind::Access => None,
    };
    let introspection = Introspection {
        active: true,
        scope: Some(&*active.scope).filter(|_| !presented.scopes.is_empty()),
        client_id: &presented.client_id,
        token_type: "Bearer",
        exp: presented.expires_at.seconds(),
        iat: presented.issued_at.seconds(),
        nbf: presented.issued_at.seconds(),
        auth_time: presented.auth_time.map(Timestamp::seconds),
        sub: &presented.user_id,
        aud: own_audience.as_deref().or(Some(&*active.audience).filter(|_| !presented.audience.is_empty())),
        amr: (presented.auth_method == "password").then_some(["pwd"]),
        iss: &incoming.origin,
        jti: &presented.token_id,
        username: presented.scopes.contains("profile").then(|| subject.preferred_login_name.clone()),
        claims,
    };
    let mut body = Vec::with_capacity(active.scope.get().len() + active.audience.get().len() + 1024);
    serde_json::to_writer(&mut body, &introspection).map_err(Error::internal)?;
    Ok(body.into())
}
