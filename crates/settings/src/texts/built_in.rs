//! The texts that the server brings along: English and German messages, English pages. Other languages get the English ones.

use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

use castellan_kernel::{Error, Result};

use super::language::base;
use super::query::Values;
use super::template::Template;

/// Texts by template.
type Catalogue = HashMap<String, Values>;

struct BuiltIn {
    /// Messages by language.
    messages: HashMap<&'static str, Catalogue>,
    /// The pages, in English.
    login: Values,
}

/// The texts of a template in a language, in English where there are none.
pub(crate) fn of_language(template: Template, language: &str) -> Result<&'static Values> {
    static EMPTY: Values = Values::new();
    let built_in = built_in()?;
    if template == Template::Login {
        return Ok(&built_in.login);
    }
    let catalogue = built_in.messages.get(base(language)).or_else(|| built_in.messages.get("en"));
    Ok(catalogue.and_then(|catalogue| catalogue.get(template.name())).unwrap_or(&EMPTY))
}

fn built_in() -> Result<&'static BuiltIn> {
    static READ: OnceLock<Result<BuiltIn, String>> = OnceLock::new();
    READ.get_or_init(|| read().map_err(|cause| cause.to_string()))
        .as_ref()
        .map_err(|cause| Error::internal(cause.as_str()))
}

fn read() -> serde_json::Result<BuiltIn> {
    let pages: BTreeMap<String, BTreeMap<String, String>> =
        serde_json::from_str(include_str!("built_in/login.en.json"))?;
    let login = pages
        .into_iter()
        .flat_map(|(page, texts)| texts.into_iter().map(move |(name, text)| (format!("{page}.{name}"), text)))
        .collect();
    let messages = HashMap::from([
        ("en", serde_json::from_str(include_str!("built_in/messages.en.json"))?),
        ("de", serde_json::from_str(include_str!("built_in/messages.de.json"))?),
    ]);
    Ok(BuiltIn { messages, login })
}
