//! The table of all keys, made once from the declared sections, with look-ups by key and by environment name.

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

use super::key::{Key, Section};
use super::problem::nearest;
use super::settings::Settings;
use super::without_effect::{self, Advice};

/// All keys.
pub(super) static CATALOG: LazyLock<Catalog> = LazyLock::new(Catalog::new);

/// What a name in a file or in the environment stands for.
pub(super) enum Meaning {
    /// A key of the table.
    Key(&'static Key),
    /// A section with keys below.
    Section,
    /// A key of ZITADEL that means nothing here, or that is refused.
    Other(&'static str, Advice),
    /// Nothing known.
    Unknown,
}

/// The table.
pub(super) struct Catalog {
    /// Every key in the order of declaration.
    pub keys: Vec<Key>,
    by_path: HashMap<String, usize>,
    by_environment: HashMap<String, usize>,
    sections: BTreeSet<String>,
}

impl Catalog {
    fn new() -> Self {
        let mut keys = Vec::new();
        Settings::declare("", &[], &mut keys);
        let by_path = keys.iter().enumerate().map(|(at, key)| (key.path.to_lowercase(), at)).collect();
        let by_environment = keys.iter().enumerate().map(|(at, key)| (key.environment_name(), at)).collect();
        let mut sections = BTreeSet::new();
        for key in &keys {
            let mut path = key.path.as_str();
            while let Some((parent, _)) = path.rsplit_once('.') {
                sections.insert(parent.to_lowercase());
                path = parent;
            }
        }
        Self { keys, by_path, by_environment, sections }
    }

    /// What a dotted name in any case stands for.
    pub fn meaning(&'static self, path: &str) -> Meaning {
        let lower = path.to_lowercase();
        if let Some(&at) = self.by_path.get(&lower) {
            return Meaning::Key(&self.keys[at]);
        }
        if self.sections.contains(&lower) {
            return Meaning::Section;
        }
        without_effect::by_path(&lower).map_or(Meaning::Unknown, |(name, advice)| Meaning::Other(name, advice))
    }

    /// What a name in the environment, without its prefix, stands for.
    pub fn environment_meaning(&'static self, name: &str) -> Meaning {
        if let Some(&at) = self.by_environment.get(name) {
            return Meaning::Key(&self.keys[at]);
        }
        without_effect::by_environment(name).map_or(Meaning::Unknown, |(name, advice)| Meaning::Other(name, advice))
    }

    /// The known key nearest to a misspelled one: first among its siblings, then anywhere.
    pub fn nearest(&self, path: &str) -> Option<&str> {
        let paths = || self.keys.iter().map(|key| key.path.as_str());
        let depth = path.split('.').count();
        // A misspelled section is compared with the sections of its depth, written as the table writes them.
        let parts = paths().filter_map(|known| {
            let end = known.match_indices('.').nth(depth - 1).map(|(at, _)| at)?;
            Some(&known[..end])
        });
        nearest(path, paths().chain(parts))
    }

    /// The known environment name nearest to a misspelled one.
    pub fn nearest_environment(&self, name: &str) -> Option<&str> {
        nearest(name, self.by_environment.keys().map(String::as_str))
    }
}
