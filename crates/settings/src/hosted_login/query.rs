//! Reading translations: a level alone, or laid over the levels above it.

use castellan_db::Connection;
use castellan_kernel::{Owner, Result};
use serde_json::{Map, Value};

use super::kind;
use super::tree::{Tree, overlay};
use crate::store;
use crate::texts::{self, Template, language::base};

/// Where a translation stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Level {
    /// What the server brings along.
    System,
    /// The instance's or an organization's.
    Owner(Owner),
}

/// The translation of a level into a locale; with the levels above it unless `alone`. A locale with a region is laid over its
/// language.
pub(super) async fn read(connection: &mut Connection, level: &Level, locale: &str, alone: bool) -> Result<Tree> {
    let Level::Owner(owner) = level else { return system(locale) };
    if alone {
        return own(connection, owner, locale).await;
    }
    let mut tree = system(locale)?;
    let instance = (*owner != Owner::Instance).then_some(&Owner::Instance);
    for level in instance.into_iter().chain([owner]) {
        let language = base(locale);
        if language != locale {
            overlay(&mut tree, own(connection, level, language).await?);
        }
        overlay(&mut tree, own(connection, level, locale).await?);
    }
    Ok(tree)
}

pub(super) async fn own(connection: &mut Connection, owner: &Owner, locale: &str) -> Result<Tree> {
    Ok(store::get_as::<Tree>(connection, owner, &kind(locale)).await?.map(|stored| stored.value).unwrap_or_default())
}

/// The built-in login texts, one object per page.
fn system(locale: &str) -> Result<Tree> {
    let mut tree = Tree::new();
    for (key, text) in texts::built_in(Template::Login, locale)? {
        let Some((page, name)) = key.split_once('.') else { continue };
        let page = tree.entry(lower(page)).or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(page) = page {
            page.insert(lower(name), text.as_str().into());
        }
    }
    Ok(tree)
}

fn lower(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_ascii_lowercase().to_string() + letters.as_str()).unwrap_or_default()
}
