//! Pieces of up to a few kilobytes that a thread was given back and keeps for itself, by size. Owns how many of them are kept.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::ptr::null_mut;

/// What every piece is aligned to.
const ALIGN: usize = 16;

/// Bytes of the smallest piece of the C library: it keeps the length of each piece, in eight bytes, before it.
const SMALLEST: usize = 24;

/// Small pieces have a place for each size that the library makes, which is this much after the one before.
const STEP: usize = 16;

/// So many places are of small pieces, of at most 1,032 bytes.
const SMALL: usize = 64;

/// Larger pieces of a place have at least a multiple of so many bytes.
const LARGE_STEP: usize = 512;

/// The size of the smallest large piece, in such steps.
const FIRST_LARGE: usize = 3;

/// That of the largest one, 8 kB.
const LAST_LARGE: usize = 16;

/// All places.
const PLACES: usize = SMALL + LAST_LARGE - FIRST_LARGE + 1;

/// So many pieces are kept in each place: as many as there are of the futures of requests that one commit answers.
const MOST: u8 = 64;

/// Where pieces of one size are kept.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place(usize);

/// The pieces of one thread: in each place a list, whose pieces begin with the address of the next one.
struct Shelf {
    first: [Cell<*mut u8>; PLACES],
    count: [Cell<u8>; PLACES],
}

thread_local! {
    static SHELF: Shelf = const { Shelf {
        first: [const { Cell::new(null_mut()) }; PLACES],
        count: [const { Cell::new(0) }; PLACES],
    } };
}

impl Place {
    /// Where pieces of this layout are kept, if they are.
    pub(crate) const fn of(layout: Layout) -> Option<Self> {
        let size = layout.size();
        if layout.align() > ALIGN || size > LAST_LARGE * LARGE_STEP {
            None
        } else if size <= SMALLEST + (SMALL - 1) * STEP {
            Some(Self(size.saturating_sub(SMALLEST).div_ceil(STEP)))
        } else {
            Some(Self(SMALL + size.div_ceil(LARGE_STEP) - FIRST_LARGE))
        }
    }

    /// Where a piece of so many bytes belongs, if it is kept.
    fn with(size: usize) -> Option<Self> {
        match size {
            ..SMALLEST => None,
            _ if size < SMALLEST + SMALL * STEP => Some(Self((size - SMALLEST) / STEP)),
            _ => match size / LARGE_STEP {
                steps @ FIRST_LARGE..=LAST_LARGE => Some(Self(SMALL + steps - FIRST_LARGE)),
                _ => None,
            },
        }
    }

    /// Bytes of each of its pieces, at least.
    const fn size(self) -> usize {
        if self.0 < SMALL { SMALLEST + self.0 * STEP } else { (self.0 - SMALL + FIRST_LARGE) * LARGE_STEP }
    }

    /// A piece, null when there is no memory. Threads that end have no shelf any more.
    pub(crate) fn take(self) -> *mut u8 {
        match SHELF.try_with(|shelf| shelf.take(self)) {
            Ok(piece) if !piece.is_null() => piece,
            // SAFETY: the size is not zero and far from the largest one, the alignment is a power of two.
            _ => unsafe { System.alloc(Layout::from_size_align_unchecked(self.size(), ALIGN)) },
        }
    }
}

/// Keeps a piece, or gives it back where it is too small, too large, or enough are kept.
///
/// # Safety
/// The piece came from the C library, on this thread or another, and nobody uses it any more.
pub(crate) unsafe fn put(piece: *mut u8) {
    // SAFETY: as the caller promises.
    let place = Place::with(unsafe { libc::malloc_usable_size(piece.cast()) });
    // SAFETY: as the caller promises; the place is that of its size.
    let is_kept = place.is_some_and(|place| SHELF.try_with(|shelf| unsafe { shelf.put(place, piece) }) == Ok(true));
    if !is_kept {
        // SAFETY: as the caller promises.
        unsafe { libc::free(piece.cast()) };
    }
}

impl Shelf {
    /// A kept piece, null when there is none.
    fn take(&self, Place(place): Place) -> *mut u8 {
        let first = self.first[place].get();
        if !first.is_null() {
            // SAFETY: a kept piece begins with the address of the next one, which `put` wrote there; it is aligned for that.
            self.first[place].set(unsafe { first.cast::<*mut u8>().read() });
            self.count[place].set(self.count[place].get() - 1);
        }
        first
    }

    /// Keeps a piece unless there are enough; says whether it did.
    ///
    /// # Safety
    /// Nobody uses the piece, and it has the size of the place.
    unsafe fn put(&self, Place(place): Place, piece: *mut u8) -> bool {
        let (first, kept) = (&self.first[place], &self.count[place]);
        let is_kept = kept.get() < MOST;
        if is_kept {
            // SAFETY: the piece is not used, has room for an address, and is aligned for it.
            unsafe { piece.cast::<*mut u8>().write(first.get()) };
            first.set(piece);
            kept.set(kept.get() + 1);
        }
        is_kept
    }
}

impl Drop for Shelf {
    fn drop(&mut self) {
        for place in (0..PLACES).map(Place) {
            let mut piece = self.take(place);
            while !piece.is_null() {
                // SAFETY: kept pieces came from the C library, and nobody uses them.
                unsafe { libc::free(piece.cast()) };
                piece = self.take(place);
            }
        }
    }
}
