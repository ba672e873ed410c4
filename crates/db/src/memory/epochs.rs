//! When anything changed in a PostgreSQL database. `pg_current_snapshot()` names the transactions whose effects are visible;
//! two readers to whom it says the same see the same rows (PostgreSQL manual, 9.27.8). An *epoch* is the number of such a text.

use std::sync::{Mutex, PoisonError};

/// The epochs of one database.
#[derive(Default)]
pub(crate) struct Epochs(Mutex<Current>);

#[derive(Default)]
struct Current {
    snapshot: String,
    number: u64,
    /// Whether the last reader found another snapshot than the one before it.
    is_moving: bool,
}

impl Epochs {
    /// The number of the epoch to which a snapshot belongs. Numbers are never used again for another snapshot, so a late
    /// reader that reports an older one only begins an epoch of its own.
    pub(crate) fn of(&self, snapshot: &str) -> u64 {
        let mut current = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        current.is_moving = current.snapshot != snapshot;
        if current.is_moving {
            snapshot.clone_into(&mut current.snapshot);
            current.number += 1;
        }
        current.number
    }

    /// Whether others are writing, as far as the last reader could tell, so that the next one will hardly find anything that it
    /// remembers to be true.
    pub(crate) fn is_moving(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_moving
    }
}
