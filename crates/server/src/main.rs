//! The binary `castellan`: hands its arguments and its environment to the library.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: castellan_allocator::FewLocks = castellan_allocator::FewLocks;

fn main() -> ExitCode {
    castellan_allocator::share_arenas();
    castellan_allocator::return_large_pieces();
    castellan_allocator::serve_sqlite();
    castellan_server::cli::run(
        std::env::args_os(),
        // Names and values that are not Unicode cannot be ours.
        std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect(),
    )
}
