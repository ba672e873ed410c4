//! The "portable" hashes of PHP systems: phpass (`$P$` of WordPress, `$H$` of phpBB, MD5) and Drupal 7 (`$S$`, SHA-512).

use aws_lc_rs::digest::{self, SHA512};
use md5::{Digest, Md5};

use super::crypt64;

pub(super) struct PortableHash {
    drupal: bool,
    pub(super) log_rounds: u32,
    salt: [u8; 8],
    hash: String,
}

impl PortableHash {
    /// The identifier, one character for the logarithm of the rounds, eight of salt, and the hash.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let drupal = text.starts_with("$S$");
        let (&count, rest) = text.as_bytes().get(3..)?.split_first()?;
        let (salt, hash) = rest.split_at_checked(8)?;
        // Drupal cuts its hashes so that the whole text has 55 characters.
        let complete =
            hash.len() == if drupal { 43 } else { 22 } && hash.iter().all(|&byte| crypt64::digit(byte).is_some());
        complete.then_some(())?;
        Some(Self {
            drupal,
            log_rounds: crypt64::digit(count).filter(|log| *log <= 30)?,
            salt: salt.try_into().ok()?,
            hash: hash.iter().copied().map(char::from).collect(),
        })
    }

    pub(super) fn is_drupal(&self) -> bool {
        self.drupal
    }

    pub(super) fn verify(&self, password: &[u8]) -> bool {
        let mut sum = self.digest(&self.salt, password);
        for _ in 0..1_u32 << self.log_rounds {
            sum = self.digest(&sum, password);
        }
        let computed = crypt64::encode_groups(&sum);
        computed
            .get(..self.hash.len())
            .is_some_and(|text| crate::constant_time_eq(text.as_bytes(), self.hash.as_bytes()))
    }

    fn digest(&self, first: &[u8], password: &[u8]) -> Vec<u8> {
        if self.drupal {
            let mut context = digest::Context::new(&SHA512);
            context.update(first);
            context.update(password);
            return context.finish().as_ref().to_vec();
        }
        let mut context = Md5::new();
        context.update(first);
        context.update(password);
        context.finalize().to_vec()
    }
}
