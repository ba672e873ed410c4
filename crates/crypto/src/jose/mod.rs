//! JSON Web Keys (RFC 7517), Signatures (RFC 7515, 8037) and Tokens (RFC 7519): signing, verifying and checking of claims.
//!
//! A key knows which algorithms it may be used with, and the caller names those it accepts; the token's header never decides.

mod algorithm;
mod certificate;
mod claims;
mod compact;
mod jwk;
mod public_key;
mod signing_key;
mod verifying_key;

pub use algorithm::{Algorithm, left_half_hash};
pub use certificate::Certificate;
pub use claims::{
    Audience, ClaimsError, Expectation, JwtError, NumericDate, RegisteredClaims, read_claims, verify_claims,
};
pub use compact::{Compact, Header, MAX_COMPACT_LENGTH, parse_compact};
pub use jwk::{Jwk, JwkSet};
pub use public_key::{Curve, KeyError, PublicKey};
pub use signing_key::{RsaBits, SigningKey};
pub use verifying_key::{VerifyError, VerifyingKey};

#[cfg(test)]
mod tests;
