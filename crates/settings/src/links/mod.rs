//! The links on the pages: terms, privacy, help and others. An organization's list replaces the instance's, which replaces the
//! empty one of the server. RPCs: settings v2 Get-, Set-, ResetLinkSettings and GetEffectiveSettings. Document `link_settings`.
//! Events `*.settings.links.set`, `*.settings.links.removed`; the contract documents none.

mod api;
mod command;
#[cfg(test)]
mod tests;

use castellan_proto::methods::settings_v2;
use castellan_rpc::Registry;
use serde::{Deserialize, Serialize};

use crate::store::Document;

/// The links, in the order in which they are shown.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Links(pub Vec<Link>);

/// One link.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Link {
    /// What it leads to (`LinkType` of the contract).
    pub kind: i32,
    /// An address with `http`, `https` or `mailto`.
    pub url: String,
    /// The key of the text that it shows; empty for the text of its kind.
    pub translation_key: String,
    /// Where it opens (`LinkTarget` of the contract).
    pub target: i32,
}

impl Document for Links {
    const KIND: &'static str = "link_settings";
}

pub(crate) fn register(registry: &mut Registry) {
    registry
        .room("settings/links")
        .query::<settings_v2::GetLinkSettings>(api::get)
        .command::<settings_v2::SetLinkSettings>(api::set)
        .command::<settings_v2::ResetLinkSettings>(api::reset)
        .query::<settings_v2::GetEffectiveSettings>(api::effective);
}
