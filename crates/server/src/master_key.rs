//! The master key: 32 bytes that protect the encryption keys in the database. Given by flag, file or environment, or
//! else made once and kept in the data directory (`spec: oauth.md 1.1`).

use std::io::Write;
use std::path::{Path, PathBuf};

use castellan_kernel::{Rng, random_string};
use zeroize::Zeroizing;

use crate::config::{Engine, Settings};
use crate::failure::{Failure, Result};

const LENGTH: usize = 32;
const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// The variables that can hold the key; the first that is set counts.
const VARIABLES: [&str; 2] = ["CASTELLAN_MASTERKEY", "ZITADEL_MASTERKEY"];

/// The key itself; wiped when dropped, never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct MasterKey(Zeroizing<[u8; LENGTH]>);

impl MasterKey {
    /// The 32 bytes.
    pub fn expose(&self) -> &[u8; LENGTH] {
        &self.0
    }

    /// A key from its bytes.
    ///
    /// # Errors
    /// The length is not 32.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let key = <[u8; LENGTH]>::try_from(bytes).map_err(|_| {
            let hint = if bytes.len() == LENGTH + 1 && bytes.ends_with(b"\n") {
                " (it ends in a line break, which counts: write the file with printf instead of echo)"
            } else {
                ""
            };
            Failure::new(format!("masterkey must be 32 bytes, but is {}{hint}", bytes.len()))
        })?;
        Ok(Self(Zeroizing::new(key)))
    }
}

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MasterKey(********)")
    }
}

/// Where the operator says the key is.
#[derive(Debug, Clone, Default)]
pub enum KeySource {
    /// Nothing was said: the environment if it has the key, else the file in the data directory.
    #[default]
    Unstated,
    /// The key itself, from `--masterkey`.
    Value(Zeroizing<String>),
    /// A file, from `--masterkeyFile`.
    File(PathBuf),
    /// The environment, from `--masterkeyFromEnv`.
    Environment,
}

/// Finds the key, or makes it if none was ever given.
///
/// `variables` is the environment. A new key is written to `<DataDir>/master.key`, readable by its owner alone.
///
/// # Errors
/// The key has the wrong length, its file cannot be read or written, the environment lacks it, or the embedded database
/// exists while its key file is gone (a new key could not open it).
pub fn load(
    source: &KeySource,
    settings: &Settings,
    variables: &[(String, String)],
    rng: &dyn Rng,
) -> Result<MasterKey> {
    let from_environment = || {
        let value = |name: &&str| variables.iter().find(|(key, value)| key == name && !value.is_empty());
        VARIABLES.iter().find_map(value).map(|(_, value)| value)
    };
    match source {
        KeySource::Value(text) => MasterKey::from_bytes(text.as_bytes()),
        KeySource::File(path) => read(path),
        KeySource::Environment => {
            let missing = || {
                Failure::new(
                    "--masterkeyFromEnv was given, but neither CASTELLAN_MASTERKEY nor ZITADEL_MASTERKEY is set",
                )
            };
            MasterKey::from_bytes(from_environment().ok_or_else(missing)?.as_bytes())
        }
        KeySource::Unstated => match from_environment() {
            Some(text) => MasterKey::from_bytes(text.as_bytes()),
            None => kept(settings, rng),
        },
    }
}

fn read(path: &Path) -> Result<MasterKey> {
    let bytes = std::fs::read(path).map_err(|error| {
        Failure::new(format!("the master key file {} cannot be read", path.display())).because(error)
    })?;
    MasterKey::from_bytes(&Zeroizing::new(bytes))
        .map_err(|failure| Failure::new(format!("the master key file {} is wrong", path.display())).because(failure))
}

/// The key in the data directory, made if it is not there.
fn kept(settings: &Settings, rng: &dyn Rng) -> Result<MasterKey> {
    let path = settings.master_key_path();
    if path.exists() {
        return read(&path);
    }
    let database = settings.sqlite_path();
    if settings.database.engine == Engine::Sqlite && database.exists() {
        return Err(Failure::new(format!(
            "the database {} exists, but its master key {} is gone: put the file back, or give the key with \
             --masterkey, --masterkeyFile or --masterkeyFromEnv",
            database.display(),
            path.display()
        )));
    }
    create_directory(&settings.data_dir)?;
    let text = Zeroizing::new(random_string(rng, LENGTH, ALPHABET));
    write_new(&path, text.as_bytes()).map_err(|error| {
        Failure::new(format!("the master key file {} cannot be written; check DataDir", path.display())).because(error)
    })?;
    if settings.database.engine == Engine::Postgres {
        tracing::warn!(
            path = %path.display(),
            "made a master key: keep a copy of this file, and give the same key to every process on this database"
        );
    }
    // Another process may have been faster; then its key is the one that counts.
    read(&path)
}

/// Creates the data directory if it is missing, for its owner alone.
///
/// # Errors
/// It cannot be created.
pub fn create_directory(path: &Path) -> Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|error| {
        Failure::new(format!("the directory {} cannot be created; choose another with DataDir", path.display()))
            .because(error)
    })
}

/// Writes a file completely before it gets its name, so that a crash leaves no half of a key; an existing file stays.
fn write_new(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let draft = path.with_extension(format!("key.{}", std::process::id()));
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    let linked = std::fs::hard_link(&draft, path);
    std::fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        _ => path.parent().map_or(Ok(()), |directory| std::fs::File::open(directory)?.sync_all()),
    }
}

#[cfg(test)]
mod tests {
    use castellan_kernel::SeededRng;

    use super::*;
    use crate::config::{Inputs, load as load_settings};

    fn settings(directory: &Path) -> Settings {
        let value = directory.join("data").display().to_string();
        let flags = vec![("--dataDir".to_owned(), "DataDir".to_owned(), value)];
        load_settings(&Inputs { flags, ..Inputs::default() }).unwrap().settings
    }

    fn find(source: &KeySource, settings: &Settings, variables: &[(&str, &str)]) -> Result<MasterKey> {
        let variables: Vec<_> = variables.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        load(source, settings, &variables, &SeededRng::new(1))
    }

    #[test]
    fn a_key_is_made_once_for_its_owner_alone() {
        let directory = tempfile::tempdir().unwrap();
        let settings = settings(directory.path());
        let first = find(&KeySource::Unstated, &settings, &[]).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::mode(
            &std::fs::metadata(settings.master_key_path()).unwrap().permissions(),
        );
        assert_eq!(mode & 0o777, 0o600);
        assert!(first.expose().iter().all(u8::is_ascii_alphanumeric));
        let again = load(&KeySource::Unstated, &settings, &[], &SeededRng::new(2)).unwrap();
        assert!(first == again);
        assert_eq!(std::fs::read_dir(&settings.data_dir).unwrap().count(), 1);
    }

    #[test]
    fn a_key_of_another_length_is_refused_with_its_length() {
        let directory = tempfile::tempdir().unwrap();
        let settings = settings(directory.path());
        let short = KeySource::Value(Zeroizing::new("short".to_owned()));
        assert_eq!(find(&short, &settings, &[]).unwrap_err().to_string(), "masterkey must be 32 bytes, but is 5");
        let path = directory.path().join("key");
        std::fs::write(&path, format!("{}\n", "k".repeat(32))).unwrap();
        let failure = find(&KeySource::File(path), &settings, &[]).unwrap_err().to_string();
        assert!(failure.contains("masterkey must be 32 bytes, but is 33") && failure.contains("printf"), "{failure}");
    }

    #[test]
    fn the_own_variable_wins_and_a_missing_one_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        let settings = settings(directory.path());
        let (own, other) = ("a".repeat(32), "b".repeat(32));
        let variables = [("ZITADEL_MASTERKEY", other.as_str()), ("CASTELLAN_MASTERKEY", own.as_str())];
        for source in [KeySource::Environment, KeySource::Unstated] {
            assert_eq!(find(&source, &settings, &variables).unwrap().expose(), own.as_bytes());
        }
        assert!(find(&KeySource::Environment, &settings, &[]).unwrap_err().to_string().contains("CASTELLAN_MASTERKEY"));
        assert!(!settings.data_dir.exists());
    }

    #[test]
    fn no_new_key_is_made_for_a_database_that_has_one() {
        let directory = tempfile::tempdir().unwrap();
        let settings = settings(directory.path());
        std::fs::create_dir_all(&settings.data_dir).unwrap();
        std::fs::write(settings.sqlite_path(), b"data").unwrap();
        let failure = find(&KeySource::Unstated, &settings, &[]).unwrap_err().to_string();
        assert!(failure.contains("is gone"), "{failure}");
    }

    #[test]
    fn the_key_is_never_printed() {
        let key = MasterKey::from_bytes("s".repeat(32).as_bytes()).unwrap();
        assert!(!format!("{key:?}").contains("sss"));
    }
}
