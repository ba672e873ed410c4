//! Which tables a statement reads and writes, told from its text and the foreign keys of the schema. A table too many only
//! costs a reading; that none is missing is checked against `SQLite`'s own account of every statement
//! (`crates/server/tests/statements.rs`).

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use rusqlite::Connection;

/// A set of tables of one schema, of each the rows that come and the rows that are there.
///
/// Whoever found a row by a whole unique key has read what is there: another row cannot come under that key. Everybody else has
/// read both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct TableSet {
    /// Tables that get rows.
    coming: u128,
    /// Tables of which rows change or go.
    present: u128,
}

impl TableSet {
    pub(crate) const EMPTY: Self = Self { coming: 0, present: 0 };
    /// Tables beyond so many share the last place.
    const TABLES: usize = 128;
    /// A table has one place for the rows that come and one for those that are there.
    pub(super) const PLACES: usize = 2 * Self::TABLES;
    pub(crate) const EVERYTHING: Self = Self { coming: u128::MAX, present: u128::MAX };

    /// All rows of a table.
    pub(super) fn single(table: usize) -> Self {
        let bit = 1 << table.min(Self::TABLES - 1);
        Self { coming: bit, present: bit }
    }

    pub(crate) fn with(self, other: Self) -> Self {
        Self { coming: self.coming | other.coming, present: self.present | other.present }
    }

    /// Of the same tables, the rows that come.
    pub(crate) fn coming(self) -> Self {
        Self { present: 0, ..self }
    }

    /// Of the same tables, the rows that are there.
    pub(crate) fn present(self) -> Self {
        Self { coming: 0, ..self }
    }

    /// Whether no rows are in both.
    pub(crate) fn is_disjoint(self, other: Self) -> bool {
        self.coming & other.coming == 0 && self.present & other.present == 0
    }

    /// The places of its rows.
    pub(super) fn places(self) -> impl Iterator<Item = usize> {
        bits(self.coming).chain(bits(self.present).map(|table| Self::TABLES + table))
    }

    /// Its tables.
    fn tables(self) -> impl Iterator<Item = usize> {
        bits(self.coming | self.present)
    }
}

/// The places of the bits that are set.
fn bits(mut left: u128) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let place = left.trailing_zeros() as usize;
        left &= left.wrapping_sub(1);
        (place < 128).then_some(place)
    })
}

/// What a statement touches.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Touched {
    /// Tables whose rows it may look at.
    pub(crate) read: TableSet,
    /// Tables whose rows it may change, by cascades too.
    pub(crate) written: TableSet,
}

/// The tables of a schema.
pub(crate) struct Tables {
    places: HashMap<String, usize>,
    /// By the name of a view: the tables that it shows.
    views: HashMap<String, TableSet>,
    /// By table: the tables that change along when rows of this one go or get another key.
    dragged: Vec<TableSet>,
    known: RwLock<HashMap<usize, Touched>>,
}

impl Tables {
    /// Reads the schema of an open database.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn read(connection: &Connection) -> rusqlite::Result<Self> {
        let mut names = connection.prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")?;
        let names = names.query_map([], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
        let places: HashMap<String, usize> =
            names.iter().enumerate().map(|(place, name)| (name.to_ascii_lowercase(), place)).collect();
        let place_of =
            |name: &str| TableSet::single(places.get(&name.to_ascii_lowercase()).copied().unwrap_or(usize::MAX));
        let mut views = connection.prepare("SELECT name, sql FROM sqlite_master WHERE type = 'view'")?;
        let views = views.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
        let views = views.map(|view| {
            let (name, sql) = view?;
            let shown = words(&sql).filter(|word| places.contains_key(&word.to_ascii_lowercase()));
            Ok((name.to_ascii_lowercase(), shown.map(place_of).fold(TableSet::EMPTY, TableSet::with)))
        });
        let views = views.collect::<rusqlite::Result<HashMap<_, _>>>()?;
        let mut dragged = vec![TableSet::EMPTY; TableSet::TABLES];
        let mut relations = connection.prepare(
            "SELECT child.name, parent.\"table\" FROM sqlite_master AS child, pragma_foreign_key_list(child.name) AS parent \
             WHERE child.type = 'table'",
        )?;
        let relations = relations.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
        for relation in relations {
            let (child, parent) = relation?;
            for place in place_of(&parent).tables() {
                dragged[place] = dragged[place].with(place_of(&child).present());
            }
        }
        // Children of children.
        loop {
            let wider: Vec<TableSet> =
                dragged.iter().map(|set| set.tables().fold(*set, |wider, place| wider.with(dragged[place]))).collect();
            if wider == dragged {
                break;
            }
            dragged = wider;
        }
        Ok(Self { places, views, dragged, known: RwLock::default() })
    }

    /// What a fixed text touches; told once.
    pub(crate) fn of_static(&self, sql: &'static str) -> Touched {
        let text = sql.as_ptr() as usize;
        if let Some(known) = self.known.read().unwrap_or_else(PoisonError::into_inner).get(&text) {
            return *known;
        }
        let touched = self.of(sql);
        self.known.write().unwrap_or_else(PoisonError::into_inner).insert(text, touched);
        touched
    }

    /// What a text touches.
    pub(crate) fn of(&self, sql: &str) -> Touched {
        let mut touched = Touched::default();
        let (mut before, mut last) = ("", "");
        // `ON CONFLICT … DO UPDATE`: what was to come may be there.
        let mut updates_instead = false;
        for word in words(sql) {
            let table = self.places.get(word).or_else(|| self.places.get(&word.to_ascii_lowercase()));
            if let Some(place) = table {
                touched.read = touched.read.with(TableSet::single(*place));
            } else if let Some(shown) = self.views.get(&word.to_ascii_lowercase()) {
                touched.read = touched.read.with(*shown);
            }
            let changes_rows = last.eq_ignore_ascii_case("INTO") || is_update(before, last);
            let removes_rows = last.eq_ignore_ascii_case("FROM") && before.eq_ignore_ascii_case("DELETE")
                || last.eq_ignore_ascii_case("INTO") && before.eq_ignore_ascii_case("REPLACE")
                || is_update(before, last);
            updates_instead |= word.eq_ignore_ascii_case("UPDATE") && last.eq_ignore_ascii_case("DO");
            match table {
                Some(place) if changes_rows || removes_rows => {
                    let table = TableSet::single(*place);
                    if last.eq_ignore_ascii_case("INTO") {
                        touched.written = touched.written.with(table.coming());
                    }
                    if removes_rows {
                        let dragged = self.dragged[(*place).min(TableSet::TABLES - 1)];
                        touched.written = touched.written.with(table.present()).with(dragged);
                    }
                }
                // A table that is not known: nothing can be said.
                None if changes_rows || removes_rows => touched.written = TableSet::EVERYTHING,
                _ => {}
            }
            (before, last) = (last, word);
        }
        if updates_instead {
            touched.written = touched.written.tables().map(TableSet::single).fold(touched.written, TableSet::with);
        }
        touched
    }

    /// The set of one table.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn named(&self, name: &str) -> TableSet {
        self.places.get(&name.to_ascii_lowercase()).map_or(TableSet::EMPTY, |place| TableSet::single(*place))
    }
}

/// `UPDATE <table>`, but neither `DO UPDATE SET` nor `FOR UPDATE`.
fn is_update(before: &str, last: &str) -> bool {
    last.eq_ignore_ascii_case("UPDATE") && !before.eq_ignore_ascii_case("DO") && !before.eq_ignore_ascii_case("FOR")
}

/// The names and keywords of a text; what stands in single quotes is neither.
fn words(sql: &str) -> impl Iterator<Item = &str> {
    sql.split('\'').step_by(2).flat_map(|part| {
        part.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').filter(|word| !word.is_empty())
    })
}
