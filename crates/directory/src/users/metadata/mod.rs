//! Metadata of users: free key-value pairs that other systems keep on them; the values are bytes.
//! RPCs: Management Set-, BulkSet-, Get-, List-, Remove-, BulkRemoveUserMetadata; Auth GetMy-, ListMyMetadata; user v2
//! Set-, List-, DeleteUserMetadata. Table `user_metadata`. Events `user.metadata.…`. Rules: spec api.md 4.1.9.

mod api;
mod command;
mod event;
mod query;
mod sql;
#[cfg(test)]
mod tests;

use castellan_kernel::Timestamp;
use castellan_proto::methods::{auth_v1 as auth, management_v1 as management, user_v2};
use castellan_rpc::Registry;

pub(super) use command::{add_to_new, apply, check_new};

/// One stored pair.
#[derive(Debug, Clone)]
pub struct Metadata {
    /// The key.
    pub key: String,
    /// The value.
    pub value: Vec<u8>,
    /// The organization of the user.
    pub org_id: String,
    /// When it was set first.
    pub created_at: Timestamp,
    /// When it was set last.
    pub changed_at: Timestamp,
    /// The sequence of the event that set it last.
    pub sequence: u64,
}

pub(super) fn register(registry: &mut Registry) {
    registry
        .room("directory/users/metadata")
        .command::<management::SetUserMetadata>(api::v1_set)
        .command::<management::BulkSetUserMetadata>(api::v1_bulk_set)
        .command::<management::RemoveUserMetadata>(api::v1_remove)
        .command::<management::BulkRemoveUserMetadata>(api::v1_bulk_remove)
        .query::<management::GetUserMetadata>(api::v1_get)
        .query::<management::ListUserMetadata>(api::v1_list)
        .query::<auth::GetMyMetadata>(api::v1_get_my)
        .query::<auth::ListMyMetadata>(api::v1_list_my)
        .command::<user_v2::SetUserMetadata>(api::v2_set)
        .command::<user_v2::DeleteUserMetadata>(api::v2_delete)
        .query::<user_v2::ListUserMetadata>(api::v2_list);
}
