//! Opaque tokens: a text, sealed with AES-256-GCM.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::failure::{Failure, Result};

/// Seals and opens tokens.
pub struct Tokens(LessSafeKey);

impl Tokens {
    /// With a key of its own.
    ///
    /// # Errors
    /// When there are no random bytes.
    pub fn new() -> Result<Self> {
        let mut key = [0; 32];
        let failed = |cause| Failure::of("AES-GCM", cause);
        aws_lc_rs::rand::fill(&mut key).map_err(failed)?;
        UnboundKey::new(&AES_256_GCM, &key).map(|key| Self(LessSafeKey::new(key))).map_err(failed)
    }

    /// Seals a text.
    ///
    /// # Errors
    /// When there are no random bytes.
    pub fn seal(&self, text: &str) -> Result<String> {
        let failed = |cause| Failure::of("AES-GCM", cause);
        let mut nonce = [0; NONCE_LEN];
        aws_lc_rs::rand::fill(&mut nonce).map_err(failed)?;
        let mut sealed = text.as_bytes().to_vec();
        self.0
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut sealed)
            .map_err(failed)?;
        let mut token = nonce.to_vec();
        token.append(&mut sealed);
        Ok(URL_SAFE_NO_PAD.encode(token))
    }

    /// The text in a token; `None` for a forged one.
    pub fn open(&self, token: &str) -> Option<String> {
        let mut bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (nonce, sealed) = bytes.split_at_mut_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let text = self.0.open_in_place(nonce, Aad::empty(), sealed).ok()?;
        String::from_utf8(text.to_vec()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_opened_by_the_key_that_sealed_it_only() {
        let (own, other) = (Tokens::new().unwrap(), Tokens::new().unwrap());
        let token = own.seal("V2_1-at_2:3").unwrap();
        assert_eq!(own.open(&token).as_deref(), Some("V2_1-at_2:3"));
        assert_eq!((other.open(&token), own.open("x"), own.open("")), (None, None, None));
    }
}
