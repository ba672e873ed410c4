//! For tests: `SQLite`'s own account of what a statement touches, held against what its text tells
//! ([`Tables`](crate::memory::Tables)).

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
                AuthAction::Insert { table_name }
                | AuthAction::Delete { table_name }
                | AuthAction::Update { table_name, .. } => {
                    touched.written = touched.written.with(known.named(table_name));
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
}
