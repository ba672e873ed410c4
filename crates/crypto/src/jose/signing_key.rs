//! A private key that signs tokens: made, stored sealed as PKCS#8, and published as a JWK.

use std::fmt;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    self, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair, RsaEncoding, RsaKeyPair,
};
use serde_json::json;
use zeroize::Zeroizing;

use super::{Algorithm, Curve, Jwk, KeyError, PublicKey};
use crate::{base64url, pem};

/// The sizes of RSA keys that can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RsaBits {
    /// 2048 bits, the default.
    Rsa2048,
    /// 3072 bits.
    Rsa3072,
    /// 4096 bits.
    Rsa4096,
}

impl RsaBits {
    /// From the number of bits; `None` for other sizes.
    pub const fn from_bits(bits: u32) -> Option<Self> {
        match bits {
            2048 => Some(Self::Rsa2048),
            3072 => Some(Self::Rsa3072),
            4096 => Some(Self::Rsa4096),
            _ => None,
        }
    }
}

enum Pair {
    Rsa(Box<RsaKeyPair>),
    Ec(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

/// A private signing key with its id and its one algorithm.
pub struct SigningKey {
    kid: String,
    algorithm: Algorithm,
    pair: Pair,
    public: PublicKey,
    /// The encoded header of a plain `JWT`, which nearly every signature needs.
    jwt_header: String,
}

impl SigningKey {
    /// Draws a new RSA key. Takes tens of milliseconds and more for longer keys, so run it outside async workers.
    ///
    /// # Errors
    /// [`KeyError::WrongAlgorithm`] unless the algorithm is one of RSA; [`KeyError::Generation`] if the provider fails.
    pub fn generate_rsa(kid: impl Into<String>, bits: RsaBits, algorithm: Algorithm) -> Result<Self, KeyError> {
        if !algorithm.is_rsa() {
            return Err(KeyError::WrongAlgorithm);
        }
        let size = match bits {
            RsaBits::Rsa2048 => KeySize::Rsa2048,
            RsaBits::Rsa3072 => KeySize::Rsa3072,
            RsaBits::Rsa4096 => KeySize::Rsa4096,
        };
        let pair = RsaKeyPair::generate(size).map_err(|_| KeyError::Generation)?;
        Self::new(kid.into(), algorithm, Pair::Rsa(Box::new(pair)))
    }

    /// Draws a new key for this algorithm; ECDSA's curve follows from it, and RSA keys get 2048 bits.
    ///
    /// # Errors
    /// [`KeyError::Generation`] if the provider fails.
    pub fn generate(kid: impl Into<String>, algorithm: Algorithm) -> Result<Self, KeyError> {
        let pair = match ec_algorithm(algorithm) {
            Some((_, scheme)) => EcdsaKeyPair::generate(scheme).map(Pair::Ec),
            None if algorithm == Algorithm::EdDSA => Ed25519KeyPair::generate().map(Pair::Ed25519),
            None => return Self::generate_rsa(kid, RsaBits::Rsa2048, algorithm),
        };
        Self::new(kid.into(), algorithm, pair.map_err(|_| KeyError::Generation)?)
    }

    /// Reads a key that [`SigningKey::to_pkcs8`] wrote.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] if it is no key, or not one for this algorithm.
    pub fn from_pkcs8(kid: impl Into<String>, algorithm: Algorithm, pkcs8: &[u8]) -> Result<Self, KeyError> {
        let pair = match ec_algorithm(algorithm) {
            Some((_, scheme)) => EcdsaKeyPair::from_pkcs8(scheme, pkcs8).map(Pair::Ec),
            None if algorithm == Algorithm::EdDSA => {
                Ed25519KeyPair::from_pkcs8_maybe_unchecked(pkcs8).map(Pair::Ed25519)
            }
            None => RsaKeyPair::from_pkcs8(pkcs8).map(|pair| Pair::Rsa(Box::new(pair))),
        };
        Self::new(kid.into(), algorithm, pair.map_err(|_| KeyError::Malformed)?)
    }

    /// Reads a private key from PEM: PKCS#8, PKCS#1 (`RSA PRIVATE KEY`) or SEC 1 (`EC PRIVATE KEY`).
    ///
    /// # Errors
    /// [`KeyError::Malformed`] if it is no key, or not one for this algorithm.
    pub fn from_pem(kid: impl Into<String>, algorithm: Algorithm, text: &[u8]) -> Result<Self, KeyError> {
        let pem = pem::decode(text).ok_or(KeyError::Malformed)?;
        let pair = match (pem.label.as_str(), ec_algorithm(algorithm)) {
            ("RSA PRIVATE KEY", None) if algorithm.is_rsa() => {
                RsaKeyPair::from_der(&pem.content).map(|pair| Pair::Rsa(Box::new(pair)))
            }
            ("EC PRIVATE KEY", Some((_, scheme))) => {
                EcdsaKeyPair::from_private_key_der(scheme, &pem.content).map(Pair::Ec)
            }
            _ => return Self::from_pkcs8(kid, algorithm, &pem.content),
        };
        Self::new(kid.into(), algorithm, pair.map_err(|_| KeyError::Malformed)?)
    }

    fn new(kid: String, algorithm: Algorithm, pair: Pair) -> Result<Self, KeyError> {
        let public = match &pair {
            Pair::Rsa(pair) => PublicKey::from_pkcs1_der(pair.public_key().as_ref())?,
            Pair::Ec(pair) => {
                let (curve, _) = ec_algorithm(algorithm).ok_or(KeyError::WrongAlgorithm)?;
                PublicKey::from_point(curve, pair.public_key().as_ref())?
            }
            Pair::Ed25519(pair) => {
                PublicKey::Ed25519(pair.public_key().as_ref().try_into().map_err(|_| KeyError::Malformed)?)
            }
        };
        let jwt_header = header(algorithm, &kid, "JWT");
        Ok(Self { kid, algorithm, pair, public, jwt_header })
    }

    /// The private key as PKCS#8, to be sealed and stored.
    ///
    /// # Errors
    /// [`KeyError::Generation`] if the provider cannot encode it.
    pub fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let bytes = match &self.pair {
            Pair::Rsa(pair) => {
                AsDer::<Pkcs8V1Der<'_>>::as_der(pair.as_ref()).map(|der| Zeroizing::new(der.as_ref().to_vec()))
            }
            Pair::Ec(pair) => pair.to_pkcs8v1().map(|document| Zeroizing::new(document.as_ref().to_vec())),
            Pair::Ed25519(pair) => pair.to_pkcs8v1().map(|document| Zeroizing::new(document.as_ref().to_vec())),
        };
        bytes.map_err(|_| KeyError::Generation)
    }

    /// The id that headers and the JWK carry.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The algorithm of its signatures.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The public half.
    pub fn public_key(&self) -> &PublicKey {
        &self.public
    }

    /// The public half as it is published: `use`, `kid` and `alg` set.
    pub fn public_jwk(&self) -> Jwk {
        Jwk {
            use_: Some("sig".into()),
            kid: Some(self.kid.clone()),
            alg: Some(self.algorithm.name().into()),
            ..self.public.to_jwk()
        }
    }

    /// The compact JWS of this payload (claims as JSON), with the header `{"alg","kid","typ"}`. An empty `typ` or kid is left out.
    ///
    /// # Errors
    /// [`KeyError::Generation`] if the provider cannot sign.
    pub fn sign(&self, typ: &str, payload: &[u8]) -> Result<String, KeyError> {
        let mut token = String::with_capacity(self.jwt_header.len() + payload.len() * 4 / 3 + 700);
        if typ == "JWT" {
            token.push_str(&self.jwt_header);
        } else {
            token.push_str(&header(self.algorithm, &self.kid, typ));
        }
        token.push('.');
        base64url::encode_onto(payload, &mut token);
        let signature = self.signature(token.as_bytes())?;
        token.push('.');
        base64url::encode_onto(&signature, &mut token);
        Ok(token)
    }

    /// The detached signature in JOSE's form (ECDSA: r and s at full length).
    ///
    /// # Errors
    /// [`KeyError::Generation`] if the provider cannot sign.
    pub fn signature(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(rsa_encoding(self.algorithm)?, &random, message, &mut signature).map(|()| signature)
            }
            Pair::Ec(pair) => pair.sign(&random, message).map(|signature| signature.as_ref().to_vec()),
            Pair::Ed25519(pair) => pair.try_sign(message).map(|signature| signature.as_ref().to_vec()),
        }
        .map_err(|_| KeyError::Generation)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("kid", &self.kid).field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

fn header(algorithm: Algorithm, kid: &str, typ: &str) -> String {
    let mut header = serde_json::Map::new();
    header.insert("alg".into(), json!(algorithm.name()));
    for (name, value) in [("kid", kid), ("typ", typ)] {
        if !value.is_empty() {
            header.insert(name.into(), json!(value));
        }
    }
    base64url::encode(serde_json::Value::Object(header).to_string())
}

fn ec_algorithm(algorithm: Algorithm) -> Option<(Curve, &'static EcdsaSigningAlgorithm)> {
    match algorithm {
        Algorithm::ES256 => Some((Curve::P256, &signature::ECDSA_P256_SHA256_FIXED_SIGNING)),
        Algorithm::ES384 => Some((Curve::P384, &signature::ECDSA_P384_SHA384_FIXED_SIGNING)),
        Algorithm::ES512 => Some((Curve::P521, &signature::ECDSA_P521_SHA512_FIXED_SIGNING)),
        _ => None,
    }
}

fn rsa_encoding(algorithm: Algorithm) -> Result<&'static dyn RsaEncoding, KeyError> {
    match algorithm {
        Algorithm::RS256 => Ok(&signature::RSA_PKCS1_SHA256),
        Algorithm::RS384 => Ok(&signature::RSA_PKCS1_SHA384),
        Algorithm::RS512 => Ok(&signature::RSA_PKCS1_SHA512),
        Algorithm::PS256 => Ok(&signature::RSA_PSS_SHA256),
        Algorithm::PS384 => Ok(&signature::RSA_PSS_SHA384),
        Algorithm::PS512 => Ok(&signature::RSA_PSS_SHA512),
        Algorithm::ES256 | Algorithm::ES384 | Algorithm::ES512 | Algorithm::EdDSA => Err(KeyError::WrongAlgorithm),
    }
}
