//! Reading texts: an organization's over the instance's over those built in, text by text.

use std::collections::BTreeMap;

use castellan_db::Connection;
use castellan_kernel::{Owner, Result};

use super::built_in;
use super::language::base;
use super::template::Template;
use crate::restrictions::SUPPORTED_LANGUAGES;
use crate::store::{self, Stored};

/// Texts by their names in storage, such as `ButtonText` or `SelectAccount.Title`.
pub(crate) type Values = BTreeMap<String, String>;

/// The texts that hold for an owner.
#[derive(Debug, Clone)]
pub struct Texts {
    /// All texts, with owner and times of the nearest level that has any of its own.
    pub stored: Stored<BTreeMap<String, String>>,
    /// Whether the owner itself says something otherwise than the level above.
    pub is_own: bool,
}

/// The texts that hold for an organization or the instance in a language: names in storage (`Subject`, `ButtonText`,
/// `SelectAccount.Title` …) with their texts. A language that the server does not support gets its base language or English.
///
/// # Errors
/// When storage does not answer.
pub async fn of_owner(connection: &mut Connection, owner: &Owner, template: Template, language: &str) -> Result<Texts> {
    let mut texts = built_in_texts(template, language)?;
    let kind = kind(template, language);
    if *owner != Owner::Instance {
        overlay(connection, &mut texts, &Owner::Instance, &kind).await?;
    }
    overlay(connection, &mut texts, owner, &kind).await?;
    Ok(texts)
}

/// The texts that the server brings along.
pub(super) fn built_in_texts(template: Template, language: &str) -> Result<Texts> {
    Ok(Texts { stored: Stored::built_in(built_in(template, language)?.clone()), is_own: false })
}

async fn overlay(connection: &mut Connection, texts: &mut Texts, owner: &Owner, kind: &str) -> Result<()> {
    let own = store::get_as::<Values>(connection, owner, kind).await?;
    texts.is_own = own.is_some();
    if let Some(own) = own {
        let mut value = std::mem::take(&mut texts.stored.value);
        value.extend(own.value.clone());
        texts.stored = Stored { value, ..own };
    }
    Ok(())
}

/// The kind of document that holds the texts of a template in a language.
pub(super) fn kind(template: Template, language: &str) -> String {
    let language = if SUPPORTED_LANGUAGES.contains(&language) { language } else { base(language) };
    format!("text/{}/{language}", template.name())
}
