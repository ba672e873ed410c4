//! Trusted domains: public hosts that a proxy may name for the instance. RPCs: Admin List-, Add-, RemoveInstanceTrustedDomain,
//! instance v2 and v2beta …TrustedDomain…. Table `trusted_domains`. Events `instance.trusted_domains.added`, `.removed`.
//! Rules: spec oauth.md 2.2, api.md 4.15.

mod api;
mod command;
mod sql;

use castellan_kernel::Timestamp;
use castellan_proto::methods::{admin_v1 as admin, instance_v2, instance_v2beta};
use castellan_rpc::Registry;

pub use command::add;

/// A public host that the instance trusts.
#[derive(Debug, Clone)]
struct TrustedDomain {
    instance_id: String,
    domain: String,
    created_at: Timestamp,
    sequence: u64,
}

pub(super) fn register(registry: &mut Registry) {
    registry
        .room("directory/instances/trusted_domains")
        .query::<admin::ListInstanceTrustedDomains>(api::admin_list)
        .command::<admin::AddInstanceTrustedDomain>(api::admin_add)
        .command::<admin::RemoveInstanceTrustedDomain>(api::admin_remove)
        .query::<instance_v2::ListTrustedDomains>(api::v2_list)
        .command::<instance_v2::AddTrustedDomain>(api::v2_add)
        .command::<instance_v2::RemoveTrustedDomain>(api::v2_remove)
        .query::<instance_v2beta::ListTrustedDomains>(api::v2beta_list)
        .command::<instance_v2beta::AddTrustedDomain>(api::v2beta_add)
        .command::<instance_v2beta::RemoveTrustedDomain>(api::v2beta_remove);
}
