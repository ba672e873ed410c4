//! Pieces of a few kilobytes that a thread was given back and keeps for itself, by size. Owns how many of them are kept.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::ptr::null_mut;

use crate::few_locks::SMALL;

/// Pieces of a place have at least a multiple of so many bytes.
const STEP: usize = 512;

/// The size of the smallest piece that is kept, in steps.
const FIRST: usize = SMALL.div_ceil(STEP);

/// That of the largest one.
const LAST: usize = 16;

/// So many pieces are kept in each place.
const MOST: u8 = 16;

/// What every piece is aligned to.
const ALIGN: usize = 16;

/// Where pieces of one size are kept.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place(usize);

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
    pub(crate) fn of(layout: Layout) -> Option<Self> {
        let steps = layout.size().div_ceil(STEP);
        (layout.size() > SMALL && steps <= LAST && layout.align() <= ALIGN).then(|| Self(steps - FIRST))
    }

    /// The layout of its pieces.
    const fn layout(self) -> Layout {
        // SAFETY: the alignment is a power of two, and the size is far from the largest one.
        unsafe { Layout::from_size_align_unchecked((self.0 + FIRST) * STEP, ALIGN) }
    }

    /// A piece, null when there is no memory. Threads that end have no shelf any more.
    pub(crate) fn take(self) -> *mut u8 {
        match SHELF.try_with(|shelf| shelf.take(self.0)) {
            Ok(piece) if !piece.is_null() => piece,
            // SAFETY: the size is not zero.
            _ => unsafe { System.alloc(self.layout()) },
        }
    }
}

/// Keeps a piece, or gives it back where it is too small, too large, or enough are kept.
///
/// # Safety
/// The piece came from the C library, on this thread or another, and nobody uses it any more.
pub(crate) unsafe fn put(piece: *mut u8) {
    // SAFETY: as the caller promises.
    let steps = unsafe { libc::malloc_usable_size(piece.cast()) } / STEP;
    if !(FIRST..=LAST).contains(&steps) {
        // SAFETY: as the caller promises.
        return unsafe { libc::free(piece.cast()) };
    }
    let is_kept = SHELF.try_with(|shelf| {
        let (first, kept) = (&shelf.first[steps - FIRST], &shelf.count[steps - FIRST]);
        let is_kept = kept.get() < MOST;
        if is_kept {
            // SAFETY: the piece is not used, has room for an address, and is aligned for it.
            unsafe { piece.cast::<*mut u8>().write(first.get()) };
            first.set(piece);
            kept.set(kept.get() + 1);
        }
        is_kept
    });
    if is_kept != Ok(true) {
        // SAFETY: as the caller promises.
        unsafe { libc::free(piece.cast()) };
    }
}

impl Shelf {
    /// A kept piece, null when there is none.
    fn take(&self, place: usize) -> *mut u8 {
        let first = self.first[place].get();
        if !first.is_null() {
            // SAFETY: a kept piece begins with the address of the next one, which `put` wrote there; it is aligned for that.
            self.first[place].set(unsafe { first.cast::<*mut u8>().read() });
            self.count[place].set(self.count[place].get() - 1);
        }
        first
    }
}

impl Drop for Shelf {
    fn drop(&mut self) {
        for place in 0..self.first.len() {
            let mut piece = self.take(place);
            while !piece.is_null() {
                // SAFETY: kept pieces came from the C library, and nobody uses them.
                unsafe { libc::free(piece.cast()) };
                piece = self.take(place);
            }
        }
    }
}
