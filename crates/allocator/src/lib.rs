//! How the process allocates memory: the one place that speaks to the allocator of the C library, which every other crate may
//! not. Owns the number of its arenas, nothing else.

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
        #[allow(unsafe_code, reason = "the allocator can be told no other way")]
        // SAFETY: `mallopt` takes two numbers and changes nothing but how later allocations are served; there is one thread.
        unsafe {
            libc::mallopt(libc::M_ARENA_MAX, arenas);
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn threads_allocate_as_before() {
        super::share_arenas();
        let sums: Vec<_> = (0..8_usize).map(|seed| std::thread::spawn(move || vec![seed; 10_000].len())).collect();
        assert!(sums.into_iter().all(|sum| sum.join().is_ok_and(|length| length == 10_000)));
    }
}
