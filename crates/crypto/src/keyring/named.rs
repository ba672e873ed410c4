//! The eleven named keys (oauth.md 1.2): read from storage, missing ones made, older ones kept for opening.

use std::collections::BTreeMap;
use std::fmt;

use castellan_kernel::Rng;
use zeroize::Zeroizing;

use super::{MasterKey, SealError, SealingKey, SecretKey, open, seal};

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyName {
    /// Codes that prove a domain.
    DomainVerification,
    /// Client secrets of identity providers.
    IdpConfig,
    /// Opaque tokens and the private parts of web keys.
    Oidc,
    /// SAML signing keys and requests.
    Saml,
    /// TOTP secrets.
    Otp,
    /// Credentials of SMS providers.
    Sms,
    /// SMTP passwords.
    Smtp,
    /// Verification codes of users.
    User,
    /// Signing keys of action targets.
    Target,
    /// The cookie against request forgery.
    CsrfCookie,
    /// The cookie that names a browser.
    UserAgentCookie,
}

impl KeyName {
    /// Every name, in the order of the enum.
    pub const ALL: [Self; 11] = [
        Self::DomainVerification,
        Self::IdpConfig,
        Self::Oidc,
        Self::Saml,
        Self::Otp,
        Self::Sms,
        Self::Smtp,
        Self::User,
        Self::Target,
        Self::CsrfCookie,
        Self::UserAgentCookie,
    ];

    /// The id under which the key is stored unless configured otherwise.
    pub const fn default_id(self) -> &'static str {
        match self {
            Self::DomainVerification => "domainVerificationKey",
            Self::IdpConfig => "idpConfigKey",
            Self::Oidc => "oidcKey",
            Self::Saml => "samlKey",
            Self::Otp => "otpKey",
            Self::Sms => "smsKey",
            Self::Smtp => "smtpKey",
            Self::User => "userKey",
            Self::Target => "targetKey",
            Self::CsrfCookie => "csrfCookieKey",
            Self::UserAgentCookie => "userAgentCookieKey",
        }
    }
}

/// Which stored key each name uses: one to seal (and open) with, and older ones that still open.
#[derive(Debug, Clone)]
pub struct KeyIds(BTreeMap<KeyName, (String, Vec<String>)>);

impl Default for KeyIds {
    fn default() -> Self {
        Self(KeyName::ALL.into_iter().map(|name| (name, (name.default_id().to_owned(), Vec::new()))).collect())
    }
}

impl KeyIds {
    /// Sets the id to seal with (`EncryptionKeyID`) and the older ids that still open (`DecryptionKeyIDs`).
    pub fn set(&mut self, name: KeyName, encryption_id: impl Into<String>, decryption_ids: Vec<String>) {
        self.0.insert(name, (encryption_id.into(), decryption_ids));
    }
}

/// A key as it is stored: its id, and its bytes sealed under the master key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredKey {
    /// The unique id, such as `oidcKey`.
    pub id: String,
    /// What [`Keyring::seal_key`] made.
    pub sealed: String,
}

/// Why the keyring could not be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyringError {
    /// A stored key does not open: most likely another master key was given than the one it was stored with.
    #[error("encryption key {0:?} does not open: is this the master key that the server was set up with?")]
    WrongMasterKey(String),
    /// A decryption id names no stored key.
    #[error("decryption key {0:?} of the configuration is not among the stored encryption keys")]
    Missing(String),
}

struct Slot {
    key: SecretKey,
    sealing: SealingKey,
    older: Vec<(SecretKey, SealingKey)>,
}

/// All named keys, opened and ready.
pub struct Keyring(BTreeMap<KeyName, Slot>);

impl Keyring {
    /// Opens the stored keys and makes those that are missing.
    ///
    /// Returns the ring and the new keys, which the caller must store before it uses the ring.
    ///
    /// # Errors
    /// [`KeyringError`] if a stored key does not open under this master key or an older key is not there.
    pub fn open(
        master: &MasterKey,
        ids: &KeyIds,
        stored: &[StoredKey],
        rng: &dyn Rng,
    ) -> Result<(Self, Vec<StoredKey>), KeyringError> {
        let mut keys = BTreeMap::new();
        for entry in stored {
            keys.insert(entry.id.clone(), Self::open_key(master, entry)?);
        }
        let mut made = Vec::new();
        let mut slots = BTreeMap::new();
        for (&name, (id, older_ids)) in &ids.0 {
            let key = keys.entry(id.clone()).or_insert_with(|| {
                let key = SecretKey::generate(rng);
                made.push(Self::seal_key(master, id, &key, rng));
                key
            });
            let (key, sealing) = (key.clone(), SealingKey::new(key));
            let mut older = Vec::with_capacity(older_ids.len());
            for older_id in older_ids {
                let key = keys.get(older_id).ok_or_else(|| KeyringError::Missing(older_id.clone()))?;
                older.push((key.clone(), SealingKey::new(key)));
            }
            slots.insert(name, Slot { key, sealing, older });
        }
        Ok((Self(slots), made))
    }

    /// A ring of new keys that are stored nowhere, for tests and tools.
    pub fn ephemeral(rng: &dyn Rng) -> Self {
        let slot = |_| {
            let key = SecretKey::generate(rng);
            Slot { sealing: SealingKey::new(&key), key, older: Vec::new() }
        };
        Self(KeyName::ALL.into_iter().map(|name| (name, slot(name))).collect())
    }

    /// Seals a key under the master key, bound to its id.
    pub fn seal_key(master: &MasterKey, id: &str, key: &SecretKey, rng: &dyn Rng) -> StoredKey {
        StoredKey { id: id.to_owned(), sealed: seal(master.key(), &context(id), key.expose(), rng) }
    }

    /// Opens one stored key.
    ///
    /// # Errors
    /// [`KeyringError::WrongMasterKey`] if it does not open.
    pub fn open_key(master: &MasterKey, stored: &StoredKey) -> Result<SecretKey, KeyringError> {
        open(master.key(), &context(&stored.id), &stored.sealed)
            .ok()
            .and_then(|bytes| <[u8; 32]>::try_from(bytes.as_slice()).ok())
            .map(SecretKey::from_bytes)
            .ok_or_else(|| KeyringError::WrongMasterKey(stored.id.clone()))
    }

    /// The key of this name.
    pub fn key(&self, name: KeyName) -> &SecretKey {
        &self.slot(name).key
    }

    /// The keys of this name that are no longer used for new values.
    pub fn older_keys(&self, name: KeyName) -> impl Iterator<Item = &SecretKey> {
        self.slot(name).older.iter().map(|(key, _)| key)
    }

    /// Seals a secret with the key of this name; see [`SealingKey::seal`] for `context`.
    pub fn seal(&self, name: KeyName, context: &str, plaintext: &[u8], rng: &dyn Rng) -> String {
        self.slot(name).sealing.seal(context, plaintext, rng)
    }

    /// Opens a secret with the key of this name or one of its older keys.
    ///
    /// # Errors
    /// [`SealError`] if none of them opens it.
    pub fn open_secret(&self, name: KeyName, context: &str, sealed: &str) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let slot = self.slot(name);
        slot.sealing
            .open(context, sealed)
            .or_else(|error| slot.older.iter().find_map(|(_, sealing)| sealing.open(context, sealed).ok()).ok_or(error))
    }

    #[allow(clippy::indexing_slicing, reason = "every constructor fills every name")]
    fn slot(&self, name: KeyName) -> &Slot {
        &self.0[&name]
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keyring(redacted)")
    }
}

fn context(id: &str) -> String {
    format!("encryption-key:{id}")
}

#[cfg(test)]
mod tests {
    use castellan_kernel::SeededRng;

    use super::*;

    fn master() -> MasterKey {
        MasterKey::new(b"MasterkeyNeedsToHave32Characters").unwrap()
    }

    #[test]
    fn missing_keys_are_made_once_and_found_again() {
        let rng = SeededRng::new(1);
        let (first, made) = Keyring::open(&master(), &KeyIds::default(), &[], &rng).unwrap();
        assert_eq!(made.len(), 11);
        let (second, none) = Keyring::open(&master(), &KeyIds::default(), &made, &rng).unwrap();
        assert!(none.is_empty());
        for name in KeyName::ALL {
            assert_eq!(first.key(name).expose(), second.key(name).expose());
        }
    }

    #[test]
    fn another_master_key_and_exchanged_rows_are_refused() {
        let rng = SeededRng::new(2);
        let (_, mut made) = Keyring::open(&master(), &KeyIds::default(), &[], &rng).unwrap();
        let other = MasterKey::new(&[1; 32]).unwrap();
        let error = Keyring::open(&other, &KeyIds::default(), &made, &rng).unwrap_err();
        assert!(matches!(error, KeyringError::WrongMasterKey(_)));
        let sealed = made[0].sealed.clone();
        made[1].sealed = sealed;
        assert!(Keyring::open(&master(), &KeyIds::default(), &made, &rng).is_err());
    }

    #[test]
    fn after_a_rotation_old_secrets_still_open_and_new_ones_use_the_new_key() {
        let rng = SeededRng::new(3);
        let (old, made) = Keyring::open(&master(), &KeyIds::default(), &[], &rng).unwrap();
        let sealed = old.seal(KeyName::Smtp, "smtp", b"password", &rng);
        let mut ids = KeyIds::default();
        ids.set(KeyName::Smtp, "smtpKey2", vec!["smtpKey".into()]);
        let (new, added) = Keyring::open(&master(), &ids, &made, &rng).unwrap();
        assert_eq!(added.iter().map(|key| key.id.as_str()).collect::<Vec<_>>(), ["smtpKey2"]);
        assert_eq!(new.open_secret(KeyName::Smtp, "smtp", &sealed).unwrap().as_slice(), b"password");
        let fresh = new.seal(KeyName::Smtp, "smtp", b"password", &rng);
        assert!(old.open_secret(KeyName::Smtp, "smtp", &fresh).is_err());
        ids.set(KeyName::Smtp, "smtpKey2", vec!["gone".into()]);
        assert_eq!(Keyring::open(&master(), &ids, &made, &rng).unwrap_err(), KeyringError::Missing("gone".into()));
    }
}
