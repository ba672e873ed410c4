//! The GNU C library's allocator, asked in a way that seldom waits.

use std::alloc::{GlobalAlloc, Layout, System};

use crate::shelf::{self, Place};

/// The allocator of the C library, asked so that requests seldom need a lock. To be made the global one.
///
/// Threads of the GNU C library keep a few small pieces that they were given back and hand them out again without asking anyone. It
/// looks there for `malloc` and `free` alone: `realloc` and `calloc` always lock an arena, and so does everything that is not small or
/// more than a few, where another thread may hold the lock that has lost its processor. So pieces up to the size of a
/// request's future are kept on a shelf of each thread, and moved and cleared here.
pub struct FewLocks;

// Nothing is inlined, and giving back needs no size: there are so many places that ask for a piece or give one back that the program
// would be a twentieth larger.
//
// SAFETY: every piece comes from `System`, which takes pieces back whatever their layout was, and has at least the bytes asked for.
unsafe impl GlobalAlloc for FewLocks {
    #[inline(never)]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        match Place::of(layout) {
            Some(place) => place.take(),
            // SAFETY: what the caller promises is what `System` asks for.
            None => unsafe { System.alloc(layout) },
        }
    }

    #[inline(never)]
    unsafe fn dealloc(&self, piece: *mut u8, _: Layout) {
        // SAFETY: the caller is done with the piece.
        unsafe { shelf::put(piece) };
    }

    #[inline(never)]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        let Some(place) = Place::of(layout) else {
            // SAFETY: as above.
            return unsafe { System.alloc_zeroed(layout) };
        };
        let piece = place.take();
        if !piece.is_null() {
            // SAFETY: the piece has as many bytes as are cleared.
            unsafe { piece.write_bytes(0, layout.size()) };
        }
        piece
    }

    #[inline(never)]
    unsafe fn realloc(&self, piece: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: the caller promises that the new size is a valid one of this alignment.
        let new_layout = unsafe { Layout::from_size_align_unchecked(new_size, layout.align()) };
        match (Place::of(layout), Place::of(new_layout)) {
            (Some(old), Some(new)) if old == new => return piece,
            // SAFETY: as above.
            (None, None) => return unsafe { System.realloc(piece, layout, new_size) },
            _ => {}
        }
        // SAFETY: both pieces have the bytes that are copied, and are not the same one.
        unsafe {
            let new = self.alloc(new_layout);
            if !new.is_null() {
                new.copy_from_nonoverlapping(piece, layout.size().min(new_size));
                self.dealloc(piece, layout);
            }
            new
        }
    }
}
