//! What a presented token stands for. One reading serves userinfo, introspection, revocation and the API's door
//! (`spec: oauth.md 4.6, 4.7, 5.2`).

use std::sync::Arc;

use castellan_crypto::fingerprint;
use castellan_crypto::jose::{Algorithm, parse_compact};
use castellan_crypto::opaque::{OpaqueKey, open_token};
use castellan_db::{Connection, Question, Remember, Row, Statement, Text, memory_key, statement};
use castellan_kernel::{Result, Timestamp};
use serde::Deserialize;

use crate::issuer::verifying_keys;
use crate::scope::Scopes;
use crate::texts::Texts;

/// What kind of token it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// The access token of an OIDC session.
    Access,
    /// A personal access token.
    Personal,
}

/// A valid token of an active user.
#[derive(Debug, Clone)]
pub struct Presented {
    /// Access token or personal access token.
    pub kind: TokenKind,
    /// `jti` of introspection: `<session>-<token>`, or the token's id.
    pub token_id: String,
    /// The OIDC session, for access tokens.
    pub session_id: Option<Text>,
    /// Whose token it is.
    pub user_id: Text,
    /// That user's organization.
    pub org_id: Text,
    /// 1 human, 2 machine.
    pub user_kind: i64,
    /// The user's preferred language, if set.
    pub language: Option<String>,
    /// The client that the token was issued to; empty for personal access tokens.
    pub client_id: Text,
    /// The audience; empty for personal access tokens.
    pub audience: Texts,
    /// The granted scopes.
    pub scopes: Scopes,
    /// `password`, `private_key`; empty for personal access tokens.
    pub auth_method: Text,
    /// When the user signed in, for access tokens.
    pub auth_time: Option<Timestamp>,
    /// When the token was issued.
    pub issued_at: Timestamp,
    /// From then on it is void.
    pub expires_at: Timestamp,
}

/// The access token of a session that was just opened, for its first use: as a rule, that comes at once.
#[derive(Clone)]
pub(crate) struct Granted(pub Presented);

impl Remember for Granted {
    const BUDGET: u64 = 512 << 10;
    const PART_FOR_NEW: f64 = 0.8;

    fn weight(&self) -> u64 {
        let presented = &self.0;
        let texts = presented.audience.weight() + presented.scopes.as_texts().weight();
        (size_of::<Self>() + texts + 256) as u64
    }
}

impl Granted {
    /// Under what it is remembered.
    pub(crate) fn key(connection: &Connection, session_id: &str, token_id: &str, user_id: &str) -> Vec<u8> {
        connection.key(&[session_id, token_id, user_id])
    }

    /// What would find it in storage.
    pub(crate) fn statement() -> &'static Statement {
        access_statement()
    }
}

/// Why a token is not good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Unknown, malformed, expired, revoked.
    Invalid,
    /// The user is deactivated, locked or gone.
    UserNotActive,
}

#[derive(Deserialize)]
struct TokenClaims {
    iss: String,
    sub: String,
    jti: String,
    exp: i64,
}

/// Under what something that follows from a token is remembered: a digest, so that tokens themselves are not kept, nor compared
/// in a time that depends on them. `more` is what else it follows from.
pub fn key(instance_id: &str, origin: &str, token: &str, more: &str) -> Vec<u8> {
    memory_key(&[&fingerprint(token.as_bytes()), instance_id.as_bytes(), origin.as_bytes(), more.as_bytes()])
}

/// Reads a token string against storage at `now`.
///
/// # Errors
/// When storage does not answer; a bad token is an `Ok(Err(…))`.
pub async fn read(
    connection: &mut Connection,
    seal: &OpaqueKey,
    issuer: &str,
    token: &str,
    now: Timestamp,
) -> Result<std::result::Result<Presented, Refusal>> {
    if let Some(plaintext) = open_token(seal, token) {
        return match Opened::read(&plaintext) {
            Some(Opened::Access { session, token, subject }) => {
                access_token(connection, session, token, subject, now).await
            }
            Some(Opened::Personal { token, subject }) => {
                personal_access_token(connection, token, &personal_question(token, subject, now)).await
            }
            None => Ok(Err(Refusal::Invalid)),
        };
    }
    let Some(claims) = verified_claims(connection, token).await? else { return Ok(Err(Refusal::Invalid)) };
    if claims.iss != issuer || claims.exp <= now.seconds() {
        return Ok(Err(Refusal::Invalid));
    }
    match claims.jti.split_once('-') {
        Some((session, access)) => access_token(connection, session, access, &claims.sub, now).await,
        None => Ok(Err(Refusal::Invalid)),
    }
}

/// What [`read`] will ask about an opaque token, to be announced, and whose token it is.
pub(crate) fn question(seal: &OpaqueKey, token: &str, now: Timestamp) -> Option<(String, Question)> {
    let plaintext = open_token(seal, token)?;
    Some(match Opened::read(&plaintext)? {
        Opened::Access { session, token, subject } => {
            (subject.to_owned(), access_question(session, token, subject, now))
        }
        Opened::Personal { token, subject } => (subject.to_owned(), personal_question(token, subject, now)),
    })
}

/// What stands in an opaque token.
enum Opened<'a> {
    Access { session: &'a str, token: &'a str, subject: &'a str },
    Personal { token: &'a str, subject: &'a str },
}

impl<'a> Opened<'a> {
    fn read(plaintext: &'a str) -> Option<Self> {
        let (id, subject) = plaintext.split_once(':')?;
        match id.split_once('-') {
            Some((session, token)) if session.starts_with("V2_") && token.starts_with("at_") => {
                Some(Self::Access { session, token, subject })
            }
            _ if id.contains('_') => None,
            _ => Some(Self::Personal { token: id, subject }),
        }
    }
}

async fn verified_claims(connection: &mut Connection, token: &str) -> Result<Option<TokenClaims>> {
    let Some(parsed) = parse_compact(token) else { return Ok(None) };
    let Some(kid) = parsed.header.kid.clone() else { return Ok(None) };
    let Some(key) = verifying_keys(connection, &kid).await? else { return Ok(None) };
    if key.verify(&parsed, &Algorithm::ALL).is_err() {
        return Ok(None);
    }
    Ok(serde_json::from_slice(&parsed.payload).ok())
}

async fn access_token(
    connection: &mut Connection,
    session_id: &str,
    token_id: &str,
    subject: &str,
    now: Timestamp,
) -> Result<std::result::Result<Presented, Refusal>> {
    let key = Granted::key(connection, session_id, token_id, subject);
    if let Some(granted) = connection.foreseen::<Granted>(&key).await? {
        let Granted(presented) = Arc::unwrap_or_clone(granted);
        return Ok(if now < presented.expires_at { Ok(presented) } else { Err(Refusal::Invalid) });
    }
    let question = access_question(session_id, token_id, subject, now);
    let Some(row) = connection.ask_one(&question).await? else { return Ok(Err(Refusal::Invalid)) };
    let issued_at = row.timestamp(10)?;
    if !is_active(&row, 3, 13)? {
        return Ok(Err(Refusal::UserNotActive));
    }
    if issued_at <= row.timestamp(12)? {
        return Ok(Err(Refusal::Invalid));
    }
    Ok(Ok(Presented {
        kind: TokenKind::Access,
        token_id: format!("{session_id}-{token_id}"),
        session_id: Some(session_id.into()),
        user_id: row.str(0)?.into(),
        org_id: row.str(1)?.into(),
        user_kind: row.int(2)?,
        language: language(&row, 4)?,
        client_id: row.str(5)?.into(),
        audience: row.json(6)?,
        scopes: Scopes::stored(row.json(7)?),
        auth_method: row.str(8)?.into(),
        auth_time: Some(row.timestamp(9)?),
        issued_at,
        expires_at: row.timestamp(11)?,
    }))
}

async fn personal_access_token(
    connection: &mut Connection,
    token_id: &str,
    question: &Question,
) -> Result<std::result::Result<Presented, Refusal>> {
    let Some(row) = connection.ask_one(question).await? else { return Ok(Err(Refusal::Invalid)) };
    if !is_active(&row, 3, 8)? {
        return Ok(Err(Refusal::UserNotActive));
    }
    Ok(Ok(Presented {
        kind: TokenKind::Personal,
        token_id: token_id.to_owned(),
        session_id: None,
        user_id: row.str(0)?.into(),
        org_id: row.str(1)?.into(),
        user_kind: row.int(2)?,
        language: language(&row, 4)?,
        client_id: Text::default(),
        audience: Texts::default(),
        scopes: Scopes::stored(row.json(5)?),
        auth_method: Text::default(),
        auth_time: None,
        issued_at: row.timestamp(6)?,
        expires_at: row.timestamp(7)?,
    }))
}

fn access_question(session_id: &str, token_id: &str, subject: &str, now: Timestamp) -> Question {
    Question::new(access_statement(), [session_id.into(), token_id.into(), subject.into(), now.into()])
}

fn access_statement() -> &'static Statement {
    statement!(keyed "SELECT s.user_id, u.org_id, u.kind, u.state, u.preferred_language, s.client_id, s.audience, s.scopes,
                s.auth_methods, s.auth_time, s.access_token_created_at, s.access_token_expires_at,
                u.tokens_void_until, o.state
         FROM oidc_sessions s
         JOIN users u ON u.instance_id = s.instance_id AND u.id = s.user_id
         JOIN organizations o ON o.instance_id = u.instance_id AND o.id = u.org_id
         WHERE s.instance_id = $1 AND s.id = $2 AND s.access_token_id = $3 AND s.user_id = $4
           AND s.access_token_expires_at > $5"
    )
}

fn personal_question(token_id: &str, subject: &str, now: Timestamp) -> Question {
    let statement = statement!(keyed "SELECT t.user_id, u.org_id, u.kind, u.state, u.preferred_language, t.scopes, t.created_at, t.expires_at, o.state
         FROM personal_access_tokens t
         JOIN users u ON u.instance_id = t.instance_id AND u.id = t.user_id
         JOIN organizations o ON o.instance_id = u.instance_id AND o.id = u.org_id
         WHERE t.instance_id = $1 AND t.id = $2 AND t.user_id = $3 AND t.expires_at > $4"
    );
    Question::new(statement, [token_id.into(), subject.into(), now.into()])
}

fn is_active(row: &Row, user_state: usize, org_state: usize) -> Result<bool> {
    Ok(row.int(user_state)? == 1 && row.int(org_state)? == 1)
}

fn language(row: &Row, index: usize) -> Result<Option<String>> {
    Ok(known_language(row.text(index)?))
}

/// The language of a user, if it is set.
pub(crate) fn known_language(language: String) -> Option<String> {
    Some(language).filter(|language| !language.is_empty() && language != "und")
}
