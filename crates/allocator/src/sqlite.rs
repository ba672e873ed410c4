//! Has SQLite allocate from the shelves of threads too. It otherwise asks the C library, for pages above all, which are too large for
//! the library to keep per thread: the thread that commits then waits for those that serve requests.

use std::alloc::{GlobalAlloc, Layout};
use std::ffi::{c_int, c_void};

use libsqlite3_sys::{SQLITE_CONFIG_MALLOC, SQLITE_OK, sqlite3_config, sqlite3_mem_methods};

use crate::FewLocks;

/// What SQLite aligns its sizes to.
const STEP: c_int = 8;

/// Has SQLite allocate as the program does. To be called before its first use; afterwards, and elsewhere than with the GNU C library, it
/// does nothing.
pub fn serve_sqlite() {
    let methods = sqlite3_mem_methods {
        xMalloc: Some(allocate),
        xFree: Some(free),
        xRealloc: Some(reallocate),
        xSize: Some(size),
        xRoundup: Some(round_up),
        xInit: Some(init),
        xShutdown: Some(shut_down),
        pAppData: std::ptr::null_mut(),
    };
    // SAFETY: SQLite copies the methods, and refuses them when it is in use.
    unsafe { sqlite3_config(SQLITE_CONFIG_MALLOC, &raw const methods) };
}

/// Of pieces for SQLite, which says only how many bytes they have.
fn layout(bytes: c_int) -> Option<Layout> {
    let bytes = usize::try_from(bytes).ok().filter(|bytes| *bytes > 0)?;
    Layout::from_size_align(bytes, align_of::<u64>()).ok()
}

extern "C" fn allocate(bytes: c_int) -> *mut c_void {
    // SAFETY: the size is not zero.
    layout(bytes).map_or(std::ptr::null_mut(), |layout| unsafe { FewLocks.alloc(layout).cast() })
}

unsafe extern "C" fn free(piece: *mut c_void) {
    if !piece.is_null() {
        // SAFETY: the piece came from `allocate` or `reallocate`, SQLite is done with it, and the layout does not matter.
        unsafe { FewLocks.dealloc(piece.cast(), Layout::new::<u64>()) };
    }
}

unsafe extern "C" fn reallocate(piece: *mut c_void, bytes: c_int) -> *mut c_void {
    // SAFETY: the piece came from `allocate` or from here, and has at least as many bytes as its size says.
    unsafe {
        match (layout(size(piece)), layout(bytes)) {
            (Some(old), Some(new)) => FewLocks.realloc(piece.cast(), old, new.size()).cast(),
            _ => std::ptr::null_mut(),
        }
    }
}

unsafe extern "C" fn size(piece: *mut c_void) -> c_int {
    // SAFETY: the piece came from the C library.
    c_int::try_from(unsafe { libc::malloc_usable_size(piece) }).unwrap_or(c_int::MAX)
}

extern "C" fn round_up(bytes: c_int) -> c_int {
    bytes.saturating_add(STEP - 1) & !(STEP - 1)
}

extern "C" fn init(_: *mut c_void) -> c_int {
    SQLITE_OK
}

extern "C" fn shut_down(_: *mut c_void) {}

#[cfg(test)]
mod tests {
    use libsqlite3_sys::{sqlite3_free, sqlite3_malloc, sqlite3_msize, sqlite3_realloc};

    use super::*;

    /// SQLite must not be set up by two threads at once.
    fn once() {
        static SERVED: std::sync::Once = std::sync::Once::new();
        SERVED.call_once(serve_sqlite);
    }

    #[test]
    fn what_sqlite_gives_back_serves_the_program_and_the_other_way_round() {
        once();
        let layout = Layout::from_size_align(5_000, 8).unwrap();
        // SAFETY: each piece is given back once, to the allocator of both.
        unsafe {
            let theirs = sqlite3_malloc(5_000);
            assert!(sqlite3_msize(theirs) >= 5_000);
            sqlite3_free(theirs);
            let ours = FewLocks.alloc(layout);
            assert_eq!(theirs, ours.cast());
            FewLocks.dealloc(ours, layout);
            assert_eq!(sqlite3_malloc(5_000), theirs);
            sqlite3_free(theirs);
        }
    }

    #[test]
    fn a_piece_of_sqlite_keeps_its_bytes_when_it_grows_and_shrinks() {
        once();
        for (from, to) in [(1, 25), (25, 1_033), (1_033, 4_368), (4_368, 70_000), (70_000, 300), (300, 8)] {
            // SAFETY: only bytes of the piece are written and read, and it is given back once.
            unsafe {
                let piece = sqlite3_malloc(from).cast::<u8>();
                (0..from).for_each(|at| piece.add(at as usize).write(at as u8));
                let piece = sqlite3_realloc(piece.cast(), to).cast::<u8>();
                assert!((0..from.min(to)).all(|at| piece.add(at as usize).read() == at as u8), "{from} to {to}");
                sqlite3_free(piece.cast());
            }
        }
        // SAFETY: null is a piece that there is not.
        unsafe {
            assert!(sqlite3_malloc(0).is_null() && sqlite3_malloc(-1).is_null());
            sqlite3_free(std::ptr::null_mut());
        }
    }
}
