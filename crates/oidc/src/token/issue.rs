//! Issuing the tokens of a granted machine request: the access token, the ID token, the session that they stand for.

use castellan_crypto::jose::{SigningKey, left_half_hash};
use castellan_crypto::opaque::{OpaqueKey, seal_token};
use castellan_db::{Question, Recalled, Remember, Snapshot};
use castellan_directory::users::head::UserKind;
use castellan_kernel::{Error, Result};
use castellan_rpc::Context;
use castellan_settings::documents::OidcSettings;
use castellan_settings::store::effective_question;
use castellan_settings::web_keys;
use serde::Serialize;
use serde_json::json;

use super::{MachineUser, TokenAnswer, TokenRequest};
use crate::claims::{Claims, RoleQuestion};
use crate::error::OAuthResult;
use crate::issuer::signing_key;
use crate::presented;
use crate::scope::Scopes;
use crate::session::{self, AuthMethod, NewSession, TokenReason};

/// What every grant asks of the instance, to be announced.
pub(super) fn questions() -> [Question; 2] {
    [effective_question::<OidcSettings>(""), web_keys::active_question()]
}

pub(super) async fn tokens(
    ctx: &mut Context,
    mut look: Snapshot,
    request: &TokenRequest,
    user: &MachineUser,
    scopes: Scopes,
    auth_method: AuthMethod,
    reason: TokenReason,
) -> OAuthResult<TokenAnswer> {
    let lifetimes = Lifetimes::read(&mut look, request).await?;
    let wants_id_token = scopes.contains("openid");
    let (key, reserved) = if wants_id_token || user.wants_jwt {
        let key = signing_key(ctx.env(), &mut look).await?;
        let question = RoleQuestion { api_project: &ctx.instance.project_id, ..RoleQuestion::default() };
        (Some(key), user.subject.reserved_claims(&mut look, &scopes, &question).await?)
    } else {
        (None, Claims::new())
    };
    let read_at = look.moment();
    drop(look);

    let audience = scopes.audience(&ctx.instance.project_id);
    let session = NewSession::new(
        ctx,
        session::Terms {
            user_id: &user.subject.id,
            org_id: &user.subject.org_id,
            client_id: &user.user_name,
            audience: &audience,
            scopes: scopes.as_texts(),
            auth_method,
            reason,
            lifetime_seconds: lifetimes.access_seconds,
        },
    );
    // Signing takes longer than everything else together: it is done before the transaction, for which others wait.
    let answer = signed(ctx, user, &session, key.as_deref(), wants_id_token, lifetimes.id_seconds, reserved)?;

    session.open(ctx).await?;
    if session.issued_at > user.tokens_void_until {
        let language = presented::known_language(user.subject.language.clone());
        session.foresee(ctx, read_at, || session.presented(UserKind::Machine as i64, language)).await?;
    }
    Ok(answer)
}

/// How long tokens live, in seconds.
struct Lifetimes {
    access_seconds: i64,
    id_seconds: i64,
}

impl Remember for Lifetimes {
    const BUDGET: u64 = 1 << 20;

    fn weight(&self) -> u64 {
        size_of::<Self>() as u64
    }
}

impl Lifetimes {
    /// As the instance sets them, else as the configuration does.
    async fn read(look: &mut Snapshot, request: &TokenRequest) -> Result<std::sync::Arc<Self>> {
        let key = look.key(&[]);
        let recording = match look.recall::<Self>(key).await? {
            Recalled::Known(lifetimes) => return Ok(lifetimes),
            Recalled::Unknown(recording) => recording,
        };
        let stored = castellan_settings::store::of_instance::<OidcSettings>(look).await?;
        let (access_seconds, id_seconds) = if stored.sequence == 0 {
            (request.options.access_token_seconds, request.options.id_token_seconds)
        } else {
            (stored.value.access_token_lifetime.seconds(), stored.value.id_token_lifetime.seconds())
        };
        Ok(look.keep(recording, Self { access_seconds, id_seconds }))
    }
}

/// The tokens of a session that is about to be opened.
fn signed(
    ctx: &Context,
    user: &MachineUser,
    session: &NewSession<'_>,
    key: Option<&SigningKey>,
    wants_id_token: bool,
    id_seconds: i64,
    reserved: Claims,
) -> Result<TokenAnswer> {
    let token_id = session.token_id();
    let access_token = match key {
        Some(key) if user.wants_jwt => {
            let claims = access_claims(ctx, user, session, &token_id, &reserved);
            key.sign("JWT", &to_bytes(&claims)?).map_err(Error::internal)?
        }
        _ => {
            let seal = ctx.service::<OpaqueKey>()?;
            seal_token(&seal, ctx.rng(), &[&token_id, ":", &user.subject.id].concat())
        }
    };
    let id_token = match key {
        Some(key) if wants_id_token => {
            let at_hash = left_half_hash(key.algorithm(), &access_token);
            let claims = IdClaims::new(ctx, user, session, id_seconds, at_hash, reserved);
            Some(key.sign("JWT", &to_bytes(&claims)?).map_err(Error::internal)?)
        }
        _ => None,
    };
    // Whole seconds until expiry, rounded down: 43199 for twelve hours.
    let expires_in = (session.expires_at.micros() - ctx.now().micros() - 1).div_euclid(1_000_000);
    Ok(TokenAnswer { access_token, expires_in, id_token })
}

/// Claims of a JWT access token (RFC 9068 in spirit; `spec: oauth.md 4.6`).
fn access_claims(
    ctx: &Context,
    user: &MachineUser,
    session: &NewSession<'_>,
    token_id: &str,
    reserved: &Claims,
) -> Claims {
    let audience = session.terms.audience;
    let audience = if audience.is_empty() { json!([user.user_name]) } else { json!(audience) };
    let issued = session.issued_at.seconds();
    let mut claims = Claims::new();
    claims.insert("iss".to_owned(), json!(&*ctx.origin));
    claims.insert("sub".to_owned(), json!(user.subject.id));
    claims.insert("aud".to_owned(), audience);
    claims.insert("exp".to_owned(), json!(session.expires_at.seconds()));
    claims.insert("iat".to_owned(), json!(issued));
    claims.insert("nbf".to_owned(), json!(issued));
    claims.insert("jti".to_owned(), json!(token_id));
    claims.insert("client_id".to_owned(), json!(user.user_name));
    claims.extend(reserved.clone());
    claims
}

/// Claims of an ID token (OpenID Connect Core 2).
#[derive(Serialize)]
struct IdClaims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: Vec<&'a str>,
    exp: i64,
    iat: i64,
    auth_time: i64,
    #[serde(skip_serializing_if = "<[&str]>::is_empty")]
    amr: &'a [&'static str],
    azp: &'a str,
    client_id: &'a str,
    at_hash: String,
    #[serde(flatten)]
    reserved: Claims,
}

impl<'a> IdClaims<'a> {
    fn new(
        ctx: &'a Context,
        user: &'a MachineUser,
        session: &'a NewSession<'_>,
        lifetime_seconds: i64,
        at_hash: String,
        reserved: Claims,
    ) -> Self {
        let mut aud: Vec<&str> = session.terms.audience.iter().map(String::as_str).collect();
        if !aud.contains(&user.user_name.as_str()) {
            aud.push(&user.user_name);
        }
        let issued = session.issued_at.seconds();
        Self {
            iss: &ctx.origin,
            sub: &user.subject.id,
            aud,
            exp: issued + lifetime_seconds,
            iat: issued,
            auth_time: issued,
            amr: session.terms.auth_method.amr(),
            azp: &user.user_name,
            client_id: &user.user_name,
            at_hash,
            reserved,
        }
    }
}

fn to_bytes(claims: &impl Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec(claims).map_err(Error::internal)
}
