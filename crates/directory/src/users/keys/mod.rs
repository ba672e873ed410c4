//! Keys of service users: the public halves of the keys that sign assertions (private key JWT).
//! RPCs: Management Add-, Remove-, List-, GetMachineKey…; user v2 AddKey, RemoveKey, ListKeys. Table `user_keys`.
//! Events `user.machine.key.added`, `user.machine.key.removed`. Rules: spec oauth.md 3.4, api.md 4.1.8.

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

pub use command::{AddKey, AddedKey, KeyMaterial, create};
pub use sql::{verification_key, verification_question};

/// A stored key. The private half was shown once and is not kept.
#[derive(Debug, Clone)]
pub struct Key {
    /// The key id, the `kid` of assertions.
    pub id: String,
    /// Whose key it is.
    pub user_id: String,
    /// The organization of that user.
    pub org_id: String,
    /// `KeyType` of the contract; 1 is JSON, the only one there is.
    pub key_type: i64,
    /// From then on the key does not exist for verification.
    pub expires_at: Timestamp,
    /// When it was added.
    pub created_at: Timestamp,
    /// The sequence of the event that added it.
    pub sequence: u64,
}

pub(super) fn register(registry: &mut Registry) {
    registry
        .room("directory/users/keys")
        .command::<management::AddMachineKey>(api::v1_add)
        .command::<management::RemoveMachineKey>(api::v1_remove)
        .query::<management::ListMachineKeys>(api::v1_list)
        .query::<management::GetMachineKeyByIDs>(api::v1_get)
        .command::<user_v2::AddKey>(api::v2_add)
        .command::<user_v2::RemoveKey>(api::v2_remove)
        .query::<user_v2::ListKeys>(api::v2_list);
}
