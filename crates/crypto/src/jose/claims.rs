//! Claims of tokens (RFC 7519 section 4): their types, and the checks that every verified token must pass.

use std::fmt;

use castellan_kernel::Timestamp;
use serde::de::{self, DeserializeOwned, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::{Algorithm, Compact, VerifyError, VerifyingKey, parse_compact};

/// The audience: a text or a list of texts on the wire, always written as a list.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(transparent)]
pub struct Audience(pub Vec<String>);

impl Audience {
    /// Whether this party is among those the token is meant for; compared exactly.
    pub fn contains(&self, party: &str) -> bool {
        self.0.iter().any(|member| member == party)
    }
}

impl<'de> Deserialize<'de> for Audience {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextOrList;
        impl<'de> Visitor<'de> for TextOrList {
            type Value = Audience;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a list of texts")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Audience, E> {
                Ok(Audience(vec![text.to_owned()]))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Audience, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = list.next_element()? {
                    members.push(member);
                }
                Ok(Audience(members))
            }
            fn visit_unit<E: de::Error>(self) -> Result<Audience, E> {
                Ok(Audience::default())
            }
        }
        deserializer.deserialize_any(TextOrList)
    }
}

/// A point in time as a JSON number of seconds since the epoch; a fraction is cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct NumericDate(pub i64);

impl NumericDate {
    /// The same time, in microseconds.
    pub const fn timestamp(self) -> Timestamp {
        Timestamp::from_seconds(self.0)
    }
}

impl From<Timestamp> for NumericDate {
    fn from(time: Timestamp) -> Self {
        Self(time.seconds())
    }
}

impl<'de> Deserialize<'de> for NumericDate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = serde_json::Number::deserialize(deserializer)?;
        if let Some(whole) = number.as_i64() {
            return Ok(Self(whole));
        }
        // 2^62 seconds are far beyond any calendar, and a float that large has no fraction to lose.
        #[allow(clippy::cast_possible_truncation, reason = "the guard keeps it in range")]
        match number.as_f64() {
            Some(seconds) if seconds.abs() < 4.6e18 => Ok(Self(seconds.floor() as i64)),
            _ => Err(de::Error::custom("not a time in seconds")),
        }
    }
}

/// The registered claims (RFC 7519 section 4.1).
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[allow(missing_docs, reason = "the claims by their registered names")]
pub struct RegisteredClaims {
    #[serde(default)]
    pub iss: Option<String>,
    #[serde(default)]
    pub sub: Option<String>,
    #[serde(default)]
    pub aud: Audience,
    #[serde(default)]
    pub exp: Option<NumericDate>,
    #[serde(default)]
    pub nbf: Option<NumericDate>,
    #[serde(default)]
    pub iat: Option<NumericDate>,
    #[serde(default)]
    pub jti: Option<String>,
}

/// What a token must say to be accepted.
#[derive(Debug, Clone, Copy)]
pub struct Expectation<'a> {
    /// The only issuer accepted; `None`: any.
    pub issuer: Option<&'a str>,
    /// A party that must be in the audience; `None`: not looked at.
    pub audience: Option<&'a str>,
    /// The current time.
    pub now: Timestamp,
    /// Seconds by which clocks may differ: a token is accepted that much after `exp` and before `nbf` or `iat`.
    pub leeway_seconds: i64,
    /// Accept a token whose `exp` has passed or is missing (an id token as a hint at logout).
    pub accept_expired: bool,
}

/// Which claim is not as expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClaimsError {
    /// `iss` is missing or another.
    #[error("the issuer (iss) of the token is not the expected one")]
    Issuer,
    /// `aud` does not contain the expected party.
    #[error("the audience (aud) of the token does not contain the expected party")]
    Audience,
    /// `exp` is missing or has passed.
    #[error("the token has expired (exp)")]
    Expired,
    /// `nbf` lies in the future.
    #[error("the token is not valid yet (nbf)")]
    NotYetValid,
    /// `iat` lies in the future.
    #[error("the token was issued in the future (iat)")]
    IssuedInFuture,
}

impl Expectation<'_> {
    /// Checks the registered claims.
    ///
    /// # Errors
    /// The first claim that is not as expected.
    pub fn check(&self, claims: &RegisteredClaims) -> Result<(), ClaimsError> {
        if self.issuer.is_some_and(|issuer| claims.iss.as_deref() != Some(issuer)) {
            return Err(ClaimsError::Issuer);
        }
        if self.audience.is_some_and(|party| !claims.aud.contains(party)) {
            return Err(ClaimsError::Audience);
        }
        let earliest = self.now.plus_seconds(self.leeway_seconds.saturating_neg());
        let latest = self.now.plus_seconds(self.leeway_seconds);
        if !self.accept_expired && claims.exp.is_none_or(|exp| exp.timestamp() <= earliest) {
            return Err(ClaimsError::Expired);
        }
        if claims.nbf.is_some_and(|nbf| nbf.timestamp() > latest) {
            return Err(ClaimsError::NotYetValid);
        }
        if claims.iat.is_some_and(|iat| iat.timestamp() > latest) {
            return Err(ClaimsError::IssuedInFuture);
        }
        Ok(())
    }
}

/// Why a token is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JwtError {
    /// Not a compact JWS, or its payload is not a JSON object with claims of the right types.
    #[error("not a signed JSON Web Token")]
    Malformed,
    /// No key is known for it.
    #[error("no key is known for the token")]
    UnknownKey,
    /// The signature is not accepted.
    #[error(transparent)]
    Signature(#[from] VerifyError),
    /// A claim is not as expected.
    #[error(transparent)]
    Claims(#[from] ClaimsError),
}

/// Reads the payload of a token as claims of any type, without verifying anything.
///
/// # Errors
/// [`JwtError::Malformed`] if it is not a JSON object of that type.
pub fn read_claims<T: DeserializeOwned>(token: &Compact<'_>) -> Result<T, JwtError> {
    let object = token.payload.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
    object.then_some(()).ok_or(JwtError::Malformed)?;
    serde_json::from_slice(&token.payload).map_err(|_| JwtError::Malformed)
}

/// Verifies a token: its form, the signature by the key that `find_key` returns for the header's `kid`, and the expectation.
///
/// Returns the registered claims, and the whole payload as `T`.
///
/// # Errors
/// [`JwtError`] says what was wrong.
pub fn verify_claims<'k, T: DeserializeOwned>(
    token: &str,
    accepted: &[Algorithm],
    expectation: &Expectation<'_>,
    find_key: impl FnOnce(Option<&str>) -> Option<&'k VerifyingKey>,
) -> Result<(RegisteredClaims, T), JwtError> {
    let token = parse_compact(token).ok_or(JwtError::Malformed)?;
    let key = find_key(token.header.kid.as_deref()).ok_or(JwtError::UnknownKey)?;
    key.verify(&token, accepted)?;
    let registered: RegisteredClaims = read_claims(&token)?;
    expectation.check(&registered)?;
    Ok((registered, read_claims(&token)?))
}
