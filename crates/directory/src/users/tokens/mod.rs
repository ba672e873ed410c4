//! Personal access tokens of service users: bearer tokens that need no token endpoint.
//! RPCs: Management Add-, Remove-, List-, GetPersonalAccessToken…; user v2 Add-, Remove-, ListPersonalAccessTokens. Table
//! `personal_access_tokens`. Events `user.pat.added`, `user.pat.removed`. Rules: spec oauth.md 3.6, api.md 4.1.8.

mod api;
mod command;
mod event;
mod query;
mod sql;
#[cfg(test)]
mod tests;

use castellan_kernel::Timestamp;
use castellan_proto::methods::{management_v1 as management, user_v2};
use castellan_rpc::Registry;

pub use command::{AddToken, AddedToken, SCOPES, create};
pub use sql::{UsableToken, usable};

/// A stored token. The token text was shown once and is not kept.
#[derive(Debug, Clone)]
pub struct PersonalAccessToken {
    /// The token id.
    pub id: String,
    /// Whose token it is.
    pub user_id: String,
    /// The organization of that user.
    pub org_id: String,
    /// What the token is good for.
    pub scopes: Vec<String>,
    /// From then on the token does not exist.
    pub expires_at: Timestamp,
    /// When it was added.
    pub created_at: Timestamp,
    /// The sequence of the event that added it.
    pub sequence: u64,
}

pub(super) fn register(registry: &mut Registry) {
    registry
        .room("directory/users/tokens")
        .command::<management::AddPersonalAccessToken>(api::v1_add)
        .command::<management::RemovePersonalAccessToken>(api::v1_remove)
        .query::<management::ListPersonalAccessTokens>(api::v1_list)
        .query::<management::GetPersonalAccessTokenByIDs>(api::v1_get)
        .command::<user_v2::AddPersonalAccessToken>(api::v2_add)
        .command::<user_v2::RemovePersonalAccessToken>(api::v2_remove)
        .query::<user_v2::ListPersonalAccessTokens>(api::v2_list);
}
