//! Sealing of secrets for storage: AES-256-GCM, the nonce in front, as base64url text.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use castellan_kernel::Rng;
use zeroize::Zeroizing;

use super::SecretKey;
use crate::base64url;

/// The first byte of a sealed value: its format, so that a later one can be told apart.
const FORMAT: u8 = 1;
const TAG_LENGTH: usize = 16;

/// Why a sealed value could not be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The text is not a sealed value at all.
    #[error("the stored secret is not a sealed value")]
    Malformed,
    /// The text was sealed with another key, for another purpose, or has been altered.
    #[error("the stored secret was sealed with another key, for another purpose, or has been altered")]
    Refused,
}

/// A key made ready for sealing; making it ready costs more than one sealing, so keep it.
pub struct SealingKey(LessSafeKey);

impl SealingKey {
    /// Makes a key ready.
    pub fn new(key: &SecretKey) -> Self {
        Self(aead_key(key.expose()))
    }

    /// Seals `plaintext` for storage. `context` names what the secret is and whose (`webkey:<instance>:<id>`); it is not stored,
    /// and the same one must be given to open, so that a sealed value moved to another row does not open there.
    #[allow(clippy::expect_used, reason = "AES-GCM fails only above 64 GiB of plaintext")]
    pub fn seal(&self, context: &str, plaintext: &[u8], rng: &dyn Rng) -> String {
        let mut nonce = [0_u8; NONCE_LEN];
        rng.fill(&mut nonce);
        let mut sealed = Vec::with_capacity(1 + NONCE_LEN + plaintext.len() + TAG_LENGTH);
        sealed.push(FORMAT);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plaintext);
        let tag = self
            .0
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(context.as_bytes()),
                &mut sealed[1 + NONCE_LEN..],
            )
            .expect("a secret of more than 64 GiB");
        sealed.extend_from_slice(tag.as_ref());
        base64url::encode(&sealed)
    }

    /// Opens what [`SealingKey::seal`] made with the same key and context.
    ///
    /// # Errors
    /// [`SealError`] if the text is not such a value, or was sealed otherwise, or altered.
    pub fn open(&self, context: &str, sealed: &str) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let mut bytes = Zeroizing::new(base64url::decode(sealed).ok_or(SealError::Malformed)?);
        if bytes.len() < 1 + NONCE_LEN + TAG_LENGTH || bytes[0] != FORMAT {
            return Err(SealError::Malformed);
        }
        let nonce = Nonce::try_assume_unique_for_key(&bytes[1..=NONCE_LEN]).map_err(|_| SealError::Malformed)?;
        let length = self
            .0
            .open_within(nonce, Aad::from(context.as_bytes()), &mut bytes, 1 + NONCE_LEN..)
            .map_err(|_| SealError::Refused)?
            .len();
        bytes.truncate(length);
        Ok(bytes)
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealingKey(redacted)")
    }
}

/// Seals one secret; see [`SealingKey::seal`].
pub fn seal(key: &SecretKey, context: &str, plaintext: &[u8], rng: &dyn Rng) -> String {
    SealingKey::new(key).seal(context, plaintext, rng)
}

/// Opens one secret; see [`SealingKey::open`].
///
/// # Errors
/// [`SealError`] if the text is not a sealed value, or was sealed otherwise, or altered.
pub fn open(key: &SecretKey, context: &str, sealed: &str) -> Result<Zeroizing<Vec<u8>>, SealError> {
    SealingKey::new(key).open(context, sealed)
}

/// An AES-256-GCM key ready for use.
#[allow(clippy::expect_used, reason = "the length is the only thing that can be wrong, and the type fixes it")]
pub(crate) fn aead_key(key: &[u8; 32]) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).expect("a key of 32 bytes"))
}

#[cfg(test)]
mod tests {
    use castellan_kernel::SeededRng;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_sealed_secret_opens_with_its_key_and_context_only() {
        let rng = SeededRng::new(1);
        let (key, other) = (SecretKey::generate(&rng), SecretKey::generate(&rng));
        let sealed = seal(&key, "smtp:1", b"hunter2", &rng);
        assert_eq!(open(&key, "smtp:1", &sealed).unwrap().as_slice(), b"hunter2");
        assert_eq!(open(&key, "smtp:2", &sealed).unwrap_err(), SealError::Refused);
        assert_eq!(open(&other, "smtp:1", &sealed).unwrap_err(), SealError::Refused);
    }

    #[test]
    fn the_same_secret_is_never_sealed_alike() {
        let rng = SeededRng::new(2);
        let key = SecretKey::generate(&rng);
        assert_ne!(seal(&key, "", b"x", &rng), seal(&key, "", b"x", &rng));
    }

    #[test]
    fn every_flipped_bit_and_every_truncation_is_refused() {
        let rng = SeededRng::new(3);
        let key = SecretKey::generate(&rng);
        let sealed = base64url::decode(seal(&key, "c", b"secret", &rng)).unwrap();
        for bit in 0..sealed.len() * 8 {
            let mut altered = sealed.clone();
            altered[bit / 8] ^= 1 << (bit % 8);
            assert!(open(&key, "c", &base64url::encode(&altered)).is_err());
        }
        for length in 0..sealed.len() {
            assert!(open(&key, "c", &base64url::encode(&sealed[..length])).is_err());
        }
    }

    proptest! {
        #[test]
        fn any_bytes_come_back(context in ".*", plaintext: Vec<u8>, seed: u64) {
            let rng = SeededRng::new(seed);
            let key = SecretKey::generate(&rng);
            let sealed = seal(&key, &context, &plaintext, &rng);
            let opened = open(&key, &context, &sealed).unwrap();
            prop_assert_eq!(opened.as_slice(), plaintext.as_slice());
        }

        #[test]
        fn any_text_is_refused_without_panic(text in ".*") {
            prop_assert!(open(&SecretKey::from_bytes([7; 32]), "", &text).is_err());
        }
    }
}
