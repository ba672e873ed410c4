//! Opaque tokens (oauth.md 4.6): the string a client carries is a JWE in compact form that only this server can open.
//!
//! RFC 7516 with `alg` A256GCMKW (RFC 7518 section 4.7) and `enc` A256GCM (section 5.3): a fresh content key per token, wrapped
//! under the oidc key. Everything is authenticated, so a truncated or altered token does not open (negative test A15).

use std::fmt;

use aws_lc_rs::aead::{Aad, LessSafeKey, Nonce};
use aws_lc_rs::cipher::{AES_256, DecryptingKey, DecryptionContext, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;
use castellan_kernel::Rng;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::base64url;
use crate::keyring::{SecretKey, aead_key};

/// Longer texts are not tokens of ours: those have 200 to 250 characters.
const MAX_LENGTH: usize = 4096;
/// The header up to the nonce of the key wrap, between nonce and tag, and its end: the only shape this server writes.
const HEADER_START: &[u8] = br#"{"alg":"A256GCMKW","enc":"A256GCM","iv":""#;
const HEADER_MIDDLE: &[u8] = br#"","tag":""#;
const HEADER_END: &[u8] = br#""}"#;
const IV_CHARACTERS: usize = 16;
const TAG_CHARACTERS: usize = 22;

/// The oidc key made ready to seal and open tokens.
pub struct OpaqueKey {
    wrapping: LessSafeKey,
    legacy: Option<DecryptingKey>,
}

impl OpaqueKey {
    /// Makes the key ready. With `accept_legacy`, [`open_legacy_token`] works too (`EncryptionKeys.OIDC.LegacyToken`).
    pub fn new(key: &SecretKey, accept_legacy: bool) -> Self {
        let legacy = || UnboundCipherKey::new(&AES_256, key.expose()).and_then(DecryptingKey::cfb128).ok();
        Self { wrapping: aead_key(key.expose()), legacy: accept_legacy.then(legacy).flatten() }
    }
}

impl fmt::Debug for OpaqueKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OpaqueKey(redacted)")
    }
}

/// Makes the token of this plaintext.
#[allow(clippy::expect_used, reason = "AES-GCM fails only above 64 GiB of plaintext")]
pub fn seal_token(key: &OpaqueKey, rng: &dyn Rng, plaintext: &str) -> String {
    // One draw for the content key and both nonces.
    let mut random = Zeroizing::new([0_u8; 32 + 12 + 12]);
    rng.fill(random.as_mut());
    let mut content_key = Zeroizing::new([0_u8; 32]);
    content_key.copy_from_slice(&random[..32]);
    let mut wrap_nonce = [0_u8; 12];
    wrap_nonce.copy_from_slice(&random[32..44]);
    let mut content_nonce = [0_u8; 12];
    content_nonce.copy_from_slice(&random[44..]);

    let content = aead_key(&content_key);
    let wrap_tag = key
        .wrapping
        .seal_in_place_separate_tag(Nonce::assume_unique_for_key(wrap_nonce), Aad::empty(), content_key.as_mut())
        .expect("32 bytes to wrap");

    let mut header = Vec::with_capacity(96);
    header.extend_from_slice(HEADER_START);
    header.extend_from_slice(base64url::encode(wrap_nonce).as_bytes());
    header.extend_from_slice(HEADER_MIDDLE);
    header.extend_from_slice(base64url::encode(wrap_tag.as_ref()).as_bytes());
    header.extend_from_slice(HEADER_END);

    let mut token = String::with_capacity(240 + plaintext.len() * 4 / 3);
    base64url::encode_onto(&header, &mut token);
    let mut ciphertext = plaintext.as_bytes().to_vec();
    let tag = content
        .seal_in_place_separate_tag(
            Nonce::assume_unique_for_key(content_nonce),
            Aad::from(token.as_bytes()),
            &mut ciphertext,
        )
        .expect("a token of more than 64 GiB");
    for part in [content_key.as_slice(), &content_nonce, &ciphertext, tag.as_ref()] {
        token.push('.');
        base64url::encode_onto(part, &mut token);
    }
    token
}

/// The plaintext of a token that [`seal_token`] made with this key; `None` for everything else.
pub fn open_token(key: &OpaqueKey, token: &str) -> Option<String> {
    if token.len() > MAX_LENGTH {
        return None;
    }
    let mut parts = token.as_bytes().split(|&byte| byte == b'.');
    let (header, wrapped, nonce, text, tag) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let (wrap_nonce, wrap_tag) = read_header(header)?;
    let wrapped: [u8; 32] = base64url::decode_array(wrapped)?;
    let nonce: [u8; 12] = base64url::decode_array(nonce)?;
    let tag: [u8; 16] = base64url::decode_array(tag)?;
    let ciphertext = base64url::decode(text)?;

    let mut content_key = Zeroizing::new([0_u8; 32]);
    key.wrapping
        .open_separate_gather(
            Nonce::assume_unique_for_key(wrap_nonce),
            Aad::empty(),
            &wrapped,
            &wrap_tag,
            content_key.as_mut(),
        )
        .ok()?;
    let mut plaintext = vec![0_u8; ciphertext.len()];
    aead_key(&content_key)
        .open_separate_gather(Nonce::assume_unique_for_key(nonce), Aad::from(header), &ciphertext, &tag, &mut plaintext)
        .ok()?;
    String::from_utf8(plaintext).ok()
}

/// The plaintext of a token from before the JWE format: AES-256-CFB, the IV in front, base64url without padding.
///
/// Such a token is **not authenticated**: whoever holds one can cut its end off or alter it, and it still opens to something. The
/// caller must compare every part of the plaintext with what is stored (token id *and* user id). `None` unless the key was made with
/// `accept_legacy`, or if the result is not printable ASCII.
pub fn open_legacy_token(key: &OpaqueKey, token: &str) -> Option<String> {
    let decrypting = key.legacy.as_ref()?;
    if token.len() > MAX_LENGTH || token.contains('.') {
        return None;
    }
    let mut bytes = base64url::decode(token)?;
    let (iv, text) = bytes.split_at_mut_checked(16)?;
    let iv: [u8; 16] = (&*iv).try_into().ok()?;
    let plaintext = decrypting.decrypt(text, DecryptionContext::Iv128(FixedLength::from(iv))).ok()?;
    let printable = !plaintext.is_empty() && plaintext.iter().all(u8::is_ascii_graphic);
    printable.then(|| plaintext.iter().copied().map(char::from).collect())
}

/// Nonce and tag of the key wrap.
fn read_header(text: &[u8]) -> Option<([u8; 12], [u8; 16])> {
    let header = base64url::decode(text)?;
    read_own_header(&header).or_else(|| read_any_header(&header))
}

/// The header as this server writes it, read without a JSON parser.
fn read_own_header(header: &[u8]) -> Option<([u8; 12], [u8; 16])> {
    let rest = header.strip_prefix(HEADER_START)?;
    let (iv, rest) = rest.split_at_checked(IV_CHARACTERS)?;
    let rest = rest.strip_prefix(HEADER_MIDDLE)?;
    let (tag, rest) = rest.split_at_checked(TAG_CHARACTERS)?;
    (rest == HEADER_END).then_some(())?;
    Some((base64url::decode_array(iv)?, base64url::decode_array(tag)?))
}

/// The same header with its members in another order or with spaces, as another JWE library may write it.
fn read_any_header(header: &[u8]) -> Option<([u8; 12], [u8; 16])> {
    #[derive(Deserialize)]
    struct Header {
        alg: String,
        enc: String,
        iv: String,
        tag: String,
        crit: Option<serde::de::IgnoredAny>,
        zip: Option<serde::de::IgnoredAny>,
    }
    let header: Header = serde_json::from_slice(header).ok()?;
    let ours = header.alg == "A256GCMKW" && header.enc == "A256GCM" && header.crit.is_none() && header.zip.is_none();
    ours.then_some(())?;
    Some((base64url::decode_array(header.iv.as_bytes())?, base64url::decode_array(header.tag.as_bytes())?))
}

#[cfg(test)]
mod tests;
