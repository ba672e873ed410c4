//! bcrypt, `$2a$`, `$2b$` and `$2y$`, which for text are one and the same.

use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};
use base64::{Engine as _, alphabet};
use bcrypt::{HashParts, Version};
use castellan_kernel::Rng;

/// bcrypt's own order of the base64 characters.
const TEXT: GeneralPurpose = GeneralPurpose::new(&alphabet::BCRYPT, NO_PAD);

pub(super) struct BcryptHash {
    parts: HashParts,
    text: String,
}

impl BcryptHash {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let parts: HashParts = text.parse().ok()?;
        (4..=31).contains(&parts.get_cost()).then(|| Self { parts, text: text.to_owned() })
    }

    pub(super) fn cost(&self) -> u32 {
        self.parts.get_cost()
    }

    /// Only the first 72 bytes count, as in every implementation that may have made the hash.
    pub(super) fn verify(&self, password: &[u8]) -> bool {
        bcrypt::verify(password, &self.text).unwrap_or(false)
    }
}

/// A new `$2a$` hash; `None` for more than 72 bytes, of which bcrypt would ignore the rest, or a cost out of 4 to 31.
pub(super) fn hash(password: &[u8], cost: u32, rng: &dyn Rng) -> Option<String> {
    if password.len() > 72 {
        return None;
    }
    let mut salt = [0_u8; 16];
    rng.fill(&mut salt);
    Some(bcrypt::hash_with_salt(password, cost, salt).ok()?.format_for_version(Version::TwoA))
}

/// The text of a hash with this cost and a random digest; `None` for a cost out of 4 to 31.
pub(super) fn decoy(cost: u32, rng: &dyn Rng) -> Option<String> {
    if !(4..=31).contains(&cost) {
        return None;
    }
    let (mut salt, mut digest) = ([0_u8; 16], [0_u8; 23]);
    rng.fill(&mut salt);
    rng.fill(&mut digest);
    Some(format!("$2a${cost:02}${}{}", TEXT.encode(salt), TEXT.encode(digest)))
}
