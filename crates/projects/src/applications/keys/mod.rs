//! Keys of applications: the public halves of the keys that sign their assertions (private key JWT).
//! RPCs: Management Add-, Remove-, List-, GetAppKey, application v2 and app v2beta …ApplicationKey…. Table `application_keys`.
//! Events `project.application.oidc.key.*`, also for API applications. Rules: spec api.md 4.4, oauth.md 3.4.

mod api;
mod command;
mod query;
mod sql;
#[cfg(test)]
mod tests;

use castellan_kernel::Timestamp;
use castellan_proto::methods::{app_v2beta as v2beta, application_v2 as v2, management_v1 as management};
use castellan_rpc::Registry;

pub use command::{TakenOverKey, take_over as take_over_key};

/// A stored key. The private half was shown once and is not kept.
#[derive(Debug, Clone)]
struct Key {
    id: String,
    application_id: String,
    project_id: String,
    org_id: String,
    /// `KeyType` of the contract; 1 is JSON, the only one there is.
    key_type: i32,
    expires_at: Timestamp,
    created_at: Timestamp,
    sequence: u64,
}

pub(super) fn register(registry: &mut Registry) {
    registry
        .room("projects/applications/keys")
        .command::<management::AddAppKey>(api::v1_add)
        .command::<management::RemoveAppKey>(api::v1_remove)
        .query::<management::GetAppKey>(api::v1_get)
        .query::<management::ListAppKeys>(api::v1_list)
        .command::<v2::CreateApplicationKey>(api::v2_create)
        .command::<v2::DeleteApplicationKey>(api::v2_delete)
        .query::<v2::GetApplicationKey>(api::v2_get)
        .query::<v2::ListApplicationKeys>(api::v2_list)
        .command::<v2beta::CreateApplicationKey>(api::beta_create)
        .command::<v2beta::DeleteApplicationKey>(api::beta_delete)
        .query::<v2beta::GetApplicationKey>(api::beta_get)
        .query::<v2beta::ListApplicationKeys>(api::beta_list);
}
