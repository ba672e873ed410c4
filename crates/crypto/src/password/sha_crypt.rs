//! SHA-crypt, `$5$` (SHA-256) and `$6$` (SHA-512), as U. Drepper specified it ("Unix crypt using SHA-256 and SHA-512").

use aws_lc_rs::digest::{Algorithm, Context, SHA256, SHA512};

use super::crypt64;

/// The order in which the bytes of the digest are written, three to a group, highest first.
const ORDER_256: [[usize; 3]; 10] = [
    [0, 10, 20],
    [21, 1, 11],
    [12, 22, 2],
    [3, 13, 23],
    [24, 4, 14],
    [15, 25, 5],
    [6, 16, 26],
    [27, 7, 17],
    [18, 28, 8],
    [9, 19, 29],
];

pub(super) struct ShaCrypt {
    algorithm: &'static Algorithm,
    pub(super) rounds: u32,
    salt: String,
    hash: String,
}

impl ShaCrypt {
    /// `$6$salt$hash` (5000 rounds) or `$6$rounds=12345$salt$hash`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (algorithm, length, rest) = match text.strip_prefix("$5$") {
            Some(rest) => (&SHA256, 43, rest),
            None => (&SHA512, 86, text.strip_prefix("$6$")?),
        };
        let (rounds, rest) = match rest.strip_prefix("rounds=") {
            Some(rest) => rest.split_once('$').and_then(|(rounds, rest)| Some((crypt64::number(rounds)?, rest)))?,
            None => (5000, rest),
        };
        let (salt, hash) = rest.split_once('$')?;
        let complete =
            salt.len() <= 16 && hash.len() == length && hash.bytes().all(|byte| crypt64::digit(byte).is_some());
        complete.then(|| Self { algorithm, rounds: rounds.max(1000), salt: salt.to_owned(), hash: hash.to_owned() })
    }

    pub(super) fn verify(&self, password: &[u8]) -> bool {
        crate::constant_time_eq(self.compute(password).as_bytes(), self.hash.as_bytes())
    }

    fn compute(&self, password: &[u8]) -> String {
        let salt = self.salt.as_bytes();
        let first = self.digest(&[password, salt, password]);
        let mut context = Context::new(self.algorithm);
        context.update(password);
        context.update(salt);
        context.update(&repeat(&first, password.len()));
        let mut bits = password.len();
        while bits > 0 {
            context.update(if bits & 1 == 1 { &first } else { password });
            bits >>= 1;
        }
        let mut sum = context.finish().as_ref().to_vec();

        let password_sum = repeat(&self.digest(&vec![password; password.len()]), password.len());
        let salt_sum = repeat(&self.digest(&vec![salt; 16 + usize::from(sum[0])]), salt.len());
        for round in 0..self.rounds {
            let odd = round & 1 == 1;
            let mut context = Context::new(self.algorithm);
            context.update(if odd { &password_sum } else { &sum });
            if round % 3 != 0 {
                context.update(&salt_sum);
            }
            if round % 7 != 0 {
                context.update(&password_sum);
            }
            context.update(if odd { &sum } else { &password_sum });
            let next = context.finish();
            sum.copy_from_slice(next.as_ref());
        }
        encode(&sum)
    }

    fn digest(&self, parts: &[&[u8]]) -> Vec<u8> {
        let mut context = Context::new(self.algorithm);
        parts.iter().for_each(|part| context.update(part));
        context.finish().as_ref().to_vec()
    }
}

/// The first `length` bytes of the endless repetition of `bytes`.
fn repeat(bytes: &[u8], length: usize) -> Vec<u8> {
    bytes.iter().copied().cycle().take(length).collect()
}

fn encode(sum: &[u8]) -> String {
    let mut text = String::with_capacity(86);
    if sum.len() == 32 {
        for [high, middle, low] in ORDER_256 {
            crypt64::push_group(&mut text, &[sum[high], sum[middle], sum[low]], 4);
        }
        crypt64::push_group(&mut text, &[sum[31], sum[30]], 3);
    } else {
        // Each group starts one byte further in another third of the digest.
        let mut group = [0, 21, 42];
        for _ in 0..21 {
            crypt64::push_group(&mut text, &group.map(|position| sum[position]), 4);
            group = [group[1] + 1, group[2] + 1, group[0] + 1];
        }
        crypt64::push_group(&mut text, &[sum[63]], 2);
    }
    text
}
