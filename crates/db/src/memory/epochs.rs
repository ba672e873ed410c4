//! When anything changed in a PostgreSQL database. `pg_current_snapshot()` names the transactions whose effects are visible;
//! two readers to whom it says the same see the same rows (PostgreSQL manual, 9.27.8). An *epoch* is the number of such a text.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// So many epochs are known at a time: readers who were answered together may come here in any order.
const KNOWN: usize = 4;

/// The epochs of one database.
#[derive(Default)]
pub(crate) struct Epochs(Mutex<Recent>);

#[derive(Default)]
struct Recent {
    /// The last snapshots with their numbers, the newest at the end.
    snapshots: VecDeque<(Arc<str>, u64)>,
    /// Whether the last reader found another snapshot than the one before it.
    is_moving: bool,
}

impl Epochs {
    /// The number of the epoch to which a snapshot belongs. Numbers are never used again for another snapshot, so a reader that
    /// reports one from long ago only begins an epoch of its own.
    pub(crate) fn of(&self, snapshot: &Arc<str>) -> u64 {
        let mut recent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = recent.snapshots.iter().rposition(|(known, _)| known == snapshot);
        recent.is_moving = known.is_none_or(|at| at + 1 < recent.snapshots.len());
        if let Some((_, number)) = known.and_then(|at| recent.snapshots.get(at)) {
            return *number;
        }
        let number = recent.snapshots.back().map_or(1, |(_, number)| number + 1);
        if recent.snapshots.len() == KNOWN {
            recent.snapshots.pop_front();
        }
        recent.snapshots.push_back((Arc::clone(snapshot), number));
        number
    }

    /// Whether others are writing, as far as the last reader could tell, so that the next one will hardly find anything that it
    /// remembers to be true.
    pub(crate) fn is_moving(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_moving
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_has_one_number_for_all_who_see_it_whenever_they_come() {
        let epochs = Epochs::default();
        let [first, second] = ["1:1:", "1:2:1"].map(Arc::<str>::from);
        let numbers = [&first, &second, &first, &second].map(|snapshot| epochs.of(snapshot));
        assert_eq!(numbers[..2], numbers[2..]);
        assert_ne!(numbers[0], numbers[1]);
    }

    #[test]
    fn a_snapshot_from_long_ago_begins_an_epoch_of_its_own() {
        let epochs = Epochs::default();
        let old = epochs.of(&Arc::from("old"));
        let newer: Vec<u64> = (0..KNOWN).map(|at| epochs.of(&Arc::from(at.to_string()))).collect();
        assert!(epochs.of(&Arc::from("old")) > newer[KNOWN - 1]);
        assert!(newer.iter().all(|number| *number > old));
    }

    #[test]
    fn others_write_where_a_reader_finds_another_snapshot_than_the_one_before() {
        let epochs = Epochs::default();
        let [first, second] = ["1:1:", "1:2:1"].map(Arc::<str>::from);
        let moving = [&first, &first, &second, &second].map(|snapshot| {
            epochs.of(snapshot);
            epochs.is_moving()
        });
        assert_eq!(moving, [true, false, true, false]);
    }
}
