//! The catalogue of message texts: key → text, one file per language. A key without a text is shown as it is.

use std::collections::HashMap;
use std::sync::LazyLock;

static CATALOGUES: LazyLock<Vec<(&'static str, HashMap<String, String>)>> =
    LazyLock::new(|| vec![("en", read(include_str!("en.json")))]);

fn read(json: &str) -> HashMap<String, String> {
    serde_json::from_str(json).unwrap_or_default()
}

/// The text of a key in the first language that has one, else in English, else the key itself.
pub fn lookup<'a>(key: &'a str, languages: &[String]) -> &'a str {
    let base = |tag: &str| tag.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
    languages
        .iter()
        .map(|tag| base(tag))
        .chain(["en".to_owned()])
        .find_map(|language| {
            let (_, texts) = CATALOGUES.iter().find(|(name, _)| *name == language)?;
            texts.get(key)
        })
        .map_or(key, String::as_str)
}
