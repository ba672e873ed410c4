//! Roles of a project: keys that authorizations give to users and that tokens carry.
//! RPCs: Management …ProjectRole…, ListGrantedProjectRoles, project v2 and v2beta. Table `project_roles`. Events `project.role.added`,
//! `.changed`, `.removed`; a removed role is taken out of grants and authorizations. Rules: spec api.md 4.3.

mod api_v1;
mod api_v2;
mod command;
mod event;
mod query;
mod sql;
#[cfg(test)]
mod tests;

use castellan_kernel::Timestamp;
use castellan_proto::methods::{management_v1 as management, project_v2 as v2, project_v2beta as v2beta};
use castellan_rpc::Registry;

pub use command::{NewRole, add};
pub(crate) use query::of_projects;
pub(crate) use sql::keys_of_project;

/// A stored role.
#[derive(Debug, Clone)]
pub(crate) struct Role {
    pub project_id: String,
    pub org_id: String,
    pub key: String,
    pub display_name: String,
    pub group: String,
    pub created_at: Timestamp,
    pub changed_at: Timestamp,
    pub sequence: u64,
}

pub(super) fn register(registry: &mut Registry) {
    registry
        .room("projects/roles")
        .command::<management::AddProjectRole>(api_v1::add)
        .command::<management::BulkAddProjectRoles>(api_v1::add_many)
        .command::<management::UpdateProjectRole>(api_v1::update)
        .command::<management::RemoveProjectRole>(api_v1::remove)
        .query::<management::ListProjectRoles>(api_v1::list)
        .query::<management::ListGrantedProjectRoles>(api_v1::list_granted)
        .command::<v2::AddProjectRole>(api_v2::add)
        .command::<v2::UpdateProjectRole>(api_v2::update)
        .command::<v2::RemoveProjectRole>(api_v2::remove)
        .query::<v2::ListProjectRoles>(api_v2::list)
        .command::<v2beta::AddProjectRole>(api_v2::beta_add)
        .command::<v2beta::UpdateProjectRole>(api_v2::beta_update)
        .command::<v2beta::RemoveProjectRole>(api_v2::beta_remove)
        .query::<v2beta::ListProjectRoles>(api_v2::beta_list);
}
