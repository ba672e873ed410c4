//! The texts of messages and of the login pages. RPCs: Admin and Management …MessageText and …LoginText(s). Documents
//! `text/<template>/<language>` with what the owner says otherwise than the level above: organization, instance, built in.
//! Events `*.customtext.set`, `*.customtext.removed`, `*.customtext.template.removed`. Rules: spec api.md 4.10.

mod api;
mod built_in;
mod command;
mod event;
pub(crate) mod language;
mod methods;
mod query;
mod template;
#[cfg(test)]
mod tests;

use castellan_rpc::Registry;

pub use command::{reset, set};
pub use query::{OwnTexts, Texts, of_owner, own};
pub use template::Template;

pub(crate) use built_in::of_language as built_in;

pub(crate) fn register(registry: &mut Registry) {
    methods::register(registry);
}
