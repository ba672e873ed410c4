//! The keys of the server: one master key from the operator, eleven named keys sealed under it, and secrets sealed under those.
//!
//! A [`Keyring`] is opened once at start from the stored keys; every room that keeps a secret seals it with the key of its name.

mod named;
mod seal;
mod secret_key;

pub use named::{KeyIds, KeyName, Keyring, KeyringError, StoredKey};
pub use seal::{SealError, SealingKey, open, seal};
pub use secret_key::{MasterKey, MasterKeyLength, SecretKey};

pub(crate) use seal::aead_key;
