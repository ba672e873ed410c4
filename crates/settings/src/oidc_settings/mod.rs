//! Lifetimes of tokens, instance only. RPCs: Admin Get-, Add-, UpdateOIDCSettings. Document `oidc_settings`. Events
//! `instance.oidc.settings.added`, `.changed`. Rules: spec api.md 4.9.

mod api;
mod command;
#[cfg(test)]
mod tests;

use castellan_db::Connection;
use castellan_kernel::{Owner, Result};
use castellan_proto::methods::admin_v1 as admin;
use castellan_rpc::Registry;

use crate::documents::OidcSettings;
use crate::store;

/// Lifetimes in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetimes {
    /// Of access tokens.
    pub access_token: i64,
    /// Of ID tokens.
    pub id_token: i64,
    /// Of refresh tokens that are not used.
    pub refresh_token_idle: i64,
    /// Of refresh tokens at most.
    pub refresh_token: i64,
}

/// The lifetimes that the instance sets; `None` where it sets none and those of the configuration hold.
///
/// # Errors
/// When storage does not answer.
pub async fn lifetimes(connection: &mut Connection) -> Result<Option<Lifetimes>> {
    let stored = store::get::<OidcSettings>(connection, &Owner::Instance).await?;
    Ok(stored.map(|stored| Lifetimes {
        access_token: stored.value.access_token_lifetime.seconds(),
        id_token: stored.value.id_token_lifetime.seconds(),
        refresh_token_idle: stored.value.refresh_token_idle_expiration.seconds(),
        refresh_token: stored.value.refresh_token_expiration.seconds(),
    }))
}

pub(crate) fn register(registry: &mut Registry) {
    registry
        .room("settings/oidc_settings")
        .query::<admin::GetOIDCSettings>(api::get)
        .command::<admin::AddOIDCSettings>(api::add)
        .command::<admin::UpdateOIDCSettings>(api::update);
}
