//! The directory: instances and their hosts, organizations, users with their credentials and metadata, groups,
//! administrators, and the audit trail as callers read it.

pub mod administrators;
pub mod audit;
pub mod groups;
pub mod instances;
pub mod organizations;
pub mod users;

use castellan_rpc::Registry;

/// Registers every RPC of this slice.
pub fn register(registry: &mut Registry) {
    administrators::register(registry);
    audit::register(registry);
    groups::register(registry);
    instances::register(registry);
    organizations::register(registry);
    users::register(registry);
}
