//! A stored hash: told apart by its prefix, checked against limits, verified.

use std::ops::RangeInclusive;

use super::argon2id::Argon2Hash;
use super::bcrypt_hash::BcryptHash;
use super::md5_family::{Md5Crypt, Md5Plain, Md5Salted};
use super::memory::Memory;
use super::pbkdf2_hash::Pbkdf2Hash;
use super::portable::PortableHash;
use super::scrypt_hash::ScryptHash;
use super::sha_crypt::ShaCrypt;
use super::{MAX_PASSWORD_BYTES, crypt64};

/// The formats that can be verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// `$argon2id$` and `$argon2i$`.
    Argon2,
    /// `$2a$`, `$2b$`, `$2y$`.
    Bcrypt,
    /// `$scrypt$` and `$7$`, both with `ln=,r=,p=`.
    Scrypt,
    /// `$pbkdf2$` (SHA-1), `$pbkdf2-sha224$` to `$pbkdf2-sha512$`.
    Pbkdf2,
    /// `$5$` and `$6$`.
    Sha2Crypt,
    /// `$1$`.
    Md5Crypt,
    /// 32 hexadecimal digits.
    Md5Plain,
    /// `$md5salted-prefix$` and `$md5salted-suffix$`.
    Md5Salted,
    /// `$P$` and `$H$`.
    Phpass,
    /// `$S$`.
    Drupal7,
}

/// Why a stored or imported hash cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// No format known here begins like that.
    #[error("the format of the password hash is not supported")]
    NotSupported,
    /// The format is known, but the text is not a whole hash of it.
    #[error("the password hash is malformed")]
    Malformed,
    /// Verifying it would be too cheap to be safe or too expensive to be served.
    #[error("the cost of the password hash is outside the limits")]
    OutOfLimits,
}

/// The costs that imported hashes may have (api.md, hashed passwords). The upper bounds are also those of this server's patience.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "format and parameter by name")]
pub struct Limits {
    pub bcrypt_cost: RangeInclusive<u32>,
    pub argon2_iterations: RangeInclusive<u32>,
    pub argon2_memory_kib: RangeInclusive<u32>,
    pub argon2_parallelism: RangeInclusive<u32>,
    pub scrypt_log_n: RangeInclusive<u32>,
    pub scrypt_r: RangeInclusive<u32>,
    pub scrypt_p: RangeInclusive<u32>,
    pub pbkdf2_rounds: RangeInclusive<u32>,
    pub sha2_rounds: RangeInclusive<u32>,
    /// The logarithm of the rounds of phpass and drupal7.
    pub portable_log_rounds: RangeInclusive<u32>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bcrypt_cost: 10..=16,
            argon2_iterations: 1..=10,
            argon2_memory_kib: 8192..=524_288,
            argon2_parallelism: 1..=16,
            scrypt_log_n: 14..=20,
            scrypt_r: 8..=32,
            scrypt_p: 1..=16,
            pbkdf2_rounds: 1000..=10_000_000,
            sha2_rounds: 1000..=10_000_000,
            portable_log_rounds: 7..=24,
        }
    }
}

impl Limits {
    /// What is still verified when it is already stored: nothing is too cheap, and the patience is the same.
    fn of_stored() -> Self {
        let from_zero = |range: RangeInclusive<u32>| 0..=*range.end();
        let limits = Self::default();
        Self {
            bcrypt_cost: from_zero(limits.bcrypt_cost),
            argon2_iterations: from_zero(limits.argon2_iterations),
            argon2_memory_kib: from_zero(limits.argon2_memory_kib),
            argon2_parallelism: from_zero(limits.argon2_parallelism),
            scrypt_log_n: from_zero(limits.scrypt_log_n),
            scrypt_r: from_zero(limits.scrypt_r),
            scrypt_p: from_zero(limits.scrypt_p),
            pbkdf2_rounds: from_zero(limits.pbkdf2_rounds),
            sha2_rounds: from_zero(limits.sha2_rounds),
            portable_log_rounds: from_zero(limits.portable_log_rounds),
        }
    }
}

/// A hash taken apart.
pub(super) enum Encoded {
    Argon2(Argon2Hash),
    Bcrypt(BcryptHash),
    Scrypt(ScryptHash),
    Pbkdf2(Pbkdf2Hash),
    ShaCrypt(ShaCrypt),
    Md5Crypt(Md5Crypt),
    Md5Plain(Md5Plain),
    Md5Salted(Md5Salted),
    Portable(PortableHash),
}

impl Encoded {
    pub(super) fn parse(text: &str) -> Result<Self, HashError> {
        let parsed = match crypt64::identifier(text) {
            Some("argon2id" | "argon2i") => Argon2Hash::parse(text).map(Self::Argon2),
            Some("2a" | "2b" | "2y") => BcryptHash::parse(text).map(Self::Bcrypt),
            Some("scrypt" | "7") => ScryptHash::parse(text).map(Self::Scrypt),
            Some("pbkdf2" | "pbkdf2-sha224" | "pbkdf2-sha256" | "pbkdf2-sha384" | "pbkdf2-sha512") => {
                Pbkdf2Hash::parse(text).map(Self::Pbkdf2)
            }
            Some("5" | "6") => ShaCrypt::parse(text).map(Self::ShaCrypt),
            Some("1") => Md5Crypt::parse(text).map(Self::Md5Crypt),
            Some("md5salted-prefix" | "md5salted-suffix") => Md5Salted::parse(text).map(Self::Md5Salted),
            Some("P" | "H" | "S") => PortableHash::parse(text).map(Self::Portable),
            None if text.len() == 32 => Md5Plain::parse(text).map(Self::Md5Plain),
            _ => return Err(HashError::NotSupported),
        };
        parsed.ok_or(HashError::Malformed)
    }

    fn format(&self) -> Format {
        match self {
            Self::Argon2(_) => Format::Argon2,
            Self::Bcrypt(_) => Format::Bcrypt,
            Self::Scrypt(_) => Format::Scrypt,
            Self::Pbkdf2(_) => Format::Pbkdf2,
            Self::ShaCrypt(_) => Format::Sha2Crypt,
            Self::Md5Crypt(_) => Format::Md5Crypt,
            Self::Md5Plain(_) => Format::Md5Plain,
            Self::Md5Salted(_) => Format::Md5Salted,
            Self::Portable(hash) if hash.is_drupal() => Format::Drupal7,
            Self::Portable(_) => Format::Phpass,
        }
    }

    fn check(&self, limits: &Limits) -> Result<(), HashError> {
        let within = match self {
            Self::Argon2(hash) => {
                limits.argon2_iterations.contains(&hash.iterations)
                    && limits.argon2_memory_kib.contains(&hash.memory_kib)
                    && limits.argon2_parallelism.contains(&hash.parallelism)
            }
            Self::Bcrypt(hash) => limits.bcrypt_cost.contains(&hash.cost()),
            Self::Scrypt(hash) => {
                limits.scrypt_log_n.contains(&hash.log_n)
                    && limits.scrypt_r.contains(&hash.r)
                    && limits.scrypt_p.contains(&hash.p)
            }
            Self::Pbkdf2(hash) => limits.pbkdf2_rounds.contains(&hash.rounds.get()),
            Self::ShaCrypt(hash) => limits.sha2_rounds.contains(&hash.rounds),
            Self::Portable(hash) => limits.portable_log_rounds.contains(&hash.log_rounds),
            Self::Md5Crypt(_) | Self::Md5Plain(_) | Self::Md5Salted(_) => true,
        };
        within.then_some(()).ok_or(HashError::OutOfLimits)
    }

    fn verify(&self, password: &[u8], memory: &mut Memory) -> bool {
        match self {
            Self::Argon2(hash) => hash.verify(password, memory),
            Self::Bcrypt(hash) => hash.verify(password),
            Self::Scrypt(hash) => hash.verify(password),
            Self::Pbkdf2(hash) => hash.verify(password),
            Self::ShaCrypt(hash) => hash.verify(password),
            Self::Md5Crypt(hash) => hash.verify(password),
            Self::Md5Plain(hash) => hash.verify(password),
            Self::Md5Salted(hash) => hash.verify(password),
            Self::Portable(hash) => hash.verify(password),
        }
    }
}

/// Checks a hash that someone wants to import: its format is known, it is whole, and its cost is within the limits.
///
/// # Errors
/// [`HashError`] says which of the three it is not.
pub fn inspect(encoded: &str, limits: &Limits) -> Result<Format, HashError> {
    let hash = Encoded::parse(encoded)?;
    hash.check(limits)?;
    Ok(hash.format())
}

/// Whether this is the password of which `encoded` is the hash. Blocks a core for as long as the hash's cost wants.
///
/// # Errors
/// [`HashError`] if the stored text is no hash that can be verified; that is a fault of the data, not of the password.
pub fn verify(encoded: &str, password: &str) -> Result<bool, HashError> {
    verify_in(&mut Memory::default(), encoded, password)
}

/// The same in memory that other hashes were made in.
pub(super) fn verify_in(memory: &mut Memory, encoded: &str, password: &str) -> Result<bool, HashError> {
    let hash = Encoded::parse(encoded)?;
    hash.check(&Limits::of_stored())?;
    Ok(password.len() <= MAX_PASSWORD_BYTES && hash.verify(password.as_bytes(), memory))
}
