//! A page in the middle of an order that no index has, without sorting all that lies before it.
//!
//! `SQLite` sorts as many rows as there are up to the end of the page. Here, one pass over the rows keeps what may still be on the page:
//! how many rows there are is known, so those seen so far tell around which key the page lies, and of all others it is enough to count
//! those before it. Where the rows seen first tell too little about those that follow, the page is missed: then the answer is NULL and
//! somebody else has to sort.

use std::cmp::Ordering;

use rusqlite::functions::{Aggregate, Context, FunctionFlags};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Error, Result};

/// How many rows are kept until those that are far from the page are given up.
const KEPT: usize = 1 << 14;
/// How far from the page a row must be to be given up, as a share of all rows: the place of a key among so many random rows is told
/// to within 0.4 % (one standard deviation).
const MARGIN: f64 = 0.05;

/// `rows_between(key, id, first, count, total)`: as a JSON list, the ids of `count` rows after the `first` ones in ascending order of
/// key and id, of `total` rows.
pub(super) fn register(connection: &Connection) -> Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    connection.create_aggregate_function("rows_between", 5, flags, RowsBetween)
}

struct RowsBetween;

impl Aggregate<Option<Ranks>, Option<String>> for RowsBetween {
    fn init(&self, _: &mut Context<'_>) -> Result<Option<Ranks>> {
        Ok(None)
    }

    fn step(&self, context: &mut Context<'_>, ranks: &mut Option<Ranks>) -> Result<()> {
        let ranks = match ranks {
            Some(ranks) => ranks,
            None => ranks.insert(Ranks::new(number(context, 2)?, number(context, 3)?, number(context, 4)?)),
        };
        let id = context.get_raw(1).as_str().map_err(|cause| Error::UserFunctionError(cause.into()))?;
        match context.get_raw(0) {
            ValueRef::Text(key) => ranks.add(key, id),
            // Numbers in the order of their bytes.
            ValueRef::Integer(key) => ranks.add(&(key.cast_unsigned() ^ (1 << 63)).to_be_bytes(), id),
            _ => return Err(Error::UserFunctionError("a key is a text or a number".into())),
        }
        Ok(())
    }

    fn finalize(&self, _: &mut Context<'_>, ranks: Option<Option<Ranks>>) -> Result<Option<String>> {
        Ok(ranks.flatten().and_then(Ranks::page).map(|ids| serde_json::json!(ids).to_string()))
    }
}

fn number(context: &Context<'_>, position: usize) -> Result<usize> {
    Ok(usize::try_from(context.get::<i64>(position)?).unwrap_or_default())
}

/// The rows seen so far: how many, how many of them lie before the page for sure, and those that may be on it.
struct Ranks {
    first: usize,
    count: usize,
    total: usize,
    seen: usize,
    before: usize,
    least: Vec<u8>,
    greatest: Option<Vec<u8>>,
    kept: Vec<(Vec<u8>, String)>,
    room: usize,
}

impl Ranks {
    fn new(first: usize, count: usize, total: usize) -> Self {
        let (least, greatest, kept) = (Vec::new(), None, Vec::new());
        Self { first, count, total, seen: 0, before: 0, least, greatest, kept, room: KEPT }
    }

    fn add(&mut self, key: &[u8], id: &str) {
        self.seen += 1;
        if key < self.least.as_slice() {
            self.before += 1;
        } else if self.greatest.as_deref().is_none_or(|greatest| key <= greatest) {
            self.kept.push((key.to_vec(), id.to_owned()));
            if self.kept.len() >= self.room {
                self.give_up();
            }
        }
    }

    /// Gives up the rows that are far from the page. Rows with the same key stay together, since ids come in their order and tell
    /// nothing about those that follow.
    fn give_up(&mut self) {
        let Some((least, greatest)) = self.bounds() else { return };
        let kept = self.kept.len();
        let mut before = 0;
        self.kept.retain(|(key, _)| {
            before += usize::from(*key < least);
            *key >= least && greatest.as_ref().is_none_or(|greatest| key <= greatest)
        });
        self.before += before;
        (self.least, self.greatest) = (least, greatest);
        // Many have the same key.
        if self.kept.len() > kept / 2 {
            self.room = kept * 2;
        }
    }

    /// The keys between which the page lies, as far as the rows seen tell.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an estimate"
    )]
    fn bounds(&mut self) -> Option<(Vec<u8>, Option<Vec<u8>>)> {
        let share = |rank: usize| rank as f64 / self.total.max(1) as f64;
        let place = |share: f64| ((share.max(0.0) * self.seen as f64) as usize).saturating_sub(self.before);
        let low = place(share(self.first) - MARGIN);
        let high = place(share(self.first + self.count) + MARGIN);
        let last = self.kept.len().checked_sub(1)?;
        let mut nth = |place: usize| {
            let (_, (key, _), _) = self.kept.select_nth_unstable_by(place, |a, b| a.0.cmp(&b.0));
            key.clone()
        };
        let least = (low > 0).then(|| nth(low.min(last)));
        let greatest = (high < last).then(|| nth(high));
        Some((least.unwrap_or_else(|| self.least.clone()), greatest.or_else(|| self.greatest.clone())))
    }

    /// The ids of the page, if it is among what was kept.
    fn page(mut self) -> Option<Vec<String>> {
        let start = self.first.checked_sub(self.before)?;
        let end = start.checked_add(self.count)?;
        if self.count == 0 || end > self.kept.len() || self.seen != self.total {
            return None;
        }
        let order = |a: &(Vec<u8>, String), b: &(Vec<u8>, String)| -> Ordering { a.cmp(b) };
        if start > 0 {
            self.kept.select_nth_unstable_by(start - 1, order);
        }
        let rest = &mut self.kept[start..];
        rest.select_nth_unstable_by(self.count - 1, order);
        let page = &mut rest[..self.count];
        page.sort_unstable_by(order);
        Some(page.iter().map(|(_, id)| id.clone()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(keys: &[Vec<u8>], first: usize) -> Option<Vec<String>> {
        let mut ranks = Ranks::new(first, 20, keys.len());
        for (number, key) in keys.iter().enumerate() {
            ranks.add(key, &format!("{number:06}"));
        }
        assert!(ranks.kept.len() < keys.len());
        ranks.page()
    }

    fn sorted(keys: &[Vec<u8>], first: usize) -> Vec<String> {
        let mut all: Vec<(&Vec<u8>, String)> =
            keys.iter().enumerate().map(|(number, key)| (key, format!("{number:06}"))).collect();
        all.sort_unstable();
        all.into_iter().skip(first).take(20).map(|(_, id)| id).collect()
    }

    #[test]
    fn a_page_is_that_of_all_rows_sorted() {
        let scattered: Vec<Vec<u8>> = (0..60_000_u32).map(|n| (n * 7919 % 60_013).to_string().into_bytes()).collect();
        let shared: Vec<Vec<u8>> = (0..60_000_u32).map(|n| (n % 7).to_string().into_bytes()).collect();
        for keys in [scattered, shared] {
            for first in [0, 1, 1_000, 17_142, 30_000, 59_000, 59_980] {
                assert_eq!(page(&keys, first), Some(sorted(&keys, first)), "{first}");
            }
        }
    }

    #[test]
    fn a_page_is_not_told_where_rows_come_otherwise_than_they_began() {
        let rising: Vec<Vec<u8>> = (0..60_000_u32).map(|number| format!("{number:06}").into_bytes()).collect();
        assert_eq!(page(&rising, 30_000), None);
        assert_eq!(page(&rising, 0), Some(sorted(&rising, 0)));
    }
}
