//! Token introspection (RFC 7662).

use axum::response::Response;
use castellan_crypto::opaque::OpaqueKey;
use castellan_projects::applications::Client;
use http::StatusCode;
use serde_json::{Value, json as value};

use super::{Incoming, State};
use crate::claims::{Claims, RoleQuestion, Subject};
use crate::client::{self, ClientRefusal};
use crate::error::{OAuthError, OAuthResult, json};
use crate::presented::{self, Presented, TokenKind};

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
    let claims = claims(&mut ctx, &incoming, &presented, &client).await?;
    Ok(json(StatusCode::OK, &claims))
}

async fn claims(
    ctx: &mut castellan_rpc::Context,
    incoming: &Incoming,
    presented: &Presented,
    client: &Client,
) -> OAuthResult<Claims> {
    let connection = ctx.read().await?;
    let subject = Subject::read(connection, &presented.user_id).await?;
    let question = RoleQuestion {
        client_project: Some(&client.project_id),
        project_asserts: client.project_role_assertion,
        is_introspection: true,
        api_project: &incoming.instance.project_id,
    };
    let mut audience = presented.audience.clone();
    if presented.kind == TokenKind::Personal {
        audience.extend([client.client_id.clone(), client.project_id.clone()]);
    }
    let mut claims = Claims::new();
    claims.insert("active".to_owned(), Value::from(true));
    let mut put = |name: &str, value: Value| {
        if value != "" && value != value!([]) {
            claims.insert(name.to_owned(), value);
        }
    };
    put("scope", Value::from(presented.scopes.to_text()));
    put("client_id", Value::from(presented.client_id.as_str()));
    put("token_type", Value::from("Bearer"));
    put("exp", Value::from(presented.expires_at.seconds()));
    put("iat", Value::from(presented.issued_at.seconds()));
    put("nbf", Value::from(presented.issued_at.seconds()));
    if let Some(time) = presented.auth_time {
        put("auth_time", Value::from(time.seconds()));
    }
    put("sub", Value::from(presented.user_id.as_str()));
    put("aud", value!(audience));
    if presented.auth_method == "password" {
        put("amr", value!(["pwd"]));
    }
    put("iss", Value::from(&*incoming.origin));
    put("jti", Value::from(presented.token_id.as_str()));
    if presented.scopes.contains("profile") {
        put("username", Value::from(subject.preferred_login_name.as_str()));
    }
    claims.extend(subject.standard_claims(&presented.scopes, &incoming.origin));
    claims.extend(subject.reserved_claims(connection, &presented.scopes, &question).await?);
    Ok(claims)
}
