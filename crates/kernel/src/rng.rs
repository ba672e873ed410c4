//! Randomness is an input: production asks the operating system, tests use a seed.

use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::rand::SecureRandom;

/// Where random bytes come from.
pub trait Rng: Send + Sync + 'static {
    /// Fills the whole buffer.
    fn fill(&self, buffer: &mut [u8]);
}

/// The cryptographic generator of the process.
#[derive(Debug, Default)]
pub struct SystemRng(aws_lc_rs::rand::SystemRandom);

impl Rng for SystemRng {
    #[allow(clippy::expect_used, reason = "without randomness no answer of this server would be safe")]
    fn fill(&self, buffer: &mut [u8]) {
        self.0.fill(buffer).expect("the operating system has no random bytes");
    }
}

/// A repeatable sequence (SplitMix64) for tests and for what is no secret; never for secrets.
#[derive(Debug)]
pub struct SeededRng(AtomicU64);

impl SeededRng {
    /// A sequence that is the same for the same seed.
    pub fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }
}

impl Rng for SeededRng {
    fn fill(&self, buffer: &mut [u8]) {
        for chunk in buffer.chunks_mut(8) {
            let mut z = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst).wrapping_add(0x9e37_79b9_7f4a_7c15);
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^= z >> 31;
            chunk.copy_from_slice(&z.to_le_bytes()[..chunk.len()]);
        }
    }
}

/// `length` characters drawn evenly from `alphabet` (ASCII, at most 256 characters).
pub fn random_string(rng: &dyn Rng, length: usize, alphabet: &[u8]) -> String {
    // Bytes past the largest multiple of the alphabet's size are drawn again, so that no character is favoured.
    let limit = 256 - 256 % alphabet.len();
    let mut text = String::with_capacity(length);
    let mut buffer = [0_u8; 64];
    while text.len() < length {
        rng.fill(&mut buffer);
        for &byte in buffer.iter().filter(|&&byte| usize::from(byte) < limit) {
            if text.len() == length {
                break;
            }
            text.push(char::from(alphabet[usize::from(byte) % alphabet.len()]));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_strings_have_the_length_and_the_alphabet_asked_for() {
        let text = random_string(&SystemRng::default(), 64, b"abc");
        assert_eq!(text.len(), 64);
        assert!(text.bytes().all(|byte| b"abc".contains(&byte)));
    }

    #[test]
    fn the_same_seed_gives_the_same_text() {
        let draw = || random_string(&SeededRng::new(7), 32, b"0123456789");
        assert_eq!(draw(), draw());
    }
}
