//! The kept values of one kind, within a budget of bytes.

use std::sync::Arc;

use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{DefaultHashBuilder, OptionsBuilder, Weighter};

use super::{Remember, TableSet};

/// Bytes that an entry costs beside its key and value.
const OVERHEAD: u64 = 128;

/// A value with what its truth rests on.
pub(super) struct Entry<T> {
    pub(super) value: Arc<T>,
    pub(super) tables: TableSet,
    pub(super) moment: u64,
}

#[derive(Clone, Copy)]
struct Bytes;

impl<T: Remember> Weighter<Vec<u8>, Arc<Entry<T>>> for Bytes {
    fn weight(&self, key: &Vec<u8>, entry: &Arc<Entry<T>>) -> u64 {
        OVERHEAD + key.len() as u64 + entry.value.weight()
    }
}

/// Values of one kind by key.
pub(super) struct Shelf<T: Remember>(Cache<Vec<u8>, Arc<Entry<T>>, Bytes>);

impl<T: Remember> Shelf<T> {
    pub(super) fn new() -> Self {
        // The table of keys starts small and grows.
        const EXPECTED: usize = 64;
        let options = OptionsBuilder::new()
            .estimated_items_capacity(EXPECTED)
            .weight_capacity(T::BUDGET)
            .hot_allocation(1.0 - T::PART_FOR_NEW)
            .build()
            .expect("both capacities are set");
        Self(Cache::with_options(options, Bytes, DefaultHashBuilder::default(), DefaultLifecycle::default()))
    }

    pub(super) fn get(&self, key: &[u8]) -> Option<Arc<Entry<T>>> {
        self.0.get(key)
    }

    /// As [`Self::get`], and keeps it no longer.
    pub(super) fn take(&self, key: &[u8]) -> Option<Arc<Entry<T>>> {
        self.0.remove(key).map(|(_, entry)| entry)
    }

    pub(super) fn put(&self, key: Vec<u8>, entry: Entry<T>) {
        self.0.insert(key, Arc::new(entry));
    }
}
