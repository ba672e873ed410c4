//! The audit trail as callers read it: events of the instance, what changed on one resource, and milestones. It writes nothing.
//! RPCs: Admin ListEvents, ListEventTypes, ListAggregateTypes, ListMilestones; Management List…Changes; Auth ListMyUserChanges.
//! Table `events` (of the database crate). Rules: spec api.md 3.6 and 4.16.

mod api;
mod catalogue;
mod changes;
mod events;
mod milestones;
mod payload;
mod retention;
#[cfg(test)]
mod tests;

use castellan_proto::methods::{admin_v1 as admin, auth_v1 as auth, management_v1 as management};
use castellan_rpc::Registry;

pub use retention::ConfiguredRetention;

/// Registers every RPC of this room.
pub fn register(registry: &mut Registry) {
    registry
        .room("directory/audit")
        .query::<admin::ListEvents>(api::list_events)
        .query::<admin::ListEventTypes>(api::list_event_types)
        .query::<admin::ListAggregateTypes>(api::list_aggregate_types)
        .query::<admin::ListMilestones>(milestones::list)
        .query::<management::ListUserChanges>(api::list_user_changes)
        .query::<management::ListOrgChanges>(api::list_org_changes)
        .query::<management::ListProjectChanges>(api::list_project_changes)
        .query::<management::ListProjectGrantChanges>(api::list_grant_changes)
        .query::<management::ListAppChanges>(api::list_application_changes)
        .query::<auth::ListMyUserChanges>(api::list_my_user_changes);
}
