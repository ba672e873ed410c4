//! How the process uses memory: the one place that speaks to the allocator of the C library, which every other crate may
//! not. Owns the number of its arenas, what threads keep for themselves, what goes back to the system, and that SQLite takes part in
//! it, nothing else.

#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod few_locks;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod program;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod shelf;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod sqlite;

#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub use few_locks::FewLocks;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub use sqlite::serve_sqlite;
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub use std::alloc::System as FewLocks;

/// SQLite allocates as it does by itself.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub fn serve_sqlite() {}

/// Has all threads share few arenas: one for each processor, and one for all who serve no requests. To be called before any thread is
/// started; elsewhere than with the GNU C library it does nothing.
///
/// The library gives each thread an arena of its own, and what one thread allocates and another frees goes back to the first one's.
/// Requests wander between threads, so each arena grows to the peak of all and keeps it: with 600 connections that write, the
/// library's default held 72 MB where one arena held 61. One for all would be the smallest, but then threads wait for each other where
/// requests allocate larger pieces: that was a tenth of the CPU of a token grant on two processors. Threads that serve requests start
/// first and get one each.
pub fn share_arenas() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let arenas = i32::try_from(processors + 1).unwrap_or(i32::MAX);
        // SAFETY: `mallopt` takes two numbers and changes nothing but how later allocations are served; there is one thread.
        unsafe {
            libc::mallopt(libc::M_ARENA_MAX, arenas);
        }
    }
}

/// Has pieces of a megabyte and more come from the system, and go back to it when they are given back. To be called before any thread
/// is started; elsewhere than with the GNU C library it does nothing.
///
/// By itself the library does so only until the first large piece is given back, and from then on takes pieces of that size from its
/// arenas. Aligned ones, as the blocks of a password hash are, seldom fit again where one was before (its bug 14581): each of a
/// few hundred hashes left 14 MB that nothing used.
pub fn return_large_pieces() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        const LARGE: libc::c_int = 1 << 20;
        // SAFETY: as above. What is free at the end of an arena may be twice as much, or arenas would shrink and grow all the time.
        unsafe {
            libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE);
            libc::mallopt(libc::M_TRIM_THRESHOLD, 2 * LARGE);
        }
    }
}

/// Gives memory that nothing uses back to the system. The C library does so by itself at the end of an arena alone, and what many
/// connections held at once is everywhere. To be called when there is little to do: whoever allocates waits for it, up to a few
/// milliseconds after a lot of work. Elsewhere than with the GNU C library it does nothing.
pub fn give_back_unused() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        // SAFETY: `malloc_trim` takes a number of bytes to keep, and gives back nothing that is in use.
        unsafe {
            libc::malloc_trim(0);
        }
    }
}

/// Gives the pages of the program that were run until now back to the system, which has them in its cache of files. To be called after
/// work that does not come again soon, as a start; elsewhere than with the GNU C library of Linux it does nothing.
pub fn forget_program() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    program::forget();
}

#[cfg(test)]
mod tests {
    use std::alloc::{GlobalAlloc as _, Layout};

    #[global_allocator]
    static ALLOCATOR: super::FewLocks = super::FewLocks;

    /// Sizes around every border: small, on a shelf, and larger.
    const SIZES: [usize; 12] = [1, 24, 1_031, 1_032, 1_033, 1_536, 1_537, 4_000, 8_191, 8_192, 8_193, 40_000];

    #[test]
    fn threads_allocate_as_before() {
        super::share_arenas();
        let sums: Vec<_> = (0..8_usize).map(|seed| std::thread::spawn(move || vec![seed; 10_000].len())).collect();
        assert!(sums.into_iter().all(|sum| sum.join().is_ok_and(|length| length == 10_000)));
    }

    /// Held by who measures the process, since tests run beside each other.
    #[cfg(target_os = "linux")]
    static MEASURING: std::sync::Mutex<()> = std::sync::Mutex::new(());

    /// Bytes of this process that are in memory.
    #[cfg(target_os = "linux")]
    fn resident() -> usize {
        let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
        pages.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_blocks_of_a_password_hash_go_back_to_the_system() {
        let _alone = MEASURING.lock();
        super::share_arenas();
        super::return_large_pieces();
        let block = Layout::from_size_align(19 << 20, 64).unwrap();
        let before = resident();
        for round in 0..40_usize {
            // Each on a thread of its own, as passwords are hashed, with the small pieces that stay when the hash is made.
            let hashed = std::thread::spawn(move || {
                let mut kept = Vec::new();
                for at in 0..4 {
                    // SAFETY: the size is not zero; the piece is written to within its bounds and given back once.
                    unsafe {
                        let piece = ALLOCATOR.alloc(block);
                        piece.write_bytes(1, block.size());
                        kept.push(vec![round; 20 + at]);
                        ALLOCATOR.dealloc(piece, block);
                    }
                }
                kept
            });
            assert_eq!(hashed.join().unwrap().len(), 4);
        }
        let grown = resident().saturating_sub(before);
        assert!(grown < 100 << 20, "{} MB", grown >> 20);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn memory_between_pieces_that_stay_goes_back_to_the_system() {
        let _alone = MEASURING.lock();
        super::share_arenas();
        // Larger than what threads keep, and too small to come from the system each.
        let pieces: Vec<_> = (0..4_000_usize).map(|at| vec![at as u8; 20_000]).collect();
        let full = resident();
        let stay: Vec<_> = pieces.into_iter().step_by(8).collect();
        super::give_back_unused();
        let left = resident();
        assert!(left + (40 << 20) < full, "{} MB of {}", left >> 20, full >> 20);
        assert!(stay.iter().zip((0_usize..).step_by(8)).all(|(piece, at)| piece.iter().all(|byte| *byte == at as u8)));
    }

    #[test]
    fn a_piece_keeps_its_bytes_when_it_grows_and_shrinks() {
        for from in SIZES {
            for to in SIZES {
                let mut bytes: Vec<u8> = (0..from).map(|at| at as u8).collect();
                bytes.shrink_to_fit();
                bytes.reserve_exact(to.saturating_sub(from));
                bytes.truncate(to);
                bytes.shrink_to_fit();
                assert!(bytes.iter().enumerate().all(|(at, byte)| *byte == at as u8), "{from} to {to}");
            }
        }
    }

    #[test]
    fn what_is_asked_for_empty_is_empty_though_it_was_used_before() {
        for size in SIZES {
            for _ in 0..3 {
                drop(vec![0xff_u8; size]);
                assert!(vec![0_u8; size].iter().all(|byte| *byte == 0), "{size}");
            }
        }
    }

    #[test]
    fn pieces_in_use_are_never_the_same_one_whoever_gives_them_back() {
        for round in 0..50_u8 {
            let pieces: Vec<Vec<u8>> =
                (0..60).map(|at| vec![at ^ round; SIZES[usize::from(at) % SIZES.len()]]).collect();
            let others = std::thread::spawn(move || {
                let all_own = pieces.iter().zip(0_u8..).all(|(piece, at)| piece.iter().all(|byte| *byte == at ^ round));
                (all_own, pieces.into_iter().step_by(2).collect::<Vec<_>>())
            });
            let (all_own, left) = others.join().unwrap();
            assert!(all_own);
            assert!(
                left.iter().zip((0_u8..).step_by(2)).all(|(piece, at)| piece.iter().all(|byte| *byte == at ^ round))
            );
        }
    }
}
