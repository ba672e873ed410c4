//! Pieces of a few kilobytes that a thread was given back and keeps for itself, by size. Owns how many of them are kept.

#![allow(unsafe_code, reason = "pieces are linked through their own bytes")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::ptr::null_mut;

/// Pieces of a place have a multiple of so many bytes.
const STEP: usize = 512;

/// The size of the smallest piece that is kept, in steps.
const FIRST: usize = super::SMALL.div_ceil(STEP);

/// That of the largest one.
const LAST: usize = 16;

/// So many pieces are kept in each place.
const MOST: u8 = 16;

/// What every piece is aligned to.
const ALIGN: usize = 16;

/// Where pieces of one size are kept.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Place(usize);

/// The pieces of one thread: in each place a list, whose pieces begin with the address of the next one.
struct Shelf {
    first: [Cell<*mut u8>; LAST - FIRST + 1],
    count: [Cell<u8>; LAST - FIRST + 1],
}

thread_local! {
    static SHELF: Shelf = const { Shelf {
        first: [const { Cell::new(null_mut()) }; LAST - FIRST + 1],
        count: [const { Cell::new(0) }; LAST - FIRST + 1],
    } };
}

impl Place {
    /// Where pieces of this layout are kept, if they are.
    pub(super) fn of(layout: Layout) -> Option<Self> {
        let steps = layout.size().div_ceil(STEP);
        (layout.size() > super::SMALL && steps <= LAST && layout.align() <= ALIGN).then(|| Self(steps - FIRST))
    }

    /// The layout of its pieces.
    const fn layout(self) -> Layout {
        // SAFETY: the alignment is a power of two, and the size is far from the largest one.
        unsafe { Layout::from_size_align_unchecked((self.0 + FIRST) * STEP, ALIGN) }
    }

    /// A piece, null when there is no memory. Threads that end have no shelf any more.
    pub(super) fn take(self) -> *mut u8 {
        let kept = SHELF.try_with(|shelf| {
            let first = shelf.first[self.0].get();
            if !first.is_null() {
                // SAFETY: a kept piece begins with the address of the next one, which `put` wrote; it is aligned for that.
                shelf.first[self.0].set(unsafe { first.cast::<*mut u8>().read() });
                shelf.count[self.0].set(shelf.count[self.0].get() - 1);
            }
            first
        });
        match kept {
            Ok(piece) if !piece.is_null() => piece,
            // SAFETY: the size is not zero.
            _ => unsafe { System.alloc(self.layout()) },
        }
    }

    /// Keeps a piece, or gives it back where enough are kept.
    ///
    /// # Safety
    /// The piece was taken from the same place, of this thread or another, and nobody uses it any more.
    pub(super) unsafe fn put(self, piece: *mut u8) {
        let is_kept = SHELF.try_with(|shelf| {
            let count = shelf.count[self.0].get();
            if count < MOST {
                // SAFETY: the piece is not used, has room for an address, and is aligned for it.
                unsafe { piece.cast::<*mut u8>().write(shelf.first[self.0].get()) };
                shelf.first[self.0].set(piece);
                shelf.count[self.0].set(count + 1);
            }
            count < MOST
        });
        if is_kept != Ok(true) {
            // SAFETY: it came from `System` with this layout.
            unsafe { System.dealloc(piece, self.layout()) };
        }
    }
}

impl Drop for Shelf {
    fn drop(&mut self) {
        for (at, first) in self.first.iter().enumerate() {
            let mut piece = first.replace(null_mut());
            while !piece.is_null() {
                // SAFETY: as in `take`; the piece came from `System` with the layout of its place, and nobody uses it.
                unsafe {
                    let next = piece.cast::<*mut u8>().read();
                    System.dealloc(piece, Place(at).layout());
                    piece = next;
                }
            }
        }
    }
}
