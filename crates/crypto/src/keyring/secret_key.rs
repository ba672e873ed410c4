//! 32-byte keys that wipe themselves and never print.

use std::fmt;

use castellan_kernel::Rng;
use zeroize::Zeroizing;

/// A 32-byte symmetric key. Its memory is wiped when it is dropped, and `Debug` shows nothing of it.
#[derive(Clone)]
pub struct SecretKey(Zeroizing<[u8; 32]>);

impl SecretKey {
    /// A key with these bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// A new random key.
    pub fn generate(rng: &dyn Rng) -> Self {
        let mut bytes = Zeroizing::new([0_u8; 32]);
        rng.fill(bytes.as_mut());
        Self(bytes)
    }

    /// The key itself, for the cipher that uses it.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(redacted)")
    }
}

/// The operator's key, under which the named keys are sealed. It seals nothing else.
#[derive(Clone, Debug)]
pub struct MasterKey(SecretKey);

/// The master key has the wrong length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("masterkey must be 32 bytes, but is {0}")]
pub struct MasterKeyLength(pub usize);

impl MasterKey {
    /// The key as the operator gave it: exactly 32 bytes, nothing trimmed (oauth.md 1.1).
    ///
    /// # Errors
    /// [`MasterKeyLength`] for any other length.
    pub fn new(bytes: &[u8]) -> Result<Self, MasterKeyLength> {
        let bytes = Zeroizing::new(<[u8; 32]>::try_from(bytes).map_err(|_| MasterKeyLength(bytes.len()))?);
        Ok(Self(SecretKey(bytes)))
    }

    pub(super) fn key(&self) -> &SecretKey {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_master_key_of_another_length_is_refused_with_its_length() {
        let error = MasterKey::new(b"MasterkeyNeedsToHave32Characters\n").unwrap_err();
        assert_eq!(error.to_string(), "masterkey must be 32 bytes, but is 33");
        assert!(MasterKey::new(b"MasterkeyNeedsToHave32Characters").is_ok());
    }

    #[test]
    fn keys_do_not_show_themselves() {
        let key = MasterKey::new(b"MasterkeyNeedsToHave32Characters").unwrap();
        assert_eq!(format!("{key:?}"), "MasterKey(SecretKey(redacted))");
    }
}
