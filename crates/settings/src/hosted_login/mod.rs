//! What the hosted login says otherwise, by locale: texts of any names, the organization's over the instance's over the system's
//! (the built-in login texts). RPCs: settings v2 Get-, SetHostedLoginTranslation. Documents `hosted_login/<locale>`. Events
//! `*.hosted_login_translation.set`. Rules: spec api.md 4.9.

mod api;
mod command;
mod query;
#[cfg(test)]
mod tests;
mod tree;

use castellan_proto::methods::settings_v2;
use castellan_rpc::Registry;

pub(crate) fn register(registry: &mut Registry) {
    registry
        .room("settings/hosted_login")
        .query::<settings_v2::GetHostedLoginTranslation>(api::get)
        .command::<settings_v2::SetHostedLoginTranslation>(api::set);
}

/// The kind of document that holds the translation into a locale.
fn kind(locale: &str) -> String {
    format!("hosted_login/{locale}")
}
