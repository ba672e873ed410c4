//! Everything cryptographic: the keyring, sealed secrets, opaque tokens, JOSE, assertions, secret and password hashes, codes.
//!
//! One provider, aws-lc-rs, does the work; here stand the formats, the rules and the names. No I/O, no clock of its own.

pub mod assertion;
pub mod codes;
pub mod jose;
pub mod keyring;
pub mod opaque;
pub mod password;
pub mod pem;
pub mod secrets;

mod base64url;
mod der;

/// A digest (SHA-256) under which something secret can be found again without keeping it.
pub fn fingerprint(secret: &[u8]) -> [u8; 32] {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, secret);
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest.as_ref());
    bytes
}

/// Whether two byte strings are equal, in time that depends on their lengths only.
pub fn constant_time_eq(one: &[u8], other: &[u8]) -> bool {
    subtle::ConstantTimeEq::ct_eq(one, other).into()
}
