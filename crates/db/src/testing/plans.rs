//! How an engine goes about a built statement, for tests that no list reads more than it must.

use std::cell::{Cell, RefCell};

use castellan_kernel::Result;

use crate::{Connection, DynamicStatement, EngineKind, StatementScope};

thread_local! {
    static NOTED: RefCell<Option<Vec<DynamicStatement>>> = const { RefCell::new(None) };
    static FEW: Cell<Option<u64>> = const { Cell::new(None) };
}

/// From now on, lists on this thread take so many rows for few, so that a test needs no crowd to have many.
pub fn take_for_few(rows: u64) {
    FEW.set(Some(rows));
}

/// What was said to be few.
pub(crate) fn few() -> Option<u64> {
    FEW.get()
}

/// Begins to note the built statements that run on this thread. A test's runtime has one thread, so these are all.
pub fn start() {
    NOTED.set(Some(Vec::new()));
}

/// What was noted since the start, which ends here.
pub fn stop() -> Vec<DynamicStatement> {
    NOTED.take().unwrap_or_default()
}

/// Notes a statement, if that was asked for.
pub(crate) fn note(statement: &DynamicStatement) {
    NOTED.with_borrow_mut(|noted| {
        if let Some(noted) = noted {
            noted.push(statement.clone());
        }
    });
}

/// A step of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The query that it is a part of: 0 is the outermost, others are inside of it. The embedded engine alone tells.
    pub level: i64,
    /// The engine's words.
    pub text: String,
}

/// The plan of a statement. PostgreSQL is kept from reading whole tables where it knows another way, since tables are small in
/// tests; so this needs a consistent snapshot.
///
/// # Errors
/// As [`Connection::rows`].
pub async fn plan(connection: &mut Connection, statement: &DynamicStatement) -> Result<Vec<Step>> {
    let explained =
        |explain: &str| DynamicStatement { sql: format!("{explain} {}", statement.sql), ..statement.clone() };
    if connection.engine() == EngineKind::Sqlite {
        let rows = connection.rows_dynamic(&explained("EXPLAIN QUERY PLAN")).await?;
        return rows.iter().map(|row| Ok(Step { level: row.int(1)?, text: row.text(3)? })).collect();
    }
    let careful = DynamicStatement {
        sql: "SELECT set_config('enable_seqscan', 'off', TRUE)".to_owned(),
        values: Vec::new(),
        scope: StatementScope::Global,
        label: "a planner that avoids whole tables",
    };
    connection.rows_dynamic(&careful).await?;
    let rows = connection.rows_dynamic(&explained("EXPLAIN (COSTS OFF)")).await?;
    rows.iter().map(|row| Ok(Step { level: 0, text: row.text(0)? })).collect()
}
