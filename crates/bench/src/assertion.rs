//! Assertions (RFC 7523), signed before the run so that the driver's own RSA work is not measured.

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

/// Seconds since 1970.
pub fn now() -> u64 {
    #[allow(clippy::disallowed_methods, reason = "a driver measures in real time")]
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// Signs as somebody.
pub struct Signer {
    key: KeyPair,
    key_id: String,
    subject: String,
}

impl Signer {
    /// Reads a key file: of a service user (`userId`) or of an application (`clientId`).
    pub fn new(key_file: &Value) -> Result<Self> {
        let subject = crate::api::text(key_file, "clientId").or_else(|_| crate::api::text(key_file, "userId"))?;
        Self::from_pem(&crate::api::text(key_file, "key")?, &crate::api::text(key_file, "keyId")?, &subject)
    }

    /// Reads a private RSA key in PEM.
    pub fn from_pem(pem: &str, key_id: &str, subject: &str) -> Result<Self> {
        let base64: String = pem.lines().map(str::trim).filter(|line| !line.starts_with("-----")).collect();
        let der = STANDARD.decode(base64).map_err(|cause| Failure::of("the private key is not PEM", cause))?;
        let key = KeyPair::from_der(&der).or_else(|_| KeyPair::from_pkcs8(&der));
        let key = key.map_err(|cause| Failure::of("the private key is not an RSA key that can be used", cause))?;
        Ok(Self::from_key(key, key_id, subject))
    }

    /// Signs with this key.
    pub fn from_key(key: KeyPair, key_id: &str, subject: &str) -> Self {
        Self { key, key_id: key_id.to_owned(), subject: subject.to_owned() }
    }

    /// An assertion that is good for an hour. `number` makes it differ from others of the same second.
    pub fn assertion(&self, audience: &str, number: usize) -> Result<String> {
        let now = now();
        let header = json!({"alg": "RS256", "kid": self.key_id});
        let claims = json!({
            "iss": self.subject, "sub": self.subject, "aud": audience, "iat": now, "exp": now + 3_540,
            "jti": number.to_string()
        });
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(&header), part(&claims));
        let mut signature = vec![0; self.key.public_modulus_len()];
        self.key
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature)
            .map_err(|cause| Failure::of("an assertion cannot be signed", cause))?;
        Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    /// Many that differ, signed on all cores.
    pub fn assertions(&self, audience: &str, count: usize) -> Result<Vec<String>> {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let parts: Vec<Result<Vec<String>>> = std::thread::scope(|scope| {
            let one = |core: usize| move || (core..count).step_by(cores).map(|n| self.assertion(audience, n)).collect();
            let threads: Vec<_> = (0..cores).map(|core| scope.spawn(one(core))).collect();
            let ended = || Err(Failure::new("a thread that signs ended early"));
            threads.into_iter().map(|thread| thread.join().unwrap_or_else(|_| ended())).collect()
        });
        let mut all = Vec::with_capacity(count);
        for part in parts {
            all.extend(part?);
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::rsa::KeySize;

    use super::*;

    #[test]
    fn many_assertions_differ_from_each_other() {
        let signer = Signer::from_key(KeyPair::generate(KeySize::Rsa2048).unwrap(), "1", "robot");
        let mut all = signer.assertions("http://localhost", 5).unwrap();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 5);
    }
}
