//! Assertions for the JWT profile grant (RFC 7523), signed before the run so that the driver's own RSA work is not measured.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::failure::{Failure, Result};

/// Reads the key file that the API gives in base64.
pub fn read_key_file(base64: &str) -> Result<Value> {
    let bytes = STANDARD.decode(base64).map_err(|cause| Failure::of("the key file is not base64", cause))?;
    serde_json::from_slice(&bytes).map_err(|cause| Failure::of("the key file is not JSON", cause))
}

/// Signs with a key file.
pub struct Signer {
    key: KeyPair,
    key_id: String,
    user_id: String,
}

impl Signer {
    /// Reads the private key.
    pub fn new(key_file: &Value) -> Result<Self> {
        let pem: String =
            crate::api::text(key_file, "key")?.lines().filter(|line| !line.starts_with("-----")).collect();
        let der = STANDARD.decode(pem).map_err(|cause| Failure::of("the private key is not PEM", cause))?;
        let key = KeyPair::from_der(&der).or_else(|_| KeyPair::from_pkcs8(&der));
        Ok(Self {
            key: key.map_err(|cause| Failure::of("the private key is not usable", cause))?,
            key_id: crate::api::text(key_file, "keyId")?,
            user_id: crate::api::text(key_file, "userId")?,
        })
    }

    /// An assertion that is good for an hour. `number` makes it differ from others of the same second.
    pub fn assertion(&self, audience: &str, number: usize) -> Result<String> {
        #[allow(clippy::disallowed_methods, reason = "a driver measures in real time")]
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let header = json!({"alg": "RS256", "kid": self.key_id});
        let claims = json!({
            "iss": self.user_id, "sub": self.user_id, "aud": audience, "iat": now, "exp": now + 3_540, "jti": number.to_string()
        });
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(&header), part(&claims));
        let mut signature = vec![0; self.key.public_modulus_len()];
        self.key
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature)
            .map_err(|cause| Failure::of("an assertion cannot be signed", cause))?;
        Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}
