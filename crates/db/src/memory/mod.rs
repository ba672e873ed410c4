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
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

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
    let mut key = Vec::with_capacity(parts.iter().map(|part| part.len() + size_of::<u64>()).sum());
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
    shelves: RwLock<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>,
    truth: Truth,
}

impl Memory {
    pub(crate) fn new(truth: Truth) -> Arc<Self> {
        Arc::new(Self { shelves: RwLock::default(), truth })
    }

    pub(crate) fn truth(&self) -> &Truth {
        &self.truth
    }

    /// The value of that key, if it is still true for a reader whose view began at the moment `view` and who sees uncommitted
    /// rows in the tables `uncommitted`; with the tables that it was made of.
    pub(crate) fn get<T: Remember>(&self, key: &[u8], view: u64, uncommitted: TableSet) -> Option<(Arc<T>, TableSet)> {
        self.told(&*self.shelf::<T>().get(key)?, view, uncommitted)
    }

    /// As [`Self::get`], and keeps it no longer.
    pub(crate) fn take<T: Remember>(&self, key: &[u8], view: u64, uncommitted: TableSet) -> Option<(Arc<T>, TableSet)> {
        self.told(&*self.shelf::<T>().take(key)?, view, uncommitted)
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
        self.shelf::<T>().put(recording.key, Entry { value, tables, moment: view });
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

    fn shelf<T: Remember>(&self) -> Arc<Shelf<T>> {
        let kind = TypeId::of::<T>();
        let found = self.shelves.read().unwrap_or_else(PoisonError::into_inner).get(&kind).map(Arc::clone);
        let shelf = found.unwrap_or_else(|| {
            let mut shelves = self.shelves.write().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(shelves.entry(kind).or_insert_with(|| Arc::new(Shelf::<T>::new())))
        });
        // The key is the type, so this cannot fail; an empty shelf would be right all the same.
        shelf.downcast().unwrap_or_else(|_| Arc::new(Shelf::new()))
    }
}
