//! JSON Web Keys and sets of them (RFC 7517), public parts only.

use aws_lc_rs::digest;
use serde::{Deserialize, Serialize};

use super::{KeyError, VerifyingKey};
use crate::base64url;

/// A public JSON Web Key. Members are written in the order they stand here, and members that are not known are ignored.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[allow(
    missing_docs,
    reason = "the members are those of RFC 7517 section 4 and RFC 7518 section 6, by their own names"
)]
pub struct Jwk {
    #[serde(rename = "use", default, skip_serializing_if = "Option::is_none")]
    pub use_: Option<String>,
    pub kty: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kid: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crv: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alg: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub x: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub y: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub n: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub e: Option<String>,
}

impl Jwk {
    /// The SHA-256 thumbprint (RFC 7638), base64url.
    ///
    /// # Errors
    /// [`KeyError::Unsupported`] for another key type, [`KeyError::Malformed`] if a part is missing.
    pub fn thumbprint(&self) -> Result<String, KeyError> {
        // The names in each list are in lexicographic order, as section 3.1 demands.
        let members: &[(&str, Option<&String>)] = match self.kty.as_str() {
            "RSA" => &[("e", self.e.as_ref()), ("kty", Some(&self.kty)), ("n", self.n.as_ref())],
            "EC" => {
                &[("crv", self.crv.as_ref()), ("kty", Some(&self.kty)), ("x", self.x.as_ref()), ("y", self.y.as_ref())]
            }
            "OKP" => &[("crv", self.crv.as_ref()), ("kty", Some(&self.kty)), ("x", self.x.as_ref())],
            _ => return Err(KeyError::Unsupported),
        };
        let mut text = String::from("{");
        for (name, value) in members {
            let value = value.ok_or(KeyError::Malformed)?;
            let separator = if text.len() > 1 { "," } else { "" };
            let value = serde_json::to_string(value).map_err(|_| KeyError::Malformed)?;
            text.push_str(&format!("{separator}\"{name}\":{value}"));
        }
        text.push('}');
        Ok(base64url::encode(digest::digest(&digest::SHA256, text.as_bytes())))
    }
}

/// A set of keys, as a `jwks_uri` answers it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct JwkSet {
    /// The keys.
    pub keys: Vec<Jwk>,
}

impl JwkSet {
    /// Reads a set. Keys that cannot be read at all are left out (RFC 7517 section 5), so that one odd key does not cost the rest.
    pub fn parse(text: &[u8]) -> Option<Self> {
        #[derive(Deserialize)]
        struct Raw {
            keys: Vec<serde_json::Value>,
        }
        let raw: Raw = serde_json::from_slice(text).ok()?;
        Some(Self { keys: raw.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok()).collect() })
    }

    /// The key with this id.
    pub fn find(&self, kid: &str) -> Option<&Jwk> {
        self.keys.iter().find(|key| key.kid.as_deref() == Some(kid))
    }

    /// All keys that can verify signatures.
    pub fn verifying_keys(&self) -> impl Iterator<Item = (&Jwk, VerifyingKey)> {
        self.keys.iter().filter_map(|jwk| VerifyingKey::from_jwk(jwk).ok().map(|key| (jwk, key)))
    }
}
