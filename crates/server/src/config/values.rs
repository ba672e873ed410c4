//! The values that were given, each with the place it came from; a later layer replaces an earlier one.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use serde_json::Value;

use super::problem::Problem;
use super::value::Setting;

/// Where an effective value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The built-in default.
    Default,
    /// A file given with `--config` or `--steps`.
    File(PathBuf),
    /// An environment variable, by its full name.
    Environment(String),
    /// A flag of the command line, with its dashes.
    Flag(String),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "file {}", path.display()),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::Flag(name) => write!(f, "flag {name}"),
        }
    }
}

/// Given values by lower-cased key.
#[derive(Debug, Clone, Default)]
pub(super) struct Values(BTreeMap<String, (Value, Source)>);

impl Values {
    /// Sets a value; what an earlier layer said is forgotten.
    pub fn set(&mut self, path: &str, value: Value, source: Source) {
        self.0.insert(path.to_lowercase(), (value, source));
    }

    /// The value given for a key and its place; `None` when only the default applies.
    pub fn given(&self, path: &str) -> Option<&(Value, Source)> {
        self.0.get(&path.to_lowercase())
    }

    /// Whether some layer gave the key a value other than the empty text.
    pub fn is_set(&self, path: &str) -> bool {
        self.given(path).is_some_and(|(value, _)| value.as_str() != Some(""))
    }

    /// Reads a key as its type.
    pub fn read<T: Setting>(&self, path: &str, default: &str) -> Result<T, Problem> {
        let built_in = (Value::String(default.to_owned()), Source::Default);
        let (value, source) = self.given(path).unwrap_or(&built_in);
        T::parse(value).map_err(|message| Problem::new(source, path, message))
    }
}
