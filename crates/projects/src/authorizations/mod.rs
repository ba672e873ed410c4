//! Authorizations (user grants): which roles of a project a user has, given by the owning organization or by one that the project
//! is granted to. RPCs: Management …UserGrant…, Auth ListMyUserGrants and ListMyProjectPermissions, authorization v2 and v2beta.
//! Table `authorizations`. Events `user.grant.*`, one stream per authorization. Rules: spec api.md 4.6.

mod api_v1;
mod api_v2;
mod api_v2beta;
mod cascade;
mod command;
mod event;
mod query;
mod sql;
#[cfg(test)]
mod tests;

use castellan_kernel::{Receipt, Timestamp};
use castellan_proto::methods::{
    auth_v1 as auth, authorization_v2 as v2, authorization_v2beta as v2beta, management_v1 as management,
};
use castellan_rpc::{Aggregate, Registry};

pub(crate) use cascade::{drop_roles, remove_of_grant, remove_of_project};
pub use command::{NewAuthorization, create};
pub use query::{ClaimedRole, roles_for_claims};

/// Whether the authorization counts; the number is the wire value of every version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum AuthorizationState {
    Active = 1,
    Inactive = 2,
}

impl AuthorizationState {
    /// From the stored number; unknown numbers read as inactive, the safe side.
    fn from_number(number: i64) -> Self {
        if number == Self::Active as i64 { Self::Active } else { Self::Inactive }
    }
}

/// A stored authorization.
#[derive(Debug, Clone)]
struct Authorization {
    id: String,
    /// The organization that gave it.
    org_id: String,
    user_id: String,
    project_id: String,
    /// The grant by which the project is the organization's; empty for the owner.
    grant_id: String,
    role_keys: Vec<String>,
    state: AuthorizationState,
    created_at: Timestamp,
    changed_at: Timestamp,
    sequence: u64,
}

impl Authorization {
    fn aggregate(&self) -> Aggregate {
        Aggregate::new("usergrant", &self.id, &self.org_id)
    }

    /// What a limited permission must name: the grant, or the project of the owner.
    fn permission_resource(&self) -> Option<&str> {
        Some(if self.grant_id.is_empty() { &self.project_id } else { &self.grant_id })
    }

    /// The receipt of the change that made the authorization what it is.
    fn receipt(&self) -> Receipt {
        Receipt {
            sequence: self.sequence,
            created_at: Some(self.created_at),
            changed_at: self.changed_at,
            owner: self.org_id.clone(),
        }
    }
}

pub(super) fn register(registry: &mut Registry) {
    registry
        .room("projects/authorizations")
        .command::<management::AddUserGrant>(api_v1::add)
        .command::<management::UpdateUserGrant>(api_v1::update)
        .command::<management::DeactivateUserGrant>(api_v1::deactivate)
        .command::<management::ReactivateUserGrant>(api_v1::reactivate)
        .command::<management::RemoveUserGrant>(api_v1::remove)
        .command::<management::BulkRemoveUserGrant>(api_v1::remove_many)
        .query::<management::GetUserGrantByID>(api_v1::get)
        .query::<management::ListUserGrants>(api_v1::list)
        .query::<auth::ListMyUserGrants>(api_v1::list_of_caller)
        .query::<auth::ListMyProjectPermissions>(api_v1::roles_of_caller)
        .command::<v2::CreateAuthorization>(api_v2::create)
        .command::<v2::UpdateAuthorization>(api_v2::update)
        .command::<v2::DeleteAuthorization>(api_v2::delete)
        .command::<v2::ActivateAuthorization>(api_v2::activate)
        .command::<v2::DeactivateAuthorization>(api_v2::deactivate)
        .query::<v2::ListAuthorizations>(api_v2::list)
        .command::<v2beta::CreateAuthorization>(api_v2beta::create)
        .command::<v2beta::UpdateAuthorization>(api_v2beta::update)
        .command::<v2beta::DeleteAuthorization>(api_v2beta::delete)
        .command::<v2beta::ActivateAuthorization>(api_v2beta::activate)
        .command::<v2beta::DeactivateAuthorization>(api_v2beta::deactivate)
        .query::<v2beta::ListAuthorizations>(api_v2beta::list);
}
