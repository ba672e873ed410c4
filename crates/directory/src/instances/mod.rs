//! Instances (tenants): finding one by host or id, their names, hosts, trusted domains and languages. RPCs: System …Instance, Admin
//! GetMyInstance, instance v2 and v2beta; rooms below for domains, trusted domains, languages and information. Tables `instances`,
//! `instance_domains`, `trusted_domains`. Events `instance.*`. Rules: spec oauth.md 2.2 and 6.4, api.md 4.15.

mod api_v1;
mod api_v2;
mod api_v2beta;
mod command;
mod domains;
mod event;
mod information;
pub mod languages;
mod query;
pub mod quotas;
mod resolve;
mod sql;
#[cfg(test)]
mod tests;
mod trusted_domains;

use castellan_kernel::{Permission, Result, Timestamp};
use castellan_proto::methods::{admin_v1 as admin, instance_v2, instance_v2beta, system_v1 as system};
use castellan_rpc::{Context, Instance, Registry};

pub use command::insert;
pub use domains::{add as add_domain, set_primary as set_primary_domain};
pub use resolve::{by_host, by_id, first_two, trusts};
pub use trusted_domains::add as add_trusted_domain;

/// An instance with what its answers show.
#[derive(Debug, Clone)]
pub struct StoredInstance {
    /// The instance.
    pub instance: Instance,
    /// When it changed last.
    pub changed_at: Timestamp,
    /// The sequence of its last event.
    pub sequence: u64,
}

/// `State` of the contract: an instance that is stored runs.
const RUNNING: i32 = 2;

/// The version that instances show.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Either permission opens an instance: one of the system, or one within the instance.
fn require_either(ctx: &Context, system: Permission, instance: Permission) -> Result<()> {
    if ctx.caller.may(system, "", None) { Ok(()) } else { ctx.require(instance, "", None) }
}

pub(super) fn register(registry: &mut Registry) {
    registry
        .room("directory/instances")
        .query::<system::ListInstances>(api_v1::list)
        .query::<system::GetInstance>(api_v1::get)
        .command::<system::UpdateInstance>(api_v1::update)
        .command::<system::RemoveInstance>(api_v1::remove)
        .query::<admin::GetMyInstance>(api_v1::get_my)
        .query::<instance_v2::GetInstance>(api_v2::get)
        .query::<instance_v2::ListInstances>(api_v2::list)
        .command::<instance_v2::UpdateInstance>(api_v2::update)
        .command::<instance_v2::DeleteInstance>(api_v2::delete)
        .query::<instance_v2beta::GetInstance>(api_v2beta::get)
        .query::<instance_v2beta::ListInstances>(api_v2beta::list)
        .command::<instance_v2beta::UpdateInstance>(api_v2beta::update)
        .command::<instance_v2beta::DeleteInstance>(api_v2beta::delete);
    domains::register(registry);
    trusted_domains::register(registry);
    languages::register(registry);
    quotas::register(registry);
    information::register(registry);
}
