//! Argon2id and Argon2i (RFC 9106) in the text form of its reference implementation.

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use castellan_kernel::Rng;

use super::crypt64;
use super::memory::Memory;

pub(super) struct Argon2Hash {
    algorithm: Algorithm,
    version: Version,
    pub(super) memory_kib: u32,
    pub(super) iterations: u32,
    pub(super) parallelism: u32,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

impl Argon2Hash {
    /// `$argon2id$v=19$m=65536,t=3,p=4$salt$hash`; without `v` it is version 16.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (name, rest) = text.strip_prefix('$')?.split_once('$')?;
        let algorithm = if name == "argon2id" { Algorithm::Argon2id } else { Algorithm::Argon2i };
        let (version, rest) = match rest.split_once('$')? {
            ("v=19", rest) => (Version::V0x13, rest),
            ("v=16", rest) => (Version::V0x10, rest),
            _ => (Version::V0x10, rest),
        };
        let mut fields = rest.split('$');
        let mut costs = fields.next()?.split(',');
        let (memory_kib, iterations, parallelism) = (
            crypt64::parameter(costs.next()?, "m")?,
            crypt64::parameter(costs.next()?, "t")?,
            crypt64::parameter(costs.next()?, "p")?,
        );
        let (salt, hash) = (crypt64::decode_base64(fields.next()?)?, crypt64::decode_base64(fields.next()?)?);
        let complete = costs.next().is_none() && fields.next().is_none();
        complete.then_some(Self { algorithm, version, memory_kib, iterations, parallelism, salt, hash })
    }

    pub(super) fn verify(&self, password: &[u8], memory: &mut Memory) -> bool {
        let mut computed = vec![0; self.hash.len()];
        Params::new(self.memory_kib, self.iterations, self.parallelism, Some(self.hash.len()))
            .and_then(|params| {
                let argon2 = Argon2::new(self.algorithm, self.version, params);
                memory.hash(&argon2, password, &self.salt, &mut computed)
            })
            .is_ok_and(|()| crate::constant_time_eq(&computed, &self.hash))
    }

    /// Whether it was made by the current version with exactly these costs.
    pub(super) fn is_made_with(&self, memory_kib: u32, iterations: u32, parallelism: u32) -> bool {
        self.algorithm == Algorithm::Argon2id
            && self.version == Version::V0x13
            && (self.memory_kib, self.iterations, self.parallelism) == (memory_kib, iterations, parallelism)
    }
}

/// A new hash; `None` if the costs are out of Argon2's own bounds.
pub(super) fn hash(
    password: &[u8],
    memory_kib: u32,
    iterations: u32,
    parallelism: u32,
    rng: &dyn Rng,
    memory: &mut Memory,
) -> Option<String> {
    let mut salt = [0_u8; 16];
    rng.fill(&mut salt);
    let mut output = [0_u8; 32];
    let params = Params::new(memory_kib, iterations, parallelism, Some(output.len())).ok()?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    memory.hash(&argon2, password, &salt, &mut output).ok()?;
    Some(text(memory_kib, iterations, parallelism, salt, output))
}

/// The text of a hash with these costs and a random digest; `None` if the costs are out of Argon2's own bounds.
pub(super) fn decoy(memory_kib: u32, iterations: u32, parallelism: u32, rng: &dyn Rng) -> Option<String> {
    let (mut salt, mut output) = ([0_u8; 16], [0_u8; 32]);
    Params::new(memory_kib, iterations, parallelism, Some(output.len())).ok()?;
    rng.fill(&mut salt);
    rng.fill(&mut output);
    Some(text(memory_kib, iterations, parallelism, salt, output))
}

fn text(memory_kib: u32, iterations: u32, parallelism: u32, salt: [u8; 16], output: [u8; 32]) -> String {
    let (salt, output) = (STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(output));
    format!("$argon2id$v=19$m={memory_kib},t={iterations},p={parallelism}${salt}${output}")
}
