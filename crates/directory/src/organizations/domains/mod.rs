//! Domains of organizations: the generated one, added ones, their verification and the primary one. RPCs: Management …OrgDomain,
//! org v2 and v2beta …OrganizationDomain…. Table `org_domains`. Events `org.domain.*`, `user.domain.claimed`.
//! Rules: spec api.md 4.2.

mod api_v1;
mod api_v2;
mod claimed;
mod command;
mod event;
mod generated;
mod proof;
mod query;
mod sql;
#[cfg(test)]
mod tests;
mod verification;

use castellan_kernel::Timestamp;
use castellan_proto::methods::{management_v1 as management, org_v2, org_v2beta};
use castellan_rpc::Registry;

pub(super) use command::add;
pub use command::take_over;
pub(super) use generated::{add_generated, replace_generated};

/// How a domain is proven; the number is what contract and storage keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValidationType {
    /// No proof was asked for.
    None = 0,
    /// A file on the domain's web server.
    Http = 1,
    /// A TXT record.
    Dns = 2,
}

impl ValidationType {
    /// From the number; unknown ones read as no proof.
    pub fn from_number(number: i64) -> Self {
        match number {
            1 => Self::Http,
            2 => Self::Dns,
            _ => Self::None,
        }
    }
}

/// A domain of an organization.
#[derive(Debug, Clone)]
pub struct OrgDomain {
    /// The organization.
    pub org_id: String,
    /// The domain as it was given.
    pub domain: String,
    /// Whether the organization has proven that it is its own, or did not have to.
    pub is_verified: bool,
    /// Whether it is the one that login names show.
    pub is_primary: bool,
    /// The proof that was asked for.
    pub validation_type: ValidationType,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it changed last.
    pub changed_at: Timestamp,
    /// The sequence of its last event.
    pub sequence: u64,
}

pub(super) fn register(registry: &mut Registry) {
    registry
        .room("directory/organizations/domains")
        .command::<management::AddOrgDomain>(api_v1::add)
        .query::<management::ListOrgDomains>(api_v1::list)
        .command::<management::RemoveOrgDomain>(api_v1::remove)
        .command::<management::SetPrimaryOrgDomain>(api_v1::set_primary)
        .command::<org_v2::AddOrganizationDomain>(api_v2::add)
        .query::<org_v2::ListOrganizationDomains>(api_v2::list)
        .command::<org_v2::DeleteOrganizationDomain>(api_v2::delete)
        .command::<org_v2beta::AddOrganizationDomain>(api_v2::beta_add)
        .query::<org_v2beta::ListOrganizationDomains>(api_v2::beta_list)
        .command::<org_v2beta::DeleteOrganizationDomain>(api_v2::beta_delete);
    registry
        .command::<management::GenerateOrgDomainValidation>(api_v1::generate_validation)
        .command::<org_v2::GenerateOrganizationDomainValidation>(api_v2::generate_validation)
        .command::<org_v2beta::GenerateOrganizationDomainValidation>(api_v2::beta_generate_validation)
        .command::<management::ValidateOrgDomain>(api_v1::validate)
        .command::<org_v2::VerifyOrganizationDomain>(api_v2::verify)
        .command::<org_v2beta::VerifyOrganizationDomain>(api_v2::beta_verify);
}
