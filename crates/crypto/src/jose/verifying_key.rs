//! A public key that verifies signatures, with the algorithms it may be used with.

use std::fmt;
use std::sync::OnceLock;

use aws_lc_rs::signature::{self, ParsedPublicKey, VerificationAlgorithm};

use super::{Algorithm, Compact, Curve, Jwk, KeyError, PublicKey};

const RSA_ALGORITHMS: &[Algorithm] =
    &[Algorithm::RS256, Algorithm::RS384, Algorithm::RS512, Algorithm::PS256, Algorithm::PS384, Algorithm::PS512];

/// Why a signature is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// The header's algorithm is unknown, not accepted here, or not one of this key.
    #[error("the signature algorithm of the token is not accepted for this key")]
    Algorithm,
    /// The signature is not one of this key over this content.
    #[error("the signature does not match")]
    Signature,
}

/// A public key made ready to verify; keep it when more than one signature is expected.
pub struct VerifyingKey {
    public: PublicKey,
    algorithms: &'static [Algorithm],
    /// Beside `algorithms`: the provider binds a parsed key to one algorithm, and most keys only ever see one.
    parsed: [OnceLock<Option<ParsedPublicKey>>; 6],
}

impl VerifyingKey {
    /// Makes a public key ready, for every algorithm of its kind.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] if the numbers are no key (a point off its curve, for example).
    pub fn new(public: PublicKey) -> Result<Self, KeyError> {
        let algorithms = match &public {
            PublicKey::Rsa { .. } => RSA_ALGORITHMS,
            PublicKey::Ec { curve: Curve::P256, .. } => &[Algorithm::ES256],
            PublicKey::Ec { curve: Curve::P384, .. } => &[Algorithm::ES384],
            PublicKey::Ec { curve: Curve::P521, .. } => &[Algorithm::ES512],
            PublicKey::Ed25519(_) => &[Algorithm::EdDSA],
        };
        let key = Self { public, algorithms, parsed: Default::default() };
        key.parsed(0).ok_or(KeyError::Malformed)?;
        Ok(key)
    }

    /// From a JWK; its `alg`, if it has one, is then the only algorithm of the key.
    ///
    /// # Errors
    /// [`KeyError`] if it is no signature key, is malformed, or names an algorithm that does not fit its kind.
    pub fn from_jwk(jwk: &Jwk) -> Result<Self, KeyError> {
        if jwk.use_.as_deref().is_some_and(|usage| usage != "sig") {
            return Err(KeyError::Unsupported);
        }
        let key = Self::new(PublicKey::from_jwk(jwk)?)?;
        match jwk.alg.as_deref() {
            None => Ok(key),
            Some(name) => key.restricted_to(name.parse().map_err(|()| KeyError::Unsupported)?),
        }
    }

    /// From PEM: SubjectPublicKeyInfo or PKCS#1, whatever the label says, or an X.509 certificate.
    ///
    /// # Errors
    /// [`KeyError`] if it is none of them or the numbers are no key.
    pub fn from_pem(text: &[u8]) -> Result<Self, KeyError> {
        Self::new(PublicKey::from_pem(text)?)
    }

    /// The same key for one algorithm only.
    ///
    /// # Errors
    /// [`KeyError::WrongAlgorithm`] if the algorithm does not belong to the kind of key.
    pub fn restricted_to(mut self, algorithm: Algorithm) -> Result<Self, KeyError> {
        let position = self.algorithms.iter().position(|known| *known == algorithm).ok_or(KeyError::WrongAlgorithm)?;
        self.algorithms = &self.algorithms[position..=position];
        self.parsed = Default::default();
        Ok(self)
    }

    /// The algorithms of this key.
    pub fn algorithms(&self) -> &'static [Algorithm] {
        self.algorithms
    }

    /// The key itself.
    pub fn public_key(&self) -> &PublicKey {
        &self.public
    }

    /// Verifies the signature of a token. Its algorithm must be one of `accepted` and one of this key.
    ///
    /// # Errors
    /// [`VerifyError`] says which of the two it was: the algorithm or the signature.
    pub fn verify(&self, token: &Compact<'_>, accepted: &[Algorithm]) -> Result<(), VerifyError> {
        let algorithm: Algorithm = token.header.alg.parse().map_err(|()| VerifyError::Algorithm)?;
        if !accepted.contains(&algorithm) {
            return Err(VerifyError::Algorithm);
        }
        self.verify_signature(algorithm, token.signing_input.as_bytes(), &token.signature)
    }

    /// Verifies a detached signature in JOSE's form (ECDSA: r and s at full length).
    ///
    /// # Errors
    /// [`VerifyError`] if the algorithm is not one of this key or the signature does not match.
    pub fn verify_signature(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> Result<(), VerifyError> {
        let position = self.algorithms.iter().position(|known| *known == algorithm).ok_or(VerifyError::Algorithm)?;
        let key = self.parsed(position).ok_or(VerifyError::Signature)?;
        key.verify_sig(message, signature).map_err(|_| VerifyError::Signature)
    }

    fn parsed(&self, position: usize) -> Option<&ParsedPublicKey> {
        let algorithm = *self.algorithms.get(position)?;
        let parse = || ParsedPublicKey::new(provider_algorithm(algorithm), self.public.raw()).ok();
        self.parsed.get(position)?.get_or_init(parse).as_ref()
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifyingKey").field("public", &self.public).field("algorithms", &self.algorithms).finish()
    }
}

fn provider_algorithm(algorithm: Algorithm) -> &'static dyn VerificationAlgorithm {
    match algorithm {
        Algorithm::RS256 => &signature::RSA_PKCS1_2048_8192_SHA256,
        Algorithm::RS384 => &signature::RSA_PKCS1_2048_8192_SHA384,
        Algorithm::RS512 => &signature::RSA_PKCS1_2048_8192_SHA512,
        Algorithm::PS256 => &signature::RSA_PSS_2048_8192_SHA256,
        Algorithm::PS384 => &signature::RSA_PSS_2048_8192_SHA384,
        Algorithm::PS512 => &signature::RSA_PSS_2048_8192_SHA512,
        Algorithm::ES256 => &signature::ECDSA_P256_SHA256_FIXED,
        Algorithm::ES384 => &signature::ECDSA_P384_SHA384_FIXED,
        Algorithm::ES512 => &signature::ECDSA_P521_SHA512_FIXED,
        Algorithm::EdDSA => &signature::ED25519,
    }
}
