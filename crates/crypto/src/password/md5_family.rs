//! Formats on MD5, kept only so that people can sign in once more and get a better hash: `$1$`, bare hex, salted.

use md5::{Digest, Md5};

use super::crypt64;

/// `$1$salt$hash` of crypt(3).
pub(super) struct Md5Crypt {
    salt: String,
    hash: String,
}

impl Md5Crypt {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (salt, hash) = text.strip_prefix("$1$")?.split_once('$')?;
        let complete = salt.len() <= 8 && hash.len() == 22 && hash.bytes().all(|byte| crypt64::digit(byte).is_some());
        complete.then(|| Self { salt: salt.to_owned(), hash: hash.to_owned() })
    }

    pub(super) fn verify(&self, password: &[u8]) -> bool {
        crate::constant_time_eq(self.compute(password).as_bytes(), self.hash.as_bytes())
    }

    fn compute(&self, password: &[u8]) -> String {
        let salt = self.salt.as_bytes();
        let first = digest(&[password, salt, password]);
        let mut context = Md5::new();
        context.update(password);
        context.update(b"$1$");
        context.update(salt);
        context.update(first.iter().copied().cycle().take(password.len()).collect::<Vec<_>>());
        let mut bits = password.len();
        while bits > 0 {
            // The original meant to add a byte of the sum here and adds a zero instead.
            context.update(if bits & 1 == 1 { &[0] } else { &password[..1] });
            bits >>= 1;
        }
        let mut sum: [u8; 16] = context.finalize().into();
        for round in 0..1000_u32 {
            let odd = round & 1 == 1;
            let mut parts: Vec<&[u8]> = vec![if odd { password } else { &sum }];
            if round % 3 != 0 {
                parts.push(salt);
            }
            if round % 7 != 0 {
                parts.push(password);
            }
            parts.push(if odd { &sum } else { password });
            sum = digest(&parts);
        }
        let mut text = String::with_capacity(22);
        for [high, middle, low] in [[0, 6, 12], [1, 7, 13], [2, 8, 14], [3, 9, 15], [4, 10, 5]] {
            crypt64::push_group(&mut text, &[sum[high], sum[middle], sum[low]], 4);
        }
        crypt64::push_group(&mut text, &[sum[11]], 2);
        text
    }
}

/// 32 hexadecimal digits: MD5 of the password alone.
pub(super) struct Md5Plain([u8; 16]);

impl Md5Plain {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 16];
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let digit = |index: usize| char::from(pair[index]).to_digit(16);
            *byte = u8::try_from(digit(0)? << 4 | digit(1)?).ok()?;
        }
        Some(Self(bytes))
    }

    pub(super) fn verify(&self, password: &[u8]) -> bool {
        crate::constant_time_eq(&digest(&[password]), &self.0)
    }
}

/// `$md5salted-prefix$salt$hash` or `-suffix`: MD5 of salt and password in that or the other order; the salt counts as written.
pub(super) struct Md5Salted {
    prefix: bool,
    salt: String,
    hash: Vec<u8>,
}

impl Md5Salted {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (name, rest) = text.strip_prefix("$md5salted-")?.split_once('$')?;
        let (salt, hash) = rest.split_once('$')?;
        let hash = crypt64::decode_base64(hash).filter(|hash| hash.len() == 16)?;
        Some(Self { prefix: name == "prefix", salt: salt.to_owned(), hash })
    }

    pub(super) fn verify(&self, password: &[u8]) -> bool {
        let salt = self.salt.as_bytes();
        let computed = if self.prefix { digest(&[salt, password]) } else { digest(&[password, salt]) };
        crate::constant_time_eq(&computed, &self.hash)
    }
}

fn digest(parts: &[&[u8]]) -> [u8; 16] {
    let mut context = Md5::new();
    parts.iter().for_each(|part| context.update(part));
    context.finalize().into()
}
