//! Organizations: names, states, the default one; below them rooms for domains and metadata. RPCs: Management …Org, Admin GetOrgByID,
//! ListOrgs, IsOrgUnique, Get-, SetDefaultOrg, SetUpOrg, RemoveOrg, Auth ListMyProjectOrgs, org v2 and v2beta. Table `organizations`.
//! Events `org.added`, `.changed`, `.deactivated`, `.reactivated`, `.removed`, `instance.default.org.set`. Rules: spec api.md 4.2.

mod admins;
mod api_v1;
mod api_v2;
mod api_v2beta;
mod command;
mod create;
mod domain_policy;
pub mod domains;
mod event;
mod label;
mod metadata;
mod query;
mod settings;
mod sql;
#[cfg(test)]
mod tests;

use castellan_kernel::Timestamp;
use castellan_proto::methods::{admin_v1 as admin, auth_v1 as auth, management_v1 as management, org_v2, org_v2beta};
use castellan_rpc::Registry;

pub use create::{create, create_with_id, create_without_domain};
pub use label::generated_domain;
pub use sql::{exists, find, find_by_verified_domain};

/// The state of an organization that exists; the number is what contract and storage keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrgState {
    /// Its users can sign in.
    Active = 1,
    /// Its users cannot sign in; its things can still be managed.
    Inactive = 2,
}

/// A stored organization.
#[derive(Debug, Clone)]
pub struct Organization {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether its users can sign in.
    pub state: OrgState,
    /// Its primary domain.
    pub primary_domain: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it changed last.
    pub changed_at: Timestamp,
    /// The sequence of its last event.
    pub sequence: u64,
}

pub(super) fn register(registry: &mut Registry) {
    registry
        .room("directory/organizations")
        .query::<management::GetMyOrg>(api_v1::get_my)
        .query::<management::GetOrgByDomainGlobal>(api_v1::get_by_domain)
        .command::<management::AddOrg>(api_v1::add)
        .command::<management::UpdateOrg>(api_v1::update)
        .command::<management::DeactivateOrg>(api_v1::deactivate)
        .command::<management::ReactivateOrg>(api_v1::reactivate)
        .command::<management::RemoveOrg>(api_v1::remove_my)
        .query::<admin::GetOrgByID>(api_v1::get_by_id)
        .query::<admin::ListOrgs>(api_v1::list)
        .query::<admin::IsOrgUnique>(api_v1::is_unique)
        .query::<admin::GetDefaultOrg>(api_v1::get_default)
        .command::<admin::SetDefaultOrg>(api_v1::set_default)
        .command::<admin::RemoveOrg>(api_v1::remove)
        .command::<admin::SetUpOrg>(api_v1::set_up)
        .query::<auth::ListMyProjectOrgs>(api_v1::list_my)
        .command::<org_v2::AddOrganization>(api_v2::add)
        .command::<org_v2::UpdateOrganization>(api_v2::update)
        .command::<org_v2::DeactivateOrganization>(api_v2::deactivate)
        .command::<org_v2::ActivateOrganization>(api_v2::activate)
        .command::<org_v2::DeleteOrganization>(api_v2::delete)
        .query::<org_v2::ListOrganizations>(api_v2::list)
        .command::<org_v2beta::CreateOrganization>(api_v2beta::create)
        .command::<org_v2beta::UpdateOrganization>(api_v2beta::update)
        .command::<org_v2beta::DeactivateOrganization>(api_v2beta::deactivate)
        .command::<org_v2beta::ActivateOrganization>(api_v2beta::activate)
        .command::<org_v2beta::DeleteOrganization>(api_v2beta::delete)
        .query::<org_v2beta::ListOrganizations>(api_v2beta::list);
    domains::register(registry);
    domain_policy::register(registry);
    metadata::register(registry);
    settings::register(registry);
}
