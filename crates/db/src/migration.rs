//! The schema's history: the files in `migrations/`, embedded, and the rules by which an engine applies them.

use castellan_kernel::{Clock, Error, Kind, Result, SystemClock, Timestamp};

/// One step of the schema. A file is one text for both engines, or has a twin for each.
///
/// Texts may use `{{bytes}}` (the type of byte strings), `{{auto_id}}` (a number that the database counts up and that is the
/// primary key) and `{{clustered}}` (after the closing parenthesis of a table: rows are stored in the primary key, which saves the
/// embedded engine a lookup). Constraints must not be deferrable.
#[derive(Debug)]
pub struct Migration {
    /// Its place in the order, from 1.
    pub version: u32,
    /// What it does, from the file name.
    pub name: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

static MIGRATIONS: &[Migration] = include!(concat!(env!("OUT_DIR"), "/migrations.rs"));

/// All migrations in order.
pub fn migrations() -> &'static [Migration] {
    MIGRATIONS
}

/// Which engine a text is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EngineKind {
    /// The embedded one.
    Sqlite,
    /// PostgreSQL and what speaks its protocol.
    Postgres,
}

impl Migration {
    /// The text for an engine.
    pub(crate) fn text(&self, engine: EngineKind) -> String {
        let (text, bytes, auto_id, clustered) = match engine {
            EngineKind::Sqlite => (self.sqlite, "BLOB", "INTEGER PRIMARY KEY AUTOINCREMENT", "WITHOUT ROWID"),
            EngineKind::Postgres => (self.postgres, "BYTEA", "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY", ""),
        };
        text.replace("{{bytes}}", bytes).replace("{{auto_id}}", auto_id).replace("{{clustered}}", clustered)
    }

    /// A fingerprint of the file (FNV-1a, line ends aside), which shows a change after it was applied.
    pub(crate) fn checksum(&self, engine: EngineKind) -> String {
        let text = if engine == EngineKind::Sqlite { self.sqlite } else { self.postgres };
        let hash = text
            .bytes()
            .filter(|byte| *byte != b'\r')
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
        format!("{hash:016x}")
    }
}

/// The table in which a database remembers its migrations.
pub(crate) const HISTORY: &str = "CREATE TABLE IF NOT EXISTS schema_migrations (\
     version BIGINT PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at BIGINT NOT NULL)";
/// What it remembers.
pub(crate) const READ_HISTORY: &str = "SELECT version, name, checksum FROM schema_migrations ORDER BY version";
/// One more step.
pub(crate) const WRITE_HISTORY: &str =
    "INSERT INTO schema_migrations (version, name, checksum, applied_at) VALUES ($1, $2, $3, $4)";

/// A row of that table.
#[derive(Debug)]
pub(crate) struct Applied {
    pub version: i64,
    pub name: String,
    pub checksum: String,
}

/// The migrations that a database with this history still needs.
///
/// # Errors
/// When it was written by a newer binary, or when a migration was changed after it was applied.
pub(crate) fn pending(engine: EngineKind, history: &[Applied]) -> Result<&'static [Migration]> {
    for (position, applied) in history.iter().enumerate() {
        let Some(known) = MIGRATIONS.get(position) else {
            return Err(unusable(format!(
                "the database is newer than this version of Castellan: it has migration {:04} ({}), this version knows \
                 {} of them; start the version that wrote it, or a newer one",
                applied.version,
                applied.name,
                MIGRATIONS.len()
            )));
        };
        if i64::from(known.version) != applied.version || known.checksum(engine) != applied.checksum {
            return Err(unusable(format!(
                "migration {:04} ({}) was changed after it was applied to this database (it was {} with checksum {}); \
                 restore the file, and put the change into a new migration",
                known.version, known.name, applied.name, applied.checksum
            )));
        }
    }
    Ok(&MIGRATIONS[history.len()..])
}

/// The time to note for a migration.
pub(crate) fn applied_at() -> Timestamp {
    SystemClock.now()
}

/// A failed migration.
pub(crate) fn failed(migration: &Migration, cause: &dyn std::fmt::Display) -> Error {
    unusable(format!("migration {:04} ({}) failed: {cause}", migration.version, migration.name))
}

fn unusable(text: String) -> Error {
    Error::bare(Kind::FailedPrecondition, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(engine: EngineKind) -> Vec<Applied> {
        let applied = |migration: &Migration| Applied {
            version: migration.version.into(),
            name: migration.name.to_owned(),
            checksum: migration.checksum(engine),
        };
        MIGRATIONS.iter().map(applied).collect()
    }

    #[test]
    fn a_complete_history_needs_nothing_and_an_empty_one_everything() {
        assert!(pending(EngineKind::Sqlite, &history(EngineKind::Sqlite)).unwrap().is_empty());
        assert_eq!(pending(EngineKind::Postgres, &[]).unwrap().len(), MIGRATIONS.len());
    }

    #[test]
    fn a_changed_migration_is_refused_by_name() {
        let mut history = history(EngineKind::Sqlite);
        history[0].checksum = "0".into();
        let error = pending(EngineKind::Sqlite, &history).unwrap_err().to_string();
        assert!(error.contains("0001 (events) was changed"), "{error}");
    }

    #[test]
    fn a_database_of_a_newer_version_is_refused() {
        let mut history = history(EngineKind::Sqlite);
        history.push(Applied { version: 9_999, name: "future".into(), checksum: "0".into() });
        let error = pending(EngineKind::Sqlite, &history).unwrap_err().to_string();
        assert!(error.contains("newer than this version"), "{error}");
    }

    #[test]
    fn no_migration_has_deferrable_constraints_or_an_unknown_placeholder() {
        for migration in MIGRATIONS {
            for engine in [EngineKind::Sqlite, EngineKind::Postgres] {
                let text = migration.text(engine).to_uppercase();
                assert!(!text.contains("DEFERR"), "{}", migration.name);
                assert!(!text.contains("{{"), "{}", migration.name);
            }
        }
    }
}
