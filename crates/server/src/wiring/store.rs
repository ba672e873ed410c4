//! Copies of the embedded database.

use std::path::PathBuf;

use super::environment;
use crate::config::{Engine, Settings};
use crate::failure::{Failure, Result};

/// Copies the embedded database to a file, while a server may be using it.
///
/// # Errors
/// The database is not the embedded one, the file exists and `force` is not set, or it cannot be written.
pub async fn backup(settings: Settings, file: PathBuf, force: bool) -> Result<()> {
    let source = embedded(&settings)?;
    if !source.exists() {
        return Err(Failure::new(format!("there is no database at {}", source.display())));
    }
    if file.exists() && !force {
        return Err(Failure::new(format!("{} exists; choose another file, or add --force", file.display())));
    }
    let db = environment::open_database(&settings).await?;
    db.backup_to(&file).await?;
    db.close().await?;
    println!("{} is a complete copy of {}", file.display(), source.display());
    println!("Keep the master key with it: without that key the copy cannot be used.");
    Ok(())
}

/// Replaces the embedded database by a copy.
///
/// # Errors
/// The database is in use or exists without `force`, or the file is no copy of one.
pub async fn restore(settings: Settings, file: PathBuf, force: bool) -> Result<()> {
    let target = embedded(&settings)?;
    if target.exists() && !force {
        return Err(Failure::new(format!(
            "{} exists; add --force to replace it (take a backup first)",
            target.display()
        )));
    }
    crate::master_key::create_directory(&settings.data_dir)?;
    castellan_db::restore(&file, &target).await?;
    println!("{} now holds the data of {}", target.display(), file.display());
    Ok(())
}

fn embedded(settings: &Settings) -> Result<PathBuf> {
    match settings.database.engine {
        Engine::Sqlite => Ok(settings.sqlite_path()),
        Engine::Postgres => Err(Failure::new(
            "the data is in PostgreSQL; use PostgreSQL's own tools (pg_dump, pg_basebackup) to copy it",
        )),
    }
}
