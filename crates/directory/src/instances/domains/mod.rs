//! Hosts of instances: generated and custom domains, one of them primary. RPCs: System Exists-, List-, RemoveDomain,
//! SetPrimaryDomain, Admin ListInstanceDomains, instance v2 and v2beta Remove-, ListCustomDomain(s). Adding one is served above this
//! slice, because the console's application changes with it. Table `instance_domains`. Events `instance.domain.*`.
//! Rules: spec oauth.md 6.4, api.md 4.15.

mod api;
mod command;
mod sql;

use castellan_kernel::Timestamp;
use castellan_proto::methods::{admin_v1 as admin, instance_v2, instance_v2beta, system_v1 as system};
use castellan_rpc::Registry;

pub(super) use api::{v1_domain, v2_domain};
#[cfg(test)]
pub(super) use command::remove;
pub use command::{add, set_primary};
pub(super) use sql::of_instances;

/// A host of an instance.
#[derive(Debug, Clone)]
pub(super) struct InstanceDomain {
    pub instance_id: String,
    pub domain: String,
    pub is_generated: bool,
    pub is_primary: bool,
    pub created_at: Timestamp,
    pub changed_at: Timestamp,
    pub sequence: u64,
}

pub(super) fn register(registry: &mut Registry) {
    registry
        .room("directory/instances/domains")
        .query::<system::ExistsDomain>(api::exists)
        .query::<system::ListDomains>(api::system_list)
        .command::<system::RemoveDomain>(api::system_remove)
        .command::<system::SetPrimaryDomain>(api::system_set_primary)
        .query::<admin::ListInstanceDomains>(api::admin_list)
        .command::<instance_v2::RemoveCustomDomain>(api::v2_remove)
        .query::<instance_v2::ListCustomDomains>(api::v2_list)
        .command::<instance_v2beta::RemoveCustomDomain>(api::v2beta_remove)
        .query::<instance_v2beta::ListCustomDomains>(api::v2beta_list);
}
