//! Assertions: the signed tokens by which service users, applications and system users prove who they are (oauth.md 4.3).
//!
//! First [`peek`] to learn which key is claimed, then look that key up, then [`UnverifiedAssertion::verify`].

use castellan_kernel::Timestamp;

use crate::jose::{
    Algorithm, Audience, Compact, RegisteredClaims, VerifyError, VerifyingKey, parse_compact, read_claims,
};

/// The only algorithms an assertion may be signed with.
pub const ASSERTION_ALGORITHMS: &[Algorithm] = &[Algorithm::RS256, Algorithm::ES256, Algorithm::PS256];

/// An assertion older than this many seconds is refused, whatever its `exp` says.
pub const MAX_AGE_SECONDS: i64 = 3600;

/// A stored public key that assertions may be signed with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredKey {
    /// The key, as PEM.
    pub pem: Vec<u8>,
    /// From then on it does not exist.
    pub expires_at: Timestamp,
}

/// What an assertion is checked against.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'a> {
    /// Who must be in `aud`: the issuer of the requested host, or the external base URL for system users.
    pub audience: &'a str,
    /// The only `iss` accepted, where the caller knows it already; `None`: any.
    pub issuer: Option<&'a str>,
    /// The current time.
    pub now: Timestamp,
    /// The tolerance in seconds: 1, or the clock skew of the application.
    pub offset_seconds: i64,
}

/// An assertion whose claims are proven.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the claims by their registered names")]
pub struct Assertion {
    pub iss: String,
    pub sub: String,
    pub aud: Audience,
    pub exp: Timestamp,
    pub iat: Timestamp,
    pub jti: Option<String>,
}

/// Why an assertion is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AssertionError {
    /// Not a compact JWS with a JSON object of claims.
    #[error("the assertion is not a signed JSON Web Token")]
    Malformed,
    /// The algorithm is not RS256, ES256 or PS256, or does not fit the key.
    #[error("the assertion must be signed with RS256, ES256 or PS256, fitting the key")]
    Algorithm,
    /// `iss` is missing or not the expected one.
    #[error("the issuer (iss) of the assertion is missing or not the expected one")]
    Issuer,
    /// `sub` is not `iss`.
    #[error("the subject (sub) of the assertion must be its issuer (iss)")]
    Subject,
    /// `aud` lacks this server.
    #[error("the audience (aud) of the assertion does not contain this issuer")]
    Audience,
    /// `exp` is missing or not later than now.
    #[error("the assertion has expired (exp)")]
    Expired,
    /// `nbf` lies in the future.
    #[error("the assertion is not valid yet (nbf)")]
    NotYetValid,
    /// There is no `iat`.
    #[error("the assertion lacks its time of issue (iat)")]
    IssuedAtMissing,
    /// `iat` lies in the future.
    #[error("the assertion was issued in the future (iat)")]
    IssuedInFuture,
    /// `iat` is more than an hour ago.
    #[error("the assertion is older than an hour (iat)")]
    TooOld,
    /// No usable key has that id.
    #[error("the key (kid) of the assertion is unknown or has expired")]
    UnknownKey,
    /// The signature does not match.
    #[error("the signature of the assertion does not match its key")]
    Signature,
}

/// An assertion that was only read. Nothing it says is proven: use it to find the key and for nothing else.
#[derive(Debug)]
pub struct UnverifiedAssertion<'a> {
    token: Compact<'a>,
    claims: RegisteredClaims,
}

/// Reads an assertion without verifying it.
///
/// # Errors
/// [`AssertionError::Malformed`] if it is no signed token.
pub fn peek(token: &str) -> Result<UnverifiedAssertion<'_>, AssertionError> {
    let token = parse_compact(token).ok_or(AssertionError::Malformed)?;
    let claims = read_claims(&token).map_err(|_| AssertionError::Malformed)?;
    Ok(UnverifiedAssertion { token, claims })
}

impl UnverifiedAssertion<'_> {
    /// The id of the key it claims to be signed with.
    pub fn kid(&self) -> Option<&str> {
        self.token.header.kid.as_deref()
    }

    /// Who it claims to come from: a client id, a user id or the name of a system user.
    pub fn issuer(&self) -> Option<&str> {
        self.claims.iss.as_deref()
    }

    /// Checks every rule and the signature.
    ///
    /// # Errors
    /// The first rule that is broken; the signature is looked at last.
    pub fn verify(self, key: &VerifyingKey, rules: &Rules<'_>) -> Result<Assertion, AssertionError> {
        let claims = self.claims;
        let iss = claims.iss.filter(|iss| !iss.is_empty()).ok_or(AssertionError::Issuer)?;
        if rules.issuer.is_some_and(|issuer| issuer != iss) {
            return Err(AssertionError::Issuer);
        }
        let sub = claims.sub.filter(|sub| *sub == iss).ok_or(AssertionError::Subject)?;
        if !claims.aud.contains(rules.audience) {
            return Err(AssertionError::Audience);
        }
        let latest = rules.now.plus_seconds(rules.offset_seconds);
        let exp = claims.exp.ok_or(AssertionError::Expired)?.timestamp();
        if exp <= latest {
            return Err(AssertionError::Expired);
        }
        if claims.nbf.is_some_and(|nbf| nbf.timestamp() > latest) {
            return Err(AssertionError::NotYetValid);
        }
        let iat = claims.iat.ok_or(AssertionError::IssuedAtMissing)?.timestamp();
        if iat > latest {
            return Err(AssertionError::IssuedInFuture);
        }
        if iat < rules.now.plus_seconds(-MAX_AGE_SECONDS) {
            return Err(AssertionError::TooOld);
        }
        key.verify(&self.token, ASSERTION_ALGORITHMS).map_err(|error| match error {
            VerifyError::Algorithm => AssertionError::Algorithm,
            VerifyError::Signature => AssertionError::Signature,
        })?;
        Ok(Assertion { iss, sub, aud: claims.aud, exp, iat, jti: claims.jti })
    }
}

impl Assertion {
    /// From when on the same assertion would be refused under the same rules.
    pub fn valid_until(&self, rules: &Rules<'_>) -> Timestamp {
        self.exp.plus_seconds(-rules.offset_seconds).min(self.iat.plus_seconds(MAX_AGE_SECONDS))
    }
}

/// Reads and verifies in one step, where keys can be looked up without waiting: `find_key` gets `kid` and `iss`, both unproven.
///
/// # Errors
/// The first rule that is broken.
pub fn verify<'k>(
    token: &str,
    rules: &Rules<'_>,
    find_key: impl FnOnce(Option<&str>, Option<&str>) -> Option<&'k VerifyingKey>,
) -> Result<Assertion, AssertionError> {
    let assertion = peek(token)?;
    let key = find_key(assertion.kid(), assertion.issuer()).ok_or(AssertionError::UnknownKey)?;
    assertion.verify(key, rules)
}

#[cfg(test)]
mod tests;
