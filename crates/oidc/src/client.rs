//! Client authentication of applications: secret by header or form, or a signed assertion (`spec: oauth.md 4.3`).

use std::sync::Arc;

use castellan_crypto::assertion::{self, Rules};
use castellan_crypto::jose::VerifyingKey;
use castellan_crypto::{fingerprint, secrets};
use castellan_db::{Connection, Question, Recalled, Remember, memory_key};
use castellan_kernel::Timestamp;
use castellan_projects::applications::{self, Client, ClientKind};

use crate::error::{OAuthError, OAuthResult};
use crate::form::{Parameters, basic_credentials};

/// The assertion type of RFC 7523 2.2.
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Credentials of a client as the request carries them.
#[derive(Debug)]
pub enum Credentials {
    /// Id and secret; the secret is empty for public clients.
    Secret {
        /// The client id.
        id: String,
        /// The secret.
        secret: String,
    },
    /// A signed assertion.
    Assertion(String),
}

impl Credentials {
    /// Under what a client that they prove is remembered.
    fn key(&self, instance_id: &str, issuer: &str) -> Vec<u8> {
        let (kind, id, secret) = match self {
            Self::Secret { id, secret } => ("secret", id.as_str(), secret),
            Self::Assertion(text) => ("assertion", "", text),
        };
        let parts = [kind, id, instance_id, issuer].map(str::as_bytes);
        memory_key(&[&fingerprint(secret.as_bytes()), parts[0], parts[1], parts[2], parts[3]])
    }
}

/// Reads the credentials of a request; a Basic header overrides the form.
///
/// # Errors
/// `invalid_client` for a broken header, `invalid_request` when there are none.
pub fn credentials(authorization: Option<&str>, parameters: &Parameters) -> OAuthResult<Option<Credentials>> {
    if let Some((id, secret)) = basic_credentials(authorization)? {
        return Ok(Some(Credentials::Secret { id, secret }));
    }
    if let Some(assertion) = parameters.get("client_assertion")? {
        let kind = parameters.get("client_assertion_type")?.unwrap_or_default();
        if kind != ASSERTION_TYPE {
            return Err(OAuthError::invalid_request(format!("invalid client_assertion_type {kind}")));
        }
        return Ok(Some(Credentials::Assertion(assertion.to_owned())));
    }
    let Some(id) = parameters.get("client_id")? else { return Ok(None) };
    let secret = parameters.get("client_secret")?.unwrap_or_default();
    Ok(Some(Credentials::Secret { id: id.to_owned(), secret: secret.to_owned() }))
}

/// Why a client did not authenticate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientRefusal {
    /// No active application has this client id.
    Unknown,
    /// A secret is needed and none was sent.
    EmptySecret,
    /// The secret is wrong.
    InvalidSecret,
    /// An assertion is needed and none was sent.
    EmptyAssertion,
    /// The assertion is not a JWT at all.
    MalformedAssertion,
    /// The assertion does not verify.
    InvalidAssertion,
}

/// A client that has proven who it is, for as long as the same proof holds.
struct Proven {
    client: Arc<Client>,
    until: Timestamp,
}

impl Remember for Proven {
    const BUDGET: u64 = 1 << 20;

    fn weight(&self) -> u64 {
        size_of::<Self>() as u64
    }
}

/// Authenticates an application. Public clients (method `none`) pass by their id alone.
///
/// # Errors
/// When storage does not answer; a refusal is an `Ok(Err(…))`.
pub async fn authenticate(
    connection: &mut Connection,
    credentials: &Credentials,
    issuer: &str,
    now: Timestamp,
) -> castellan_kernel::Result<Result<Arc<Client>, ClientRefusal>> {
    let key = credentials.key(connection.instance().unwrap_or_default(), issuer);
    let recording = match connection.recall::<Proven>(key).await? {
        Recalled::Known(proven) if now < proven.until => return Ok(Ok(Arc::clone(&proven.client))),
        Recalled::Known(_) => return Ok(Err(ClientRefusal::InvalidAssertion)),
        Recalled::Unknown(recording) => recording,
    };
    Ok(match prove(connection, credentials, issuer, now).await? {
        Ok((client, until)) => {
            connection.keep(recording, Proven { client: Arc::clone(&client), until });
            Ok(client)
        }
        Err(refusal) => Err(refusal),
    })
}

/// The client, and until when the same credentials would prove it.
async fn prove(
    connection: &mut Connection,
    credentials: &Credentials,
    issuer: &str,
    now: Timestamp,
) -> castellan_kernel::Result<Result<(Arc<Client>, Timestamp), ClientRefusal>> {
    let (id, assertion) = match credentials {
        Credentials::Secret { id, .. } => (id.clone(), None),
        Credentials::Assertion(text) => match assertion::peek(text).map(|peeked| peeked.issuer().map(str::to_owned)) {
            Ok(Some(id)) => (id, Some(text)),
            Ok(None) => return Ok(Err(ClientRefusal::InvalidAssertion)),
            Err(_) => return Ok(Err(ClientRefusal::MalformedAssertion)),
        },
    };
    let Some(client) = applications::client_by_id(connection, &id).await?.filter(|client| client.active) else {
        return Ok(Err(ClientRefusal::Unknown));
    };
    if client.uses_private_key() {
        let Some(text) = assertion else { return Ok(Err(ClientRefusal::EmptyAssertion)) };
        let until = verify(connection, &client, text, issuer, now).await?;
        return Ok(until.map(|until| (client, until)).ok_or(ClientRefusal::InvalidAssertion));
    }
    if client.kind == ClientKind::Oidc && client.is_public() {
        return Ok(Ok((client, Timestamp::NEVER)));
    }
    let Credentials::Secret { secret, .. } = credentials else { return Ok(Err(ClientRefusal::InvalidSecret)) };
    let verdict = match &client.secret_hash {
        _ if secret.is_empty() => Err(ClientRefusal::EmptySecret),
        Some(hash) if secrets::verify_secret(hash, secret).unwrap_or(false) => Ok((client, Timestamp::NEVER)),
        _ => Err(ClientRefusal::InvalidSecret),
    };
    Ok(verdict)
}

/// What [`authenticate`] will ask, to be announced.
pub fn questions(credentials: &Credentials, now: Timestamp) -> Vec<Question> {
    match credentials {
        Credentials::Secret { id, .. } => vec![applications::client_question(id)],
        Credentials::Assertion(text) => {
            let Ok(peeked) = assertion::peek(text) else { return Vec::new() };
            let Some(id) = peeked.issuer() else { return Vec::new() };
            let key = peeked.kid().map(|kid| applications::verification_question(id, kid, now));
            std::iter::once(applications::client_question(id)).chain(key).collect()
        }
    }
}

/// Until when the assertion proves the client; `None` if it does not.
async fn verify(
    connection: &mut Connection,
    client: &Client,
    text: &str,
    issuer: &str,
    now: Timestamp,
) -> castellan_kernel::Result<Option<Timestamp>> {
    let Ok(peeked) = assertion::peek(text) else { return Ok(None) };
    let Some(kid) = peeked.kid() else { return Ok(None) };
    let Some(stored) = applications::verification_key(connection, &client.client_id, kid, now).await? else {
        return Ok(None);
    };
    let Ok(key) = VerifyingKey::from_pem(&stored.pem) else { return Ok(None) };
    let rules = Rules { audience: issuer, issuer: Some(&client.client_id), now, offset_seconds: 1 };
    let verified = peeked.verify(&key, &rules);
    Ok(verified.ok().map(|assertion| assertion.valid_until(&rules).min(stored.expires_at)))
}

/// The refusal as the token and revocation endpoints answer it.
impl From<ClientRefusal> for OAuthError {
    fn from(refusal: ClientRefusal) -> Self {
        Self::invalid_client(match refusal {
            ClientRefusal::Unknown => "no active client not found",
            ClientRefusal::EmptySecret => "empty client secret",
            ClientRefusal::InvalidSecret => "invalid secret",
            ClientRefusal::EmptyAssertion => "empty client assertion",
            ClientRefusal::MalformedAssertion | ClientRefusal::InvalidAssertion => "invalid assertion",
        })
    }
}
