//! What was read before and is still true: values that rooms made of rows (a caller with its roles, a whole answer), kept
//! until a table changes that they were made of. This module owns when a kept value may be used; rooms own what they keep.
//!
//! A value is kept together with the *tables* that the statements of its making read, which the connection notes by itself,
//! and with the *moment* of the making. On the embedded engine every commit of this process moves the moment of the tables it
//! wrote ([`changes`]); on PostgreSQL, where others write too, the server's own description of what is visible is asked once a
//! request ([`epochs`]). Either way a value is used only when reading again could not give another one, so a read after an
//! acknowledged write sees it, remembered or not.

mod changes;
mod epochs;
mod shelf;
mod tables;
#[cfg(test)]
mod tests;

use std::any::{Any, TypeId};
use std::hash::{Hash as _, Hasher};
use std::sync::{Arc, OnceLock};

pub(crate) use changes::{Changes, leave_trace};
pub(crate) use epochs::Epochs;
#[cfg(any(test, feature = "testing"))]
pub(crate) use tables::Touched;
pub(crate) use tables::{TableSet, Tables};

use shelf::{Entry, Shelf};

/// A kind of value that is worth keeping.
pub trait Remember: Send + Sync + Sized + 'static {
    /// Bytes that all kept values of this kind may hold together; the least useful ones go first.
    const BUDGET: u64;

    /// The part of the budget that is for what came last, used or not; the rest is for what is used again and again. A value that
    /// is used once, soon after it came, needs more: it must not give way to others that have had their use.
    const PART_FOR_NEW: f64 = 0.03;

    /// Bytes that this value holds, about.
    fn weight(&self) -> u64;
}

/// Under what a value is kept that depends on these parts beside rows. Two lists of parts never give the same key.
#[must_use]
pub fn key(parts: &[&[u8]]) -> Vec<u8> {
    key_of(parts.iter().copied())
}

/// As [`key`].
pub(crate) fn key_of<'a>(parts: impl Iterator<Item = &'a [u8]> + Clone) -> Vec<u8> {
    let mut key = Vec::with_capacity(parts.clone().map(|part| part.len() + size_of::<u64>()).sum());
    for part in parts {
        key.extend_from_slice(&(part.len() as u64).to_ne_bytes());
        key.extend_from_slice(part);
    }
    key
}

/// What [`Connection::recall`](crate::Connection::recall) found.
pub enum Recalled<T> {
    /// The value, as reading it again would make it.
    Known(Arc<T>),
    /// Nothing: read it, and hand it in with [`Connection::keep`](crate::Connection::keep).
    Unknown(Recording),
}

/// The promise to hand in a value whose reading has begun.
#[must_use = "hand the value in with `Connection::keep`"]
pub struct Recording {
    key: Vec<u8>,
    /// How many recordings were open before this one.
    pub(crate) depth: usize,
}

impl Recording {
    pub(crate) fn new(key: Vec<u8>, depth: usize) -> Self {
        Self { key, depth }
    }
}

/// Who knows whether tables have changed.
pub(crate) enum Truth {
    /// This process, which writes alone and is told of others.
    Changes(Arc<Changes>),
    /// The server.
    Epochs(Epochs),
}

/// Everything that is kept of one database.
pub(crate) struct Memory {
    /// Each kind of value has a shelf, where its type's number says or after that. Requests look for one several times, so that a lock
    /// around them all, even one for readers, would wander between the processors.
    shelves: Box<[OnceLock<Box<dyn Any + Send + Sync>>]>,
    truth: Truth,
}

/// Far more than there are kinds of values.
const SHELVES: usize = 256;

impl Memory {
    pub(crate) fn new(truth: Truth) -> Arc<Self> {
        let shelves = std::iter::repeat_with(OnceLock::new).take(SHELVES).collect();
        Arc::new(Self { shelves, truth })
    }

    pub(crate) fn truth(&self) -> &Truth {
        &self.truth
    }

    /// The value of that key, if it is still true for a reader whose view began at the moment `view` and who sees uncommitted
    /// rows in the tables `uncommitted`; with the tables that it was made of.
    pub(crate) fn get<T: Remember>(&self, key: &[u8], view: u64, uncommitted: TableSet) -> Option<(Arc<T>, TableSet)> {
        self.told(&*self.shelf::<T>()?.get(key)?, view, uncommitted)
    }

    /// As [`Self::get`], and keeps it no longer.
    pub(crate) fn take<T: Remember>(&self, key: &[u8], view: u64, uncommitted: TableSet) -> Option<(Arc<T>, TableSet)> {
        self.told(&*self.shelf::<T>()?.take(key)?, view, uncommitted)
    }

    fn told<T>(&self, entry: &Entry<T>, view: u64, uncommitted: TableSet) -> Option<(Arc<T>, TableSet)> {
        let holds = entry.tables.is_disjoint(uncommitted)
            && match &self.truth {
                Truth::Changes(changes) => changes.unchanged_since(entry.tables, entry.moment.min(view)),
                Truth::Epochs(_) => entry.moment == view,
            };
        holds.then(|| (Arc::clone(&entry.value), entry.tables))
    }

    /// Keeps a value that was made of these tables, read at the moment `view` or later.
    pub(crate) fn put<T: Remember>(&self, recording: Recording, value: Arc<T>, tables: TableSet, view: u64) {
        if let Some(shelf) = self.shelf::<T>() {
            shelf.put(recording.key, Entry { value, tables, moment: view });
        }
    }

    /// The tables that a statement reads and writes; empty where the server is asked instead.
    pub(crate) fn tables_of(&self, sql: &'static str) -> TableSet {
        match &self.truth {
            Truth::Changes(changes) => changes.tables().of_static(sql).read,
            Truth::Epochs(_) => TableSet::EMPTY,
        }
    }

    /// As [`Self::tables_of`], for a text that was built.
    pub(crate) fn tables_of_built(&self, sql: &str) -> TableSet {
        match &self.truth {
            Truth::Changes(changes) => changes.tables().of(sql).read,
            Truth::Epochs(_) => TableSet::EMPTY,
        }
    }

    /// The shelf of a kind of value; none when there are more kinds than shelves, of which nothing is remembered then.
    fn shelf<T: Remember>(&self) -> Option<&Shelf<T>> {
        let mut number = NumberOf(0);
        TypeId::of::<T>().hash(&mut number);
        let (before, after) = self.shelves.split_at(number.0 as usize % SHELVES);
        let mut places = after.iter().chain(before);
        places.find_map(|place| place.get_or_init(|| Box::new(Shelf::<T>::new())).downcast_ref())
    }
}

/// Takes the number of a type as it is: it is a digest already.
struct NumberOf(u64);

impl Hasher for NumberOf {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = self.0.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 ^= number;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
