//! PBKDF2 (RFC 8018) in passlib's text form, `$pbkdf2-sha256$rounds$salt$hash`; without a suffix it is SHA-1.

use std::num::NonZeroU32;

use aws_lc_rs::{hmac, pbkdf2};

use super::crypt64;

pub(super) struct Pbkdf2Hash {
    /// `None` is SHA-224, which the provider's function does not know.
    algorithm: Option<pbkdf2::Algorithm>,
    pub(super) rounds: NonZeroU32,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

impl Pbkdf2Hash {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut fields = text.split('$').skip(1);
        let algorithm = match fields.next()? {
            "pbkdf2" => Some(pbkdf2::PBKDF2_HMAC_SHA1),
            "pbkdf2-sha224" => None,
            "pbkdf2-sha256" => Some(pbkdf2::PBKDF2_HMAC_SHA256),
            "pbkdf2-sha384" => Some(pbkdf2::PBKDF2_HMAC_SHA384),
            "pbkdf2-sha512" => Some(pbkdf2::PBKDF2_HMAC_SHA512),
            _ => return None,
        };
        let rounds = NonZeroU32::new(crypt64::number(fields.next()?)?)?;
        let (salt, hash) = (crypt64::decode_base64(fields.next()?)?, crypt64::decode_base64(fields.next()?)?);
        // A longer result than the digest multiplies the work for no gain.
        let complete = fields.next().is_none() && hash.len() <= 64;
        complete.then_some(Self { algorithm, rounds, salt, hash })
    }

    pub(super) fn verify(&self, password: &[u8]) -> bool {
        match self.algorithm {
            Some(algorithm) => pbkdf2::verify(algorithm, self.rounds, &self.salt, password, &self.hash).is_ok(),
            None => crate::constant_time_eq(&self.derive_sha224(password), &self.hash),
        }
    }

    fn derive_sha224(&self, password: &[u8]) -> Vec<u8> {
        let key = hmac::Key::new(hmac::HMAC_SHA224, password);
        let mut output = Vec::new();
        let mut block = 1_u32;
        while output.len() < self.hash.len() {
            let mut context = hmac::Context::with_key(&key);
            context.update(&self.salt);
            context.update(&block.to_be_bytes());
            let mut last = context.sign();
            let mut sum = last.as_ref().to_vec();
            for _ in 1..self.rounds.get() {
                last = hmac::sign(&key, last.as_ref());
                sum.iter_mut().zip(last.as_ref()).for_each(|(sum, byte)| *sum ^= byte);
            }
            output.extend_from_slice(&sum);
            block += 1;
        }
        output.truncate(self.hash.len());
        output
    }
}
