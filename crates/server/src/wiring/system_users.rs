//! System users from the configuration; key files are read again when they change.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use castellan_crypto::jose::{Certificate, VerifyingKey};
use castellan_kernel::Timestamp;
use castellan_oidc::system_user::{SystemMembership, SystemUser, SystemUsers};

use crate::config::{self, MemberKind, Settings, SystemUserKey};
use crate::failure::{Failure, Result};

/// The system users of the configuration.
///
/// # Errors
/// A key that cannot be read, with the user's name.
pub(super) fn system_users(settings: &Settings) -> Result<SystemUsers> {
    let users = settings.system_api_users.0.iter().map(system_user).collect::<Result<_>>()?;
    Ok(SystemUsers { users, audience: settings.external_base_url() })
}

fn system_user(user: &config::SystemUser) -> Result<SystemUser> {
    let key: Box<dyn Fn(Timestamp) -> Option<Arc<VerifyingKey>> + Send + Sync> = match &user.key {
        SystemUserKey::Data(bytes) => {
            let key = Key::read(bytes).ok_or_else(|| unusable(&user.name, "KeyData"))?;
            Box::new(move |now| key.at(now))
        }
        SystemUserKey::Path(path) => {
            let file = KeyFile::open(path.clone()).ok_or_else(|| unusable(&user.name, &path.display().to_string()))?;
            Box::new(move |now| file.at(now))
        }
    };
    let mut memberships: Vec<SystemMembership> = user
        .memberships
        .iter()
        .map(|membership| {
            let (id, roles) = (membership.aggregate_id.clone(), membership.roles.clone());
            match membership.kind {
                MemberKind::System => SystemMembership::System { roles },
                MemberKind::Instance => SystemMembership::Instance { id, roles },
                MemberKind::Organization => SystemMembership::Organization { id, roles },
            }
        })
        .collect();
    if memberships.is_empty() {
        memberships.push(SystemMembership::System { roles: vec!["SYSTEM_OWNER".to_owned()] });
    }
    Ok(SystemUser { name: user.name.to_lowercase(), key, memberships })
}

fn unusable(name: &str, from: &str) -> Failure {
    Failure::new(format!(
        "SystemAPIUsers: the key of {name:?} ({from}) cannot be used; it must be a PEM public key (PKIX) or an X.509 certificate"
    ))
}

enum Key {
    Plain(Arc<VerifyingKey>),
    Certificate(Certificate, Arc<VerifyingKey>),
}

impl Key {
    fn read(pem: &[u8]) -> Option<Self> {
        if let Ok(certificate) = Certificate::from_pem(pem) {
            let key = Arc::new(VerifyingKey::new(certificate.public_key.clone()).ok()?);
            return Some(Self::Certificate(certificate, key));
        }
        VerifyingKey::from_pem(pem).ok().map(|key| Self::Plain(Arc::new(key)))
    }

    fn at(&self, now: Timestamp) -> Option<Arc<VerifyingKey>> {
        match self {
            Self::Plain(key) => Some(Arc::clone(key)),
            Self::Certificate(certificate, key) => certificate.is_valid_at(now).then(|| Arc::clone(key)),
        }
    }
}

/// A key file: read again when its time of change does.
struct KeyFile {
    path: PathBuf,
    read: Mutex<(Option<SystemTime>, Key)>,
}

impl KeyFile {
    fn open(path: PathBuf) -> Option<Self> {
        let read = Mutex::new((changed(&path), Key::read(&std::fs::read(&path).ok()?)?));
        Some(Self { path, read })
    }

    fn at(&self, now: Timestamp) -> Option<Arc<VerifyingKey>> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let changed = changed(&self.path);
        if changed != read.0
            && let Some(key) = std::fs::read(&self.path).ok().and_then(|pem| Key::read(&pem))
        {
            *read = (changed, key);
        }
        read.1.at(now)
    }
}

fn changed(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).and_then(|file| file.modified()).ok()
}
