//! For tests: `SQLite`'s own account of what a statement touches and how it finds rows, held against what its text tells
//! ([`Tables`](crate::memory::Tables)) and what its author says of it ([`Statement::keyed`](crate::Statement::keyed)).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use castellan_kernel::{Error, Result};
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};

use super::{Engine, open};
use crate::memory::{TableSet, Tables, Touched};

impl Engine {
    /// What the text of a statement fails to tell; `None` when it tells everything.
    pub(crate) fn concealed(&self, sql: &str) -> Result<Option<String>> {
        let mut connection = open::reader(&self.path).map_err(Error::internal)?;
        let tables = Arc::new(Tables::read(&connection).map_err(Error::internal)?);
        let seen = Arc::new(Mutex::new(Touched::default()));
        let (account, known) = (Arc::clone(&seen), Arc::clone(&tables));
        let note = move |context: AuthContext<'_>| {
            let mut touched = account.lock().unwrap_or_else(PoisonError::into_inner);
            match context.action {
                AuthAction::Read { table_name, .. } => touched.read = touched.read.with(known.named(table_name)),
                AuthAction::Insert { table_name } => {
                    touched.written = touched.written.with(known.named(table_name).coming());
                }
                AuthAction::Delete { table_name } | AuthAction::Update { table_name, .. } => {
                    touched.written = touched.written.with(known.named(table_name).present());
                }
                _ => {}
            }
            Authorization::Allow
        };
        connection.authorizer(Some(note)).map_err(Error::internal)?;
        connection.prepare(sql).map(drop).map_err(Error::internal)?;
        let seen = *seen.lock().unwrap_or_else(PoisonError::into_inner);
        let told = tables.of(sql);
        let misses = |told: TableSet, seen: TableSet| told.with(seen) != told;
        // What a write reads to keep references right is of no interest: nothing that is remembered is made by writing.
        let only_reads = seen.written == TableSet::EMPTY;
        Ok(if only_reads && misses(told.read, seen.read) {
            Some(format!("it reads more tables than its text tells: {sql}"))
        } else if misses(told.written, seen.written) {
            Some(format!("it writes more tables than its text tells: {sql}"))
        } else {
            None
        })
    }

    /// A step of the statement that does not find its row by a whole unique key; `None` when all of them do.
    pub(crate) fn not_by_key(&self, sql: &str) -> Result<Option<String>> {
        let connection = open::reader(&self.path).map_err(Error::internal)?;
        let read = || -> rusqlite::Result<Option<String>> {
            let mut unique = connection.prepare(
                "SELECT l.name, (SELECT COUNT(*) FROM pragma_index_info(l.name))
                 FROM sqlite_master m, pragma_index_list(m.name) l WHERE m.type = 'table' AND l.\"unique\" AND NOT l.partial",
            )?;
            let unique = unique.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            let unique = unique.collect::<rusqlite::Result<HashMap<String, i64>>>()?;
            let mut plan = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
            let mut steps = plan.raw_query();
            while let Some(step) = steps.next()? {
                let step: String = step.get(3)?;
                let equal = step.matches("=?").count() as i64;
                let by_key = step.starts_with("SEARCH ")
                    && !step.ends_with("LEFT-JOIN")
                    && (step.contains("USING INTEGER PRIMARY KEY (rowid=?)")
                        || step.split(' ').any(|word| unique.get(word).is_some_and(|columns| *columns == equal)));
                if !by_key {
                    return Ok(Some(step));
                }
            }
            Ok(None)
        };
        read().map_err(Error::internal)
    }
}
