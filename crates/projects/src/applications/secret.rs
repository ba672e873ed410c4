//! Client secrets: made here, shown once, kept as a hash.

use castellan_crypto::secrets;
use castellan_kernel::{Rng, random_string};

const LENGTH: usize = 64;
const ALPHABET: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/// A new secret and what is stored of it.
pub(super) struct Secret {
    pub plain: String,
    pub hash: String,
}

impl Secret {
    pub fn generate(rng: &dyn Rng) -> Self {
        let plain = random_string(rng, LENGTH, ALPHABET);
        let hash = secrets::hash_secret(&plain, rng);
        Self { plain, hash }
    }
}
