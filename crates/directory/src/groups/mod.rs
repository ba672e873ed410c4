//! Groups: users of one organization under a name. They give no rights. RPCs: group v2. Tables `user_groups`,
//! `user_group_members`. Events `group.*`, one stream per group. Rules: spec api.md 4.13.

mod api;
mod command;
mod event;
mod query;
mod sql;
#[cfg(test)]
mod tests;

use castellan_kernel::{Receipt, Timestamp};
use castellan_proto::methods::group_v2 as v2;
use castellan_rpc::{Aggregate, Registry};

pub use command::record_removal_of_user;

/// A stored group.
#[derive(Debug, Clone)]
struct Group {
    id: String,
    org_id: String,
    name: String,
    description: String,
    created_at: Timestamp,
    changed_at: Timestamp,
    sequence: u64,
}

impl Group {
    fn aggregate(&self) -> Aggregate {
        Aggregate::new("group", &self.id, &self.org_id)
    }

    /// The receipt of the change that made the group what it is.
    fn receipt(&self) -> Receipt {
        Receipt {
            sequence: self.sequence,
            created_at: Some(self.created_at),
            changed_at: self.changed_at,
            owner: self.org_id.clone(),
        }
    }
}

/// Registers every RPC of this room.
pub fn register(registry: &mut Registry) {
    registry
        .room("directory/groups")
        .command::<v2::CreateGroup>(api::create)
        .command::<v2::UpdateGroup>(api::update)
        .command::<v2::DeleteGroup>(api::delete)
        .command::<v2::AddUsersToGroup>(api::add_users)
        .command::<v2::RemoveUsersFromGroup>(api::remove_users)
        .query::<v2::GetGroup>(api::get)
        .query::<v2::ListGroups>(api::list)
        .query::<v2::ListGroupUsers>(api::list_users);
}
