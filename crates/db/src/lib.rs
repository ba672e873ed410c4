//! The only crate that knows `SQLite` and PostgreSQL. It owns connections, transactions, migrations, the audit trail's table and
//! the outbox; rooms write SQL as [`statement!`]s and run them on a [`Connection`]. One SQL text serves both engines.

mod call;
mod connection;
mod database;
mod deferred;
mod error;
mod events;
mod memory;
mod migration;
mod outbox;
mod postgres;
pub mod query;
mod question;
mod retry;
mod row;
mod running;
mod sqlite;
mod statement;
mod value;

pub use connection::{Connection, Moment, Snapshot, Tx};
pub use database::{Db, DbOptions};
pub use deferred::Refusals;
pub use error::{DatabaseError, DbErrorExt, DbResultExt, Refusal, Violation};
pub use events::{Event, EventOfEach};
pub use memory::{Recalled, Recording, Remember, key as memory_key};
pub use migration::{EngineKind, Migration, migrations};
pub use outbox::OutboxItem;
pub use postgres::{PostgresOptions, PostgresTls, TlsMode};
pub use question::Question;
pub use retry::Retry;
pub use row::Row;
pub use running::Running;
pub use sqlite::{Durability, SqliteOptions, restore};
pub use statement::{DynamicStatement, Statement, StatementScope, all_statements};
pub use value::{Text, Value};

#[doc(hidden)]
pub use inventory as __inventory;
#[doc(hidden)]
pub use statement::Registered;

#[cfg(any(test, feature = "testing"))]
pub mod testing;
