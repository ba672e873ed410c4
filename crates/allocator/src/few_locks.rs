//! The GNU C library's allocator, asked in a way that seldom waits.

use std::alloc::{GlobalAlloc, Layout, System};

use crate::shelf::{self, Place};

/// The largest piece that a thread of the GNU C library keeps for itself, in bytes.
pub(crate) const SMALL: usize = 1_032;

/// The allocator of the C library, asked so that requests seldom need a lock. To be made the global one.
///
/// Threads of the GNU C library keep small pieces that they were given back and hand them out again without asking anyone. It looks
/// there for `malloc` and `free` alone: `realloc` and `calloc` always lock an arena, and so does everything that is not small, where
/// another thread may hold the lock that has lost its processor. So small pieces are moved and cleared here, and those of
/// the size of a request's future are kept on a shelf of each thread.
pub struct FewLocks;

/// Whether a piece is small.
const fn is_small(layout: Layout) -> bool {
    layout.size() <= SMALL
}

/// Takes a piece that is not small.
#[inline(never)]
fn take(layout: Layout) -> *mut u8 {
    match Place::of(layout) {
        Some(place) => place.take(),
        // SAFETY: the size is not zero.
        None => unsafe { System.alloc(layout) },
    }
}

// Small pieces are asked for where they are needed, since the compiler mostly knows the size there. What is longer is not inlined, and
// giving back needs no size: there are so many places that do either that the program would be a twentieth larger.
//
// SAFETY: every piece comes from `System`, which takes pieces back whatever their layout was, and has at least the bytes asked for.
unsafe impl GlobalAlloc for FewLocks {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: what the caller promises is what `System` asks for.
        if is_small(layout) { unsafe { System.alloc(layout) } } else { take(layout) }
    }

    #[inline(never)]
    unsafe fn dealloc(&self, piece: *mut u8, _: Layout) {
        // SAFETY: the caller is done with the piece.
        unsafe { shelf::put(piece) };
    }

    #[inline(never)]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if !is_small(layout) && Place::of(layout).is_none() {
            // SAFETY: as above.
            return unsafe { System.alloc_zeroed(layout) };
        }
        // SAFETY: as above; the piece has as many bytes as are cleared.
        unsafe {
            let piece = self.alloc(layout);
            if !piece.is_null() {
                piece.write_bytes(0, layout.size());
            }
            piece
        }
    }

    #[inline(never)]
    unsafe fn realloc(&self, piece: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: the caller promises that the new size is a valid one of this alignment.
        let new_layout = unsafe { Layout::from_size_align_unchecked(new_size, layout.align()) };
        let (old_place, new_place) = (Place::of(layout), Place::of(new_layout));
        if old_place.is_some() && old_place == new_place {
            return piece;
        }
        if old_place.is_none() && new_place.is_none() && !(is_small(layout) && is_small(new_layout)) {
            // SAFETY: as above.
            return unsafe { System.realloc(piece, layout, new_size) };
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
