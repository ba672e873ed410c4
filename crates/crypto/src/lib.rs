//! Everything cryptographic: the keyring, sealed secrets, opaque tokens, JOSE, assertions, secret and password hashes, codes.
//!
//! One provider, aws-lc-rs, does the work; here stand the formats, the rules and the names. No I/O, no clock of its own.

pub mod assertion;
pub mod jose;
pub mod keyring;
pub mod opaque;
pub mod pem;

mod base64url;
mod der;
