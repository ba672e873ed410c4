//! Projects: the applications, roles and authorizations that belong together. Their state, settings, and who sees them.
//! RPCs: Management …Project…, …GrantedProject…, project v2 and v2beta. Table `projects`. Events `project.added`, `.changed`,
//! `.deactivated`, `.reactivated`, `.removed`. Rules: spec api.md 4.3.

mod api_v1;
mod api_v2;
mod command;
mod event;
mod head;
mod query;
mod sql;
#[cfg(test)]
mod tests;

use castellan_proto::methods::{management_v1 as management, project_v2 as v2, project_v2beta as v2beta};
use castellan_rpc::Registry;

pub use command::{Created, NewProject, create};
pub use head::{ProjectHead, ProjectState};

pub(crate) use api_v1::query_filter;
pub(crate) use sql::org_exists;

pub(super) fn register(registry: &mut Registry) {
    registry
        .room("projects/projects")
        .command::<management::AddProject>(api_v1::add)
        .command::<management::UpdateProject>(api_v1::update)
        .command::<management::DeactivateProject>(api_v1::deactivate)
        .command::<management::ReactivateProject>(api_v1::reactivate)
        .command::<management::RemoveProject>(api_v1::remove)
        .query::<management::GetProjectByID>(api_v1::get)
        .query::<management::ListProjects>(api_v1::list)
        .command::<v2::CreateProject>(api_v2::create)
        .command::<v2::UpdateProject>(api_v2::update)
        .command::<v2::DeactivateProject>(api_v2::deactivate)
        .command::<v2::ActivateProject>(api_v2::activate)
        .command::<v2::DeleteProject>(api_v2::delete)
        .query::<v2::GetProject>(api_v2::get)
        .query::<v2::ListProjects>(api_v2::list)
        .command::<v2beta::CreateProject>(api_v2::beta_create)
        .command::<v2beta::UpdateProject>(api_v2::beta_update)
        .command::<v2beta::DeactivateProject>(api_v2::beta_deactivate)
        .command::<v2beta::ActivateProject>(api_v2::beta_activate)
        .command::<v2beta::DeleteProject>(api_v2::beta_delete)
        .query::<v2beta::GetProject>(api_v2::beta_get)
        .query::<v2beta::ListProjects>(api_v2::beta_list);
}
