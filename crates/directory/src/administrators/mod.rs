//! Administrators: users with manager roles on the instance, an organization, a project or a project grant.
//! RPCs: Admin …IAMMember…, Management …OrgMember…, …ProjectMember…, …ProjectGrantMember…, internal_permission v2 and v2beta,
//! memberships in Management, Auth and System. Table `administrators`. Events `*.member.*`. Rules: spec api.md 2 and 4.5.

mod api_v1;
mod api_v2;
mod command;
mod event;
mod level;
mod query;
mod sql;
mod target;
#[cfg(test)]
mod tests;

use castellan_kernel::Timestamp;
use castellan_proto::methods::{
    admin_v1 as admin, auth_v1 as auth, internal_permission_v2 as v2, internal_permission_v2beta as v2beta,
    management_v1 as management, system_v1 as system,
};
use castellan_rpc::Registry;

pub use command::{grant, record_removal_of_user};
pub use level::Level;
pub use sql::{memberships_of, memberships_question};
pub use target::Resource;

/// A stored administrator, with what lists show of the user and of the resource.
#[derive(Debug, Clone)]
struct Administrator {
    level: Level,
    user_id: String,
    /// The organization that owns the resource; empty for the instance.
    org_id: String,
    project_id: String,
    grant_id: String,
    granted_org_id: String,
    org_name: String,
    project_name: String,
    roles: Vec<String>,
    created_at: Timestamp,
    changed_at: Timestamp,
    sequence: u64,
    user_org_id: String,
    /// The wire value of the v1 user type.
    user_kind: i32,
    email: String,
    first_name: String,
    last_name: String,
    display_name: String,
    avatar_key: String,
    login_name: String,
}

pub(super) fn register(registry: &mut Registry) {
    registry
        .room("directory/administrators")
        .command::<admin::AddIAMMember>(api_v1::add_to_instance)
        .command::<admin::UpdateIAMMember>(api_v1::update_on_instance)
        .command::<admin::RemoveIAMMember>(api_v1::remove_from_instance)
        .query::<admin::ListIAMMembers>(api_v1::list_of_instance)
        .query::<admin::ListIAMMemberRoles>(api_v1::instance_roles)
        .query::<system::ListIAMMembers>(api_v1::list_of_instance_for_system)
        .command::<management::AddOrgMember>(api_v1::add_to_org)
        .command::<management::UpdateOrgMember>(api_v1::update_on_org)
        .command::<management::RemoveOrgMember>(api_v1::remove_from_org)
        .query::<management::ListOrgMembers>(api_v1::list_of_org)
        .query::<management::ListOrgMemberRoles>(api_v1::org_roles)
        .command::<management::AddProjectMember>(api_v1::add_to_project)
        .command::<management::UpdateProjectMember>(api_v1::update_on_project)
        .command::<management::RemoveProjectMember>(api_v1::remove_from_project)
        .query::<management::ListProjectMembers>(api_v1::list_of_project)
        .query::<management::ListProjectMemberRoles>(api_v1::project_roles)
        .command::<management::AddProjectGrantMember>(api_v1::add_to_grant)
        .command::<management::UpdateProjectGrantMember>(api_v1::update_on_grant)
        .command::<management::RemoveProjectGrantMember>(api_v1::remove_from_grant)
        .query::<management::ListProjectGrantMembers>(api_v1::list_of_grant)
        .query::<management::ListProjectGrantMemberRoles>(api_v1::grant_roles)
        .query::<management::ListUserMemberships>(api_v1::list_of_user)
        .query::<auth::ListMyMemberships>(api_v1::list_of_caller)
        .query::<auth::ListMyZitadelPermissions>(api_v1::permissions_of_caller)
        .command::<v2::CreateAdministrator>(api_v2::create)
        .command::<v2::UpdateAdministrator>(api_v2::update)
        .command::<v2::DeleteAdministrator>(api_v2::delete)
        .query::<v2::ListAdministrators>(api_v2::list)
        .command::<v2beta::CreateAdministrator>(api_v2::beta_create)
        .command::<v2beta::UpdateAdministrator>(api_v2::beta_update)
        .command::<v2beta::DeleteAdministrator>(api_v2::beta_delete)
        .query::<v2beta::ListAdministrators>(api_v2::beta_list);
}
