//! Reading texts: an organization's over the instance's over those built in, text by text.

use std::collections::BTreeMap;

use castellan_db::{Connection, statement};
use castellan_kernel::{Owner, Result};
use serde_json::{Map, Value as JsonValue};

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

/// The texts of one template and language that an owner says otherwise than the level above.
#[derive(Debug, Clone)]
pub struct OwnTexts {
    /// What the texts are for.
    pub template: Template,
    /// The language.
    pub language: String,
    /// The texts in the JSON form of the contract's messages.
    pub message: Map<String, JsonValue>,
}

/// Everything that an owner itself says, by template and language.
///
/// # Errors
/// When storage does not answer.
pub async fn own(connection: &mut Connection, owner: &Owner) -> Result<Vec<OwnTexts>> {
    let statement = statement!(
        "SELECT kind, value FROM settings WHERE instance_id = $1 AND org_id = $2 AND kind LIKE 'text/%' ORDER BY kind"
    );
    let mut own = Vec::new();
    for row in connection.rows(statement, &[owner.org().unwrap_or_default().into()]).await? {
        let kind = row.text(0)?;
        let Some((name, language)) = kind.strip_prefix("text/").and_then(|name| name.split_once('/')) else { continue };
        let Some(template) = Template::ALL.into_iter().find(|template| template.name() == name) else { continue };
        let message = template.write(&row.json(1)?)?;
        own.push(OwnTexts { template, language: language.to_owned(), message });
    }
    Ok(own)
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
