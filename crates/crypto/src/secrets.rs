//! Client secrets of applications and service users: stored as hashes, compared in constant time.
//!
//! A secret made here has 64 random characters (more than 350 bits), which nobody guesses, so that one SHA-256 is enough and a
//! token request costs microseconds. Secrets that were imported keep their slow hash until their first use.

use aws_lc_rs::digest::{Context, SHA256};
use castellan_kernel::Rng;

use crate::base64url;
use crate::password::{self, HashError};

/// The form of a stored secret: this, 16 bytes of salt, `$`, 32 bytes of SHA-256 over salt and secret, both in base64url.
const PREFIX: &str = "$castellan-sha256$";

/// The hash to store of a secret that was **made here at random**. Never use it for what people choose.
pub fn hash_secret(secret: &str, rng: &dyn Rng) -> String {
    let mut salt = [0_u8; 16];
    rng.fill(&mut salt);
    format!("{PREFIX}{}${}", base64url::encode(salt), base64url::encode(digest(&salt, secret)))
}

/// Whether this is the secret of which `stored` is the hash.
///
/// Takes microseconds for hashes made here. A hash for which [`is_slow`] holds takes milliseconds to a second of one core: verify it
/// through [`password::PasswordHasher::verify_secret`].
///
/// # Errors
/// [`HashError`] if the stored text is no hash that is known here.
pub fn verify_secret(stored: &str, secret: &str) -> Result<bool, HashError> {
    let Some(rest) = stored.strip_prefix(PREFIX) else { return password::verify(stored, secret) };
    let (salt, hash) = rest.split_once('$').ok_or(HashError::Malformed)?;
    let salt: [u8; 16] = base64url::decode_array(salt.as_bytes()).ok_or(HashError::Malformed)?;
    let hash: [u8; 32] = base64url::decode_array(hash.as_bytes()).ok_or(HashError::Malformed)?;
    Ok(crate::constant_time_eq(&digest(&salt, secret), &hash))
}

/// Whether verifying this hash is expensive on purpose.
pub fn is_slow(stored: &str) -> bool {
    !stored.starts_with(PREFIX)
}

/// Whether the hash should be replaced by [`hash_secret`] after its next successful use. An imported secret may be one that a person
/// chose: replace it only if it is as long as ours.
pub fn needs_rehash(stored: &str, secret: &str) -> bool {
    is_slow(stored) && secret.len() >= 32
}

fn digest(salt: &[u8], secret: &str) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    context.update(salt);
    context.update(secret.as_bytes());
    let mut bytes = [0_u8; 32];
    bytes.copy_from_slice(context.finish().as_ref());
    bytes
}

#[cfg(test)]
mod tests {
    use castellan_kernel::{SeededRng, random_string};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_secret_verifies_against_its_hash_only() {
        let rng = SeededRng::new(1);
        let secret = random_string(&rng, 64, b"abcdefghijklmnopqrstuvwxyz0123456789");
        let stored = hash_secret(&secret, &rng);
        assert!(stored.starts_with("$castellan-sha256$"));
        assert_eq!(verify_secret(&stored, &secret), Ok(true));
        assert_eq!(verify_secret(&stored, &secret[1..]), Ok(false));
        assert_eq!(verify_secret(&stored, ""), Ok(false));
        assert!(!needs_rehash(&stored, &secret) && !is_slow(&stored));
    }

    #[test]
    fn the_same_secret_has_another_hash_each_time() {
        let rng = SeededRng::new(2);
        assert_ne!(hash_secret("x", &rng), hash_secret("x", &rng));
    }

    #[test]
    fn imported_bcrypt_hashes_verify_and_are_replaced_if_the_secret_is_long() {
        let secret = "0123456789abcdef0123456789abcdef";
        let stored = bcrypt::hash(secret, 4).unwrap().replacen("$2b$", "$2a$", 1);
        assert_eq!(verify_secret(&stored, secret), Ok(true));
        assert_eq!(verify_secret(&stored, "other"), Ok(false));
        assert!(needs_rehash(&stored, secret) && !needs_rehash(&stored, "short"));
    }

    proptest! {
        #[test]
        fn any_stored_text_is_refused_without_panic(text in "(\\$castellan-sha256\\$[A-Za-z0-9_$-]{0,80})|.{0,40}") {
            prop_assert_ne!(verify_secret(&text, "secret"), Ok(true));
        }
    }
}
