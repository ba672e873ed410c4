//! Issuing the tokens of a granted machine request: the session row, the access token, the ID token.

use castellan_crypto::jose::left_half_hash;
use castellan_crypto::opaque::{OpaqueKey, seal_token};
use castellan_db::Snapshot;
use castellan_kernel::{Error, Fault};
use castellan_rpc::Context;
use castellan_settings::documents::OidcSettings;
use serde_json::{Value, json};

use super::{MachineUser, TokenAnswer, TokenRequest};
use crate::claims::{Claims, RoleQuestion, Subject};
use crate::error::OAuthResult;
use crate::issuer::signing_key;
use crate::scope::Scopes;
use crate::session::{self, AuthMethod, NewSession, OpenedSession, TokenReason};

const NOT_ACTIVE: Fault = Fault::precondition("OIDC-shBou", "Errors.User.NotActive");

pub(super) async fn tokens(
    ctx: &mut Context,
    mut look: Snapshot,
    request: &TokenRequest,
    user: &MachineUser,
    scopes: Scopes,
    auth_method: AuthMethod,
    reason: TokenReason,
) -> OAuthResult<TokenAnswer> {
    let audience = scopes.audience(&ctx.instance.project_id);
    let lifetimes = castellan_settings::store::of_instance::<OidcSettings>(&mut look).await?;
    let (access_seconds, id_seconds) = if lifetimes.sequence == 0 {
        (request.options.access_token_seconds, request.options.id_token_seconds)
    } else {
        (lifetimes.value.access_token_lifetime.seconds(), lifetimes.value.id_token_lifetime.seconds())
    };

    let wants_id_token = scopes.contains("openid");
    let needs_claims = wants_id_token || user.wants_jwt;
    let (key, reserved) = if needs_claims {
        let key = signing_key(ctx.env(), &mut look).await?;
        let subject = Subject::read(&mut look, &user.id).await?;
        let question = RoleQuestion { api_project: &ctx.instance.project_id, ..RoleQuestion::default() };
        (Some(key), subject.reserved_claims(&mut look, &scopes, &question).await?)
    } else {
        (None, Claims::new())
    };
    drop(look);

    // The user may have been locked or removed since the look: the token must not outlive that.
    let still = MachineUser::by_id(ctx.tx().await?, &user.id).await?;
    if !still.is_some_and(|user| user.is_active) {
        return Err(Error::from(NOT_ACTIVE).into());
    }
    let opened = session::open(
        ctx,
        &NewSession {
            user_id: &user.id,
            org_id: &user.org_id,
            client_id: &user.user_name,
            audience: &audience,
            scopes: scopes.as_texts(),
            auth_method,
            reason,
            lifetime_seconds: access_seconds,
        },
    )
    .await?;

    let token_id = format!("{}-{}", opened.id, opened.access_token_id);
    let access_token = match &key {
        Some(key) if user.wants_jwt => {
            let claims = access_claims(ctx, user, &audience, &opened, &token_id, &reserved);
            key.sign("JWT", &to_bytes(&claims)?).map_err(Error::internal)?
        }
        _ => {
            let seal = ctx.service::<OpaqueKey>()?;
            seal_token(&seal, ctx.rng(), &format!("{token_id}:{}", user.id))
        }
    };
    let id_token = match &key {
        Some(key) if wants_id_token => {
            let mut claims = id_claims(ctx, user, &audience, &opened, id_seconds, auth_method);
            claims.insert("at_hash".to_owned(), Value::from(left_half_hash(key.algorithm(), &access_token)));
            claims.extend(reserved);
            Some(key.sign("JWT", &to_bytes(&claims)?).map_err(Error::internal)?)
        }
        _ => None,
    };
    // Whole seconds until expiry, rounded down: 43199 for twelve hours.
    let expires_in = (opened.expires_at.micros() - ctx.now().micros() - 1).div_euclid(1_000_000);
    Ok(TokenAnswer { access_token, token_type: "Bearer", expires_in, id_token })
}

/// Claims of a JWT access token (RFC 9068 in spirit; `spec: oauth.md 4.6`).
fn access_claims(
    ctx: &Context,
    user: &MachineUser,
    audience: &[String],
    opened: &OpenedSession,
    token_id: &str,
    reserved: &Claims,
) -> Claims {
    let audience = if audience.is_empty() { vec![user.user_name.clone()] } else { audience.to_vec() };
    let issued = opened.issued_at.seconds();
    let mut claims = Claims::new();
    claims.insert("iss".to_owned(), json!(&*ctx.origin));
    claims.insert("sub".to_owned(), json!(user.id));
    claims.insert("aud".to_owned(), json!(audience));
    claims.insert("exp".to_owned(), json!(opened.expires_at.seconds()));
    claims.insert("iat".to_owned(), json!(issued));
    claims.insert("nbf".to_owned(), json!(issued));
    claims.insert("jti".to_owned(), json!(token_id));
    claims.insert("client_id".to_owned(), json!(user.user_name));
    claims.extend(reserved.clone());
    claims
}

/// Claims of an ID token (OpenID Connect Core 2).
fn id_claims(
    ctx: &Context,
    user: &MachineUser,
    audience: &[String],
    opened: &OpenedSession,
    lifetime_seconds: i64,
    auth_method: AuthMethod,
) -> Claims {
    let mut audience = audience.to_vec();
    if !audience.contains(&user.user_name) {
        audience.push(user.user_name.clone());
    }
    let issued = opened.issued_at.seconds();
    let mut claims = Claims::new();
    claims.insert("iss".to_owned(), json!(&*ctx.origin));
    claims.insert("sub".to_owned(), json!(user.id));
    claims.insert("aud".to_owned(), json!(audience));
    claims.insert("exp".to_owned(), json!(issued + lifetime_seconds));
    claims.insert("iat".to_owned(), json!(issued));
    claims.insert("auth_time".to_owned(), json!(issued));
    if !auth_method.amr().is_empty() {
        claims.insert("amr".to_owned(), json!(auth_method.amr()));
    }
    claims.insert("azp".to_owned(), json!(user.user_name));
    claims.insert("client_id".to_owned(), json!(user.user_name));
    claims
}

fn to_bytes(claims: &Claims) -> castellan_kernel::Result<Vec<u8>> {
    serde_json::to_vec(claims).map_err(Error::internal)
}
