//! Embeds the migrations: writes one list with the text of each file for both engines.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

type Failure = Box<dyn std::error::Error>;

/// The texts of one version: one for both engines, or a twin each.
#[derive(Default)]
struct Texts {
    name: String,
    both: Option<PathBuf>,
    sqlite: Option<PathBuf>,
    postgres: Option<PathBuf>,
}

fn main() -> Result<(), Failure> {
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../../migrations").canonicalize()?;
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut versions: BTreeMap<u32, Texts> = BTreeMap::new();
    for entry in fs::read_dir(&folder)? {
        let path = entry?.path();
        let file = path.file_name().and_then(|name| name.to_str()).ok_or("a migration's file name is not UTF-8")?;
        let Some(stem) = file.strip_suffix(".sql") else { continue };
        println!("cargo::rerun-if-changed={}", path.display());
        add(&mut versions, file, stem, &path)?;
    }
    let mut list = String::from("&[\n");
    for (position, (version, texts)) in versions.iter().enumerate() {
        if usize::try_from(*version)? != position + 1 {
            return Err(format!("migration {:04} is missing: {version:04} follows {position:04}", position + 1).into());
        }
        let (sqlite, postgres) = match (&texts.both, &texts.sqlite, &texts.postgres) {
            (Some(both), None, None) => (both, both),
            (None, Some(sqlite), Some(postgres)) => (sqlite, postgres),
            _ => {
                return Err(format!(
                    "migration {version:04} needs one .sql file, or a .sqlite.sql and a .postgres.sql"
                )
                .into());
            }
        };
        writeln!(
            list,
            "    Migration {{ version: {version}, name: {:?}, sqlite: include_str!({sqlite:?}), postgres: include_str!({postgres:?}) }},",
            texts.name
        )?;
    }
    list.push_str("]\n");
    fs::write(Path::new(&env::var("OUT_DIR")?).join("migrations.rs"), list)?;
    Ok(())
}

/// Sorts one file in by its version; `stem` is its name without `.sql`.
fn add(versions: &mut BTreeMap<u32, Texts>, file: &str, stem: &str, path: &Path) -> Result<(), Failure> {
    let (stem, engine) = match (stem.strip_suffix(".sqlite"), stem.strip_suffix(".postgres")) {
        (Some(stem), _) => (stem, "sqlite"),
        (_, Some(stem)) => (stem, "postgres"),
        _ => (stem, "both"),
    };
    let (number, name) = stem.split_once('_').ok_or_else(|| format!("{file}: expected NNNN_name.sql"))?;
    let texts = versions.entry(number.parse().map_err(|_| format!("{file}: expected NNNN_name.sql"))?).or_default();
    if !texts.name.is_empty() && texts.name != name {
        return Err(format!("{file}: version {number} is also called {}", texts.name).into());
    }
    name.clone_into(&mut texts.name);
    let slot = match engine {
        "sqlite" => &mut texts.sqlite,
        "postgres" => &mut texts.postgres,
        _ => &mut texts.both,
    };
    *slot = Some(path.to_path_buf());
    Ok(())
}
