//! The table `oidc_sessions`: what an access token stands for, and its events `oidc_session.*`.

use castellan_db::{Connection, Moment, statement};
use castellan_kernel::{Error, Fault, Result, Timestamp};
use castellan_rpc::{Aggregate, AuditEvent, Context};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::presented::{Granted, Presented, TokenKind};
use crate::scope::Scopes;
use crate::texts::Texts;

/// The user was locked or removed while its token was made.
const NOT_ACTIVE: Fault = Fault::precondition("OIDC-shBou", "Errors.User.NotActive");

/// How the user proved who it is; the number is that of the events, the name that of storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AuthMethod {
    Password,
    PrivateKey,
}

impl AuthMethod {
    fn number(self) -> i64 {
        match self {
            Self::Password => 4,
            Self::PrivateKey => 9,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::PrivateKey => "private_key",
        }
    }

    /// `amr` values (RFC 8176); a private key has none.
    pub(crate) fn amr(self) -> &'static [&'static str] {
        match self {
            Self::Password => &["pwd"],
            Self::PrivateKey => &[],
        }
    }
}

/// Why a token was made; the number is that of the events.
#[derive(Debug, Clone, Copy)]
pub(crate) enum TokenReason {
    JwtProfile = 3,
    ClientCredentials = 4,
}

/// What a session is opened for, with its first access token.
#[derive(Clone, Copy)]
pub(crate) struct Terms<'a> {
    pub user_id: &'a str,
    pub org_id: &'a str,
    pub client_id: &'a str,
    pub audience: &'a [String],
    pub scopes: &'a Texts,
    pub auth_method: AuthMethod,
    pub reason: TokenReason,
    pub lifetime_seconds: i64,
}

/// A session that is about to be opened: its ids and times are known, so that its tokens can be signed.
pub(crate) struct NewSession<'a> {
    pub terms: Terms<'a>,
    /// `V2_<id>`.
    id: String,
    /// `at_<id>`.
    access_token_id: String,
    pub issued_at: Timestamp,
    pub expires_at: Timestamp,
}

#[derive(Serialize)]
struct SessionAdded<'a> {
    #[serde(rename = "userID")]
    user_id: &'a str,
    #[serde(rename = "userResourceOwner")]
    org_id: &'a str,
    #[serde(rename = "sessionID")]
    session_id: &'a str,
    #[serde(rename = "clientID")]
    client_id: &'a str,
    audience: &'a RawValue,
    scope: &'a RawValue,
    #[serde(rename = "authMethods")]
    auth_methods: [i64; 1],
    #[serde(rename = "authTime")]
    auth_time: String,
}

impl AuditEvent for SessionAdded<'_> {
    const TYPE: &'static str = "oidc_session.added";
}

#[derive(Serialize)]
struct AccessTokenAdded<'a> {
    id: &'a str,
    scope: &'a RawValue,
    /// Nanoseconds.
    lifetime: i64,
    reason: i64,
}

impl AuditEvent for AccessTokenAdded<'_> {
    const TYPE: &'static str = "oidc_session.access_token.added";
}

impl<'a> NewSession<'a> {
    /// A session with one access token, issued now.
    pub(crate) fn new(ctx: &Context, terms: Terms<'a>) -> Self {
        let issued_at = ctx.now();
        Self {
            terms,
            id: ["V2_", &ctx.new_id()].concat(),
            access_token_id: ["at_", &ctx.new_id()].concat(),
            issued_at,
            expires_at: issued_at.plus_seconds(terms.lifetime_seconds),
        }
    }

    /// `<session>-<token>`, the `jti` of the access token.
    pub(crate) fn token_id(&self) -> String {
        [&self.id, "-", &self.access_token_id].concat()
    }

    /// What its access token stands for.
    pub(crate) fn presented(&self, user_kind: i64, language: Option<String>) -> Presented {
        let terms = &self.terms;
        Presented {
            kind: TokenKind::Access,
            token_id: self.token_id(),
            session_id: Some(self.id.as_str().into()),
            user_id: terms.user_id.into(),
            org_id: terms.org_id.into(),
            user_kind,
            language,
            client_id: terms.client_id.into(),
            audience: terms.audience.iter().collect(),
            scopes: Scopes::stored(terms.scopes.clone()),
            auth_method: terms.auth_method.name().into(),
            auth_time: Some(self.issued_at),
            issued_at: self.issued_at,
            expires_at: self.expires_at,
        }
    }

    /// Opens the session in the command's transaction. Storage refuses it when the user has been locked or removed in the
    /// meantime; this call or the commit then fails with `OIDC-shBou`.
    pub(crate) async fn open(&self, ctx: &mut Context) -> Result<()> {
        let terms = &self.terms;
        // Written once, though both are in two places and more.
        let (audience, scopes) = (list(terms.audience)?, list(terms.scopes)?);
        let values = vec![
            self.id.as_str().into(),
            terms.user_id.into(),
            terms.client_id.into(),
            audience.get().into(),
            scopes.get().into(),
            terms.auth_method.name().into(),
            self.issued_at.into(),
            self.access_token_id.as_str().into(),
            self.issued_at.into(),
            self.expires_at.into(),
            self.issued_at.into(),
        ];
        let statement = statement!(
            "INSERT INTO oidc_sessions (instance_id, id, user_id, client_id, audience, scopes, auth_methods, auth_time,
                                        access_token_id, access_token_created_at, access_token_expires_at, created_at)
             VALUES ($1, $2,
                     (SELECT u.id FROM users u JOIN organizations o ON o.instance_id = u.instance_id AND o.id = u.org_id
                      WHERE u.instance_id = $1 AND u.id = $3 AND u.state = 1 AND o.state = 1),
                     $4, $5, $6, $7, $8, $9, $10, $11, $12)"
        );
        // First, so that a refused session has written nothing that must be taken back.
        ctx.tx().await?.defer(statement, values, &[("oidc_sessions.user_id", NOT_ACTIVE)]).await?;

        let aggregate = Aggregate::of_new_id("oidc_session", &self.id, terms.org_id);
        let added = SessionAdded {
            user_id: terms.user_id,
            org_id: terms.org_id,
            session_id: "",
            client_id: terms.client_id,
            audience: &audience,
            scope: &scopes,
            auth_methods: [terms.auth_method.number()],
            auth_time: self.issued_at.to_rfc3339(),
        };
        ctx.record(&aggregate, &added).await?;
        let token = AccessTokenAdded {
            id: &self.access_token_id,
            scope: &scopes,
            lifetime: terms.lifetime_seconds.saturating_mul(1_000_000_000),
            reason: terms.reason as i64,
        };
        ctx.record(&aggregate, &token).await.map(drop)
    }

    /// Has its access token remembered for the first use; `read_at` is when the user was read.
    pub(crate) async fn foresee(
        &self,
        ctx: &mut Context,
        read_at: Moment,
        presented: impl FnOnce() -> Presented,
    ) -> Result<()> {
        let tx = ctx.tx().await?;
        let key = Granted::key(tx, &self.id, &self.access_token_id, self.terms.user_id);
        tx.foresee(read_at, key, Granted::statement(), || Granted(presented()));
        Ok(())
    }
}

fn list(values: &(impl Serialize + ?Sized)) -> Result<Box<RawValue>> {
    serde_json::value::to_raw_value(values).map_err(Error::internal)
}

#[derive(Serialize)]
struct AccessTokenRevoked {}

impl AuditEvent for AccessTokenRevoked {
    const TYPE: &'static str = "oidc_session.access_token.revoked";
}

/// Ends the access token of a session; a session that is already gone stays gone.
pub(crate) async fn revoke(ctx: &mut Context, session_id: &str, org_id: &str) -> Result<()> {
    let statement = statement!("DELETE FROM oidc_sessions WHERE instance_id = $1 AND id = $2");
    if ctx.tx().await?.execute(statement, &[session_id.into()]).await? > 0 {
        ctx.record(&Aggregate::new("oidc_session", session_id, org_id), &AccessTokenRevoked {}).await?;
    }
    Ok(())
}

/// Removes sessions whose access token ended before `before`, at most `most` of them: a background job.
pub(crate) async fn remove_expired(connection: &mut Connection, before: Timestamp, most: i64) -> Result<u64> {
    let statement = castellan_db::global_statement!(
        "DELETE FROM oidc_sessions WHERE (instance_id, id) IN
           (SELECT instance_id, id FROM oidc_sessions WHERE access_token_expires_at < $1 LIMIT $2)"
    );
    connection.execute(statement, &[before.into(), most.into()]).await
}
