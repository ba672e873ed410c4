//! The floor on this machine: what the parts cost of which a request is made, with nothing of the server around them.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, ParsedPublicKey,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, VerificationAlgorithm,
};

use crate::failure::{Failure, Result};
use crate::prototype::{Store, Tokens};

/// A message about as long as a JWT.
const MESSAGE: &[u8] = &[b'x'; 300];

/// How long each part is measured.
const TIME: Duration = Duration::from_secs(1);

/// How often a part can be done in a second.
pub struct Part {
    /// What it is.
    pub name: String,
    /// How often.
    pub per_second: f64,
}

fn part(name: &str, mut work: impl FnMut() -> Result<()>) -> Result<Part> {
    let (begin, mut times) = (Instant::now(), 0_u32);
    while begin.elapsed() < TIME {
        // Reading the clock must not be what is measured.
        for _ in 0..8 {
            work()?;
        }
        times += 8;
    }
    Ok(Part { name: name.to_owned(), per_second: f64::from(times) / begin.elapsed().as_secs_f64() })
}

/// Signatures and tokens, on one thread.
///
/// # Errors
/// When there are no random bytes.
pub fn cryptography() -> Result<Vec<Part>> {
    let failed = |cause| Failure::of("cryptography", cause);
    let rejected = |cause| Failure::of("cryptography", cause);
    let random = SystemRandom::new();
    let rsa = KeyPair::generate(KeySize::Rsa2048).map_err(failed)?;
    let mut signature = vec![0; rsa.public_modulus_len()];
    rsa.sign(&RSA_PKCS1_SHA256, &random, MESSAGE, &mut signature).map_err(failed)?;
    let rsa_public = parsed(&RSA_PKCS1_2048_8192_SHA256, rsa.public_key().as_ref())?;
    let ecdsa = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(failed)?;
    let ecdsa_signature = ecdsa.sign(&random, MESSAGE).map_err(failed)?;
    let ecdsa_public = parsed(&ECDSA_P256_SHA256_FIXED, ecdsa.public_key().as_ref())?;
    let tokens = Tokens::new()?;
    let text = "V2_341234567890123456-at_341234567890123457:341234567890123000";
    let token = tokens.seal(text)?;
    let mut scratch = vec![0; rsa.public_modulus_len()];
    Ok(vec![
        part("RS256 signature", || rsa.sign(&RSA_PKCS1_SHA256, &random, MESSAGE, &mut scratch).map_err(failed))?,
        part("RS256 verification", || rsa_public.verify_sig(MESSAGE, &signature).map_err(rejected))?,
        part("ES256 signature", || ecdsa.sign(&random, MESSAGE).map(drop).map_err(failed))?,
        part("ES256 verification", || ecdsa_public.verify_sig(MESSAGE, ecdsa_signature.as_ref()).map_err(rejected))?,
        part("sealing an opaque token", || tokens.seal(text).map(drop))?,
        part("opening an opaque token", || {
            tokens.open(&token).map(drop).ok_or_else(|| Failure::new("a token does not open"))
        })?,
    ])
}

fn parsed(algorithm: &'static dyn VerificationAlgorithm, key: &[u8]) -> Result<ParsedPublicKey> {
    ParsedPublicKey::new(algorithm, key).map_err(|cause| Failure::of("a public key", cause))
}

/// Durable commits of one row each, by so many that wait for theirs at the same time (group commit).
///
/// # Errors
/// When the directory cannot be written.
pub async fn commits(directory: &Path, waiters: usize) -> Result<Part> {
    let data = tempfile::tempdir_in(directory);
    let data = data.map_err(|cause| Failure::of(&format!("{}", directory.display()), cause))?;
    let store = Arc::new(Store::create(data.path())?);
    let begin = Instant::now();
    let waiting: Vec<_> = (0..waiters)
        .map(|waiter| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let mut times = 0_u32;
                while begin.elapsed() < TIME {
                    if !store.commit(vec![(format!("{waiter}-{times}"), "x".repeat(200))]).await {
                        return None;
                    }
                    times += 1;
                }
                Some(times)
            })
        })
        .collect();
    let mut all = 0;
    for waiter in waiting {
        let times = waiter.await.map_err(|cause| Failure::of("SQLite", cause))?;
        all += times.ok_or_else(|| Failure::new("SQLite did not commit"))?;
    }
    let per_second = f64::from(all) / begin.elapsed().as_secs_f64();
    Ok(Part { name: format!("durable commits, {waiters} at a time"), per_second })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_parts_of_a_request_can_be_measured() {
        let directory = tempfile::tempdir().unwrap();
        let mut parts = cryptography().unwrap();
        parts.push(commits(directory.path(), 4).await.unwrap());
        for part in parts {
            assert!(part.per_second > 0.0, "{}", part.name);
        }
    }
}
