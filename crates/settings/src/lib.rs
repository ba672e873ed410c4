//! Settings: policies, feature flags, limits, secret generators, token lifetimes and signing keys. The instance has the defaults,
//! organizations may override policies. [`store`] reads and writes the documents, [`policies`] holds the rules that all policies
//! share, [`web_keys`] the keys that sign tokens, [`defaults`] what a new instance starts with.

pub mod assets;
pub mod defaults;
pub mod documents;
pub mod features;
mod hosted_login;
pub mod limits;
pub mod links;
pub mod oidc_settings;
mod owner;
pub mod policies;
mod restrictions;
mod secret_generators;
mod security;
pub mod span;
pub mod store;
pub mod texts;
pub mod web_keys;
pub mod wire;

#[cfg(test)]
mod testing;

use castellan_rpc::Registry;

pub use assets::asset_routes;
pub use defaults::{InstanceDefaults, write_instance_defaults};
pub use documents::*;
pub use restrictions::SUPPORTED_LANGUAGES;
pub use span::Span;

/// Registers every RPC of this slice.
pub fn register(registry: &mut Registry) {
    web_keys::register(registry);
    features::register(registry);
    oidc_settings::register(registry);
    policies::register(registry);
    security::register(registry);
    secret_generators::register(registry);
    restrictions::register(registry);
    limits::register(registry);
    texts::register(registry);
    links::register(registry);
    hosted_login::register(registry);
}
