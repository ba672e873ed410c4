//! The scheme by which new hashes are made.

use castellan_kernel::Rng;

use super::encoded::Encoded;
use super::hasher::PasswordError;
use super::memory::Memory;
use super::{MAX_PASSWORD_BYTES, argon2id, bcrypt_hash};

/// How new passwords are hashed. The default is Argon2id with 19 MiB, two passes and one lane (the OWASP recommendation).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Argon2id, `$argon2id$v=19$…`.
    Argon2id {
        /// Memory in KiB.
        memory_kib: u32,
        /// Passes over it.
        iterations: u32,
        /// Lanes.
        parallelism: u32,
    },
    /// bcrypt, `$2a$…`, which takes at most 72 bytes.
    Bcrypt {
        /// The logarithm of the rounds.
        cost: u32,
    },
}

impl Default for Scheme {
    fn default() -> Self {
        Self::Argon2id { memory_kib: 19_456, iterations: 2, parallelism: 1 }
    }
}

impl Scheme {
    /// Hashes a new password. Blocks a core for as long as the cost wants.
    ///
    /// # Errors
    /// [`PasswordError::TooLong`], or [`PasswordError::Costs`] if the scheme's costs are impossible.
    pub fn hash(&self, password: &str, rng: &dyn Rng) -> Result<String, PasswordError> {
        self.hash_in(&mut Memory::default(), password, rng)
    }

    /// The same in memory that other hashes were made in.
    pub(super) fn hash_in(&self, memory: &mut Memory, password: &str, rng: &dyn Rng) -> Result<String, PasswordError> {
        let longest = if matches!(self, Self::Bcrypt { .. }) { 72 } else { MAX_PASSWORD_BYTES };
        if password.len() > longest {
            return Err(PasswordError::TooLong);
        }
        match *self {
            Self::Argon2id { memory_kib, iterations, parallelism } => {
                argon2id::hash(password.as_bytes(), memory_kib, iterations, parallelism, rng, memory)
            }
            Self::Bcrypt { cost } => bcrypt_hash::hash(password.as_bytes(), cost, rng),
        }
        .ok_or(PasswordError::Costs)
    }

    /// A hash of this scheme that no password matches, at no cost: its digest is random.
    ///
    /// # Errors
    /// [`PasswordError::Costs`] if the scheme's costs are impossible.
    pub(super) fn decoy(&self, rng: &dyn Rng) -> Result<String, PasswordError> {
        match *self {
            Self::Argon2id { memory_kib, iterations, parallelism } => {
                argon2id::decoy(memory_kib, iterations, parallelism, rng)
            }
            Self::Bcrypt { cost } => bcrypt_hash::decoy(cost, rng),
        }
        .ok_or(PasswordError::Costs)
    }

    /// Whether a stored hash was made otherwise and should be replaced after its next successful use.
    pub fn needs_rehash(&self, encoded: &str) -> bool {
        match (*self, Encoded::parse(encoded)) {
            (Self::Argon2id { memory_kib, iterations, parallelism }, Ok(Encoded::Argon2(hash))) => {
                !hash.is_made_with(memory_kib, iterations, parallelism)
            }
            (Self::Bcrypt { cost }, Ok(Encoded::Bcrypt(hash))) => hash.cost() != cost,
            _ => true,
        }
    }
}
