//! Project grants: another organization may give these roles of a project to users.
//! RPCs: Management …ProjectGrant…, …GrantedProject…, project v2 and v2beta …ProjectGrant…. Table `project_grants`. Events
//! `project.grant.*`; removed roles and grants cascade to authorizations. Rules: spec api.md 4.3.

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

use crate::projects::ProjectState;

pub(crate) use command::drop_roles;
pub use command::{NewGrant, create};
pub(crate) use sql::{find_by_id, find_by_org};

/// A stored project grant, with what lists show of both organizations.
#[derive(Debug, Clone)]
pub(crate) struct Grant {
    pub id: String,
    pub project_id: String,
    pub project_name: String,
    /// The organization that owns the project.
    pub org_id: String,
    pub org_name: String,
    /// The organization that the project is granted to.
    pub granted_org_id: String,
    pub granted_org_name: String,
    pub role_keys: Vec<String>,
    pub state: ProjectState,
    pub created_at: Timestamp,
    pub changed_at: Timestamp,
    pub sequence: u64,
}

pub(super) fn register(registry: &mut Registry) {
    registry
        .room("projects/grants")
        .command::<management::AddProjectGrant>(api_v1::add)
        .command::<management::UpdateProjectGrant>(api_v1::update)
        .command::<management::DeactivateProjectGrant>(api_v1::deactivate)
        .command::<management::ReactivateProjectGrant>(api_v1::reactivate)
        .command::<management::RemoveProjectGrant>(api_v1::remove)
        .query::<management::GetProjectGrantByID>(api_v1::get)
        .query::<management::ListProjectGrants>(api_v1::list_of_project)
        .query::<management::ListAllProjectGrants>(api_v1::list_of_org)
        .query::<management::GetGrantedProjectByID>(api_v1::get_granted)
        .query::<management::ListGrantedProjects>(api_v1::list_granted)
        .command::<v2::CreateProjectGrant>(api_v2::create)
        .command::<v2::UpdateProjectGrant>(api_v2::update)
        .command::<v2::DeactivateProjectGrant>(api_v2::deactivate)
        .command::<v2::ActivateProjectGrant>(api_v2::activate)
        .command::<v2::DeleteProjectGrant>(api_v2::delete)
        .query::<v2::ListProjectGrants>(api_v2::list)
        .command::<v2beta::CreateProjectGrant>(api_v2::beta_create)
        .command::<v2beta::UpdateProjectGrant>(api_v2::beta_update)
        .command::<v2beta::DeactivateProjectGrant>(api_v2::beta_deactivate)
        .command::<v2beta::ActivateProjectGrant>(api_v2::beta_activate)
        .command::<v2beta::DeleteProjectGrant>(api_v2::beta_delete)
        .query::<v2beta::ListProjectGrants>(api_v2::beta_list);
}
