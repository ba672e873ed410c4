//! The state machine of users: deactivate, reactivate, lock, unlock, remove; the same for people and service users.
//! RPCs: Management and user v2 (v2beta) Deactivate-, Reactivate-, Lock-, UnlockUser; Management RemoveUser, user v2 DeleteUser.
//! Table `users`. Events `user.deactivated` … `user.removed` and the cascades. Rules: spec api.md 4.1.0 and 4.1.10.

mod api;
mod command;
mod event;
mod sql;
#[cfg(test)]
mod tests;

use castellan_proto::methods::{auth_v1 as auth, management_v1 as management, user_v2, user_v2beta};
use castellan_rpc::Registry;

pub use command::{RemoveUser, remove};

pub(super) fn register(registry: &mut Registry) {
    registry
        .room("directory/users/state")
        .command::<management::DeactivateUser>(api::v1_deactivate)
        .command::<management::ReactivateUser>(api::v1_reactivate)
        .command::<management::LockUser>(api::v1_lock)
        .command::<management::UnlockUser>(api::v1_unlock)
        .command::<management::RemoveUser>(api::v1_remove)
        .command::<auth::RemoveMyUser>(api::v1_remove_my)
        .command::<user_v2::DeactivateUser>(api::v2_deactivate)
        .command::<user_v2::ReactivateUser>(api::v2_reactivate)
        .command::<user_v2::LockUser>(api::v2_lock)
        .command::<user_v2::UnlockUser>(api::v2_unlock)
        .command::<user_v2::DeleteUser>(api::v2_delete)
        .command::<user_v2beta::DeactivateUser>(api::v2beta_deactivate)
        .command::<user_v2beta::ReactivateUser>(api::v2beta_reactivate)
        .command::<user_v2beta::LockUser>(api::v2beta_lock)
        .command::<user_v2beta::UnlockUser>(api::v2beta_unlock)
        .command::<user_v2beta::DeleteUser>(api::v2beta_delete);
}
