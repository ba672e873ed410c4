//! The memory that Argon2 works in. Owns that it serves one hash after the other for as long as passwords keep coming.
//!
//! A hash writes to 19 MiB, twice. Each page that is fresh from the system must be faulted in first, which takes nearly as long
//! as the hash itself (43 a second on one core, and 75 in memory that is there).

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use argon2::{Argon2, Block};

/// How long memory is kept after its last use.
pub(super) const KEPT_FOR: Duration = Duration::from_secs(2);

/// Blocks of a kibibyte, up to which memory is kept: an imported hash may ask for far more than new ones do.
const MOST_KEPT: usize = 64 << 10;

/// Memory for one hash after the other; it grows to what the largest asked for.
#[derive(Default)]
pub(super) struct Memory(Vec<Block>);

impl Memory {
    /// Hashes in this memory.
    ///
    /// # Errors
    /// Those of Argon2; out of memory.
    pub(super) fn hash(
        &mut self,
        argon2: &Argon2<'_>,
        password: &[u8],
        salt: &[u8],
        output: &mut [u8],
    ) -> argon2::Result<()> {
        let count = argon2.params().block_count();
        if let Some(missing) = count.checked_sub(self.0.len()) {
            self.0.try_reserve_exact(missing).map_err(|_| argon2::Error::OutOfMemory)?;
            self.0.resize(count, Block::default());
        }
        argon2.hash_password_into_with_memory(password, salt, output, &mut self.0[..count])
    }
}

/// The memory that no hash is made in at the moment, with when it was given back; clones share it.
#[derive(Clone, Default)]
pub(super) struct Spare(Arc<Mutex<Vec<(Instant, Memory)>>>);

impl Spare {
    /// Memory for a hash, empty if none is left.
    pub(super) fn take(&self) -> Memory {
        self.lock().pop().map(|(_, memory)| memory).unwrap_or_default()
    }

    /// Keeps memory for the next hash.
    pub(super) fn put(&self, memory: Memory) {
        if (1..=MOST_KEPT).contains(&memory.0.len()) {
            self.lock().push((Instant::now(), memory));
        }
    }

    /// Gives back what has not been used for a while.
    pub(super) fn give_back(&self, while_unused: Duration) {
        self.lock().retain(|(since, _)| since.elapsed() < while_unused);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(Instant, Memory)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use argon2::{Algorithm, Params, Version};

    use super::*;

    fn hashed(memory: &mut Memory, memory_kib: u32) -> [u8; 32] {
        let params = Params::new(memory_kib, 1, 1, Some(32)).unwrap();
        let mut output = [0; 32];
        memory
            .hash(&Argon2::new(Algorithm::Argon2id, Version::V0x13, params), b"password", &[7; 16], &mut output)
            .unwrap();
        output
    }

    #[test]
    fn a_hash_is_the_same_in_memory_that_others_have_used() {
        let (small, large) = (hashed(&mut Memory::default(), 64), hashed(&mut Memory::default(), 256));
        assert_ne!(small, large);
        let mut used = Memory::default();
        for _ in 0..2 {
            assert_eq!(hashed(&mut used, 256), large);
            assert_eq!(hashed(&mut used, 64), small);
        }
    }

    #[test]
    fn memory_is_kept_for_the_next_hash_and_given_back_when_none_comes() {
        let spare = Spare::default();
        let mut memory = spare.take();
        assert!(memory.0.is_empty());
        hashed(&mut memory, 64);
        spare.put(memory);
        spare.give_back(Duration::from_secs(60));
        let memory = spare.take();
        assert_eq!(memory.0.len(), 64);
        assert!(spare.take().0.is_empty(), "it serves one at a time");
        spare.put(memory);
        spare.give_back(Duration::ZERO);
        assert!(spare.take().0.is_empty());
        spare.put(Memory(vec![Block::default(); MOST_KEPT + 1]));
        assert!(spare.take().0.is_empty(), "too much to keep");
    }
}
