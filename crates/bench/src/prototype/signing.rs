//! JWTs: those of clients are verified, those of the server signed.

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_SHA256,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use crate::assertion::{Signer, now};
use crate::failure::{Failure, Result};

/// The key with which the server signs id tokens.
pub enum WebKey {
    /// RSA, 2048 bits.
    Rsa(KeyPair),
    /// P-256.
    Ecdsa(EcdsaKeyPair),
}

impl WebKey {
    /// A new RSA key.
    pub fn rsa() -> Result<Self> {
        KeyPair::generate(KeySize::Rsa2048).map(Self::Rsa).map_err(|cause| Failure::of("RSA", cause))
    }

    /// A new P-256 key.
    pub fn ecdsa() -> Result<Self> {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING);
        key.map(Self::Ecdsa).map_err(|cause| Failure::of("ECDSA", cause))
    }

    /// A signed JWT of these claims.
    pub fn sign(&self, claims: &[u8]) -> Option<String> {
        let header: &[u8] = match self {
            Self::Rsa(_) => br#"{"alg":"RS256","kid":"341234567890123456","typ":"JWT"}"#,
            Self::Ecdsa(_) => br#"{"alg":"ES256","kid":"341234567890123456","typ":"JWT"}"#,
        };
        let mut token = String::with_capacity(900);
        URL_SAFE_NO_PAD.encode_string(header, &mut token);
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(claims, &mut token);
        let random = SystemRandom::new();
        let mut rsa = [0; 256];
        let ecdsa;
        let signature: &[u8] = match self {
            Self::Rsa(key) => {
                key.sign(&RSA_PKCS1_SHA256, &random, token.as_bytes(), &mut rsa).ok()?;
                &rsa
            }
            Self::Ecdsa(key) => {
                ecdsa = key.sign(&random, token.as_bytes()).ok()?;
                ecdsa.as_ref()
            }
        };
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Some(token)
    }
}

/// The key of a client, of which the server knows the public part.
pub struct ClientKey {
    signer: Signer,
    public: ParsedPublicKey,
}

#[derive(Deserialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    exp: u64,
    iat: u64,
}

impl ClientKey {
    /// A new one.
    pub fn new(client: &str) -> Result<Self> {
        let failed = |cause| Failure::of("RSA", cause);
        let pair = KeyPair::generate(KeySize::Rsa2048).map_err(failed)?;
        let der = pair.public_key().as_der().map_err(failed)?;
        let public = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, der.as_ref());
        let public = public.map_err(|cause| Failure::of("RSA", cause))?;
        Ok(Self { signer: Signer::from_key(pair, "341234567890123456", client), public })
    }

    /// Assertions that the client signs.
    pub fn assertions(&self, audience: &str, count: usize) -> Result<Vec<String>> {
        self.signer.assertions(audience, count)
    }

    /// Whose assertion it is, when it is good.
    pub fn verify(&self, assertion: &str, audience: &str) -> Option<String> {
        let (message, signature) = assertion.rsplit_once('.')?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        let claims = URL_SAFE_NO_PAD.decode(message.split_once('.')?.1).ok()?;
        let claims: Claims<'_> = serde_json::from_slice(&claims).ok()?;
        let now = now();
        let is_timely = claims.exp > now && claims.iat <= now + 1 && claims.iat + 3_600 > now;
        if claims.iss != claims.sub || claims.aud != audience || !is_timely {
            return None;
        }
        self.public.verify_sig(message.as_bytes(), &signature).ok()?;
        Some(claims.sub.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_assertion_is_good_for_its_audience_and_as_it_was_signed() {
        let key = ClientKey::new("robot").unwrap();
        let assertion = key.assertions("http://a", 1).unwrap().remove(0);
        assert_eq!(key.verify(&assertion, "http://a").as_deref(), Some("robot"));
        assert_eq!(key.verify(&assertion, "http://b"), None);
        assert_eq!(ClientKey::new("robot").unwrap().verify(&assertion, "http://a"), None);
        assert_eq!(key.verify("x.y.z", "http://a"), None);
    }

    #[test]
    fn id_tokens_have_three_parts_whatever_the_key() {
        for key in [WebKey::rsa().unwrap(), WebKey::ecdsa().unwrap()] {
            assert_eq!(key.sign(b"{}").unwrap().split('.').count(), 3);
        }
    }
}
