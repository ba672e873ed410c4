//! The pool in which passwords are hashed: as many at a time as there are cores to spare, and a queue with an end.

use std::sync::Arc;

use castellan_kernel::Rng;
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use super::encoded::verify_in;
use super::memory::{KEPT_FOR, Memory, Spare};
use super::{HashError, Scheme};

/// How many hashings may wait for each worker before further ones are turned away.
const WAITING_PER_WORKER: usize = 64;

/// Why a password was not hashed or verified. None of these says that it is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// The stored hash cannot be verified.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The password is longer than the scheme takes.
    #[error("the password is too long")]
    TooLong,
    /// The configured costs are impossible.
    #[error("the costs of the configured password hasher are out of its bounds")]
    Costs,
    /// Too many hashings wait already: answer that the server is busy.
    #[error("too many passwords are being checked at the moment")]
    Overloaded,
    /// The worker died.
    #[error("the password worker failed")]
    Failed,
}

/// The answer to a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// Whether the password is right.
    pub matches: bool,
    /// A new hash to store in place of the old one, if it is right and the old one was made otherwise than today's.
    pub upgraded: Option<String>,
}

/// Hashes and verifies passwords off the async workers, so that a flood of logins leaves the rest of the server alone.
#[derive(Clone)]
pub struct PasswordHasher {
    scheme: Scheme,
    rng: Arc<dyn Rng>,
    admission: Arc<Semaphore>,
    workers: Arc<Semaphore>,
    spare: Spare,
    /// A hash of today's scheme that no password matches, to spend the same time on users that do not exist.
    decoy: Arc<str>,
}

impl PasswordHasher {
    /// A pool with a worker for every core but one (at least one).
    ///
    /// # Errors
    /// [`PasswordError::Costs`] if the scheme's costs are impossible.
    pub fn new(scheme: Scheme, rng: Arc<dyn Rng>) -> Result<Self, PasswordError> {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self::with_workers(scheme, rng, cores.saturating_sub(1).max(1))
    }

    /// A pool with a given number of workers (at least one).
    ///
    /// # Errors
    /// [`PasswordError::Costs`] if the scheme's costs are impossible.
    pub fn with_workers(scheme: Scheme, rng: Arc<dyn Rng>, workers: usize) -> Result<Self, PasswordError> {
        let workers = workers.clamp(1, 1024);
        let decoy = scheme.decoy(rng.as_ref())?.into();
        Ok(Self {
            scheme,
            rng,
            admission: Arc::new(Semaphore::new(workers * (1 + WAITING_PER_WORKER))),
            workers: Arc::new(Semaphore::new(workers)),
            spare: Spare::default(),
            decoy,
        })
    }

    /// The scheme of new hashes.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Hashes a new password.
    ///
    /// # Errors
    /// [`PasswordError`] if it is too long or the pool is overloaded.
    pub async fn hash(&self, password: impl Into<String>) -> Result<String, PasswordError> {
        let (scheme, rng, password) = (self.scheme, Arc::clone(&self.rng), Zeroizing::new(password.into()));
        self.run(move |memory| scheme.hash_in(memory, &password, rng.as_ref())).await?
    }

    /// Verifies a password against its stored hash, and hashes it anew if the stored one is outdated.
    ///
    /// # Errors
    /// [`PasswordError`] if the stored hash cannot be verified or the pool is overloaded.
    pub async fn verify(
        &self,
        encoded: impl Into<String>,
        password: impl Into<String>,
    ) -> Result<Checked, PasswordError> {
        let (scheme, rng) = (self.scheme, Arc::clone(&self.rng));
        let (encoded, password) = (encoded.into(), Zeroizing::new(password.into()));
        self.run(move |memory| {
            let matches = verify_in(memory, &encoded, &password)?;
            // A password that today's scheme cannot take keeps its old hash.
            let outdated = matches && scheme.needs_rehash(&encoded);
            let upgraded = outdated.then(|| scheme.hash_in(memory, &password, rng.as_ref()).ok()).flatten();
            Ok(Checked { matches, upgraded })
        })
        .await?
    }

    /// Spends the time of a verification where there is no user or no password, so that the answer does not tell so.
    ///
    /// # Errors
    /// [`PasswordError::Overloaded`] as for real passwords.
    pub async fn verify_nothing(&self, password: impl Into<String>) -> Result<(), PasswordError> {
        let (decoy, password) = (Arc::clone(&self.decoy), Zeroizing::new(password.into()));
        self.run(move |memory| verify_in(memory, &decoy, &password).map(drop)).await??;
        Ok(())
    }

    /// Verifies a client secret: at once if its hash is a fast one, in the pool otherwise. `upgraded` is then a fast hash.
    ///
    /// # Errors
    /// [`PasswordError`] if the stored hash cannot be verified or the pool is overloaded.
    pub async fn verify_secret(&self, stored: &str, secret: &str) -> Result<Checked, PasswordError> {
        if !crate::secrets::is_slow(stored) {
            return Ok(Checked { matches: crate::secrets::verify_secret(stored, secret)?, upgraded: None });
        }
        let (encoded, password) = (stored.to_owned(), Zeroizing::new(secret.to_owned()));
        let matches = self.run(move |memory| verify_in(memory, &encoded, &password)).await??;
        let outdated = matches && crate::secrets::needs_rehash(stored, secret);
        let upgraded = outdated.then(|| crate::secrets::hash_secret(secret, self.rng.as_ref()));
        Ok(Checked { matches, upgraded })
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> Result<T, PasswordError> {
        let admitted = Arc::clone(&self.admission).try_acquire_owned().map_err(|_| PasswordError::Overloaded)?;
        let worker = Arc::clone(&self.workers).acquire_owned().await.map_err(|_| PasswordError::Failed)?;
        // The permits move along: a caller that goes away must not make room while its work still runs.
        let spare = self.spare.clone();
        tokio::task::spawn_blocking(move || {
            let _permits = (admitted, worker);
            let mut memory = spare.take();
            let done = work(&mut memory);
            spare.put(memory);
            tokio::spawn(async move {
                tokio::time::sleep(KEPT_FOR).await;
                spare.give_back(KEPT_FOR);
            });
            done
        })
        .await
        .map_err(|_| PasswordError::Failed)
    }
}

impl std::fmt::Debug for PasswordHasher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PasswordHasher").field("scheme", &self.scheme).finish_non_exhaustive()
    }
}
