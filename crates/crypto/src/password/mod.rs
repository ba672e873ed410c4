//! Passwords of people: one scheme for new hashes, and verification of every format that other systems export (crates.md 3.1).
//!
//! The functions here block a core for a while; [`PasswordHasher`] runs them in a bounded pool.

mod argon2id;
mod bcrypt_hash;
mod crypt64;
mod encoded;
mod hasher;
mod md5_family;
mod memory;
mod pbkdf2_hash;
mod portable;
mod scheme;
mod scrypt_hash;
mod sha_crypt;

pub use encoded::{Format, HashError, Limits, inspect, verify};
pub use hasher::{Checked, PasswordError, PasswordHasher};
pub use scheme::Scheme;

/// Longer passwords are refused unread, because some formats take time by the square of it. The API allows 200 characters.
pub const MAX_PASSWORD_BYTES: usize = 1024;

#[cfg(test)]
mod tests;
