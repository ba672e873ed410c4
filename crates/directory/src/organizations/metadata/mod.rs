//! Metadata of organizations: keys with values of any bytes. RPCs: Management …OrgMetadata, org v2 and v2beta …OrganizationMetadata.
//! Table `org_metadata`. Events `org.metadata.set`, `org.metadata.removed`. Rules: spec api.md 4.2 and 4.1.9.

mod api;
mod command;
mod event;
mod query;
mod sql;
#[cfg(test)]
mod tests;

use castellan_kernel::Timestamp;
use castellan_proto::methods::{management_v1 as management, org_v2, org_v2beta};
use castellan_rpc::Registry;

/// A stored pair.
#[derive(Debug, Clone)]
struct Metadata {
    key: String,
    value: Vec<u8>,
    org_id: String,
    created_at: Timestamp,
    changed_at: Timestamp,
    sequence: u64,
}

pub(super) fn register(registry: &mut Registry) {
    registry
        .room("directory/organizations/metadata")
        .command::<management::SetOrgMetadata>(api::v1_set)
        .command::<management::BulkSetOrgMetadata>(api::v1_bulk_set)
        .command::<management::RemoveOrgMetadata>(api::v1_remove)
        .command::<management::BulkRemoveOrgMetadata>(api::v1_bulk_remove)
        .query::<management::GetOrgMetadata>(api::v1_get)
        .query::<management::ListOrgMetadata>(api::v1_list)
        .command::<org_v2::SetOrganizationMetadata>(api::v2_set)
        .command::<org_v2::DeleteOrganizationMetadata>(api::v2_delete)
        .query::<org_v2::ListOrganizationMetadata>(api::v2_list)
        .command::<org_v2beta::SetOrganizationMetadata>(api::v2beta_set)
        .command::<org_v2beta::DeleteOrganizationMetadata>(api::v2beta_delete)
        .query::<org_v2beta::ListOrganizationMetadata>(api::v2beta_list);
}
