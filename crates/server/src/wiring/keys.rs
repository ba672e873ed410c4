//! The stored encryption keys: opening the ring at start, adding and listing keys.

use castellan_crypto::keyring::{KeyIds, KeyName, Keyring, MasterKey, SecretKey, StoredKey};
use castellan_db::{Connection, Db, DbErrorExt as _, global_statement};
use castellan_kernel::{Rng, SystemRng};
use zeroize::Zeroizing;

use super::{Process, environment};
use crate::config::{KeyNames, Settings};
use crate::failure::{Failure, Result};

/// An encryption key to add.
pub struct NewKey {
    /// Its id.
    pub id: String,
    /// Its bytes; `None`: generate them.
    pub key: Option<Zeroizing<[u8; 32]>>,
}

/// Opens the stored keys and stores those that are missing.
pub(super) async fn open_ring(db: &Db, settings: &Settings, master: &MasterKey, rng: &dyn Rng) -> Result<Keyring> {
    let ids = key_ids(settings);
    let open = |stored: &[StoredKey]| {
        Keyring::open(master, &ids, stored, rng)
            .map_err(|cause| Failure::new("the encryption keys cannot be opened").because(cause))
    };
    // Only a first start has something to write; any other would wait for the disk in vain.
    let (ring, made) = open(&all(&mut db.single_reads(None)).await?)?;
    if made.is_empty() {
        return Ok(ring);
    }
    // Two servers that start on one empty database may both make keys: whoever comes second reads those of the first.
    for _ in 0..5 {
        let mut tx = db.begin(None);
        let stored = all(&mut tx).await?;
        let (ring, made) = open(&stored)?;
        let outcome = async {
            for key in &made {
                insert(&mut tx, key).await?;
            }
            tx.commit().await
        }
        .await;
        match outcome {
            Ok(()) => return Ok(ring),
            Err(error) if error.is_conflict() || error.unique_violation().is_some() => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Failure::new("the encryption keys could not be stored: other servers keep changing them"))
}

fn key_ids(settings: &Settings) -> KeyIds {
    let keys = &settings.encryption_keys;
    let mut ids = KeyIds::default();
    let mut set = |name, names: &KeyNames| {
        ids.set(name, names.encryption_key_id.clone(), names.decryption_key_ids.clone());
    };
    set(KeyName::DomainVerification, &keys.domain_verification);
    set(KeyName::IdpConfig, &keys.idp_config);
    set(KeyName::Saml, &keys.saml);
    set(KeyName::Otp, &keys.otp);
    set(KeyName::Sms, &keys.sms);
    set(KeyName::Smtp, &keys.smtp);
    set(KeyName::User, &keys.user);
    set(KeyName::Target, &keys.target);
    ids.set(KeyName::Oidc, keys.oidc.encryption_key_id.clone(), keys.oidc.decryption_key_ids.clone());
    ids.set(KeyName::CsrfCookie, keys.csrf_cookie_key_id.clone(), Vec::new());
    ids.set(KeyName::UserAgentCookie, keys.user_agent_cookie_key_id.clone(), Vec::new());
    ids
}

async fn all(connection: &mut Connection) -> castellan_kernel::Result<Vec<StoredKey>> {
    let statement = global_statement!("SELECT id, sealed FROM encryption_keys ORDER BY id");
    let rows = connection.rows(statement, &[]).await?;
    rows.iter().map(|row| Ok(StoredKey { id: row.text(0)?, sealed: row.text(1)? })).collect()
}

async fn insert(connection: &mut Connection, key: &StoredKey) -> castellan_kernel::Result<()> {
    let statement = global_statement!("INSERT INTO encryption_keys (id, sealed) VALUES ($1, $2)");
    connection.execute(statement, &[key.id.as_str().into(), key.sealed.as_str().into()]).await.map(|_| ())
}

/// Adds encryption keys.
///
/// # Errors
/// An id is taken, or the database cannot be opened.
pub async fn keys_new(process: Process, keys: Vec<NewKey>) -> Result<()> {
    let db = environment::open_database(&process.settings).await?;
    let master = environment::master_key(&process.master_key)?;
    let rng = SystemRng::default();
    let mut tx = db.begin(None);
    let taken: Vec<String> = all(&mut tx).await?.into_iter().map(|key| key.id).collect();
    for new in &keys {
        if taken.contains(&new.id) {
            return Err(Failure::new(format!(
                "there is already an encryption key {:?}; choose another id, and name the old one under DecryptionKeyIDs",
                new.id
            )));
        }
        let key = new.key.as_ref().map_or_else(|| SecretKey::generate(&rng), |bytes| SecretKey::from_bytes(**bytes));
        insert(&mut tx, &Keyring::seal_key(&master, &new.id, &key, &rng)).await?;
    }
    tx.commit().await?;
    for new in &keys {
        println!("added {}", new.id);
    }
    db.close().await?;
    Ok(())
}

/// Prints the ids of the encryption keys.
///
/// # Errors
/// The database cannot be opened.
pub async fn keys_list(process: Process) -> Result<()> {
    let db = environment::open_database(&process.settings).await?;
    for key in all(&mut db.single_reads(None)).await? {
        println!("{}", key.id);
    }
    db.close().await?;
    Ok(())
}
