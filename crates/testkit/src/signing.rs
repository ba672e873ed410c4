//! Signing as clients do: key files, assertions, and verifying tokens with a published key set.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use castellan_crypto::jose::{Algorithm, JwkSet, SigningKey, VerifyingKey, parse_compact};
use serde_json::{Value, json};

/// The key file (JSON) that a client was given.
pub struct KeyFile {
    /// The whole content.
    pub content: Value,
    key: SigningKey,
}

impl KeyFile {
    /// Reads the base64 text that the APIs answer (`keyDetails`, `keyContent`).
    pub fn from_base64(text: &str) -> Self {
        let content: Value = serde_json::from_slice(&STANDARD.decode(text).unwrap()).unwrap();
        let kid = content["keyId"].as_str().unwrap();
        let key = SigningKey::from_pem(kid, Algorithm::RS256, content["key"].as_str().unwrap().as_bytes()).unwrap();
        Self { content, key }
    }

    /// The key, to sign with.
    pub fn key(&self) -> &SigningKey {
        &self.key
    }

    /// A good assertion of the service user or application of this file, for that audience.
    pub fn assertion(&self, audience: &str, now: i64) -> Assertion<'_> {
        let subject = self.content["userId"].as_str().or(self.content["clientId"].as_str()).unwrap();
        Assertion::new(&self.key, subject, audience, now)
    }
}

/// An assertion whose claims a test may spoil before it is signed.
pub struct Assertion<'a> {
    key: &'a SigningKey,
    /// The claims.
    pub claims: Value,
}

impl<'a> Assertion<'a> {
    /// A good assertion.
    pub fn new(key: &'a SigningKey, subject: &str, audience: &str, now: i64) -> Self {
        let claims = json!({ "iss": subject, "sub": subject, "aud": [audience], "iat": now, "exp": now + 600 });
        Self { key, claims }
    }

    /// Sets a claim; `null` removes it.
    #[must_use]
    pub fn with(mut self, name: &str, value: Value) -> Self {
        if value.is_null() {
            self.claims.as_object_mut().unwrap().remove(name);
        } else {
            self.claims[name] = value;
        }
        self
    }

    /// The signed text.
    pub fn sign(&self) -> String {
        self.key.sign("JWT", self.claims.to_string().as_bytes()).unwrap()
    }
}

/// Header and claims of a JWT, unverified.
pub fn read_jwt(token: &str) -> (Value, Value) {
    let mut parts = token.split('.');
    let mut part =
        || -> Value { serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts.next().unwrap()).unwrap()).unwrap() };
    (part(), part())
}

/// Whether the key of the token's `kid` in a published key set verifies it, as a client would do.
pub fn verify_with_jwks(token: &str, jwks: &Value) -> bool {
    let set = JwkSet::parse(jwks.to_string().as_bytes()).unwrap();
    let parsed = parse_compact(token).unwrap();
    let Some(jwk) = parsed.header.kid.as_deref().and_then(|kid| set.find(kid)) else { return false };
    VerifyingKey::from_jwk(jwk).unwrap().verify(&parsed, &Algorithm::ALL).is_ok()
}
